"""The requirements, as cases/requirements.toml has them."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "cases" / "requirements.toml"


@cache
def requirements() -> dict[str, dict[str, Any]]:
    """Each row by its id."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: row for name, row in rows.items() if isinstance(row, dict)}


def is_recommended(name: str) -> bool:
    """Whether a device that does otherwise is warned, not failed."""
    return requirements().get(name, {}).get("level") == "SHOULD"

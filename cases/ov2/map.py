"""What others test, and which of our cases do it: cases/map.toml."""

from __future__ import annotations

import fnmatch
import tomllib
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent.parent / "map.toml"


def items() -> dict[str, dict[str, Any]]:
    """Every item by its name."""
    rows = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {name: entry for name, entry in rows.items() if name != "sources"}


def matching(glob: str, cases: list[str]) -> list[str]:
    """The cases that a glob of the map names; brackets stand for themselves in it."""
    return fnmatch.filter(cases, glob.replace("[", "[[]"))

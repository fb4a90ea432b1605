"""What the fuzzers left beside a run: OUT/fuzz/TARGET/fuzz.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

NEEDED = {"target": str, "engine": str, "seconds": (int, float), "executions": int,
          "requests": int, "edges": int, "behaviours": int, "chance": (int, float),
          "shapes": list, "finds": list, "course": list}
IN_FIND = {"hash": str, "kind": str, "sentence": str, "requirement": str, "count": int,
           "trace": str}
IN_POINT = {"seconds": (int, float), "edges": int, "behaviours": int}

Campaign = dict[str, Any]


def campaigns(out: Path) -> list[Campaign]:
    """One for each target, by name; a file that is none is passed over: it decides nothing."""
    found = []
    for file in sorted([*out.glob("fuzz/*/fuzz.json"), *out.glob("fuzz.json")]):
        try:
            campaign = json.loads(file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            continue
        if _is_campaign(campaign):
            found.append(campaign | {"folder": file.parent.relative_to(out).as_posix()})
    return found


def _is_campaign(value: Any) -> bool:
    return _has(value, NEEDED) and all(_has(find, IN_FIND) for find in value["finds"]) and all(
        _has(point, IN_POINT) for point in value["course"])


def _has(value: Any, members: dict[str, Any]) -> bool:
    return isinstance(value, dict) and all(
        isinstance(value.get(name), kind) for name, kind in members.items())

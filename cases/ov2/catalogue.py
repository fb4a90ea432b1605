"""The requirements, and the mark that binds a case to them.

    @requirement("ADD-010", "ADD-011")
    def test_a_failed_element_has_no_handle(dut): ...
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest

FILE = Path(__file__).parent.parent / "requirements.toml"
READINGS = FILE.with_name("readings.toml")

# Duties of the host, or of the harness's own model: they never decide about a driver.
HOST_DUTIES = {"H", "ref"}


@cache
def _file() -> tuple[dict[str, Any], str]:
    data = FILE.read_bytes()
    return tomllib.loads(data.decode()), hashlib.sha256(data).hexdigest()


@cache
def requirements() -> dict[str, dict[str, Any]]:
    """Every requirement by its id, in the catalogue's order."""
    return {key: entry for key, entry in _file()[0].items() if isinstance(entry, dict)}


@cache
def choices() -> dict[str, tuple[str, ...]]:
    """What a device declares on its open line, and the values that may be declared; a device that
    declares nothing is taken to have the first."""
    if not READINGS.exists():
        return {}
    points = tomllib.loads(READINGS.read_text(encoding="utf-8")).values()
    found = [point["words"] for point in points if "profile" in point]
    return {word: tuple(values) for words in found for word, values in words.items()}


def refusal(profile: str) -> str:
    """Why these words cannot be a profile; empty if they can.  Words in lower case are the
    adapter's own."""
    for word in profile.split() if choices() else ():
        key, _, value = word.partition("=")
        if key.isupper() and key not in choices():
            return f"the profile has no word {key}; it has {', '.join(choices())}"
        if key.isupper() and value not in choices()[key]:
            return f"{word} is no profile: {key} is one of {', '.join(choices()[key])}"
    return ""


def finished() -> list[str]:
    """The groups in which every requirement must be accounted for."""
    return list(_file()[0].get("finished", []))


def digest() -> str:
    """SHA-256 of the catalogue, so that a report says what it was measured against."""
    return _file()[1]


def group(requirement_id: str) -> str:
    """"ADD-010" is of the group ADD, "P-ESP-001" of P-ESP."""
    return requirement_id.rpartition("-")[0]


def decides(requirement_id: str, level: str) -> bool:
    """Whether the requirement takes part in the verdict about a driver at this level; a rule that
    only the adapter's own monitor knows is a MUST."""
    entry = requirements().get(requirement_id, {"level": "MUST"})
    return entry.get("level") == level and entry.get("who") not in HOST_DUTIES


def sentence(requirement_id: str) -> str:
    """What the requirement says."""
    entry = requirements().get(requirement_id)
    return entry["text"] if entry else "(the catalogue does not have this requirement)"


def requirement(*ids: str) -> pytest.MarkDecorator:
    """Marks a test as a case of these requirements; an unknown id is an error of collection."""
    unknown = [key for key in ids if key not in requirements()]
    if unknown or not ids:
        names = ", ".join(unknown) or "empty id"
        raise pytest.Collector.CollectError(f"requirements.toml has no {names}")
    return pytest.mark.requirement(*ids)


def requirements_of(marks: Iterable[pytest.Mark]) -> list[str]:
    """The ids in a test's marks, each once, sorted."""
    return sorted({key for mark in marks if mark.name == "requirement" for key in mark.args})

"""Known failures of a real device, each with a reason.

    [[waiver]]
    requirement = "DEL-012"          # or case = "test_del::test_x[*]"; * and ? stand for anything
    device = "Frobnicator*"          # the adapter's name; absent: every device
    reason = "The handle table counts twice."
    link = "https://bugs.example/4711"
    until = 2027-01-31               # the last day on which it holds; absent: for ever

What a waiver matches and fails is waived: it is counted in the headline, and does not decide.  A
waiver that has expired is as if it were not there; one that matches nothing, or only what passes,
is reported.  An error is never waived: it is not the device's.
"""

from __future__ import annotations

import datetime
import re
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

WAIVABLE = frozenset("crash hang leak fail flaky warning".split())
_KEYS = {"requirement", "case", "device", "reason", "link", "until"}


class BadWaivers(Exception):
    """The file cannot be used; one sentence."""


@dataclass
class Waiver:
    requirement: str = ""
    case: str = ""
    device: str = ""
    reason: str = ""
    link: str = ""
    until: datetime.date | None = None
    state: str = "unused"  # used, unused, expired, other-device, unexpected-pass
    cases: list[str] = field(default_factory=list)  # what it waived, or what passed

    def about(self) -> dict[str, Any]:
        """As it stands in results.json."""
        return {**vars(self), "until": str(self.until or ""), "cases": sorted(self.cases)}


def load(path: Path) -> list[Waiver]:
    try:
        entries = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadWaivers(f"{path}: {error.strerror}") from error
    except ValueError as error:
        raise BadWaivers(f"{path} is not TOML: {error}") from error
    found = entries.pop("waiver", [])
    if entries or not isinstance(found, list):
        what = ", ".join(sorted(entries)) or "waiver"
        raise BadWaivers(f"{path} has {what}; it may have [[waiver]] only")
    return [_waiver(path, number, entry) for number, entry in enumerate(found, 1)]


def _waiver(path: Path, number: int, entry: Any) -> Waiver:
    at = f"waiver {number} of {path}"
    if not isinstance(entry, dict):
        raise BadWaivers(f"{at} is no table")
    unknown = sorted(set(entry) - _KEYS)
    if unknown:
        raise BadWaivers(f"{at} has {unknown[0]}; it may have {', '.join(sorted(_KEYS))}")
    if ("requirement" in entry) == ("case" in entry):
        raise BadWaivers(f"{at} needs either a requirement or a case")
    if not entry.get("reason"):
        raise BadWaivers(f"{at} needs a reason")
    for key, value in entry.items():
        if key == "until" and (
            not isinstance(value, datetime.date) or isinstance(value, datetime.datetime)
        ):
            raise BadWaivers(f"{at}: until is a date such as 2027-01-31")
        if key != "until" and not isinstance(value, str):
            raise BadWaivers(f"{at}: {key} is text")
    return Waiver(**entry)


def apply(
    waivers: list[Waiver], records: list[dict[str, Any]], device: str, today: datetime.date
) -> None:
    """Waives verdicts and blame in the records, and sets each waiver's state."""
    for waiver in waivers:
        waiver.cases = []
        if waiver.until is not None and waiver.until < today:
            waiver.state = "expired"
        elif waiver.device and not _is_like(device, waiver.device):
            waiver.state = "other-device"
        else:
            _apply(waiver, records)


def _apply(waiver: Waiver, records: list[dict[str, Any]]) -> None:
    passed = []
    for record in records:
        keys = _matched(waiver, record)
        bad = [key for key in keys if record["blame"][key] in WAIVABLE]
        if bad and record["verdict"] != "error":
            waiver.cases.append(record["id"])
            record["blame"].update(dict.fromkeys(bad, "waived"))
            rest = set(record["blame"].values())
            if record["verdict"] in WAIVABLE and not rest & WAIVABLE:
                record["verdict"] = "waived"
        elif keys and all(record["blame"][key] == "pass" for key in keys):
            passed.append((record, keys))
    waiver.state = "used" if waiver.cases else "unexpected-pass" if passed else "unused"
    if waiver.state == "unexpected-pass":
        for record, keys in passed:
            waiver.cases.append(record["id"])
            record["blame"].update(dict.fromkeys(keys, "unexpected-pass"))
            if waiver.case:
                record["verdict"] = "unexpected-pass"


def _matched(waiver: Waiver, record: dict[str, Any]) -> list[str]:
    """The requirements for which the waiver speaks in this case."""
    if waiver.case:
        return list(record["blame"]) if _is_like(record["id"], waiver.case) else []
    return [key for key in record["blame"] if _is_like(key, waiver.requirement)]


def _is_like(text: str, glob: str) -> bool:
    """Brackets stand for themselves: ids of cases have them."""
    pattern = re.escape(glob).replace(r"\*", ".*").replace(r"\?", ".")
    return re.fullmatch(pattern, text, re.DOTALL) is not None

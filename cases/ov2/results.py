"""Closes a run: from the records of its cases to the one document that everything else reads."""

from __future__ import annotations

import datetime
from collections import Counter
from typing import Any

from . import __version__, catalogue
from .case import BAD, worst
from .shapes import SHAPES
from .waivers import Waiver, apply

Record = dict[str, Any]

# What only the closing needs to know, and the document does not carry.
_INTERNAL = ("blame", "readings", "shapes", "hostile", "warnings")


def close(
    records: list[Record],
    about: dict[str, Any],
    filtered: bool = False,
    stopped: str = "",
    errors: list[str] | None = None,
    waivers: list[Waiver] | None = None,
) -> dict[str, Any]:
    """The content of results.json.  about: adapter, profile, mode, seed; stopped: why the run did
    not get to its end; errors: what could not be collected."""
    records = sorted(records, key=lambda r: r["id"])
    for record in records:
        _soften(record)
    apply(waivers or [], records, about["adapter"]["name"], datetime.date.today())
    deciding = [record for record in records if not record.get("hostile")]
    verdicts = _by_requirement(deciding)
    met = _by_shape(records)
    fingerprint: dict[str, set[str]] = {}
    for record in records:
        for reading in record.get("readings", []):
            point, _, name = reading.partition(":")
            fingerprint.setdefault(point, set()).add(name)

    gaps = []
    if errors:
        gaps.append(f"{len(errors)} test files could not be read: {errors[0]}")
    if stopped:
        gaps.append(stopped)
    if records and all(r["verdict"] in ("error", "skip") for r in records):
        gaps.append("no case could be run")
    elif not records:
        gaps.append("no case was run")
    unfinished = ", ".join(gaps)
    if filtered:
        gaps.append("only some of the cases were chosen")
    conforms, why = _judge("MUST", deciding, verdicts, gaps)
    robust, robust_why = _judge("ROBUST", deciding, verdicts, gaps)

    return {
        "suite": __version__,
        "requirements_digest": catalogue.digest(),
        **about,
        "fingerprint": {point: sorted(names) for point, names in sorted(fingerprint.items())},
        "cases": [{k: v for k, v in r.items() if k not in _INTERNAL} for r in records],
        "requirements": verdicts,
        "shapes": {shape: dict(sorted(met[shape].items())) for shape in sorted(met)},
        "waivers": [waiver.about() for waiver in waivers or []],
        "warnings": _warnings(records),
        "filtered": filtered,
        "unfinished": unfinished,
        "conforms": conforms,
        "robust": robust,
        "summary": {
            "cases": dict(sorted(Counter(r["verdict"] for r in records).items())),
            "requirements": dict(sorted(Counter(v["verdict"] for v in verdicts.values()).items())),
            "conforms": why,
            "robust": robust_why,
        },
    }


def _soften(record: Record) -> None:
    """A failure that breaks nothing but recommendations is a warning."""
    entries = catalogue.requirements()
    blamed = [key for key, verdict in record["blame"].items() if verdict == "fail"]
    should = [key for key in blamed if entries.get(key, {}).get("level") == "SHOULD"]
    for key in should:
        record["blame"][key] = "warning"
    if record["verdict"] == "fail" and blamed and len(should) == len(blamed):
        record["verdict"] = "warning"


def _by_requirement(records: list[Record]) -> dict[str, dict[str, Any]]:
    found: dict[str, list[tuple[str, str]]] = {key: [] for key in catalogue.requirements()}
    for record in records:
        for key, verdict in record["blame"].items():
            found.setdefault(key, []).append((verdict, record["id"]))
    result = {}
    for key, cases in found.items():
        entry = catalogue.requirements().get(key, {})
        excuses = (word for word in ("unit", "untestable", "later") if word in entry)
        verdict = next(excuses, "not-run")
        result[key] = {
            "level": entry.get("level", "MUST"),
            "text": catalogue.sentence(key),
            "verdict": worst([verdict for verdict, _ in cases]) if cases else verdict,
            "cases": [case for _, case in cases],
        }
    return result


def _warnings(records: list[Record]) -> list[dict[str, Any]]:
    """What the cases warn of, each sentence once; it decides nothing."""
    found: dict[str, list[str]] = {}
    for record in records:
        for text in record.get("warnings", []):
            found.setdefault(text, []).append(record["id"])
    return [{"text": text, "cases": cases} for text, cases in sorted(found.items())]


def _by_shape(records: list[Record]) -> dict[str, Counter[str]]:
    """How many lists of each shape each request was given."""
    met: dict[str, Counter[str]] = {shape: Counter() for shape in SHAPES}
    for record in records:
        for shape, verb in record.get("shapes", []):
            met.setdefault(shape, Counter())[verb] += 1
    return met


def _judge(
    level: str, records: list[Record], verdicts: dict[str, dict[str, Any]], gaps: list[str]
) -> tuple[bool | None, str]:
    """True, False or None (incomplete), and the sentence that says why."""
    rows = {k: v["verdict"] for k, v in verdicts.items() if catalogue.decides(k, level)}
    wrong = []
    broken = [key for key, verdict in rows.items() if verdict in BAD]
    if broken:
        some = ", ".join(broken[:5]) + (" ..." if len(broken) > 5 else "")
        wrong.append(f"{_plural(len(broken), f'{level} requirement')} broken ({some})")
    counts = Counter(record["verdict"] for record in records)
    for verdict, text in (
        ("crash", "ended in a crash"),
        ("hang", "did not come back"),
        ("leak", "leaked"),
        ("flaky", "went another way in a second run"),
        ("error", "ended in an error of the adapter or of the suite"),
    ):
        if counts[verdict]:
            wrong.append(f"{_plural(counts[verdict], 'case')} {text}")
    name = "conforming" if level == "MUST" else "robust"
    if wrong and "no case could be run" not in gaps:
        return False, f"not {name}: " + ", ".join(wrong)

    gaps = list(gaps)
    missing = sum(1 for verdict in rows.values() if verdict == "not-run")
    later = sum(1 for verdict in rows.values() if verdict == "later")
    if not gaps:
        if missing:
            have = "has" if missing == 1 else "have"
            gaps.append(f"{_plural(missing, f'{level} requirement')} {have} no case yet")
        if later:
            gaps.append(f"{_plural(later, f'{level} requirement')} left for later")
    if gaps:
        return None, "incomplete: " + ", ".join(gaps)
    waived = sum(verdict == "waived" for verdict in rows.values())
    but = f", but for {waived} that {'is' if waived == 1 else 'are'} waived" if waived else ""
    return True, f"{name}: all {len(rows)} {level} requirements that decide are satisfied{but}"


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"

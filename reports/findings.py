"""What a run says about a device, in the words that every kind of report uses."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from document import AGAINST
from groups import group_of, in_order

Document = dict[str, Any]


def verdict_word(document: Document) -> str:
    return {True: "CONFORMS", False: "DOES NOT CONFORM", None: "INCOMPLETE"}[document["conforms"]]


def counted(counts: dict[str, int]) -> str:
    order = [*AGAINST, "warning", "unexpected-pass", "waived", "pass", "skip", "unit", "untestable"]
    order += ["later", "not-run"]
    return ", ".join(f"{counts[word]} {word}" for word in reversed(order) if counts.get(word))


def by_group(document: Document) -> dict[str, dict[str, int]]:
    """How many requirements of each group have which verdict."""
    groups: dict[str, Counter[str]] = {}
    for key in sorted(document["requirements"], key=in_order):
        verdict = document["requirements"][key]["verdict"]
        groups.setdefault(group_of(key), Counter())[verdict] += 1
    return {group: dict(counts) for group, counts in groups.items()}


def warning_lines(document: Document) -> list[str]:
    """What the run warns of, beside its verdicts: sentences; older documents have none."""
    return [f"{entry['text']} ({entry['cases'][0]})" for entry in document.get("warnings", [])]


def against(document: Document) -> list[dict[str, Any]]:
    """The cases that speak against the device, the worst first; then those that only warn."""
    order = [*AGAINST, "warning"]
    cases = [case for case in document["cases"] if case["verdict"] in order]
    return sorted(cases, key=lambda case: (order.index(case["verdict"]), case["id"]))


def findings(document: Document, case: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What went wrong in one case, as pairs of a label and a line."""
    requirements = document["requirements"]
    if case["message"] or not case["broken"]:
        for key in case["requirements"]:
            entry = requirements.get(key, {"level": "?", "text": ""})
            yield key, f"{entry['level']}  {entry['text']}"
    for line in case["message"].splitlines():
        yield "", line
    for rule in dict.fromkeys(law["rule"] for law in case["broken"]):
        laws = [law for law in case["broken"] if law["rule"] == rule]
        level = requirements.get(rule, {"level": "?"})["level"]
        element = f", element {laws[0]['element']}" if laws[0]["element"] else ""
        also = f"; again at {', '.join(map(place, laws[1:6]))}" if laws[1:] else ""
        yield rule, f"{level}  {laws[0]['sentence']}"
        yield "", f"broken at {place(laws[0])}{element}{also}{' ...' if laws[6:] else ''}"
        yield "  got", laws[0]["got"]
        yield "  want", laws[0]["want"]
    log = [line for line in case["report"].get("log", "").splitlines() if line.strip("= ")]
    for line in log[:4]:
        yield "  log", line


def laws(document: Document) -> list[dict[str, Any]]:
    """The laws that were broken in cases about something else, each with the first such case: what
    the driver omits everywhere stands here once."""
    found: dict[str, dict[str, Any]] = {}
    for case in document["cases"]:
        for law in case["broken"]:
            rule = law["rule"]
            if rule in case["requirements"]:
                continue
            entry = found.setdefault(rule, {"rule": rule, "law": law, "case": case, "ids": set()})
            entry["ids"].add(case["id"])
    return [found[rule] for rule in sorted(found)]


def of_cases(count: int) -> str:
    return "1 case" if count == 1 else f"{count} cases"


def and_in_more(count: int) -> str:
    return f", and in {count} more {'case' if count == 1 else 'cases'}" if count else ""


def law_rows(document: Document, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A law that was broken, as pairs of a label and a line."""
    law, rule, count = entry["law"], entry["rule"], len(entry["ids"])
    row = document["requirements"].get(rule, {"level": "?", "verdict": ""})
    waived = ", waived" if row["verdict"] == "waived" else ""
    yield rule, f"{row['level']}{waived}  {law['sentence']}"
    yield "", f"broken at {place(law)} of {entry['case']['id']}{and_in_more(count - 1)}"
    yield "  got", law["got"]
    yield "  want", law["want"]


def waiver_words(waiver: dict[str, Any]) -> str:
    """A waiver and what became of it, as one line."""
    what = waiver["requirement"] or waiver["case"]
    on = f" on {waiver['device']}" if waiver["device"] else ""
    became = {
        "used": f"waives {of_cases(len(waiver['cases']))}",
        "unused": "matches nothing that fails: remove it",
        "unexpected-pass": "what it matches passes now: remove it",
        "expired": f"expired on {waiver['until']}, and counts no more",
        "other-device": "is for another device",
    }[waiver["state"]]
    return f"{what}{on}: {became} ({waiver['reason']})"


def verdict_line(document: Document) -> str:
    return f"{verdict_word(document)}: {document['summary']['conforms'].partition(': ')[2]}"


def place(law: dict[str, Any]) -> str:
    return f"line {law['line']}" if law["line"] else "the end"


def replay_command(out: Path, case: dict[str, Any], dut: str) -> str:
    words = [f"T={out / case['trace']}", *([f"DUT={dut}"] if dut else [])]
    return f"./ov2 replay {shlex.join(words)}"

"""A trace for people: what was asked, what was answered, and which line broke which law."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from markup import Markup, tag

LINES = 40  # a longer trace is shown in part; its file has it all
WIDTH = 1200  # characters of a line
HEX = 64  # digits; a longer run is cut

_BREAK = re.compile(r' break\{(?:"(?:[^"\\]|\\.)*"|[^}"])*\}')
_HEX = re.compile(rf"(?<![0-9A-Za-z])([0-9a-f]{{{HEX},}})(?![0-9A-Za-z])")

Step = tuple[int, str, str]  # number from 1, the request, the answer; number 0 is the case's end


def steps(text: str) -> tuple[list[Step], list[str]]:
    """The lines of a trace file, and what its comments below the first line say."""
    found: list[Step] = []
    notes: list[str] = []
    for line in text.splitlines():
        if line.startswith("> "):
            found.append((len(found) + 1, line[2:], ""))
        elif line.startswith("< end") or line.startswith("< ") and not found:
            found.append((0, "", line[2:]))
        elif line.startswith("< "):
            number, request, _ = found[-1]
            found[-1] = (number, request, line[2:])
        elif line.startswith("#") and found:
            notes.append(line.removeprefix("#").strip())
    return found, notes


def shortened(text: str) -> str:
    """A line without what nobody reads: long runs of hex digits, the laws that stand below it."""
    text = _BREAK.sub("", text)
    text = _HEX.sub(lambda run: f"{run[1][:24]}…({len(run[1]) // 2} bytes)", text)
    return text if len(text) <= WIDTH else f"{text[:WIDTH]} …({len(text)} characters)"


def chosen(found: list[Step], marked: set[int]) -> set[int]:
    """Which of the steps are shown, by index: all of a short trace, else its ends and the marks."""
    if len(found) <= LINES:
        return set(range(len(found)))
    marks = [at for at, step in enumerate(found) if step[0] in marked][:12]
    near = {at + by for at in marks for by in (-1, 0, 1)}
    ends = {*range(4), *range(len(found) - 6, len(found))}
    return {at for at in near | ends if 0 <= at < len(found)}


def annotated(case: dict[str, Any], out: Path) -> Markup | None:
    """The trace of a case as a list; None if it left none."""
    if not case["trace"]:
        return None
    try:
        text = (out / case["trace"]).read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    found, notes = steps(text)
    died = str(case["report"].get("line", "")) if case["verdict"] in ("crash", "hang") else ""
    marked = {law["line"] for law in case["broken"]} | ({int(died)} if died.isdigit() else set())
    show = chosen(found, marked)
    return tag("ol", _rows(case, found, show, died, notes), class_="trace")


def _rows(
    case: dict[str, Any], found: list[Step], show: set[int], died: str, notes: list[str]
) -> Iterator[Markup]:
    hidden = 0
    for at, (number, request, answer) in enumerate(found):
        if at not in show:
            hidden += 1
            continue
        if hidden:
            yield tag("li", f"{hidden} lines are not shown", class_="gap")
            hidden = 0
        laws = [law for law in case["broken"] if law["line"] == number]
        is_end = str(number) == died and number > 0
        yield tag(
            "li",
            tag("code", shortened(request), class_="ask") if request else None,
            tag("code", shortened(answer), class_="answer") if answer else None,
            (_law(law) for law in laws),
            tag("p", f"{case['verdict']}: here it ended", class_="law") if is_end else None,
            value=number or None,
            class_="broken" if laws or is_end else None,
        )
    if notes:
        yield tag("li", tag("code", "\n".join(notes[:12]), class_="note"), class_="notes")


def _law(law: dict[str, Any]) -> Markup:
    element = f", element {law['element']}" if law["element"] else ""
    return tag(
        "p", tag("b", law["rule"]), f" is broken here{element}: {law['sentence']}",
        tag("br"), "got ", tag("code", shortened(law["got"])),
        " want ", tag("code", shortened(law["want"])), class_="law",
    )

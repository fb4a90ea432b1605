"""What the fuzzers once found, in fuzz/regressions/: a trace each, and in its comment the
requirements that a device broke, or was wrongly said to break, with it.  One that names none is
about the harness alone, and no case."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from .case import Case
from .catalogue import requirement, requirements
from .worker import AdapterBroken

FOLDER = Path(__file__).parent.parent.parent / "fuzz" / "regressions"
ROW = re.compile(r"\b[A-Z]+(?:-[A-Z]+)?-\d{3}\b")


def rows_of(text: str) -> list[str]:
    """The requirements that the comments of a trace name."""
    comments = " ".join(line for line in text.splitlines() if line.startswith("#"))
    return [row for row in dict.fromkeys(ROW.findall(comments)) if row in requirements()]


def requests_of(text: str) -> list[str]:
    """What a trace asks for, without its comments and the answers of then."""
    lines = [line.removeprefix("> ").strip() for line in text.splitlines()]
    return [line for line in lines if line and line[0] not in "#<"]


def each_regression() -> pytest.MarkDecorator:
    """A case for each of them, its `trace` the lines to ask."""
    texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(FOLDER.glob("*.trace"))}
    found = [
        pytest.param(requests_of(text), id=name, marks=requirement(*rows))
        for name, text in texts.items()
        if (rows := rows_of(text))
    ]
    return pytest.mark.parametrize("trace", found)


def replay(case: Case, trace: list[str]) -> list[str]:
    """Asks every line and returns the answers; skips the case where the device has not sent what a
    line takes up."""
    try:
        return [case.ask(line).text for line in trace]
    except AdapterBroken as broken:
        if "no such frame" not in str(broken):
            raise
        pytest.skip("the device has not sent a frame that the trace takes up")

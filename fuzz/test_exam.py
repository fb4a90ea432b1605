"""What the exam makes of its runs."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from exam import questions
from exam_page import Run, middle, misses_enough, page, plot, score

DOCS = Path(__file__).parent.parent / "docs"


def runs(arm, *found, fault="LEAKS_SA", kind="memory"):
    """One run for each number of executions; None: not found."""
    return [Run(fault, kind, "fuzz_list", arm, seed, count is not None, count or 900, 0.5)
            for seed, count in enumerate(found, 1)]


def test_a_run_without_a_find_is_beyond_every_other():
    assert middle(tuple(runs("traces", 10, None, 30, 20, None)), "executions") == 30
    assert middle(tuple(runs("traces", 10, None, 30, None, None)), "executions") == math.inf


def test_bytes_are_given_up_when_more_than_half_of_the_runs_have_missed():
    assert not misses_enough(runs("bytes", None, None), "bytes", 5)
    assert misses_enough(runs("bytes", None, None, None), "bytes", 5)
    assert not misses_enough(runs("traces", None, None, None), "traces", 5)


def test_four_of_five_runs_must_find_a_fault():
    four = score(runs("traces", 1, 2, 3, 4, None) + runs("bytes", None, None, None))
    three = score(runs("traces", 1, 2, 3, None, None) + runs("bytes", None, None, None))

    assert four.passes
    assert not three.passes
    assert [row.fault for row in three.survivors] == ["LEAKS_SA"]


def test_what_bytes_find_as_soon_is_not_ahead():
    drawn = score(runs("traces", 5, 5, 5) + runs("bytes", 5, 5, 5))

    assert drawn.ahead == 0
    assert not drawn.passes


def test_the_page_and_the_plot_show_each_fault():
    known = runs("traces", 1, 2, 3) + runs("bytes", None, None, fault="LEAKS_SA")

    assert "| LEAKS_SA | memory | fuzz_list | 3 of 3 | 2 | 0.5 | 0 of 2 | > 900 |" in page(5, known)
    assert plot(known).count("<circle") == 1


def test_every_question_is_about_a_fault_that_there_is():
    names = [question.fault for question in questions(short=False)]

    assert len(names) > 50
    assert {question.fault for question in questions(short=True)} < set(names)


@pytest.mark.skipif(not (DOCS / "exam.json").exists(), reason="no exam was kept")
def test_the_page_in_docs_is_made_from_its_runs():
    kept = json.loads((DOCS / "exam.json").read_text(encoding="utf-8"))
    known = [Run(**run) for run in kept["runs"]]

    assert (DOCS / "exam.md").read_text(encoding="utf-8") == page(kept["limit_s"], known)
    assert (DOCS / "exam.svg").read_text(encoding="utf-8") == plot(known)

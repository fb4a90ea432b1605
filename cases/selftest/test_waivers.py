"""Known failures are waived, and a waiver that is not needed any more is told."""

from __future__ import annotations

import datetime

import pytest
from ov2 import waivers

DAY = datetime.date(2026, 6, 1)


def record(name="test_a::test_x[1]", verdict="fail", **blame):
    return {"id": name, "verdict": verdict, "blame": blame or {"A-1": verdict}}


def applied(records, **entry):
    """The state of one waiver after it was applied."""
    waiver = waivers.Waiver(reason="known", **entry)
    waivers.apply([waiver], records, "Frobnicator 2", DAY)
    return waiver.state


@pytest.mark.parametrize("verdict", ["fail", "crash", "hang", "leak", "flaky", "warning"])
def test_a_known_failure_is_waived(verdict):
    known = record(verdict=verdict)

    assert applied([known], requirement="A-*") == "used"
    assert known["verdict"] == "waived"
    assert known["blame"] == {"A-1": "waived"}


@pytest.mark.parametrize("case", ["test_a::test_x[1]", "test_a::*", "*[?]"])
def test_a_case_is_waived_by_its_id(case):
    known = record()

    assert applied([known], case=case) == "used"
    assert known["verdict"] == "waived"


def test_brackets_of_an_id_stand_for_themselves():
    known = record(name="test_a::test_x1")

    assert applied([known], case="test_a::test_x[1]") == "unused"
    assert known["verdict"] == "fail"


def test_a_case_that_breaks_more_still_fails():
    known = record(**{"A-1": "fail", "B-1": "fail"})

    assert applied([known], requirement="A-1") == "used"
    assert known["verdict"] == "fail"
    assert known["blame"] == {"A-1": "waived", "B-1": "fail"}


def test_a_law_is_waived_where_it_was_broken():
    other = record(verdict="pass", **{"A-1": "pass", "LAW-1": "fail"})

    assert applied([other], requirement="LAW-1") == "used"
    assert other["verdict"] == "pass"
    assert other["blame"] == {"A-1": "pass", "LAW-1": "waived"}


def test_an_error_is_never_waived():
    broken = record(verdict="error")

    assert applied([broken], requirement="A-1") == "unused"
    assert broken["verdict"] == "error"


@pytest.mark.parametrize(
    "entry, state",
    [
        ({"until": datetime.date(2026, 5, 31)}, "expired"),
        ({"until": DAY}, "used"),
        ({"device": "Frobnicator*"}, "used"),
        ({"device": "Frobnicator"}, "other-device"),
    ],
)
def test_when_a_waiver_holds(entry, state):
    known = record()

    assert applied([known], requirement="A-1", **entry) == state
    assert known["verdict"] == ("waived" if state == "used" else "fail")


def test_what_passes_unexpectedly_is_told():
    mended = [record(verdict="pass"), record(name="test_a::test_y", verdict="skip")]

    assert applied(mended, requirement="A-1") == "unexpected-pass"
    assert [r["blame"]["A-1"] for r in mended] == ["unexpected-pass", "skip"]
    assert mended[0]["verdict"] == "pass"
    assert applied([record(verdict="pass")], case="test_a::*") == "unexpected-pass"


def test_one_variant_that_passes_is_not_unexpected():
    both = [record(), record(name="test_a::test_x[2]", verdict="pass")]

    assert applied(both, case="test_a::test_x*") == "used"
    assert [r["verdict"] for r in both] == ["waived", "pass"]


@pytest.mark.parametrize(
    "text, sentence",
    [
        ("[[waiver]]\nreason = 'x'", "needs either a requirement or a case"),
        ("[[waiver]]\nrequirement = 'A'\ncase = 'B'\nreason = 'x'", "either a requirement or"),
        ("[[waiver]]\ncase = 'B'", "needs a reason"),
        ("[[waiver]]\ncase = 'B'\nreason = 'x'\nuntill = 2026-01-01", "has untill; it may have"),
        ("[[waiver]]\ncase = 'B'\nreason = 'x'\nuntil = '2026-01-01'", "until is a date"),
        ("[[waiver]]\ncase = 'B'\nreason = 'x'\nuntil = 2026-01-01T00:00:00", "until is a date"),
        ("[[waiver]]\ncase = 'B'\nreason = 1", "reason is text"),
        ("[[waivers]]\ncase = 'B'", "has waivers; it may have"),
        ("waiver = 1", "it may have [[waiver]] only"),
        ("waiver = [1]", "is no table"),
        ("{", "is not TOML"),
    ],
)
def test_a_file_that_cannot_be_used_is_one_sentence(tmp_path, text, sentence):
    file = tmp_path / "waivers.toml"
    file.write_text(text)

    with pytest.raises(waivers.BadWaivers) as refusal:
        waivers.load(file)
    assert sentence in str(refusal.value)
    assert "\n" not in str(refusal.value).strip()


def test_a_waived_failure_does_not_decide(suite):
    suite.add("it", "case.ask('die crash')")
    (suite.folder / "known.toml").write_text(
        "[[waiver]]\nrequirement = 'ADD-001'\nreason = 'known'\nuntil = 2999-12-31\n"
    )
    results = suite.run("--waivers", "known.toml")

    assert [case["verdict"] for case in results["cases"]] == ["waived"]
    assert results["conforms"] is True
    assert "but for 1 that is waived" in results["summary"]["conforms"]
    assert results["waivers"] == [
        {"requirement": "ADD-001", "case": "", "device": "", "reason": "known", "link": "",
         "until": "2999-12-31", "state": "used", "cases": ["test_add::test_it"]}
    ]


def test_waivers_that_cannot_be_read_stop_the_run(suite):
    suite.add("it", "pass")

    assert suite.run("--waivers", "nowhere.toml") == {}
    assert suite.code == 4
    assert "nowhere.toml: No such file or directory" in suite.said

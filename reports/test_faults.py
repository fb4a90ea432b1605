"""./ov2 faults: what it reads, when a fault counts as killed."""

from __future__ import annotations

import argparse
from pathlib import Path

import faults
import pytest

DEFINITIONS = r"""
/* FAULT(id, requirement, text) in a comment is none */
FAULT(ACCEPTS_BAD_ICV, "RX-013", "accepts a packet whatever its \"ICV\"")
FAULT_ASAN(READS_BEHIND, "HDR-011 HDR-002",
           "reads behind "
           "the end")
"""


def case(number: int, verdict: str, *requirements: str, message: str = "", rule: str = "") -> dict:
    law = {"rule": rule}
    return {
        "id": f"test_x::test_{number}",
        "verdict": verdict,
        "requirements": list(requirements),
        "message": message,
        "broken": [law] if rule else [],
    }


def document(verdict: str, *cases: dict, requirement: str = "RX-013") -> dict:
    names = [c["id"] for c in cases if requirement in c["requirements"] or c["broken"]]
    return {"requirements": {requirement: {"verdict": verdict, "cases": names}}, "cases": [*cases]}


@pytest.fixture
def fault():
    return faults.Fault("ACCEPTS_BAD_ICV", ["RX-013"], "accepts", "plain")


@pytest.fixture
def broad():
    """A fault that breaks two requirements."""
    return faults.Fault("ACCEPTS_BAD_ICV", ["RX-013", "P-ESP-010"], "accepts", "plain")


def documents(*cases: dict) -> dict:
    """What a run says about both."""
    found = [document("fail", *cases, requirement=name) for name in ("RX-013", "P-ESP-010")]
    return {"requirements": found[0]["requirements"] | found[1]["requirements"], "cases": [*cases]}


def test_definitions():
    first, second = faults.read_faults(DEFINITIONS, "plain")

    assert (first.id, first.requirements, first.mode) == ("ACCEPTS_BAD_ICV", ["RX-013"], "plain")
    assert first.text == 'accepts a packet whatever its "ICV"'
    assert (second.id, second.mode) == ("READS_BEHIND", "asan")
    assert second.requirements == ["HDR-011", "HDR-002"]
    assert second.text == "reads behind the end"


@pytest.mark.parametrize("verdict", ["fail", "crash", "hang", "leak", "warning"])
def test_killed(fault, verdict):
    faults.judge(fault, document(verdict, case(1, verdict, "RX-013", message="assert")))

    assert fault.killed
    assert fault.by == {"RX-013": ["test_x::test_1"]}


@pytest.mark.parametrize("verdict", ["pass", "skip", "error", "flaky", "not-run"])
def test_not_killed(fault, verdict):
    faults.judge(fault, document(verdict, case(1, "pass", "RX-013")))

    assert not fault.killed
    assert fault.why == f"RX-013's 1 cases say {verdict}"


def test_each_of_its_requirements_kills_a_fault(broad):
    cases = [case(1, "fail", "RX-013", message="x"), case(2, "fail", "P-ESP-010", message="x")]
    faults.judge(broad, documents(*cases))

    assert broad.killed
    assert broad.by == {"RX-013": ["test_x::test_1"], "P-ESP-010": ["test_x::test_2"]}


def test_one_case_may_kill_for_both(broad):
    faults.judge(broad, documents(case(1, "fail", "RX-013", "P-ESP-010", message="x")))

    assert broad.killed
    assert faults.say(broad) == "test_x::test_1"


def test_a_requirement_that_lets_it_survive_is_named(broad):
    cases = [case(1, "fail", "RX-013", message="x"), case(2, "pass", "P-ESP-010")]
    faults.judge(broad, documents(*cases))

    assert not broad.killed
    assert broad.why == "P-ESP-010's 1 cases say fail"


def test_a_law_of_one_requirement_does_not_kill_for_another(broad):
    faults.judge(broad, documents(case(1, "fail", "RX-013", "P-ESP-010", rule="RX-013")))

    assert broad.by == {"RX-013": ["test_x::test_1"], "P-ESP-010": []}
    assert not broad.killed


def test_a_fault_waits_only_if_each_of_its_caseless_requirements_does(broad):
    catalogue = faults.Catalogue({"RX-013"}, {"RX-013", "P-ESP-010"}, {"P-ESP-010"}, {"RX"})

    assert faults.sit(broad, None, catalogue).state == "waits"
    assert broad.why == "P-ESP-010 has no case yet"


@pytest.mark.parametrize(("finished", "state"), [(set(), "waits"), ({"RX"}, "SURVIVES")])
def test_a_fault_that_survives_waits_for_the_rest_of_a_group(
    fault, finished, state, tmp_path, monkeypatch
):
    passing = document("pass", case(1, "pass", "RX-013"))
    monkeypatch.setattr(faults, "examine", lambda *_: passing)
    options = argparse.Namespace(out=tmp_path, full=False, record=None)
    catalogue = faults.Catalogue({"RX-013"}, {"RX-013"}, set(), finished)

    assert faults.sit(fault, options, catalogue).state == state


def test_only_cases_that_speak_of_the_requirement_are_named(fault):
    cases = [
        case(1, "fail", "RX-013", rule="RX-013"),
        case(2, "fail", "ADD-001", rule="RX-013"),
        case(3, "pass", "RX-013", rule="HDR-001"),
    ]
    faults.judge(fault, document("fail", *cases))

    assert fault.by == {"RX-013": ["test_x::test_1"]}


def test_a_requirement_without_a_case(fault):
    faults.judge(fault, document("not-run", case(1, "pass", "ADD-001")))

    assert fault.why == "RX-013 has no case"


def test_what_every_case_notices_proves_nothing(fault):
    others = [case(n, "fail", "ADD-001", message="x") for n in range(2, 32)]
    faults.judge(fault, document("fail", case(1, "fail", "RX-013", message="x"), *others))

    assert not fault.killed
    assert "proves nothing" in fault.why


def test_a_witness_has_only_what_was_asked_and_answered(fault, tmp_path, monkeypatch):
    monkeypatch.setattr(faults, "WITNESSES", tmp_path / "witnesses")
    folder = tmp_path / fault.id / "traces"
    folder.mkdir(parents=True)
    (folder / "x.trace").write_text("# pc=0x7f01\n> open fault=X\n< status=SUCCESS\n# log\n")
    fault.by = {"RX-013": ["test_x::test_1"]}
    killer = dict(case(1, "fail", "RX-013"), trace="traces/x.trace")
    faults.record_witness(fault, {"cases": [killer]}, tmp_path)

    text = Path(tmp_path / "witnesses" / f"{fault.id}.trace").read_text()
    assert text.splitlines()[2:] == ["> open fault=X", "< status=SUCCESS"]
    assert "pc=" not in text

"""What the schema refuses, and what the suite expects of its own drivers."""

from __future__ import annotations

import copy
import json
import tomllib
from pathlib import Path

import compare
import document
import expect
import pytest

SCHEMA = json.loads(document.SCHEMA.read_text(encoding="utf-8"))
GOOD = document.load(Path(__file__).parent / "golden" / "results.json")


def changed(*path, to):
    """GOOD with one member replaced, or removed if to is ...; its cases are copies."""
    result = copy.deepcopy(GOOD)
    at = result
    for key in path[:-1]:
        at = at[key]
    if to is ...:
        del at[path[-1]]
    else:
        at[path[-1]] = to
    return result


@pytest.mark.parametrize(
    "path, to, sentence",
    [
        (("suite",), ..., "the document has no suite"),
        (("more",), 1, "the document has more, which the schema does not know"),
        (("conforms",), "yes", "conforms is not of type boolean or null"),
        (("cases", 0, "verdict"), "good", "cases[0].verdict is 'good', none of"),
        (("cases", 0, "seconds"), True, "cases[0].seconds is not of type number"),
        (("cases", 4, "broken", 0, "line"), 1.5, "cases[4].broken[0].line is not of type integer"),
        (("adapter", "sha256"), "12", "adapter.sha256 is '12', which does not match"),
        (("fingerprint", "A-06"), "x", "fingerprint.A-06 is not of type array"),
        (("waivers", 0, "state"), "old", "waivers[0].state is 'old', none of"),
    ],
)
def test_what_the_schema_refuses(path, to, sentence):
    wrong = document.check(changed(*path, to=to), SCHEMA)

    assert len(wrong) == 1
    assert wrong[0].startswith(sentence)


def test_the_golden_document_is_allowed():
    assert document.check(GOOD, SCHEMA) == []


def test_the_schema_is_understood_alike_by_jsonschema():
    jsonschema = pytest.importorskip("jsonschema")
    jsonschema.validate(GOOD, SCHEMA)


# ---- expect --------------------------------------------------------------------------------


def of_verdicts(*verdicts, conforms=False):
    case = GOOD["cases"][0]
    cases = [dict(case, id=f"test_x::test_{n}", verdict=v) for n, v in enumerate(verdicts)]
    return dict(GOOD, cases=cases, conforms=conforms)


@pytest.mark.parametrize("verdict", ["fail", "crash", "hang", "leak", "error", "flaky", "warning"])
def test_one_case_against_the_reference_is_too_many(verdict):
    assert expect.is_clean(of_verdicts("pass", verdict)) is not None


def test_a_clean_reference():
    sound = {"DEL-002": dict(GOOD["requirements"]["DEL-002"], verdict="pass")}
    clean = dict(of_verdicts("pass", "skip"), requirements=sound)

    assert expect.is_clean(clean) is None
    assert expect.is_clean(of_verdicts("pass")) is not None
    assert expect.is_clean(dict(clean, cases=[])) == "no case was run"


UNKNOWN = {"fails": {}, "passes": []}


def test_the_broken_driver_breaks_in_every_way():
    clean = of_verdicts("pass", "pass", "pass", "pass")
    broken = of_verdicts("crash", "hang", "leak", "fail")
    more = of_verdicts("crash", "hang", "leak", "fail", "pass")
    open_ = of_verdicts("crash", "hang", "leak", "fail", conforms=None)

    assert expect.is_broken(broken, clean, UNKNOWN) is None
    assert expect.is_broken(of_verdicts("crash", "hang", "leak", "pass"), clean, UNKNOWN)
    assert expect.is_broken(open_, clean, UNKNOWN)
    assert expect.is_broken(more, clean, UNKNOWN)


@pytest.mark.parametrize("verdict", ["pass", "fail", "skip", "not-run"])
def test_the_broken_driver_is_blamed_for_its_own_defects(verdict):
    row = dict(GOOD["requirements"]["DEL-002"], verdict=verdict)
    document = dict(GOOD, requirements={"DEL-002": row})

    blamed = expect.unlike(document, {"fails": {"DEL-002": "forgets"}, "passes": []})
    cleared = expect.unlike(document, {"fails": {}, "passes": ["DEL-002"]})

    assert (blamed is None) == (verdict == "fail")
    assert (cleared is None) == (verdict == "pass")


def test_enough_is_known_of_the_broken_driver():
    known = tomllib.loads(expect.NAIVE.read_text(encoding="utf-8"))

    assert len(known["fails"]) >= 25
    assert len(known["passes"]) >= 25


# ---- compare -------------------------------------------------------------------------------


def test_nothing_changed():
    assert list(compare.changes(GOOD, GOOD)) == []


def test_a_case_that_got_worse_speaks_against_the_device():
    worse = changed("cases", 0, "verdict", to="fail")

    assert list(compare.changes(GOOD, worse)) == [
        (True, "case test_add::test_a_list_is_added: pass -> fail")
    ]
    assert list(compare.changes(worse, GOOD)) == [
        (False, "case test_add::test_a_list_is_added: fail -> pass")
    ]


def test_a_requirement_that_reads_otherwise_is_told():
    other = changed("requirements", "OID-003", "text", to="Nobody waits.")

    assert list(compare.changes(GOOD, other)) == [
        (False, "requirement OID-003 read: Nothing waits."),
        (False, "requirement OID-003 reads: Nobody waits."),
    ]


def test_a_requirement_of_another_level_is_told():
    other = changed("requirements", "OID-003", "level", to="SHOULD")

    assert list(compare.changes(GOOD, other)) == [
        (False, "requirement OID-003 was MUST, is SHOULD")
    ]


def test_a_worse_failure_is_worse():
    hang = changed("cases", 1, "verdict", to="hang")

    assert [change.is_worse for change in compare.changes(GOOD, hang)] == [True]
    assert [change.is_worse for change in compare.changes(hang, GOOD)] == [False]


def test_a_case_that_nobody_chose_is_not_gone():
    other = dict(GOOD, cases=GOOD["cases"][1:], filtered=True)

    assert list(compare.changes(GOOD, other)) == []


def test_a_renamed_case_is_the_same_case():
    other = changed("cases", 0, "id", to="test_add::test_new")
    names = {"test_add::test_a_list_is_added": "test_add::test_old",
             "test_add::test_old": "test_add::test_new"}

    assert list(compare.changes(GOOD, other, names)) == []
    assert len(list(compare.changes(GOOD, other))) == 2


def test_readings_and_cases_come_and_go():
    other = changed("fingerprint", "A-06", to=...)
    other["cases"] = other["cases"][1:]

    assert [line for _, line in compare.changes(GOOD, other)] == [
        "case test_add::test_a_list_is_added: pass -> absent",
        "reading A-06: success -> none",
    ]

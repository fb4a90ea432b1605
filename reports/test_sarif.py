"""results.sarif is SARIF 2.1.0, as far as we write it; GitHub code scanning takes no other."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import sarif
from document import check
from test_page import HOSTILE, spoiled
from test_report import DOCUMENT, OUT, is_golden

SCHEMA = json.loads((Path(sarif.__file__).parent / "sarif.schema.json").read_text("utf-8"))
TEXT = sarif.sarif(DOCUMENT, OUT, "driver.so")
LOG = json.loads(TEXT)
(RUN,) = LOG["runs"]


def test_sarif():
    assert is_golden("results.sarif", TEXT)


def test_it_is_sarif():
    assert check(LOG, SCHEMA) == []


def test_whatever_a_driver_says_it_is_sarif():
    assert check(json.loads(sarif.sarif(spoiled(HOSTILE), OUT, "")), SCHEMA) == []


@pytest.mark.parametrize(
    "path, value",
    [
        (("version",), "2.0.0"),
        (("runs", 0, "tool", "driver", "name"), ""),
        (("runs", 0, "results", 0, "level"), "fatal"),
        (("runs", 0, "results", 0, "message"), "text"),
        (("runs", 0, "results", 0, "message", "text"), ""),
        (("runs", 0, "results", 0, "ruleIndex"), -1),
        (("runs", 0, "results", 0, "more"), 1),
        (("runs", 0, "results", 0, "locations", 0, "physicalLocation", "region", "startLine"), 0),
        (("runs", 0, "results", 0, "locations", 0, "physicalLocation", "artifactLocation", "uri"),
         "a b"),
        (("runs", 0, "invocations", 0, "startTimeUtc"), "yesterday"),
    ],
)
def test_what_is_no_sarif_is_refused(path, value):
    log = copy.deepcopy(LOG)
    at = log
    for key in path[:-1]:
        at = at[key]
    at[path[-1]] = value

    assert len(check(log, SCHEMA)) == 1


def test_each_result_has_its_rule_and_a_mark_of_its_own():
    rules = [rule["id"] for rule in RUN["tool"]["driver"]["rules"]]
    marks = [result["partialFingerprints"]["ov2/v1"] for result in RUN["results"]]

    assert [rules[result["ruleIndex"]] for result in RUN["results"]] == [
        result["ruleId"] for result in RUN["results"]
    ]
    assert len(set(rules)) == len(rules)
    assert len(set(marks)) == len(marks)


def test_what_is_waived_is_suppressed():
    waived = [result for result in RUN["results"] if "suppressions" in result]

    assert [result["ruleId"] for result in waived] == ["OID-005"]
    assert waived[0]["suppressions"] == [
        {"kind": "external", "justification": "Knows <b>no</b> ports."}
    ]


def test_what_the_baseline_had_is_not_new():
    old = copy.deepcopy(DOCUMENT)
    old["cases"] = [case for case in old["cases"] if case["verdict"] != "crash"]
    new = json.loads(sarif.sarif(DOCUMENT, OUT, "", sarif.fingerprints(old)))

    states = [(result["ruleId"], result["baselineState"]) for result in new["runs"][0]["results"]]
    assert check(new, SCHEMA) == []
    assert [state for state in states if state[0].startswith("DEL")] == [
        ("DEL-001", "unchanged"),  # the hang
        ("DEL-001", "new"),  # the crash
        ("DEL-002", "new"),  # the law that was broken before it
    ]


def test_what_was_waived_and_is_no_more_is_new():
    forgiven = sarif.fingerprints(DOCUMENT)

    assert sarif.fingerprint("OID-002", "test_oid::test_cancel") in forgiven
    assert sarif.fingerprint("OID-005", "test_oid::test_waived") not in forgiven

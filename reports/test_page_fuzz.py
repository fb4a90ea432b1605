"""What fuzzers found, on the page and for code scanning."""

from __future__ import annotations

import json

import page
import pytest
from campaigns import campaigns
from sarif import sarif
from test_report import DOCUMENT

FIND = {"hash": "0123456789", "kind": "crash", "sentence": "delete_sa: SIGSEGV, in <b>free</b>",
        "requirement": "", "verb": "delete_sa", "place": "free", "count": 3,
        "trace": "crash-0123456789.trace"}
LAW = FIND | {"hash": "abcdef0123", "kind": "law", "requirement": "ADD-010",
              "sentence": "add_sa breaks ADD-010"}
CAMPAIGN = {
    "target": "fuzz_list", "engine": "libfuzzer", "dut": "a.so", "seconds": 60.0, "edges": 700,
    "executions": 60000, "requests": 900000, "behaviours": 1200, "chance": 0.001,
    "shapes": [4, 0, 1], "finds": [FIND, LAW],
    "course": [{"seconds": 1.0, "edges": 300, "behaviours": 500},
               {"seconds": 60.0, "edges": 700, "behaviours": 1200}],
}


@pytest.fixture
def out(tmp_path):
    folder = tmp_path / "fuzz/fuzz_list"
    folder.mkdir(parents=True)
    (folder / "fuzz.json").write_text(json.dumps(CAMPAIGN), encoding="utf-8")
    return tmp_path


def test_a_campaign_is_on_the_page(out):
    text = page.page(DOCUMENT, out, "driver.so")

    assert 'id="fuzzing"' in text and 'href="#fuzzing"' in text
    assert "<polyline" in text
    assert "60,000 executions" in text and "2 of 3 shapes" in text
    assert "fuzz/fuzz_list/crash-0123456789.trace" in text
    assert "<b>free</b>" not in text


def test_edges_that_an_engine_did_not_come_to_count_are_not_zero(out):
    file = out / "fuzz/fuzz_list/fuzz.json"
    file.write_text(json.dumps(CAMPAIGN | {"edges": 0}), encoding="utf-8")

    assert "edges not counted" in page.page(DOCUMENT, out, "driver.so")


def test_without_campaigns_the_page_says_nothing_of_them(tmp_path):
    assert "fuzzing" not in page.page(DOCUMENT, tmp_path, "driver.so")


def test_finds_are_results_for_code_scanning(out):
    results = json.loads(sarif(DOCUMENT, out, "driver.so"))["runs"][0]["results"]
    found = {result["ruleId"]: result for result in results
             if "crash-" in json.dumps(result["locations"])}

    assert set(found) == {"fuzz-crash", "ADD-010"}
    assert found["fuzz-crash"]["level"] == "error"
    assert "SIGSEGV" in found["fuzz-crash"]["message"]["text"]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"target": 1}', json.dumps(CAMPAIGN | {
    "finds": [{}]}), json.dumps(CAMPAIGN | {"course": [1]})])
def test_what_is_no_campaign_is_passed_over(out, text):
    (out / "fuzz/fuzz_list/fuzz.json").write_text(text, encoding="utf-8")

    assert campaigns(out) == []

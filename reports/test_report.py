"""The report, against golden files.  OV2_GOLDEN=rewrite writes them anew; review with git diff."""

from __future__ import annotations

import copy
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import junit
import markdown
import pytest
import terminal
from document import load

HERE = Path(__file__).parent
GOLDEN = HERE / "golden"
DOCUMENT = json.loads((GOLDEN / "results.json").read_text(encoding="utf-8"))
OUT = Path("build/report")


def is_golden(name: str, text: str) -> bool:
    file = GOLDEN / name
    if os.environ.get("OV2_GOLDEN") == "rewrite":
        file.write_text(text, encoding="utf-8")
    return text == file.read_text(encoding="utf-8")


def test_terminal():
    assert is_golden("terminal.txt", terminal.terminal(DOCUMENT, OUT, "driver.so"))


def test_markdown():
    assert is_golden("summary.md", markdown.markdown(DOCUMENT, OUT, "driver.so"))


def test_junit():
    assert is_golden("junit.xml", junit.junit(DOCUMENT))


def test_a_terminal_is_not_steered_by_a_driver():
    text = terminal.terminal(DOCUMENT, OUT, "")

    assert "\x1b" not in text
    assert "\x07" not in text


def test_junit_counts_what_it_holds():
    (suite,) = ElementTree.fromstring(junit.junit(DOCUMENT))

    for tag in ("failure", "error", "skipped"):
        plural = tag if tag == "skipped" else f"{tag}s"
        assert int(suite.get(plural) or 0) == len(suite.findall(f"testcase/{tag}"))
    assert float(suite.get("time") or 0) == 2.25
    laws = suite.findall("testcase[@classname='laws']")
    assert int(suite.get("tests") or 0) == len(DOCUMENT["cases"]) + len(laws)
    assert [law.get("name") for law in laws] == ["DEL-002"]


def test_markdown_of_a_driver_cannot_leave_its_fence():
    document = copy.deepcopy(DOCUMENT)
    document["cases"][1]["message"] = "````\n# not a heading"

    text = markdown.markdown(document, OUT, "")
    assert "\n`````text\n" in text


def test_a_long_list_of_failures_is_cut():
    document = copy.deepcopy(DOCUMENT)
    document["cases"] = [dict(document["cases"][1], id=f"test_x::test_{n}") for n in range(50)]

    assert "and 38 more: build/report/report.html" in terminal.terminal(document, OUT, "")
    assert markdown.markdown(document, OUT, "").count("\n## fail") == 50


def test_a_law_that_is_waived_says_so():
    document = copy.deepcopy(DOCUMENT)
    document["requirements"]["DEL-002"]["verdict"] = "waived"

    for text in (terminal.terminal(document, OUT, ""), markdown.markdown(document, OUT, "")):
        assert "MUST, waived  DELETE_SA succeeds." in text
    assert 'classname="laws"' not in junit.junit(document)


def test_the_page_of_a_job_stays_below_a_mebibyte():
    document = copy.deepcopy(DOCUMENT)
    case = dict(document["cases"][1], message="x" * 4000)
    document["cases"] = [dict(case, id=f"test_x::test_{n}") for n in range(5000)]

    text = markdown.markdown(document, OUT, "")
    assert len(text.encode()) < 1 << 20
    assert "And 4950 more" in text


def test_junit_is_what_gitlab_and_jenkins_read():
    """Both want each test once, one outcome for each, and numbers for its time."""
    (suite,) = ElementTree.fromstring(junit.junit(DOCUMENT))
    tests = suite.findall("testcase")

    names = [(test.get("classname"), test.get("name")) for test in tests]
    assert len(set(names)) == len(names)
    assert all(len(test) <= 1 and float(test.get("time")) >= 0 for test in tests)
    assert [child.tag for child in suite[:2]] == ["properties", "testcase"]
    assert suite.get("timestamp") == "2026-01-02T03:04:05"


@pytest.mark.parametrize("conforms, code", [(True, 0), (False, 1), (None, 2)])
def test_exit_codes(tmp_path, conforms, code):
    document = dict(DOCUMENT, conforms=conforms)
    (tmp_path / "results.json").write_text(json.dumps(document))

    done = subprocess.run([sys.executable, HERE / "report.py", tmp_path], capture_output=True)
    assert done.returncode == code
    made = {path.name for path in tmp_path.iterdir()} - {"results.json"}
    assert made == {"junit.xml", "summary.md", "results.sarif", "report.html"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"suite": 1}'])
def test_a_file_that_is_no_result_is_one_sentence(tmp_path, text):
    (tmp_path / "results.json").write_text(text)

    done = subprocess.run([sys.executable, HERE / "report.py", tmp_path], capture_output=True)
    assert done.returncode == 2
    assert done.stderr.count(b"\n") == 1


def test_the_results_that_the_suite_wrote_are_read(tmp_path):
    shutil.copy(GOLDEN / "results.json", tmp_path)

    assert load(tmp_path / "results.json") == DOCUMENT

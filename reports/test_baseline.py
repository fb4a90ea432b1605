"""What a baseline forgives, and what it does not; and the ids that stay what they are."""

from __future__ import annotations

import copy
import json
import subprocess
import sys
from pathlib import Path

import baseline
import page
import pytest
import releases
import terminal
from markdown import markdown
from test_report import DOCUMENT, OUT

HERE = Path(__file__).parent
OLD = copy.deepcopy(DOCUMENT)
WORSE = copy.deepcopy(DOCUMENT)
WORSE["cases"][0]["verdict"] = "hang"


def report(folder, document, old):
    """The exit code of the report, and the last line that it prints."""
    (folder / "results.json").write_text(json.dumps(document))
    (folder / "old.json").write_text(old if isinstance(old, str) else json.dumps(old))
    command = [sys.executable, HERE / "report.py", folder, "--baseline", folder / "old.json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    last = (done.stdout or done.stderr).splitlines()[-1]
    return done.returncode, last.replace(f"{folder}/", "")


def test_old_failures_are_forgiven(tmp_path):
    code, last = report(tmp_path, DOCUMENT, OLD)

    assert code == 0
    assert last.startswith("no new failures since old.json (DOES NOT CONFORM: ")


def test_a_new_failure_is_not(tmp_path):
    code, last = report(tmp_path, WORSE, OLD)

    assert code == 1
    assert last.startswith("1 new failure since old.json (DOES NOT CONFORM: ")


def test_a_run_that_was_stopped_says_nothing(tmp_path):
    code, last = report(tmp_path, dict(DOCUMENT, unfinished="the run was stopped"), OLD)

    assert code == 2
    assert last.startswith("INCOMPLETE: the run was stopped since old.json")


@pytest.mark.parametrize("text", ["", "{}", "[1]"])
def test_a_baseline_that_is_none_is_one_sentence(tmp_path, text):
    code, last = report(tmp_path, DOCUMENT, text)

    assert code == 2
    assert last.startswith("report: ")


def test_every_report_names_the_new_failure(tmp_path):
    (tmp_path / "old.json").write_text(json.dumps(OLD))
    found = baseline.since(tmp_path / "old.json", WORSE)

    line = "case test_add::test_a_list_is_added: pass -> hang"
    assert line in terminal.terminal(WORSE, OUT, "", found)
    assert line.replace("_", "\\_").replace(">", "\\>") in markdown(WORSE, OUT, "", found)
    assert "<b>worse: </b>" + line.replace(">", "&gt;") in page.page(WORSE, OUT, "", found)


# ---- ids ---------------------------------------------------------------------------------------

IDS = ["test_a::test_x", "test_a::test_y[1]", "test_a::test_y[a b]", "test_b::test_z[[]]"]


def test_ids_survive_their_file():
    lines = releases.as_lines(IDS)

    assert lines == ["test_a::test_x", "test_a::test_y\t[1]\t[a b]", "test_b::test_z\t[[]]"]
    assert releases.from_lines(lines) == IDS


@pytest.mark.parametrize(
    "entry, gone",
    [
        ("", ["test_a::test_y[1]", "test_a::test_y[a b]"]),
        ('[renamed]\n"test_a::test_y" = "test_a::test_new"', []),
        ('[renamed]\n"test_a::test_y[1]" = "test_a::test_new[1]"', ["test_a::test_y[a b]"]),
        ('[renamed]\n"test_a::test_y" = "test_a::test_typo"',
         ["test_a::test_y[1]", "test_a::test_y[a b]"]),
        ('[retired]\n"test_a::test_y" = "it was wrong"', []),
        ('[renamed]\n"test_a::test_y" = "test_a::test_w"\n"test_a::test_w" = "test_a::test_y"',
         ["test_a::test_y[1]", "test_a::test_y[a b]"]),
    ],
)
def test_an_id_that_is_gone_is_told(tmp_path, entry, gone):
    (tmp_path / "aliases.toml").write_text(entry)
    now = {"test_a::test_x", "test_b::test_z[[]]", "test_a::test_new[1]", "test_a::test_new[a b]"}

    assert releases.lost(IDS, now, tmp_path) == gone


def test_every_released_id_is_there(tmp_path):
    if not list((releases.CASES / "releases").glob("*.txt")):
        pytest.skip("nothing was released yet: reports/releases.py freeze")
    collect = [sys.executable, "-m", "pytest", "cases", "-q", "--collect-only", "--out", tmp_path]
    subprocess.run(collect, cwd=HERE.parent, capture_output=True, check=True)

    check = [sys.executable, HERE / "releases.py", "check", tmp_path / "cases.json"]
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout

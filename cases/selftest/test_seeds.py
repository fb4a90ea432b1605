"""The reference breaks no law with the seeds of the fuzzers, nor with what they once found."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from ov2.regressions import requests_of, rows_of

ROOT = Path(__file__).parent.parent.parent
TRACES = sorted((ROOT / "fuzz").glob("seeds/*/*.trace")) + sorted(
    (ROOT / "fuzz").glob("regressions/*.trace")
)
MODES = [mode for mode in ("plain", "asan") if (ROOT / "build" / mode / "worker").exists()]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("file", TRACES, ids=[f"{file.parent.name}/{file.stem}" for file in TRACES])
def test_the_reference_breaks_no_law(file, mode):
    build = ROOT / "build" / mode
    peer = str(build / "reference-clean.so")
    command = [build / "worker", "--check", "--peer", peer, "--log", "/dev/null"]

    run = subprocess.run([*command, build / "reference.so", file], capture_output=True, text=True)

    assert (run.returncode, run.stdout) == (0, "")


def test_each_seed_says_what_it_is_for():
    assert TRACES
    assert [file for file in TRACES if not file.read_text(encoding="utf-8").startswith("# ")] == []


def test_a_regression_is_a_case_if_its_comment_names_a_requirement():
    text = "# A DELETE of what never was (DEL-011, A-06).\n# breaks DEL-014\n> open\n< KEY-001\n"

    assert rows_of(text) == ["DEL-011", "DEL-014"]
    assert requests_of(text) == ["open"]
    assert rows_of("# As in DEL-999 and UTF-816.\n> open\n") == []

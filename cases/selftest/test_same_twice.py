"""Two runs with the same seed give the same bytes, but for their times."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "plain"
TIMES = re.compile(r'("seconds": )[0-9.e-]+|("began": )"[^"]*"')


def results(out: Path, adapter: str, requirement: str, *options: str) -> str:
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--requirement", requirement]
    command += ["--dut", str(BUILD / adapter), "--out", str(out), "--seed", "7", *options]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=300, check=False)
    return TIMES.sub(r"\1\2", (out / "results.json").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "adapter, requirement", [("reference.so", "UPD-00*"), ("naive.so", "KEY-00*")]
)
def test_two_runs_are_the_same(tmp_path, adapter, requirement):
    if not (BUILD / adapter).exists():
        pytest.skip(f"{adapter} is not built")
    one = results(tmp_path / "one", adapter, requirement)
    two = results(tmp_path / "two", adapter, requirement, "-n", "2")

    assert len(one) > 10000
    assert one.splitlines() == two.splitlines()

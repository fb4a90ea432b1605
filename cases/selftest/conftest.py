"""A suite in a folder of its own, on a worker that is a stub."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent

CATALOGUE = """
[ADD-001]
level = "MUST"
text = "Adds."
[ADD-002]
level = "SHOULD"
text = "Adds well."
[ADD-003]
level = "ROBUST"
text = "Adds anything."
[ADD-004]
level = "MUST"
text = "Adds what only the host can see."
who = "H"
"""

VOCABULARY = """
__version__ = "1"
from .catalogue import requirement
"""

CASES = """
import pytest
from ov2 import requirement

@pytest.fixture
def dut(case):
    return case.ask("open")

@pytest.fixture
def dead(case):
    case.ask("die crash")
"""


class Suite:
    """A suite in a folder of its own: add cases, run them, read the results."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "cases").mkdir()
        shutil.copy(ROOT / "pytest.ini", folder)
        shutil.copy(ROOT / "cases/conftest.py", folder / "cases")
        shutil.copytree(ROOT / "cases/ov2", folder / "cases/ov2")  # but for the vocabulary
        (folder / "cases/ov2/__init__.py").write_text(VOCABULARY)
        (folder / "cases/ov2/device.py").write_text("")
        self.catalogue(CATALOGUE)
        (folder / "cases/test_add.py").write_text(CASES)
        (folder / "dut.so").write_text("a driver")
        stub = folder / "worker"
        stub.write_text(f'#!/bin/sh\nexec {sys.executable} {HERE}/stub_worker.py "$@"\n')
        stub.chmod(0o755)

    def catalogue(self, text: str) -> None:
        (self.folder / "cases/requirements.toml").write_text(text)

    def add(self, name: str, *lines: str, ids: str = '"ADD-001"', args: str = "case") -> None:
        body = "".join(f"    {line}\n" for line in lines)
        with open(self.folder / "cases/test_add.py", "a", encoding="utf-8") as file:
            file.write(f"@requirement({ids})\ndef test_{name}({args}):\n{body}")

    def run(self, *options: str, out: str = "out") -> dict:
        command = [sys.executable, "-m", "pytest", "cases", "-q", "--worker", "./worker"]
        command += ["--dut", "dut.so", "--peer", "dut.so", "--out", out, *options]
        done = subprocess.run(
            command, cwd=self.folder, capture_output=True, text=True, timeout=60, check=False
        )
        self.said, self.code = done.stdout + done.stderr, done.returncode
        file = self.folder / out / "results.json"
        return json.loads(file.read_text()) if file.exists() else {}

    def trace(self, case: dict) -> str:
        return (self.folder / "out" / case["trace"]).read_text()

    @staticmethod
    def timeless(results: dict) -> str:
        """Results without their times, as they stand in the file."""
        cases = [dict(case, seconds=0.0) for case in results["cases"]]
        return json.dumps(dict(results, cases=cases, began=""), indent=1)


@pytest.fixture
def suite(tmp_path):
    return Suite(tmp_path)

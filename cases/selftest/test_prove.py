"""./ov2 prove: all is proved, and with a bug in the code it is not."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
PROVE = ROOT / "reference/prove"
GOALS = re.compile(r"(\d+) of (\d+) goals proved")
needs_frama_c = pytest.mark.skipif(not shutil.which("frama-c"), reason="frama-c is not installed")


def prove(*words):
    """Exit code, the goals that are not proved, and how many of how many are."""
    done = subprocess.run([PROVE, *words], capture_output=True, text=True, check=False)
    proved, total = map(int, GOALS.search(done.stdout).groups())
    return done.returncode, re.findall(r"not proved: (\w+)", done.stdout), proved, total


@needs_frama_c
def test_all_goals_are_proved():
    code, unproved, proved, total = prove()

    assert (code, unproved, proved) == (0, [], total)
    assert total > 200


@needs_frama_c
@pytest.mark.parametrize("fault, function, goal", [
    ("READS_HEADER_BEFORE_LENGTH", "list_read", "call_copy_requires"),
    ("FOLLOWS_CYCLES", "list_advance", "ensures"),
    ("ACCEPTS_ANY_SIZE", "has_size", "ensures"),
    ("TRUSTS_KEY_LENGTH", "area_check", "ensures"),
    ("KEY_RANGE_WRAPS", "area_key", "ensures"),
])
def test_a_bug_cannot_be_proved(fault, function, goal):
    code, unproved, proved, total = prove("-f", fault, function)

    assert code == 1
    assert len(unproved) == total - proved > 0
    assert any(name.startswith(f"{function}_{goal}") for name in unproved)


def test_where_frama_c_is_absent_there_is_one_sentence(tmp_path):
    for tool in ("dirname", "readlink", "sh"):
        (tmp_path / tool).symlink_to(shutil.which(tool))
    done = subprocess.run([PROVE], capture_output=True, text=True, check=False,
                          env=os.environ | {"PATH": str(tmp_path)})

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("ov2: there is no frama-c: run 'apt-get ")
    assert done.stderr.count("\n") == 1

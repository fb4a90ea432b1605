"""fuzz_differential: a planted difference is a find, and a legal one is none."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from seen import read_seen

BUILD = Path(__file__).parent.parent / "build/asan"
TARGET = BUILD / "fuzz_differential-files"
pytestmark = pytest.mark.skipif(not TARGET.exists(), reason=f"{TARGET.name} is not built")

TWO = "add_sa a{spi=0x1001} b{spi=0x1002 src=192.0.2.1}\n"
AH = "add_sa a{spi=0x1001 esp=aes-cbc-128+sha1}\n"


@pytest.fixture
def beside(tmp_path):
    """Runs a trace on an adapter beside the reference; gives what is broken, and how many lines
    differ."""
    trace = tmp_path / "input"
    (tmp_path / "finds").mkdir()

    def run(adapter, text):
        trace.write_text(text, encoding="utf-8")
        env = os.environ | {"OV2_FUZZ_DUT": str(BUILD / adapter), "OV2_FUZZ_OUT": str(tmp_path),
                            "OV2_FUZZ_PEER": str(BUILD / "reference-clean.so")}
        done = subprocess.run([TARGET, trace], env=env, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        found = sorted(file.name.split("-")[1:3] for file in (tmp_path / "finds").iterdir())
        return found, read_seen(tmp_path / "stats").differences

    return run


def test_a_planted_difference_is_found(beside):
    found, differences = beside("reference.so", "open fault=ADDS_HEAD_ONLY\n" + TWO)

    assert found == [["ADD", "001"]]
    assert differences > 0


def test_another_choice_of_algorithms_is_no_find(beside):
    assert beside("template_sync.so", "open\n" + AH) == ([], 1)


def test_two_that_are_the_same_do_not_differ(beside):
    assert beside("reference.so", "open\n" + TWO + "delete_sa a{handle=#1}\n") == ([], 0)

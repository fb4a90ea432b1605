"""What `./ov2 bench` measures: no times here, but what is left out."""

import importlib.util
import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "plain"

pytestmark = pytest.mark.skipif(not (BUILD / "bench").exists(), reason="nothing is built")


def run(program, adapter):
    """Its figures, and what it says besides."""
    done = subprocess.run([BUILD / program, BUILD / adapter], capture_output=True, text=True,
                          timeout=300, check=False)
    assert done.returncode == 0
    return json.loads(done.stdout), done.stderr


def test_a_device_without_a_datapath_has_no_packets():
    figures, said = run("bench_packets", "template_sync.so")

    assert figures == {"crowd": {}}
    assert "aes-gcm-128 is left out" in said and "1 SAs are left out" in said


@pytest.mark.parametrize("adapter", ("template_sync.so", "template_async.so"))
def test_a_device_with_little_room_has_short_lists_and_no_large_table(adapter):
    figures, said = run("bench", adapter)

    assert list(figures["delete_list"]) == ["1", "10", "100", "1000"]
    assert "at_1000000" not in figures
    assert "a list that deletes 10000 SAs is left out" in said


def test_of_several_turns_the_least_counts():
    spec = importlib.util.spec_from_file_location("bench", ROOT / "cases" / "bench.py")
    bench = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bench)

    assert bench.least([{"a": {"64": 3, "256": 9}}, {"a": {"64": 4, "256": 8}, "b": {}}]) == {
        "a": {"64": 3, "256": 8}}
    assert bench.least([{}, {"a": 1}]) == {}

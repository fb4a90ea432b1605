"""AFL++ on our targets: what it sees of a driver, and several of it on one campaign."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest
from engine import Afl

ROOT = Path(__file__).parent.parent
SEEDS = ROOT / "fuzz/seeds/fuzz_list"
TEMPLATE = ROOT / "harness/adapters/template_sync.c"
pytestmark = [
    pytest.mark.skipif(shutil.which("afl-fuzz") is None, reason="afl++ is not installed"),
    pytest.mark.skipif(not (ROOT / "build/fuzz/fuzz_list-afl").exists(),
                       reason="the targets for AFL++ are not built"),
]


def engine(folder, adapter):
    for name in ("finds", "corpus"):
        (folder / name).mkdir()
    shutil.copytree(SEEDS, folder / "seeds")
    told = {"OV2_FUZZ_DUT": str(adapter), "OV2_FUZZ_OUT": str(folder)}
    return Afl("fuzz_list", folder, told, 1)


def compiled(folder, *compiler):
    library = folder / "adapter.so"
    command = [*compiler, "-O1", "-fPIC", "-shared", "-std=c11", "-D_POSIX_C_SOURCE=200809L",
               f"-I{ROOT / 'include'}", "-o", library, TEMPLATE]
    subprocess.run(command, check=True, env=os.environ | {"AFL_QUIET": "1"})
    return library


def run(afl, seconds):
    """The engine's own statistics after some seconds."""
    afl.prepare()
    with afl.log.open("wb") as log:
        done = subprocess.run(afl.command(seconds, 0), env=afl.environment, stdout=log, stderr=log)
    assert done.returncode == 0, afl.last_words()
    return stats(afl.folder / "afl/default")


def stats(folder):
    text = (folder / "fuzzer_stats").read_text(encoding="utf-8")
    return {name.strip(): value.strip() for name, _, value in
            (line.partition(":") for line in text.splitlines())}


def test_every_input_has_the_same_effect_whenever_it_comes(tmp_path):
    seen = run(engine(tmp_path, ROOT / "build/fuzz/reference.so"), 6)

    assert seen["stability"] == "100.00%"
    assert int(seen["edges_found"]) > 600
    assert int(seen["execs_done"]) > 1000


def test_a_driver_that_afl_clang_fast_built_counts(tmp_path):
    (tmp_path / "bare").mkdir()
    (tmp_path / "counted").mkdir()
    bare = run(engine(tmp_path / "bare", compiled(tmp_path, "gcc")), 3)
    counted = run(engine(tmp_path / "counted", compiled(tmp_path, "afl-clang-fast")), 3)

    assert int(counted["edges_found"]) > int(bare["edges_found"]) + 60
    assert counted["stability"] == "100.00%"


def test_a_seed_that_crashes_is_a_find_and_no_seed(tmp_path):
    afl = engine(tmp_path, ROOT / "build/fuzz/naive.so")
    afl.prepare()

    assert [file.name for file in (tmp_path / "finds").iterdir() if "crash-" in file.name]
    assert (tmp_path / "seeds/open").exists()
    assert len(list((tmp_path / "seeds").iterdir())) < len(list(SEEDS.iterdir())) + 1


def test_two_instances_learn_from_each_other(tmp_path):
    """As docs/afl.md says."""
    afl = engine(tmp_path, ROOT / "build/fuzz/reference.so")
    one, two = afl.command(10, 0), afl.command(5, 1)
    one[1:1], two[1:1] = ["-M", "main"], ["-S", "second"]
    environment = afl.environment | {"AFL_IMPORT_FIRST": "1"}
    with afl.log.open("wb") as log:
        both = [subprocess.Popen(one, env=environment, stdout=log, stderr=log)]
        wait_for(tmp_path / "afl/main/queue", "*op:*")
        both.append(subprocess.Popen(two, env=environment, stdout=log, stderr=log))
        ended = [process.wait(60) for process in both]

    assert ended == [0, 0]
    assert list((tmp_path / "afl/second/queue").glob("*sync:main*"))
    assert stats(tmp_path / "afl/second")["stability"] == "100.00%"


def wait_for(folder, pattern):
    for _ in range(100):
        if any(folder.glob(pattern)):
            return
        time.sleep(0.1)
    pytest.fail(f"nothing comes to {folder}")

"""./ov2 coverage: what it reads, what it wants a reason for, and that a crash loses nothing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from reached import (
    PEER,
    REASONS,
    ROOT,
    Coverage,
    Reason,
    outdated,
    page,
    plain,
    read,
    read_reasons,
    row,
    unexplained,
)

BUILD = ROOT / "build/cov"
LCOV = """SF:/src/harness/list.c
FN:10,list_first
FN:20,list.c:walk
FNDA:1,list_first
DA:3,1
DA:10,1
DA:11,{eleven}
DA:20,0
DA:21,0
end_of_record
SF:/src/harness/list_test.c
FN:1,main
DA:1,1
end_of_record
SF:/src/include/ov2/adapter.h
FN:1,f
DA:1,1
end_of_record
"""


@pytest.fixture
def seen():
    """Of walk() two lines are reached by nothing, and of list_first() one by the corpus alone."""
    coverage = Coverage()
    coverage.add("cases", LCOV.format(eleven=0), Path("/src"))
    coverage.add("corpus", LCOV.format(eleven=7), Path("/src"))
    return coverage


def test_only_lines_of_functions_that_are_watched_count(seen):
    assert seen.lines() == {("harness/list.c", number) for number in (10, 11, 20, 21)}
    assert seen.function(("harness/list.c", 21)) == ("harness/list.c", "walk")


def test_the_columns_are_what_each_set_reaches(seen):
    assert row(seen, "harness/") == ("harness/", 4, 1, 2, 2, 0, 0, 2)
    assert plain(row(seen, "harness/")).split() == ["harness/", *"4122002"]
    assert "| `harness/` | 4 | 25.0 % | 50.0 % | 50.0 % | 0.0 % | 0.0 % |" in page(seen, {})


@pytest.mark.parametrize("most, bare", [(1, [20, 21]), (2, []), (3, [])])
def test_a_reason_is_for_so_many_lines_of_a_function(seen, most, bare):
    reasons = {("harness/list.c", "walk"): Reason("Nobody walks.", most)}

    assert [line[1] for line in unexplained(seen, reasons)] == bare
    assert "| 2 | Nobody walks. |" in page(seen, reasons)


def test_a_reason_for_what_is_reached_is_outdated(seen):
    reached = ("harness/list.c", "list_first")
    reasons = {reached: Reason("Never.", 1), ("harness/list.c", "walk"): Reason("Never.", 2)}

    assert outdated(seen, reasons) == [reached]


def test_each_reason_is_for_a_function_that_is_there():
    reasons = read_reasons(REASONS.read_text(encoding="utf-8"))

    assert [f"{path}: {name}" for path, name in reasons
            if not re.search(rf"\b{name}\b", (ROOT / path).read_text(), re.I)] == []


# ---- programs that count -------------------------------------------------------------------


@pytest.fixture(scope="module")
def built():
    """MODE=cov, and what one case reaches of it."""
    if not shutil.which("clang") or not any(map(shutil.which, ("llvm-cov", "llvm-cov-14"))):
        pytest.skip("clang or llvm-cov is not installed")
    told = os.environ | {"OV2_INSTALL": "0"}
    command = ["coverage", "C=handle_twice_in_a_list_is_removed_once"]
    done = subprocess.run([ROOT / "ov2", *command], cwd=ROOT, env=told, capture_output=True,
                          text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def lines_of(name, reached):
    """The lines of a function that are reached."""
    return {number for path, number in reached.by("faults") if reached.owner[path, number] == name}


def replay(folder, trace):
    """What the worker and the reference reach in this trace."""
    (folder / "profile/faults").mkdir(parents=True)
    for program in ("worker", "reference.so", "reference-clean.so"):
        (folder / program).symlink_to(BUILD / program)
    told = os.environ | {"LLVM_PROFILE_FILE": str(folder / "profile/faults/%m%c.profraw")}
    worker = [BUILD / "worker", "--check", "--log", "/dev/null", "--peer", folder / PEER[0]]
    done = subprocess.run([*worker, folder / "reference.so", trace], env=told, capture_output=True,
                          text=True)
    return done.stdout, read(folder, ["faults"])


def test_a_case_reaches_what_it_is_about(built):
    cells = {line.split()[0]: line.split()[1:] for line in built.splitlines()}
    lines, cases, *others, none = map(int, cells["reference/delete.c"])

    assert 0 < cases < lines
    assert others == [0, cases, 0, 0]
    assert cases + none == lines
    assert int(cells["reference/update.c"][1]) == 0


def test_a_line_that_only_a_crash_reaches_counts(built, tmp_path):
    witness = ROOT / "fuzz/witnesses/READS_MEMBERS_FIRST.trace"
    clean = tmp_path / "clean.trace"
    clean.write_text(re.sub(r" fault=\w+", "", witness.read_text()), encoding="utf-8")

    said, crashed = replay(tmp_path / "crashed", witness)
    silence, whole = replay(tmp_path / "whole", clean)

    assert "verdict=crash" in said and "verdict=crash" not in silence
    assert lines_of("say_code", crashed) and not lines_of("say_code", whole)
    assert lines_of("peek", crashed) and not lines_of("peek", whole)

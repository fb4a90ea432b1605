"""crash-HASH.c: compiled with all warnings, and run on the driver that is wrong on purpose."""

from __future__ import annotations

import shutil
import signal
import subprocess
from pathlib import Path

import pytest
from reproducer import write_reproducer
from triage import Triage, sort_finds

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "build/asan/triage"
NAIVE = ROOT / "build/asan/naive.so"
REFERENCE = ROOT / "build/asan/reference.so"
PEER = ROOT / "build/asan/reference-clean.so"
pytestmark = pytest.mark.skipif(
    not PROGRAM.exists() or not shutil.which("clang"), reason="build/asan or clang is not there")

FLAGS = ["-std=c11", "-Wall", "-Wextra", "-Werror", "-rdynamic", "-I", ROOT / "include"]
SANITIZERS = ["-fsanitize=address,undefined", "-fno-sanitize-recover=undefined"]
FAULTY = "open fault=ADDS_HEAD_ONLY\nadd_sa a{spi=0x1001} b{spi=0x1002 src=192.0.2.1}\n"
ADD = "add_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001}\n"


def reproduce(folder, adapter, trace, name="find"):
    """The kind of the find, and what its program does with the adapter."""
    file = folder / name
    file.write_text(trace, encoding="utf-8")
    triage = Triage(PROGRAM, adapter, ["--peer", str(PEER)])
    buckets, lost = sort_finds(triage, [file])
    assert len(buckets) == 1 and not lost
    source = write_reproducer(buckets[0], folder, adapter)
    subprocess.run(["clang", *FLAGS, *SANITIZERS, "-o", folder / "crash", source, "-ldl"],
                   check=True)
    run = subprocess.run([folder / "crash", adapter], capture_output=True, text=True,
                         errors="replace", timeout=90)
    return buckets[0].best.kind, run


def test_a_crash_is_a_crash_again(tmp_path):
    trace = "open\n" + ADD + "delete_sa a{handle=#1}\ndelete_sa a{handle=#1}\n"
    kind, run = reproduce(tmp_path, NAIVE, trace)

    assert kind in ("crash", "corruption")
    assert "Sanitizer" in run.stderr
    assert "naive_sa_delete" in run.stderr or "table.c" in run.stderr


def test_a_program_says_its_lines_and_how_it_is_built(tmp_path):
    trace = "> open\n> " + ADD + "> delete_sa a{handle=#1}\n> delete_sa a{handle=#1}\n"
    _, run = reproduce(tmp_path, NAIVE, trace)
    (source,) = tmp_path.glob("crash-*.c")
    text = source.read_text(encoding="utf-8")

    assert [line for line in run.stdout.splitlines() if line.startswith("> ")][0] == "> open"
    assert "> > " not in run.stdout
    assert f"-o crash {source.name} -ldl && ./crash ./naive.so" in text  # "./": or it is not found


def test_reading_too_far_is_seen_again(tmp_path):
    kind, run = reproduce(tmp_path, NAIVE, "open\nadd_sa a{sa0.enc.len=5000}\n")

    assert kind in ("crash", "corruption")
    assert "naive_sa_add" in run.stderr


def test_a_hang_is_a_hang_again(tmp_path):
    kind, run = reproduce(tmp_path, NAIVE, "open\nadd_sa a{} b{next=a}\n")

    assert kind == "hang"
    assert run.returncode == -signal.SIGPROF


def test_a_leak_is_a_leak_again(tmp_path):
    kind, run = reproduce(tmp_path, NAIVE, "open\nadd_sa a{udp=1}\n", "law-leak-close-1")

    assert kind == "leak"
    assert run.returncode == 1
    assert "1 allocations are left" in run.stdout


def test_a_broken_law_shows_what_came_back(tmp_path):
    kind, run = reproduce(tmp_path, REFERENCE, FAULTY)

    assert kind == "law"
    assert run.returncode == 0
    assert "handle 0 is" in run.stdout and "handle 1 is 0" in run.stdout


def test_packets_are_sent_and_arrive_again(tmp_path):
    trace = ("open fault=WRITES_READ_ONLY\nadd_sa a{src=192.0.2.1 dst=192.0.2.2}\n"
             "send a{sa=#1 data=40?1 cut=30 read_only}\nreceive f{frame=$1}\n")
    kind, run = reproduce(tmp_path, REFERENCE, trace)

    assert kind == "law"
    assert run.returncode == 0
    assert "< sent" in run.stdout

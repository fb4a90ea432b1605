"""What a replay can do besides: write its frames for Wireshark, run under another program."""

from __future__ import annotations

import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build" / "plain"

TRACE = """# one packet there
> open
> peer open
> add_sa a{src=192.0.2.1 dst=192.0.2.2 spi=0x1001}
> peer add_sa a{in src=192.0.2.1 dst=192.0.2.2 spi=0x1001}
> send p{sa=#1 data=61747461636b}
> peer receive f{frame=$1}
> peer receive f{frame=$1 flip=icv+0.3}
"""

pytestmark = pytest.mark.skipif(not (BUILD / "reference.so").exists(), reason="nothing is built")


def replay(folder, *options):
    """What `./ov2 replay` prints of TRACE on the reference."""
    (folder / "it.trace").write_text(TRACE)
    command = ["./ov2", "replay", f"T={folder / 'it.trace'}", "DUT=build/plain/reference.so"]
    done = subprocess.run(
        [*command, *options], cwd=ROOT, capture_output=True, text=True, timeout=300, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def blocks(data):
    """Each block of a pcapng file: its type and its body."""
    at = 0
    while at < len(data):
        kind, length = struct.unpack_from("<II", data, at)
        assert struct.unpack_from("<I", data, at + length - 4) == (length,)
        yield kind, data[at + 8 : at + length - 4]
        at += length


def options(body):
    """The options at the end of a block."""
    found = {}
    while body:
        code, length = struct.unpack_from("<HH", body)
        if code == 0:
            break
        found[code] = body[4 : 4 + length]
        body = body[4 + (length + 3) // 4 * 4 :]
    return found


def packets(file):
    """Each packet: the name of its interface, its direction, its comment, its bytes."""
    names, found = [], []
    for kind, body in blocks(file.read_bytes()):
        if kind == 1:
            assert body[:4] == b"\1\0\0\0"  # Ethernet
            names.append(options(body[8:])[2].decode())
        elif kind == 6:
            interface, _, _, length, whole = struct.unpack_from("<IIIII", body)
            assert length == whole
            more = options(body[20 + (length + 3) // 4 * 4 :])
            found.append((names[interface], more[2][0], more[1].decode(), body[20 : 20 + length]))
    return found


def test_every_frame_of_a_replay_is_captured(tmp_path):
    said = replay(tmp_path, f"PCAP={tmp_path / 'it.pcapng'}")

    found = packets(tmp_path / "it.pcapng")
    assert [packet[:3] for packet in found] == [
        ("dut stack", 2, "line 6"),
        ("dut wire", 2, "line 6"),
        ("peer wire", 1, "line 7"),
        ("peer stack", 1, "line 7"),
        ("peer wire", 1, "line 8"),
        ("peer stack", 1, "line 8"),
    ]
    sent = bytes.fromhex(re.search(r"tx\{frame=\$1 len=\d+ data=([0-9a-f]+)", said)[1])
    assert found[1][3] == found[2][3] == sent
    assert found[4][3] != sent and len(found[4][3]) == len(sent)


def test_a_replay_is_captured_alike_each_time(tmp_path):
    replay(tmp_path, f"PCAP={tmp_path / 'one.pcapng'}")
    replay(tmp_path, f"PCAP={tmp_path / 'two.pcapng'}")

    assert (tmp_path / "one.pcapng").read_bytes() == (tmp_path / "two.pcapng").read_bytes()


def test_a_capture_that_cannot_be_written_is_one_sentence(tmp_path):
    command = [BUILD / "worker", "--pcap", tmp_path / "no" / "it", BUILD / "reference.so", "x"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 2
    assert done.stderr == f"ov2: worker: cannot write {tmp_path}/no/it\n"


@pytest.mark.skipif(shutil.which("valgrind") is None, reason="valgrind is not installed")
def test_a_replay_runs_under_valgrind(tmp_path):
    said = replay(tmp_path, "D=valgrind -q --error-exitcode=9")

    assert "status=SUCCESS" in said
    assert "= verdict=done" in said
    assert "Invalid read" not in said and "Invalid write" not in said


@pytest.mark.skipif(shutil.which("gdb") is None, reason="gdb is not installed")
def test_the_first_run_under_gdb_stops_in_the_driver(tmp_path):
    (tmp_path / "commands").write_text("break add_run\nrun\nbacktrace 1\ncontinue\n")

    said = replay(tmp_path, f"D=gdb -batch -x {tmp_path / 'commands'} --args")
    assert "#0  add_run (" in said
    assert said.count("hit Breakpoint") == 1  # the peer is not the driver
    assert "= verdict=done" in said


def test_a_debugger_that_is_not_there_is_one_sentence(tmp_path):
    (tmp_path / "it.trace").write_text(TRACE)
    command = ["./ov2", "replay", f"T={tmp_path / 'it.trace'}", "D=no-debugger --args"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.startswith("ov2: there is no command no-debugger ")
    assert done.stderr.count("\n") == 1

"""A campaign that is stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TARGET = ROOT / "build/fuzz/fuzz_list"
REFERENCE = ROOT / "build/fuzz/reference.so"
STARTS_S = 30

built = pytest.mark.skipif(not TARGET.exists() or not REFERENCE.exists(),
                           reason="build/fuzz/fuzz_list is not built")


def engines(folder):
    """The processes that work in a folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if str(folder).encode() in (process / "environ").read_bytes():
                found.append(process)
        except OSError:
            continue  # it has ended, or is another user's
    return found


def heed_interrupts():
    """A shell makes what it runs in the background deaf to them."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@built
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_an_engine_ends_with_its_campaign(tmp_path, how):
    command = [sys.executable, ROOT / "fuzz/campaign.py", "--target", "fuzz_list", "--time", "120",
               "--dut", REFERENCE, "--triage-dut", REFERENCE, "--out", tmp_path]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=os.environ,
                          start_new_session=True, preexec_fn=heed_interrupts) as campaign:
        until = time.monotonic() + STARTS_S
        while not engines(tmp_path / "fuzz_list") and time.monotonic() < until:
            time.sleep(0.1)
        started = engines(tmp_path / "fuzz_list")
        campaign.send_signal(how)
        said = campaign.communicate(timeout=STARTS_S)[0]

    assert len(started) == 1
    assert campaign.returncode == 2
    assert said.endswith(f"stopped; ./ov2 fuzz F=fuzz_list goes on with {tmp_path}/fuzz_list\n")
    assert engines(tmp_path / "fuzz_list") == []

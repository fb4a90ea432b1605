"""MODE=win64: a Windows worker under wine says of a driver what the worker of this system says.

The clean peers are processes of this system for both, so that the frames of Windows' cryptography
are judged by OpenSSL.  `./ov2 certify MODE=win64` runs all cases.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build"
CONTROL = "HDR-* OID-* ADD-* KEY-* UPD-* DEL-*"
WINE = ("wine64", "/usr/lib/wine/wine64", "wine")
LACKING = "aes-gcm-192"  # wine's AES-GCM; the reference does without it, naive does not


@pytest.fixture(scope="module")
def windows():
    """The folder of what is built for Windows."""
    if shutil.which("x86_64-w64-mingw32-gcc") is None or not any(map(shutil.which, WINE)):
        pytest.skip("mingw-w64 or wine is not installed")
    subprocess.run(["make", "-s", "-j2", "MODE=win64"], cwd=ROOT, check=True, timeout=600)
    return BUILD / "win64"


def said(out, mode, dut):
    """What a case of each test of the control path says of a driver: verdict and laws broken."""
    peer = BUILD / "plain" / "reference-clean.so"
    command = [sys.executable, "-m", "pytest", "cases", "-q", "-n", "2", "--requirement", CONTROL]
    command += ["--thin", "1", "--slack-replay", "no", "--confirm", "no", "--mode", mode]
    command += ["--dut", dut, "--peer", peer, "--out", out]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=600, check=False)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {
        case["id"]: (case["verdict"], [(law["rule"], law["line"]) for law in case["broken"]])
        for case in results["cases"]
        if LACKING not in case["id"]
    }


@pytest.mark.parametrize("name", ["reference", "naive"])
def test_the_verdicts_are_those_of_linux(tmp_path, windows, name):
    there = said(tmp_path / "there", "win64", windows / f"{name}.dll")
    here = said(tmp_path / "here", "plain", BUILD / "plain" / f"{name}.so")

    assert len(here) > 250
    assert there == here

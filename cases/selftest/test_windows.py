"""MODE=win64: a Windows worker under wine says of a driver what the worker of this system says.

The clean peers are processes of this system for both, so that the frames of Windows' cryptography
are judged by OpenSSL.  One case of each test is enough for every day; OV2_WINE=all runs the whole
control path, which takes a quarter of an hour.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
BUILD = ROOT / "build"
CONTROL = "HDR-* OID-* ADD-* KEY-* UPD-* DEL-*"
WINE = ("wine64", "/usr/lib/wine/wine64", "wine")
THIN = [] if os.environ.get("OV2_WINE") == "all" else ["--thin", "1"]
LACKING = "aes-gcm-192"  # wine's AES-GCM; the reference does without it, naive does not
VECTORS = ROOT / "cases" / "vectors"


@cache
def lacking():
    """What is in the id of a case that takes it: its name, or a published packet of that suite."""
    return (LACKING, *(
        f"[{file.stem}-{vector['id']}]"
        for file in VECTORS.glob("*.json")
        for vector in json.loads(file.read_text(encoding="utf-8"))["vectors"]
        if vector["suite"] == LACKING
    ))


@pytest.fixture(scope="module")
def windows():
    """The folder of what is built for Windows."""
    if shutil.which("x86_64-w64-mingw32-gcc") is None or not any(map(shutil.which, WINE)):
        pytest.skip("mingw-w64 or wine is not installed")
    subprocess.run(["make", "-s", "-j2", "MODE=win64"], cwd=ROOT, check=True, timeout=600)
    return BUILD / "win64"


def said(out, mode, dut, requirements=CONTROL):
    """What a case of each test says of a driver: verdict and laws broken.  In which lines is left
    out: what changes when it is read for the nth time, the code of some compilers reads more often.
    """
    peer = BUILD / "plain" / "reference-clean.so"
    command = [sys.executable, "-m", "pytest", "cases", "-q", "-n", "2"]
    command += ["--requirement", requirements]
    command += [*THIN, "--slack-replay", "no", "--confirm", "no", "--mode", mode]
    command += ["--dut", dut, "--peer", peer, "--out", out]
    subprocess.run(command, cwd=ROOT, capture_output=True, timeout=3600, check=False)
    results = json.loads((out / "results.json").read_text(encoding="utf-8"))
    return {
        case["id"]: (case["verdict"], sorted({law["rule"] for law in case["broken"]}))
        for case in results["cases"]
        if not any(name in case["id"] for name in lacking())
    }


@pytest.mark.parametrize("name", ["reference", "naive"])
def test_the_verdicts_are_those_of_linux(tmp_path, windows, name):
    there = said(tmp_path / "there", "win64", windows / f"{name}.dll")
    here = said(tmp_path / "here", "plain", BUILD / "plain" / f"{name}.so")

    assert len(here) > 250
    assert there == here


# ---- as a vendor does it: docs/msvc.md ----------------------------------------------------------

# What the template takes of MSVC's string.h, which is not here.
STRING = """
#include <stddef.h>
void *memcpy(void *, const void *, size_t);
void *memset(void *, int, size_t);
int memcmp(const void *, const void *, size_t);
int strcmp(const char *, const char *);
"""
OURS = ["/GS-", "/clang:-ffreestanding", "/clang:-nostdlibinc"]  # for MSVC's library is not here


def built_as_the_page_says(folder):
    """mine.dll: the template, by clang in cl's clothes and with the page's own options."""
    page = (ROOT / "docs" / "msvc.md").read_text(encoding="utf-8")
    (folder / "string.h").write_text(STRING)
    definitions = re.search(r"^LIBRARY mine\n.*?(?=```)", page, re.DOTALL | re.MULTILINE)
    (folder / "mine.def").write_text(definitions[0])
    for file in (ROOT / "harness" / "adapters").glob("template_*"):
        shutil.copy(file, folder)
    line = re.search(r"^cl (.*)$", page, re.MULTILINE)[1]
    options = re.findall(r"/(?!LD|I |Fe)\S+", line)
    compile_it = ["clang", "--driver-mode=cl", "--target=x86_64-pc-windows-msvc", *options, *OURS]
    compile_it += ["/WX", "/c", f"/I{ROOT / 'include'}", f"/I{folder}", "template_sync.c"]
    plain = ["x86_64-w64-mingw32-objcopy", "-R", ".drectve", "template_sync.obj"]
    link = ["x86_64-w64-mingw32-gcc", "-shared", "-o", "mine.dll", "template_sync.obj", "mine.def"]
    for command in (compile_it, plain, link):
        subprocess.run(command, cwd=folder, check=True, timeout=120)
    return folder / "mine.dll"


def test_a_template_for_msvc_is_as_right_as_one_for_linux(tmp_path, windows):
    if shutil.which("clang") is None:
        pytest.skip("clang is not installed")
    mine = built_as_the_page_says(tmp_path)

    there = said(tmp_path / "there", "win64", mine, "HDR-* DEL-*")
    here = said(tmp_path / "here", "plain", BUILD / "plain" / "template_sync.so", "HDR-* DEL-*")
    assert len(here) > 50
    assert there == here

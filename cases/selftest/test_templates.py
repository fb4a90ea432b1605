"""The adapters that a vendor copies: built as PORTING.md says, and right wherever the toy is."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
ADAPTERS = ROOT / "harness" / "adapters"
FLAGS = ("-std=c11", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", f"-I{ROOT / 'include'}")

# The toy has no datapath: whatever sends or receives fails.
PACKET = re.compile(r"^> (send|receive) ", re.MULTILINE)


def certified(folder, name):
    """The results of a vendor's first hour: copy, compile, certify; the traces are beside them."""
    compiler = shutil.which("gcc") or shutil.which("clang")
    if compiler is None or not (ROOT / "build/plain/worker").exists():
        pytest.skip("no C compiler, or no worker that is built")
    for file in ADAPTERS.glob("template_*"):
        shutil.copy(file, folder)
    build = [compiler, *FLAGS, "-o", folder / "mine.so", folder / f"{name}.c", "-pthread"]
    subprocess.run(build, check=True, timeout=120)
    run = [sys.executable, "-m", "pytest", "cases", "-q", "--dut", folder / "mine.so", "-n", "2"]
    run += ["--out", folder / "out", "--requirement", "HDR-* OID-* DEL-*"]
    subprocess.run(run, cwd=ROOT, capture_output=True, timeout=600, check=False)
    return json.loads((folder / "out/results.json").read_text())


@pytest.mark.parametrize("name", ["template_sync", "template_async"])
def test_a_template_is_right_about_everything_but_packets(tmp_path, name):
    results = certified(tmp_path, name)

    bad = [c for c in results["cases"] if c["verdict"] not in ("pass", "skip")]
    traces = {c["id"]: (tmp_path / "out" / c["trace"]).read_text() for c in bad}
    control = [name for name, trace in traces.items() if not PACKET.search(trace)]
    assert control == []
    assert {c["verdict"] for c in bad} <= {"fail", "warning"}
    assert results["summary"]["cases"]["pass"] > 200
    assert results["adapter"]["name"] == f"ov2 {name} 1"

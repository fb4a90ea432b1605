"""Every item of the map has cases, or a reason why not."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ov2.map import items, matching

ROOT = Path(__file__).parent.parent.parent
ITEMS = items()


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    """The ids of all cases."""
    out = tmp_path_factory.mktemp("cases")
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--collect-only", "--out", str(out)]
    subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
    collected = json.loads((out / "cases.json").read_text(encoding="utf-8"))
    return sorted(collected["cases"])


@pytest.mark.parametrize("item", ITEMS)
def test_an_item_has_cases_or_a_reason(item):
    entry = ITEMS[item]

    assert item.split()[0].rstrip(":") in ("HLK", "DPDK", "ODP")
    assert set(entry) in ({"cases"}, {"without"})
    assert entry.get("cases") or entry.get("without")


@pytest.mark.parametrize("item", [name for name, entry in ITEMS.items() if "cases" in entry])
def test_each_glob_matches_a_case(item, cases):
    assert [glob for glob in ITEMS[item]["cases"] if not matching(glob, cases)] == []


def test_a_bracket_in_a_glob_stands_for_itself():
    assert matching("a::b[x]", ["a::b[x]", "a::bx"]) == ["a::b[x]"]
    assert matching("a::*[x-*]", ["a::b[x-1]", "a::b[y-1]"]) == ["a::b[x-1]"]

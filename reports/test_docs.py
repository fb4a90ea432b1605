"""The templates for CI and the page for porters say what the suite knows."""

from __future__ import annotations

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GITHUB = (ROOT / "docs/ci/github.yml").read_text(encoding="utf-8")
GITLAB = (ROOT / "docs/ci/gitlab.yml").read_text(encoding="utf-8")
BOTH = pytest.mark.parametrize("text", [GITHUB, GITLAB], ids=["github", "gitlab"])


def given(text):
    """The names of the options that a template gives to ./ov2."""
    lines = [line for line in text.splitlines() if "set -- " in line or "ov2 certify" in line]
    return set(re.findall(r"\b([A-Z]+)=", "\n".join(lines)))


def steps():
    """Each step of the workflow's job, by its name."""
    yaml = pytest.importorskip("yaml")
    (job,) = yaml.safe_load(GITHUB)["jobs"].values()
    return {step["name"]: step for step in job["steps"]}


def job():
    yaml = pytest.importorskip("yaml")
    return yaml.safe_load(GITLAB)["ov2"]


@BOTH
def test_the_options_are_those_of_the_suite(text):
    known = re.search(r'^NAMES="([^"]*)"', (ROOT / "ov2").read_text("utf-8"), re.MULTILINE)

    assert given(text) == {"DUT", "PROFILE", "OUT", "BASELINE", "WAIVERS"}
    assert known is not None and given(text) <= set(known[1].split())


@BOTH
def test_the_release_is_that_of_the_suite(text):
    version = re.search(r'__version__ = "([^"]*)"', (ROOT / "cases/ov2/__init__.py").read_text())

    assert version is not None and f"SUITE_REF: v{version[1]}" in text


@BOTH
def test_a_template_has_no_tabs_and_short_lines(text):
    assert "\t" not in text
    assert max(map(len, text.splitlines())) <= 120


def test_the_workflow_uploads_what_was_found_whatever_happened():
    found = steps()

    assert list(found) == ["Tools", "Driver", "Suite", "Build the adapter", "Certify", "Summary",
                           "Report", "Code scanning"]
    assert all("always()" in found[name]["if"] for name in ("Summary", "Report", "Code scanning"))
    assert found["Code scanning"]["with"]["sarif_file"] == "report/results.sarif"
    assert all(("run" in step) != ("uses" in step) for step in found.values())
    assert all("@v" in step["uses"] for step in found.values() if "uses" in step)


def test_the_job_keeps_its_report_whatever_happened():
    artifacts = job()["artifacts"]

    assert artifacts["when"] == "always"
    assert artifacts["reports"] == {"junit": "report/junit.xml"}
    assert artifacts["paths"] == ["report/"]
    assert all(isinstance(line, str) for line in job()["script"] + job()["before_script"])


def scripts():
    found = [step["run"] for step in steps().values() if "run" in step]
    return [*found, "\n".join(job()["before_script"] + job()["script"])]


def test_the_scripts_are_sound_shell():
    """As far as a shell, and shellcheck where it is, can say without running them."""
    checker = shutil.which("shellcheck")
    commands = [["sh", "-n"], *([[checker, "-s", "sh", "-"]] if checker else [])]

    for script in scripts():
        for command in commands:
            subprocess.run(command, input=f"#!/bin/sh\n{script}\n", text=True, check=True)


# ---- PORTING.md ----------------------------------------------------------------------------------

PORTING = (ROOT / "PORTING.md").read_text(encoding="utf-8")


def test_porting_knows_every_word_of_the_profile_and_its_values():
    points = tomllib.loads((ROOT / "cases/readings.toml").read_text("utf-8")).values()
    words = {word: values for point in points if "profile" in point
             for word, values in point["words"].items()}

    rows = {name: row for name, row in re.findall(r"^\| `([A-Z0-9_]+)` \| (.*) \|$", PORTING, re.M)}
    assert rows.keys() == words.keys()
    for word, values in words.items():
        assert re.findall(r"`([^`]+)`", rows[word])[0] == values[0]
        assert set(values) <= set(re.findall(r"`([^`]+)`", rows[word]))


def test_porting_maps_every_member_of_the_contract():
    header = (ROOT / "include/ov2/adapter.h").read_text(encoding="utf-8")
    members = re.findall(r"\(\*(\w+)\)\(struct ov2_(?:device|host)\b", header)

    assert len(members) > 15
    assert [name for name in members if f"{name}()" not in PORTING] == []


def test_porting_uses_options_that_there_are():
    known = re.search(r'^NAMES="([^"]*)"', (ROOT / "ov2").read_text("utf-8"), re.MULTILINE)
    lines = [line for line in PORTING.splitlines() if line.startswith("./ov2 ")]

    used = set(re.findall(r"\b([A-Z]+)=", " ".join(re.sub(r"'[^']*'", "", line) for line in lines)))
    assert known is not None and used and used <= set(known[1].split())

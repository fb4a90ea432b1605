"""The pages that are made from data: docs/requirements.md, docs/readings.md and docs/map.md.

    pages.py RESULTS.json [--check]

RESULTS.json is that of a whole run on the reference: it says which cases prove which requirement.
Exit code 0 written (or, with --check, the pages are as they should be), 1 they are not, 2 the
results cannot be used.
"""

from __future__ import annotations

import argparse
import fnmatch
import re
import sys
import tomllib
from pathlib import Path
from typing import Any

from document import Refused, load
from faults import Fault, read_faults
from groups import GROUPS, group_of

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"


def cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def functions(cases: list[str]) -> list[str]:
    """Case ids without their parameters, each once."""
    return sorted({re.sub(r"\[.*", "", case) for case in cases})


def links(cases: list[str]) -> str:
    named = (case.partition("::") for case in functions(cases))
    return "<br>".join(f"[{name}](../cases/{file}.py)" for file, _, name in named)


def state(entry: dict[str, Any]) -> str:
    for key in ("unit", "untestable", "later", "faultless"):
        if key in entry and key == "unit":
            return f"*unit test*: [{entry[key]}](../harness/{entry[key]})"
        if key in entry:
            return f"*{key}*: {entry[key]}"
    return ""


def requirements_page(
    catalogue: dict[str, Any], cases: dict[str, list[str]], faults: list[Fault]
) -> str:
    by_requirement: dict[str, list[str]] = {}
    for fault in faults:
        for name in fault.requirements:
            by_requirement.setdefault(name, []).append(f"`{fault.id}` {fault.text}")
    groups: dict[str, list[str]] = {}
    for name in catalogue:
        groups.setdefault(group_of(name), []).append(name)
    text = [
        "# Requirements",
        "",
        "Made by `./ov2 docs` from `cases/requirements.toml`, `reference/faults.def` and a run on",
        "the reference; do not edit.  Levels: MUST, SHOULD, ROBUST (undocumented, but a sound",
        "driver survives it); rows of RFCs have the levels of the RFC.",
        "",
        "| group | requirements | with a case | with a fault |",
        "|---|---|---|---|",
    ]
    for group, names in groups.items():
        proven = sum(bool(cases.get(name)) for name in names)
        faulty = sum(name in by_requirement for name in names)
        title = GROUPS.get(group, "")
        text.append(f"| [{group}](#{group.lower()}) {title} | {len(names)} | {proven} | {faulty} |")
    for group, names in groups.items():
        text += ["", f"## {group}", "", "| id | level | requirement | cases | faults |",
                 "|---|---|---|---|---|"]
        for name in names:
            entry = catalogue[name]
            points = " ".join(f"[{p}](readings.md#{p.lower()})" for p in entry.get("readings", []))
            source = f"*{cell(entry.get('source', ''))}* {points}".rstrip()
            sentence = f"{cell(entry['text'])}<br>{source}"
            proof = links(cases.get(name, [])) or state(entry)
            broken = "<br>".join(cell(fault) for fault in by_requirement.get(name, []))
            if not broken and cases.get(name):
                broken = state(entry)
            text.append(f"| {name} | {entry['level']} | {sentence} | {proof} | {broken} |")
    return "\n".join(text) + "\n"


def readings_page(readings: dict[str, Any], catalogue: dict[str, Any]) -> str:
    text = [
        "# Where the documents contradict each other, or are silent",
        "",
        "Made by `./ov2 docs` from `cases/readings.toml`; do not edit.  STRICT: one reading is",
        "enforced.  PROFILE: the driver declares its reading and is held to it.  MULTI: each",
        "listed outcome passes, anything else fails.  SAFE: only memory safety, liveness,",
        "consistent state and plaintext leaks are judged.",
    ]
    users: dict[str, list[str]] = {}
    for name, entry in catalogue.items():
        for point in entry.get("readings", []):
            users.setdefault(point, []).append(name)
    for point, entry in readings.items():
        text += ["", f"## {point}", "", entry["point"], ""]
        text += [f"* {reading}" for reading in entry["readings"]]
        text += ["", f"**The reference:** {entry['ruling']}", ""]
        text.append(f"**How a driver is judged:** {entry.get('judged', entry['mode'])}")
        for word, values in entry.get("words", {}).items():
            how = "declared with" if "profile" in entry else "seen, and reported as,"
            spelled = ", ".join(f"`{word}={value}`" for value in values)
            text += ["", f"**On the open line:** {how} {spelled}"]
        if point in users:
            text += ["", "**Requirements:** " + ", ".join(users[point])]
    return "\n".join(text) + "\n"


def name_cases(glob: str, cases: list[str]) -> str:
    """What a glob of the map means: some cases, or whole files of them."""
    found = fnmatch.filter(cases, glob.replace("[", "[[]"))
    if not glob.endswith("::*"):
        return links(found)
    files = sorted({case.partition("::")[0] for case in found})
    return "<br>".join(f"all of [{file}](../cases/{file}.py)" for file in files)


def map_page(items: dict[str, Any], cases: list[str]) -> str:
    """What others test, and which of our cases do it."""
    sources = items["sources"]
    text = [
        "# What others test, and where it is here",
        "",
        "Made by `./ov2 docs` from `cases/map.toml`; do not edit.",
        "",
        *(f"* **{name}**: {meaning}" for name, meaning in sources.items()),
        "",
        "| item | cases |",
        "|---|---|",
    ]
    for name, entry in items.items():
        if name != "sources":
            named = [name_cases(glob, cases) for glob in entry.get("cases", [])]
            proof = "<br>".join(dict.fromkeys(named)) or f"*none*: {cell(entry['without'])}"
            text.append(f"| {cell(name)} | {proof} |")
    return "\n".join(text) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(prog="pages", description=__doc__.split("\n\n")[0])
    parser.add_argument("results", type=Path)
    parser.add_argument("--check", action="store_true", help="only say whether they are right")
    options = parser.parse_args()
    try:
        results = load(options.results)
    except Refused as error:
        print(f"pages: {error}", file=sys.stderr)
        return 2
    rows = tomllib.loads((ROOT / "cases/requirements.toml").read_text("utf-8"))
    catalogue = {name: entry for name, entry in rows.items() if isinstance(entry, dict)}
    readings = tomllib.loads((ROOT / "cases/readings.toml").read_text("utf-8"))
    faults = read_faults((ROOT / "reference/faults.def").read_text("utf-8"), "plain")
    cases: dict[str, list[str]] = {}
    for case in results["cases"]:
        for name in case["requirements"]:
            cases.setdefault(name, []).append(case["id"])
    items = tomllib.loads((ROOT / "cases/map.toml").read_text("utf-8"))
    pages = {
        "map.md": map_page(items, [case["id"] for case in results["cases"]]),
        "requirements.md": requirements_page(catalogue, cases, faults),
        "readings.md": readings_page(readings, catalogue),
    }
    old = {path.name: path.read_text("utf-8") for path in DOCS.glob("*.md")}
    stale = [name for name, text in pages.items() if old.get(name) != text]
    if options.check:
        if stale:
            print(f"docs/{stale[0]} is not what the data say; ./ov2 docs makes it again")
        else:
            print(f"{len(pages)} pages are what the data say")
        return 1 if stale else 0
    DOCS.mkdir(exist_ok=True)
    for name, text in pages.items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

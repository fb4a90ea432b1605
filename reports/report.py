"""Turns OUT/results.json into what people and CI systems read.

    report.py OUT [--dut FILE]

Writes junit.xml and summary.md beside it, prints the summary; exit code 0 the device conforms, 1 it
does not, 2 that cannot be said.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from document import AGAINST, Refused, load

Document = dict[str, Any]
SHOWN = 12  # failing cases on a terminal; the files have them all


def verdict_word(document: Document) -> str:
    return {True: "CONFORMS", False: "DOES NOT CONFORM", None: "INCOMPLETE"}[document["conforms"]]


def counted(counts: dict[str, int]) -> str:
    order = [*AGAINST, "warning", "waived", "pass", "skip", "untestable", "later", "not-run"]
    return ", ".join(f"{counts[word]} {word}" for word in reversed(order) if counts.get(word))


def by_group(document: Document) -> dict[str, dict[str, int]]:
    """How many requirements of each group have which verdict."""
    groups: dict[str, Counter[str]] = {}
    for key, entry in document["requirements"].items():
        groups.setdefault(key.rpartition("-")[0], Counter())[entry["verdict"]] += 1
    return dict(sorted(groups.items()))


def against(document: Document) -> list[dict[str, Any]]:
    """The cases that speak against the device, the worst first; then those that only warn."""
    order = [*AGAINST, "warning"]
    cases = [case for case in document["cases"] if case["verdict"] in order]
    return sorted(cases, key=lambda case: (order.index(case["verdict"]), case["id"]))


def findings(document: Document, case: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """What went wrong in one case, as pairs of a label and a line."""
    requirements = document["requirements"]
    if case["message"] or not case["broken"]:
        for key in case["requirements"]:
            entry = requirements.get(key, {"level": "?", "text": ""})
            yield key, f"{entry['level']}  {entry['text']}"
    for line in case["message"].splitlines():
        yield "", line
    for rule in dict.fromkeys(law["rule"] for law in case["broken"]):
        laws = [law for law in case["broken"] if law["rule"] == rule]
        level = requirements.get(rule, {"level": "?"})["level"]
        element = f", element {laws[0]['element']}" if laws[0]["element"] else ""
        also = f"; again at {', '.join(map(place, laws[1:6]))}" if laws[1:] else ""
        yield rule, f"{level}  {laws[0]['sentence']}"
        yield "", f"broken at {place(laws[0])}{element}{also}{' ...' if laws[6:] else ''}"
        yield "  got", laws[0]["got"]
        yield "  want", laws[0]["want"]
    log = [line for line in case["report"].get("log", "").splitlines() if line.strip("= ")]
    for line in log[:4]:
        yield "  log", line


def laws(document: Document) -> list[dict[str, Any]]:
    """The laws that were broken in cases about something else, each with the first such case: what
    the driver omits everywhere stands here once."""
    found: dict[str, dict[str, Any]] = {}
    for case in document["cases"]:
        for law in case["broken"]:
            rule = law["rule"]
            if rule in case["requirements"]:
                continue
            entry = found.setdefault(rule, {"rule": rule, "law": law, "case": case, "ids": set()})
            entry["ids"].add(case["id"])
    return [found[rule] for rule in sorted(found)]


def law_rows(document: Document, entry: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """A law that was broken, as pairs of a label and a line."""
    law, rule, count = entry["law"], entry["rule"], len(entry["ids"])
    level = document["requirements"].get(rule, {"level": "?"})["level"]
    yield rule, f"{level}  {law['sentence']}"
    also = f", and in {count - 1} more cases" if count > 1 else ""
    yield "", f"broken at {place(law)} of {entry['case']['id']}{also}"
    yield "  got", law["got"]
    yield "  want", law["want"]


def place(law: dict[str, Any]) -> str:
    return f"line {law['line']}" if law["line"] else "the end"


def replay_command(out: Path, case: dict[str, Any], dut: str) -> str:
    return f"./ov2 replay T={out / case['trace']}" + (f" DUT={dut}" if dut else "")


# ---- for a terminal ------------------------------------------------------------------------


def printable(line: str) -> str:
    """A line that cannot steer a terminal, whatever a driver put into it."""
    return "".join(c if c.isprintable() else "?" for c in line.expandtabs())


def terminal(document: Document, out: Path, dut: str) -> str:
    lines = [""]
    bad = against(document)
    for case in bad[:SHOWN]:
        lines.append(f"{case['verdict'].upper()}  {case['id']}  ({case['where']})")
        rows = findings(document, case)
        lines += [f"  {label:<8} {text}"[:400].rstrip() for label, text in rows]
        if case["trace"]:
            lines.append(f"  {'trace':<8} {out / case['trace']}")
            lines.append(f"  {'replay':<8} {replay_command(out, case, dut)}")
        lines.append("")
    if len(bad) > SHOWN:
        lines += [f"and {len(bad) - SHOWN} more: {out / 'summary.md'} has them all", ""]
    for entry in laws(document):
        lines.append(f"LAW  {entry['rule']}")
        rows = law_rows(document, entry)
        lines += [f"  {label:<8} {text}"[:400].rstrip() for label, text in rows]
        if entry["case"]["trace"]:
            lines.append(f"  {'replay':<8} {replay_command(out, entry['case'], dut)}")
        lines.append("")
    summary = document["summary"]
    lines.append(f"cases         {counted(summary['cases']) or 'none'}")
    lines.append(f"requirements  {counted(summary['requirements'])}")
    if document["fingerprint"]:
        words = [f"{key} {'/'.join(names)}" for key, names in document["fingerprint"].items()]
        lines.append(f"readings      {', '.join(words)}")
    lines.append(f"results       {out / 'results.json'}")
    lines += ["", f"{verdict_word(document)}: {summary['conforms'].partition(': ')[2]}"]
    return "\n".join(map(printable, lines)) + "\n"


# ---- for the page of a CI job --------------------------------------------------------------


def plain(text: str) -> str:
    """Text of a driver, harmless in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|])", r"\\\1", text.replace("\n", " "))


def fenced(text: str) -> list[str]:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text) or [""]))
    return [fence + "text", text, fence]


def markdown(document: Document, out: Path, dut: str) -> str:
    summary, adapter = document["summary"], document["adapter"]
    lines = [f"# {verdict_word(document)}: {plain(adapter['name'] or adapter['file'])}", ""]
    lines += [f"{plain(summary['conforms'])}.", "", f"{plain(summary['robust'])}.", ""]
    lines += ["| | |", "|---|---|"]
    for label, text in (
        ("adapter", f"{adapter['file']}, SHA-256 {adapter['sha256']}"),
        ("profile", document["profile"] or "the default one"),
        ("suite", f"{document['suite']}, requirements {document['requirements_digest'][:12]}"),
        ("mode, seed", f"{document['mode']}, {document['seed']}"),
        ("cases", counted(summary["cases"]) or "none"),
        ("requirements", counted(summary["requirements"])),
        *((key, ", ".join(names)) for key, names in document["fingerprint"].items()),
    ):
        lines.append(f"| {plain(label)} | {plain(text)} |")
    lines += ["", "| group | requirements |", "|---|---|"]
    lines += [f"| {group} | {counted(counts)} |" for group, counts in by_group(document).items()]
    for case in against(document):
        lines += ["", f"## {case['verdict']}: {plain(case['id'])}", ""]
        rows = [f"{label:<8} {text}".rstrip() for label, text in findings(document, case)]
        if case["trace"]:
            rows.append(f"{'replay':<8} {replay_command(out, case, dut)}")
        lines += fenced("\n".join(rows))
    for entry in laws(document):
        lines += ["", f"## law: {plain(entry['rule'])}", ""]
        rows = [f"{label:<8} {text}".rstrip() for label, text in law_rows(document, entry)]
        if entry["case"]["trace"]:
            rows.append(f"{'replay':<8} {replay_command(out, entry['case'], dut)}")
        lines += fenced("\n".join(rows))
    return "\n".join(lines) + "\n"


# ---- for CI systems ------------------------------------------------------------------------


def xml_text(text: str) -> str:
    """Text with the characters that XML 1.0 cannot carry written out."""
    bad = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    return re.sub(bad, lambda found: f"\\x{ord(found[0]):02x}", text)


def junit(document: Document) -> str:
    cases = document["cases"]
    errors = sum(case["verdict"] == "error" for case in cases)
    failed = sum(case["verdict"] in AGAINST for case in cases) - errors
    skipped = sum(case["verdict"] == "skip" for case in cases)
    seconds = sum(case["seconds"] for case in cases)
    broken = laws(document)
    rows_of = document["requirements"]
    grave = [e for e in broken if rows_of.get(e["rule"], {}).get("verdict") in AGAINST]
    failed += len(grave)
    tests = len(cases) + len(grave)
    totals = f'tests="{tests}" failures="{failed}" errors="{errors}" skipped="{skipped}"'
    name = quoteattr(xml_text(document["adapter"]["name"] or document["adapter"]["file"]))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    lines.append(f'<testsuite name={name} {totals} time="{seconds:.3f}">')
    for case in cases:
        file, _, test = case["id"].partition("::")
        where = case["where"].partition(":")[0]
        head = f"classname={quoteattr(xml_text(file))} name={quoteattr(xml_text(test))}"
        head += f' file={quoteattr(where)} time="{case["seconds"]:.3f}"'
        lines.append(f"<testcase {head}>")
        verdict = case["verdict"]
        if verdict == "skip":
            lines.append(f"<skipped message={quoteattr(xml_text(case['reason']))}/>")
        elif verdict in AGAINST or verdict == "warning":
            rows = [f"{label:<8} {text}".rstrip() for label, text in findings(document, case)]
            text = escape(xml_text("\n".join(rows)))
            tag = {"error": "error", "warning": "system-out"}.get(verdict, "failure")
            first = quoteattr(xml_text((case["message"] or rows[0]).partition("\n")[0]))
            attributes = "" if tag == "system-out" else f' type="{verdict}" message={first}'
            lines.append(f"<{tag}{attributes}>{text}</{tag}>")
        lines.append("</testcase>")
    for entry in grave:
        rows = [f"{label:<8} {text}".rstrip() for label, text in law_rows(document, entry)]
        lines.append(f'<testcase classname="laws" name={quoteattr(entry["rule"])} time="0.000">')
        message = quoteattr(xml_text(entry["law"]["sentence"]))
        text = escape(xml_text("\n".join(rows)))
        lines.append(f'<failure type="fail" message={message}>{text}</failure>')
        lines.append("</testcase>")
    return "\n".join([*lines, "</testsuite>", "</testsuites>"]) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--dut", default="", help="for the replay commands")
    options = parser.parse_args()
    out: Path = options.out
    try:
        document = load(out / "results.json")
    except Refused as refused:
        print(f"report: {refused}", file=sys.stderr)
        return 2
    try:
        (out / "junit.xml").write_text(junit(document), encoding="utf-8")
        (out / "summary.md").write_text(markdown(document, out, options.dut), encoding="utf-8")
    except OSError as error:
        print(f"report: cannot write into {out}: {error.strerror}", file=sys.stderr)
        return 2
    print(terminal(document, out, options.dut), end="")
    return {True: 0, False: 1, None: 2}[document["conforms"]]


if __name__ == "__main__":
    sys.exit(main())

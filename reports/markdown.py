"""summary.md: the page of a CI job."""

from __future__ import annotations

import re
from pathlib import Path

from baseline import Since
from findings import (
    Document, against, by_group, counted, findings, law_rows, laws, replay_command, verdict_word,
    waiver_words, warning_lines,
)

SHOWN = 50  # failing cases: the page of a job takes a MiB at most


def plain(text: str) -> str:
    """Text of a driver, harmless in Markdown."""
    return re.sub(r"([\\`*_{}\[\]<>()#+!|])", r"\\\1", text.replace("\n", " "))


def fenced(text: str) -> list[str]:
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text) or [""]))
    return [fence + "text", text, fence]


def markdown(
    document: Document, out: Path, dut: str, since: Since | None = None
) -> str:
    summary, adapter = document["summary"], document["adapter"]
    lines = [f"# {verdict_word(document)}: {plain(adapter['name'] or adapter['file'])}", ""]
    lines += [f"{plain(summary['conforms'])}.", "", f"{plain(summary['robust'])}.", ""]
    if since is not None:
        lines += [f"**{plain(since.verdict)}**", ""]
        lines += [f"- {plain(change.text)}" for change in since.worse[:SHOWN]]
        lines += [f"- and {len(since.worse) - SHOWN} more"] if since.worse[SHOWN:] else []
        lines.append("")
    lines += ["| | |", "|---|---|"]
    for label, text in (
        ("adapter", f"{adapter['file']}, SHA-256 {adapter['sha256']}"),
        ("profile", document["profile"] or "the default one"),
        ("suite", f"{document['suite']}, requirements {document['requirements_digest'][:12]}"),
        ("mode, seed", f"{document['mode']}, {document['seed']}"),
        ("machine", document["machine"]),
        ("cases", counted(summary["cases"]) or "none"),
        ("requirements", counted(summary["requirements"])),
        *((key, ", ".join(names)) for key, names in document["fingerprint"].items()),
    ):
        lines.append(f"| {plain(label)} | {plain(text)} |")
    lines += ["", "| group | requirements |", "|---|---|"]
    lines += [f"| {group} | {counted(counts)} |" for group, counts in by_group(document).items()]
    if document["waivers"]:
        lines += ["", "## Waivers", ""]
        lines += [f"- {plain(waiver_words(waiver))}" for waiver in document["waivers"]]
    if warning_lines(document):
        lines += ["", "## Warnings", ""]
        lines += [f"- {plain(text)}" for text in warning_lines(document)]
    bad = against(document)
    for case in bad[:SHOWN]:
        lines += ["", f"## {case['verdict']}: {plain(case['id'])}", ""]
        rows = [f"{label:<8} {text}".rstrip() for label, text in findings(document, case)]
        if case["trace"]:
            rows.append(f"{'replay':<8} {replay_command(out, case, dut)}")
        lines += fenced("\n".join(rows))
    if bad[SHOWN:]:
        lines += ["", f"And {len(bad) - SHOWN} more: report.html has them all."]
    for entry in laws(document):
        lines += ["", f"## law: {plain(entry['rule'])}", ""]
        rows = [f"{label:<8} {text}".rstrip() for label, text in law_rows(document, entry)]
        if entry["case"]["trace"]:
            rows.append(f"{'replay':<8} {replay_command(out, entry['case'], dut)}")
        lines += fenced("\n".join(rows))
    return "\n".join(lines) + "\n"

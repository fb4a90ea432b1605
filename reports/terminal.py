"""The report on a terminal."""

from __future__ import annotations

from pathlib import Path

from baseline import Since
from findings import (
    Document, against, counted, findings, law_rows, laws, replay_command, verdict_line,
    waiver_words, warning_lines,
)

SHOWN = 12  # failing cases; the files have them all


def printable(line: str) -> str:
    """A line that cannot steer a terminal, whatever a driver put into it."""
    return "".join(c if c.isprintable() else "?" for c in line.expandtabs())


def terminal(
    document: Document, out: Path, dut: str, since: Since | None = None
) -> str:
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
        lines += [f"and {len(bad) - SHOWN} more: {out / 'report.html'} has them all", ""]
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
    lines += [f"waiver        {waiver_words(waiver)}" for waiver in document["waivers"]]
    lines += [f"warning       {text}" for text in warning_lines(document)]
    lines.append(f"results       {out / 'report.html'}, results.json")
    lines.append("")
    if since is not None:
        lines += [f"  {change.text}" for change in since.worse[:SHOWN]]
        if since.worse[SHOWN:]:
            lines.append(f"  and {len(since.worse) - SHOWN} more")
        lines.append(since.verdict)
    else:
        lines.append(verdict_line(document))
    return "\n".join(map(printable, lines)) + "\n"

"""junit.xml: what CI systems read."""

from __future__ import annotations

import re
from xml.sax.saxutils import escape, quoteattr

from document import AGAINST
from findings import Document, findings, law_rows, laws


def xml_text(text: str) -> str:
    """Text with the characters that XML 1.0 cannot carry written out."""
    bad = r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]"
    return re.sub(bad, lambda found: f"\\x{ord(found[0]):02x}", text)


def properties(document: Document) -> list[str]:
    """What the run was about, for those who read the file later."""
    adapter = document["adapter"]
    rows = {
        "verdict": document["summary"]["conforms"],
        "adapter": adapter["file"],
        "sha256": adapter["sha256"],
        "profile": document["profile"],
        "suite": document["suite"],
        "requirements": document["requirements_digest"],
        "mode": document["mode"],
        "seed": document["seed"],
    }
    lines = [
        f'<property name="{name}" value={quoteattr(xml_text(value))}/>'
        for name, value in rows.items()
    ]
    return ["<properties>", *lines, "</properties>"]


def junit(document: Document) -> str:
    cases = document["cases"]
    errors = sum(case["verdict"] == "error" for case in cases)
    failed = sum(case["verdict"] in AGAINST for case in cases) - errors
    skipped = sum(case["verdict"] in ("skip", "waived") for case in cases)
    seconds = sum(case["seconds"] for case in cases)
    broken = laws(document)
    rows_of = document["requirements"]
    grave = [e for e in broken if rows_of.get(e["rule"], {}).get("verdict") in AGAINST]
    failed += len(grave)
    tests = len(cases) + len(grave)
    totals = f'tests="{tests}" failures="{failed}" errors="{errors}" skipped="{skipped}"'
    name = quoteattr(xml_text(document["adapter"]["name"] or document["adapter"]["file"]))
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<testsuites>"]
    began = document["began"].replace(" ", "T")
    lines.append(
        f'<testsuite name={name} {totals} time="{seconds:.3f}" timestamp={quoteattr(began)}>'
    )
    lines += properties(document)
    for case in cases:
        file, _, test = case["id"].partition("::")
        where = case["where"].partition(":")[0]
        head = f"classname={quoteattr(xml_text(file))} name={quoteattr(xml_text(test))}"
        head += f' file={quoteattr(where)} time="{case["seconds"]:.3f}"'
        lines.append(f"<testcase {head}>")
        verdict = case["verdict"]
        if verdict == "skip":
            lines.append(f"<skipped message={quoteattr(xml_text(case['reason']))}/>")
        elif verdict == "waived":
            lines.append('<skipped message="waived"/>')
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

"""results.sarif: what code scanning reads, in the form of SARIF 2.1.0.

One result for each case that speaks against the device, of the first requirement that it is about;
one for each law that was broken in cases about something else.  What is waived is suppressed.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

from campaigns import campaigns
from document import AGAINST
from findings import Document, findings, law_rows, laws, replay_command
from markup import visible

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
LONGEST = 4000  # characters of a message

Object = dict[str, Any]


def sarif(document: Document, out: Path, dut: str, known: frozenset[str] | None = None) -> str:
    """The file's text.  known: what a baseline had, as fingerprint() names it."""
    found = [*_results(document, out, dut), *_finds(out)]
    rules = list(dict.fromkeys(result["ruleId"] for result in found))
    for result in found:
        result["ruleIndex"] = rules.index(result["ruleId"])
        if known is not None:
            is_known = result["partialFingerprints"]["ov2/v1"] in known
            result["baselineState"] = "unchanged" if is_known else "new"
    run = {
        "tool": {"driver": {
            "name": "ov2",
            "version": document["suite"],
            "rules": [_rule(document, key) for key in rules],
        }},
        "automationDetails": {"id": f"ov2/{visible(document['adapter']['file'])}/"},
        "invocations": [{
            "executionSuccessful": not document["unfinished"],
            "startTimeUtc": document["began"].replace(" ", "T") + "Z",
        }],
        "originalUriBaseIds": {"OV2": {"description": {"text": "the folder of the suite"}},
                               "OUT": {"description": {"text": "the folder of the results"}}},
        "columnKind": "unicodeCodePoints",
        "properties": {
            "adapter": {key: visible(text) for key, text in document["adapter"].items()},
            "profile": visible(document["profile"]),
            "conforms": document["conforms"],
            "robust": document["robust"],
            "requirementsDigest": document["requirements_digest"],
        },
        "results": found,
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


def fingerprint(rule: str, case_id: str) -> str:
    """What makes two findings of two runs the same: the rule, and the case; none for a law."""
    return hashlib.sha256(f"{rule}\0{case_id}".encode()).hexdigest()[:32]


def fingerprints(document: Document) -> frozenset[str]:
    """Of everything that a run found and nobody waived."""
    found = _results(document, Path(), "")
    return frozenset(
        result["partialFingerprints"]["ov2/v1"] for result in found if "suppressions" not in result
    )


def _results(document: Document, out: Path, dut: str) -> Iterator[Object]:
    excuses = {
        case: waiver["reason"]
        for waiver in document["waivers"] if waiver["state"] == "used" for case in waiver["cases"]
    }
    for case in document["cases"]:
        verdict = case["verdict"]
        if verdict not in (*AGAINST, "warning", "waived"):
            continue
        rule = _rule_of(case)
        rows = [*findings(document, case)]
        if case["trace"]:
            rows.append(("replay", replay_command(out, case, dut)))
        result = _result(rule, fingerprint(rule, case["id"]), _level(verdict), rows, case)
        result["properties"] = {"verdict": verdict, "case": visible(case["id"])}
        if verdict == "waived":
            why = visible(excuses.get(case["id"], ""))
            result["suppressions"] = [{"kind": "external", "justification": why}]
        yield result
    for entry in laws(document):
        verdict = document["requirements"].get(entry["rule"], {"verdict": "fail"})["verdict"]
        if verdict in (*AGAINST, "warning"):
            rule, rows = entry["rule"], list(law_rows(document, entry))
            yield _result(rule, fingerprint(rule, ""), _level(verdict), rows, entry["case"])


def _finds(out: Path) -> Iterator[Object]:
    """What fuzzers found: of the law that is broken, or of the way in which the device failed."""
    for campaign in campaigns(out):
        for find in campaign["finds"]:
            rule = visible(find["requirement"] or f"fuzz-{find['kind']}")
            mark = fingerprint(rule, find["hash"])
            uri = {"uri": quote(f"{campaign['folder']}/{find['trace']}"), "uriBaseId": "OUT"}
            yield {
                "ruleId": rule,
                "level": _level(find["kind"]),
                "message": {"text": visible(f"{campaign['target']}: {find['sentence']}")[:LONGEST]},
                "locations": [{"physicalLocation": {"artifactLocation": uri}}],
                "partialFingerprints": {"ov2/v1": mark, "primaryLocationLineHash": mark},
            }


def _rule_of(case: Object) -> str:
    broken = [law["rule"] for law in case["broken"] if law["rule"] in case["requirements"]]
    return visible(next(iter([*broken, *case["requirements"]]), "ov2"))


def _level(verdict: str) -> str:
    return "warning" if verdict == "warning" else "error"


def _result(
    rule: str, mark: str, level: str, rows: list[tuple[str, str]], case: Object
) -> Object:
    text = "\n".join(f"{label:<8} {line}".rstrip() for label, line in rows)
    result: Object = {
        "ruleId": visible(rule),
        "level": level,
        "message": {"text": visible(text)[:LONGEST]},
        "locations": [_location(case["where"])],
        "partialFingerprints": {"ov2/v1": mark, "primaryLocationLineHash": mark},
    }
    if case["trace"]:
        uri = {"uri": quote(case["trace"]), "uriBaseId": "OUT"}
        result["relatedLocations"] = [
            {"physicalLocation": {"artifactLocation": uri}, "message": {"text": "the trace"}}
        ]
    return result


def _location(where: str) -> Object:
    file, _, line = where.partition(":")
    place: Object = {"artifactLocation": {"uri": quote(file) or "cases", "uriBaseId": "OV2"}}
    if line.isascii() and line.isdigit() and int(line) > 0:
        place["region"] = {"startLine": int(line)}
    return {"physicalLocation": place}


def _rule(document: Document, key: str) -> Object:
    row = document["requirements"].get(key, {"level": "MUST", "text": key, "verdict": "fail"})
    return {
        "id": key,
        "name": key,
        "shortDescription": {"text": visible(row["text"]) or key},
        "defaultConfiguration": {"level": "warning" if row["level"] == "SHOULD" else "error"},
        "properties": {"level": row["level"], "tags": [row["level"]]},
    }

"""Finds of a fuzzer as SARIF 2.1.0."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from triage import LAWS, Bucket


def to_sarif(target: str, buckets: list[Bucket], folder: Path) -> dict[str, Any]:
    """One result for each bucket; its location is the trace that shows it."""
    rules = sorted({rule_of(bucket) for bucket in buckets})
    driver = {"name": "ov2 fuzz", "rules": [{"id": rule} for rule in rules]}
    return {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{"tool": {"driver": driver},
                  "results": [result_of(target, bucket, folder) for bucket in buckets]}],
    }


def rule_of(bucket: Bucket) -> str:
    return bucket.best.facts["law"] if bucket.best.kind in LAWS else bucket.best.kind


def result_of(target: str, bucket: Bucket, folder: Path) -> dict[str, Any]:
    trace = (folder / f"crash-{bucket.hash}.trace").name
    return {
        "ruleId": rule_of(bucket),
        "level": "warning" if bucket.best.kind == "warning" else "error",
        "message": {"text": f"{target}: {bucket.sentence}"},
        "partialFingerprints": {"ov2Bucket/v1": bucket.hash},
        "locations": [{"physicalLocation": {"artifactLocation": {"uri": trace},
                                            "region": {"startLine": 1}}}],
    }

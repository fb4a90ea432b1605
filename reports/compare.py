"""What changed between two runs: compare.py OLD.json NEW.json

Exit code 0 nothing speaks more against the device than before, 1 something does, 2 could not run.
A case that was renamed in between is the same case: cases/aliases.toml has its old name.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from document import AGAINST, Refused, load
from releases import aliases, renamed

Document = dict[str, Any]


class Change(NamedTuple):
    is_worse: bool  # speaks more against the device than before
    text: str


def changes(
    old: Document, new: Document, names: dict[str, str] | None = None
) -> Iterator[Change]:
    """Each difference as one line.  names: the new names of renamed cases."""
    yield from _about(old, new)
    yield from _cases(old, new, names or {})
    yield from _requirements(old, new)
    for point in sorted(old["fingerprint"] | new["fingerprint"]):
        was, now = (d["fingerprint"].get(point, []) for d in (old, new))
        if was != now:
            yield Change(False, f"reading {point}: {_words(was)} -> {_words(now)}")


def _about(old: Document, new: Document) -> Iterator[Change]:
    for what in ("suite", "profile", "mode"):
        if old[what] != new[what]:
            yield Change(False, f"{what}: {old[what] or 'none'} -> {new[what] or 'none'}")
    if old["adapter"] != new["adapter"]:
        name = f"{old['adapter']['name']} -> {new['adapter']['name']}"
        yield Change(False, f"adapter: {name}, another file")
    if old["requirements_digest"] != new["requirements_digest"]:
        yield Change(False, "requirements: another catalogue")


def _cases(old: Document, new: Document, names: dict[str, str]) -> Iterator[Change]:
    before = {renamed(case["id"], names): case["verdict"] for case in old["cases"]}
    after = {case["id"]: case["verdict"] for case in new["cases"]}
    for name in sorted(before | after):
        was, now = before.get(name, "absent"), after.get(name, "absent")
        if was != now and not (now == "absent" and new["filtered"]):
            yield Change(_is_worse(was, now), f"case {name}: {was} -> {now}")


def _requirements(old: Document, new: Document) -> Iterator[Change]:
    for key in sorted(old["requirements"] | new["requirements"]):
        row, other = old["requirements"].get(key), new["requirements"].get(key)
        if row is None or other is None:
            bad = other is not None and other["verdict"] in AGAINST
            verdict = f", and {other['verdict']}" if other and bad else ""
            yield Change(bad, f"requirement {key}: {'new' if row is None else 'gone'}{verdict}")
            continue
        was, now = row["verdict"], other["verdict"]
        if was != now and not (now == "not-run" and new["filtered"]):
            yield Change(_is_worse(was, now), f"requirement {key}: {was} -> {now}")
        if row["level"] != other["level"]:
            yield Change(False, f"requirement {key} was {row['level']}, is {other['level']}")
        if row["text"] != other["text"]:
            yield Change(False, f"requirement {key} read: {row['text']}")
            yield Change(False, f"requirement {key} reads: {other['text']}")


def _is_worse(was: str, now: str) -> bool:
    """Whether it is a new failure, or a worse one."""
    if now not in AGAINST:
        return False
    return was not in AGAINST or AGAINST.index(now) < AGAINST.index(was)


def _words(readings: list[str]) -> str:
    return "/".join(readings) or "none"


def main() -> int:
    try:
        old, new = (load(Path(name)) for name in sys.argv[1:3])
        found = list(changes(old, new, aliases()))
    except Refused as refused:
        print(f"compare: {refused}", file=sys.stderr)
        return 2
    for change in found:
        print(change.text)
    worse = sum(change.is_worse for change in found)
    print(f"{len(found)} differences, {worse} of them against the device")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

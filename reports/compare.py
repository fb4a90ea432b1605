"""What changed between two runs: compare.py OLD.json NEW.json

Exit code 0 nothing speaks more against the device than before, 1 something does, 2 could not run.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from document import AGAINST, Refused, load

Document = dict[str, Any]


def changes(old: Document, new: Document) -> Iterator[tuple[bool, str]]:
    """Each difference as one line, and whether it speaks against the device."""
    for what in ("suite", "profile", "mode"):
        if old[what] != new[what]:
            yield False, f"{what}: {old[what] or 'none'} -> {new[what] or 'none'}"
    if old["adapter"] != new["adapter"]:
        yield False, f"adapter: {old['adapter']['name']} -> {new['adapter']['name']}, another file"
    before = {case["id"]: case["verdict"] for case in old["cases"]}
    after = {case["id"]: case["verdict"] for case in new["cases"]}
    for name in sorted(before | after):
        was, now = before.get(name, "absent"), after.get(name, "absent")
        if was != now:
            yield now in AGAINST and was not in AGAINST, f"case {name}: {was} -> {now}"
    for key in sorted(old["requirements"] | new["requirements"]):
        row, other = old["requirements"].get(key), new["requirements"].get(key)
        if row is None or other is None:
            yield False, f"requirement {key}: {'new' if row is None else 'gone'}"
            continue
        if row["verdict"] != other["verdict"]:
            worse = other["verdict"] in AGAINST and row["verdict"] not in AGAINST
            yield worse, f"requirement {key}: {row['verdict']} -> {other['verdict']}"
        if (row["level"], row["text"]) != (other["level"], other["text"]):
            yield False, f"requirement {key} reads: {other['level']} {other['text']}"
    for point in sorted(old["fingerprint"] | new["fingerprint"]):
        was, now = (d["fingerprint"].get(point, []) for d in (old, new))
        if was != now:
            yield False, f"reading {point}: {'/'.join(was) or 'none'} -> {'/'.join(now) or 'none'}"


def main() -> int:
    try:
        found = list(changes(load(Path(sys.argv[1])), load(Path(sys.argv[2]))))
    except Refused as refused:
        print(f"compare: {refused}", file=sys.stderr)
        return 2
    for _, line in found:
        print(line)
    worse = sum(is_worse for is_worse, _ in found)
    print(f"{len(found)} differences, {worse} of them against the device")
    return 1 if worse else 0


if __name__ == "__main__":
    sys.exit(main())

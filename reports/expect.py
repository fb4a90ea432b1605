"""What the suite expects of its own two drivers.

    expect.py clean OUT          no case speaks against the reference
    expect.py broken OUT CLEAN   the driver that is wrong on purpose crashes, hangs, leaks and
                                 fails; no case is lost over it: OUT has the cases of CLEAN

Prints one line; exit code 0 it is so, 1 it is not.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from document import AGAINST, Refused, load

# Shapes that no driver can check: they run with HOSTILE=1 only.
WILD = ("freed", "unmapped", "noncanonical")


def is_clean(document: dict[str, Any]) -> str | None:
    bad = [c["id"] for c in document["cases"] if c["verdict"] in (*AGAINST, "warning")]
    if bad:
        return f"{len(bad)} cases speak against it: {', '.join(bad[:5])}"
    rows = document["requirements"].items()
    broken = [name for name, row in rows if row["verdict"] in (*AGAINST, "warning")]
    if broken:
        return f"{len(broken)} requirements are broken: {', '.join(broken[:5])}"
    if not document["cases"]:
        return "no case was run"
    missing = [name for name, runs in document["shapes"].items() if not runs and name not in WILD]
    return f"no list had the shape {', '.join(missing)}" if missing else None


def is_broken(document: dict[str, Any], clean: dict[str, Any]) -> str | None:
    verdicts = {case["verdict"] for case in document["cases"]}
    lacking = [word for word in ("crash", "hang", "leak", "fail") if word not in verdicts]
    if lacking:
        return f"no case of it ended as {', '.join(lacking)}"
    if document["conforms"] is not False:
        return "it is not said to break the rules"
    lost = {c["id"] for c in clean["cases"]} ^ {c["id"] for c in document["cases"]}
    return f"{len(lost)} cases differ: {', '.join(sorted(lost)[:5])}" if lost else None


def main() -> int:
    kind, out = sys.argv[1], Path(sys.argv[2])
    try:
        document = load(out / "results.json")
        if kind == "clean":
            wrong = is_clean(document)
        else:
            wrong = is_broken(document, load(Path(sys.argv[3]) / "results.json"))
    except Refused as refused:
        wrong = str(refused)
    counts = document["summary"]["cases"] if not wrong else {}
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    print(wrong or f"{len(document['cases'])} cases, as expected: {words}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""What the suite expects of its own two drivers.

    expect.py clean OUT          no case speaks against the reference
    expect.py broken OUT CLEAN   the driver that is wrong on purpose crashes, hangs, leaks and
                                 fails; no case is lost over it: OUT has the cases of CLEAN; what
                                 naive.toml lists as wrong is found, and as right is not blamed

Prints one line; exit code 0 it is so, 1 it is not.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from document import AGAINST, Refused, load

NAIVE = Path(__file__).with_name("naive.toml")
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


def unlike(document: dict[str, Any], known: dict[str, Any]) -> str | None:
    """The first requirement whose verdict is not the one that is known of this driver."""
    rows = document["requirements"]
    for name, defect in known["fails"].items():
        if rows[name]["verdict"] not in AGAINST:
            return f"{name} is {rows[name]['verdict']}, but the driver {defect}"
    for name in known["passes"]:
        if rows[name]["verdict"] != "pass":
            return f"{name} is {rows[name]['verdict']}, but the driver does it right"
    return None


def is_broken(
    document: dict[str, Any], clean: dict[str, Any], known: dict[str, Any]
) -> str | None:
    verdicts = {case["verdict"] for case in document["cases"]}
    lacking = [word for word in ("crash", "hang", "leak", "fail") if word not in verdicts]
    if lacking:
        return f"no case of it ended as {', '.join(lacking)}"
    if document["conforms"] is not False:
        return "it is not said to break the rules"
    lost = {c["id"] for c in clean["cases"]} ^ {c["id"] for c in document["cases"]}
    if lost:
        return f"{len(lost)} cases differ: {', '.join(sorted(lost)[:5])}"
    return unlike(document, known)


def main() -> int:
    kind, out = sys.argv[1], Path(sys.argv[2])
    try:
        document = load(out / "results.json")
        if kind == "clean":
            wrong = is_clean(document)
        else:
            known = tomllib.loads(NAIVE.read_text(encoding="utf-8"))
            wrong = is_broken(document, load(Path(sys.argv[3]) / "results.json"), known)
    except Refused as refused:
        wrong = str(refused)
    counts = document["summary"]["cases"] if not wrong else {}
    words = ", ".join(f"{count} {word}" for word, count in counts.items())
    print(wrong or f"{len(document['cases'])} cases, as expected: {words}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

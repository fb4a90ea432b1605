"""Keeps a find: regress.py --out FOLDER [--trace FILE --name the_idea [--rows IDS]]

Moves a `crash-HASH.trace` to fuzz/regressions/NAME.trace, where `./ov2 test` and every campaign
find it.  The name says what it was, as a file name in words.  A find whose comment names a
requirement that it broke, or that is given one, is a case of `./ov2 certify` from then on
(cases/ov2/regressions.py).  A find whose lines are kept already is refused.  Without a name it
lists what there is to move.  Exit codes: 0 moved, or nothing is left to move; 1 something is; 2
could not.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

from catalogue import requirements

KEPT = Path(__file__).parent / "regressions"
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)+")
ROW = re.compile(r"\b[A-Z]+(?:-[A-Z]+)?-\d{3}\b")


class Refused(Exception):
    """The text says why, in one sentence."""


def lines_of(trace: Path) -> list[str]:
    """What a trace asks for, without answers, comments and the marks in front of the lines."""
    text = trace.read_text(encoding="utf-8", errors="replace")
    lines = [line.removeprefix("> ").strip() for line in text.splitlines()]
    return [line for line in lines if line and line[0] not in "#<"]


def same_as(trace: Path, folder: Path) -> Path | None:
    """The trace of a folder that asks for the same."""
    lines = lines_of(trace)
    return next((file for file in sorted(folder.glob("*.trace")) if lines_of(file) == lines), None)


def keep(trace: Path, name: str, folder: Path, rows: str = "") -> Path:
    """Moves a find under a name; its program, which tells of one adapter, goes.  rows: ids of
    requirements that its comment is to name."""
    target = folder / f"{name}.trace"
    if unknown := [row for row in rows.split() if row not in requirements()]:
        raise Refused(f"requirements.toml has no {unknown[0]}")
    if not NAME.fullmatch(name):
        raise Refused(f"{name} is no name: several words in small letters, with _ between them")
    if not trace.is_file() or not lines_of(trace):
        raise Refused(f"there is nothing in {trace}")
    if target.exists():
        raise Refused(f"there is a {target.name} already")
    if twin := same_as(trace, folder):
        raise Refused(f"{twin.name} asks for the same")
    text = trace.read_text(encoding="utf-8", errors="replace")
    if not text.startswith("# "):
        text = f"# {name.replace('_', ' ').capitalize()}.\n{text}"
    if rows:
        first, _, rest = text.partition("\n")
        text = f"{first}\n# breaks {rows}\n{rest}"
    folder.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")
    trace.unlink()
    trace.with_suffix(".c").unlink(missing_ok=True)
    return target


def waiting(out: Path, folder: Path) -> list[Path]:
    """Finds that nobody has kept yet."""
    return [file for file in sorted(out.glob("*/crash-*.trace")) if not same_as(file, folder)]


def show(finds: list[Path]) -> None:
    for file in finds:
        print(f"{file}\n    {file.read_text(encoding='utf-8', errors='replace').splitlines()[0]}")
    print("./ov2 regress T=crash-HASH.trace AS=what_it_was keeps one" if finds
          else "there is no find to keep")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--trace", type=Path)
    parser.add_argument("--name")
    parser.add_argument("--rows", default="")
    options = parser.parse_args()
    try:
        if bool(options.trace) != bool(options.name):
            raise Refused("T=crash-HASH.trace and AS=what_it_was belong together")
        if options.trace:
            kept = keep(options.trace, options.name, KEPT, options.rows)
            print(kept)
            comments = [line for line in kept.read_text("utf-8").splitlines() if line[:1] == "#"]
            if not ROW.search(" ".join(comments)):
                print("its comment names no requirement, so certify does not ask it")
            return 0
    except (Refused, OSError) as refused:
        print(f"ov2: {refused}", file=sys.stderr)
        return 2
    finds = waiting(options.out, KEPT)
    show(finds)
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())

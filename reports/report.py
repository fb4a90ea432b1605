"""Turns OUT/results.json into what people and CI systems read.

    report.py OUT [--dut FILE]

Writes report.html, summary.md, junit.xml and results.sarif beside it, prints the summary; exit code
0 the device conforms, 1 it does not, 2 that cannot be said.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from document import Refused, load
from junit import junit
from markdown import markdown
from page import page
from terminal import terminal


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--dut", default="", help="for the replay commands")
    options = parser.parse_args()
    out: Path = options.out
    try:
        document = load(out / "results.json")
    except Refused as refused:
        print(f"report: {refused}", file=sys.stderr)
        return 2
    files = {
        "junit.xml": junit(document),
        "summary.md": markdown(document, out, options.dut),
        "report.html": page(document, out, options.dut),
    }
    try:
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"report: cannot write into {out}: {error.strerror}", file=sys.stderr)
        return 2
    print(terminal(document, out, options.dut), end="")
    return {True: 0, False: 1, None: 2}[document["conforms"]]


if __name__ == "__main__":
    sys.exit(main())

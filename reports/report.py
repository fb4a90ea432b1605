"""Turns OUT/results.json into what people and CI systems read.

    report.py OUT [--dut FILE] [--baseline OLD.json]

Writes report.html, summary.md, junit.xml and results.sarif beside it, prints the summary; exit code
0 the device conforms, 1 it does not, 2 that cannot be said.  With a baseline: 0 there are no new
failures, 1 there are some.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from baseline import since
from document import Refused, load
from junit import junit
from markdown import markdown
from page import page
from sarif import sarif
from terminal import terminal


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--dut", default="", help="for the replay commands")
    parser.add_argument("--baseline", type=Path, help="old results: only what is new counts")
    options = parser.parse_args()
    out: Path = options.out
    try:
        document = load(out / "results.json")
        old = since(options.baseline, document) if options.baseline else None
    except Refused as refused:
        print(f"report: {refused}", file=sys.stderr)
        return 2
    files = {
        "junit.xml": junit(document),
        "results.sarif": sarif(document, out, options.dut, old.known if old else None),
        "summary.md": markdown(document, out, options.dut, old),
        "report.html": page(document, out, options.dut, old),
    }
    try:
        for name, text in files.items():
            (out / name).write_text(text, encoding="utf-8")
    except OSError as error:
        print(f"report: cannot write into {out}: {error.strerror}", file=sys.stderr)
        return 2
    print(terminal(document, out, options.dut, old), end="")
    return old.code if old else {True: 0, False: 1, None: 2}[document["conforms"]]


if __name__ == "__main__":
    sys.exit(main())

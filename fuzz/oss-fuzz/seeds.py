"""seeds.py TARGET FILE.zip: what a target begins with, each file under its own name."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

FUZZ = Path(__file__).parent.parent


def main(target: str, archive: str) -> None:
    """Fails if there is no seed at all."""
    files = sorted([*FUZZ.glob(f"seeds/{target}/*.trace"), *FUZZ.glob("regressions/*.trace")])
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as out:
        for file in files:
            out.writestr(zipfile.ZipInfo(f"{file.parent.name}-{file.name}"), file.read_bytes())
    if not files:
        sys.exit(f"{target} has no seeds")


if __name__ == "__main__":
    main(*sys.argv[1:])

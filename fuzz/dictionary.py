"""The dictionary of the byte mutators: dictionary.py [--check], from include/ov2/ndis_ipsec.h.

Every constant of the interface, as a trace has it: as a number, and as the bytes of a ULONG in
memory, for `buffer=` and `raw=`.  With --check: is fuzz/ov2.dict as it would be made now?
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = ROOT / "include/ov2/ndis_ipsec.h"
FILE = Path(__file__).with_name("ov2.dict")
NAMED = 2  # of the names that a value has
DEFINE = re.compile(
    r"^#define (\w+)\s+(?:OV2_BY_POINTER_SIZE\()?(0x[0-9A-Fa-f]+|\d+)u?l*(?:,\s*\d+u?\))?"
    r"\s*(?:/\*|$)", re.MULTILINE)


def constants(text: str) -> dict[int, list[str]]:
    """The values that the header defines, each with its names; sizes as on 64-bit systems."""
    found: dict[int, list[str]] = {}
    for name, value in DEFINE.findall(text):
        found.setdefault(int(value, 0), []).append(name)
    return dict(sorted(found.items()))


def dictionary(text: str) -> str:
    lines = ["# Made by fuzz/dictionary.py from include/ov2/ndis_ipsec.h."]
    for value, names in constants(text).items():
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        lines.append(f"# {' '.join(names[:NAMED])}{more}")
        lines.append(f'"{value:#x}"')
        if value < 1 << 32:
            lines.append(f'"{value.to_bytes(4, "little").hex()}"')
    return "\n".join(lines) + "\n"


def main() -> int:
    made = dictionary(HEADER.read_text(encoding="utf-8"))
    if sys.argv[1:] == ["--check"]:
        return int(not FILE.exists() or FILE.read_text(encoding="utf-8") != made)
    FILE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

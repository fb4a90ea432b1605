"""The ids of the cases of each release, which stay what they are.

    releases.py freeze OUT/cases.json VERSION    writes cases/releases/VERSION.txt
    releases.py check OUT/cases.json             is every id of every release still there?

A line of such a file is a case's function and the parameters of its variants; OUT/cases.json is
what `pytest cases --collect-only --out OUT` leaves.  A case that is renamed keeps its old name in
cases/aliases.toml, one that is given up has the reason there:

    [renamed]
    "test_del::test_old" = "test_del::test_new"          # with all variants,
    "test_del::test_old[1]" = "test_del::test_new[one]"  # or one of them
    [retired]
    "test_del::test_gone" = "why"

Exit code 0 written, or all are there; 1 some are not; 2 a file cannot be used.
"""

from __future__ import annotations

import json
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from document import Refused

CASES = Path(__file__).parent.parent / "cases"


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise Refused(f"{path}: {error}") from error


def aliases(folder: Path = CASES) -> dict[str, str]:
    """The new name of each renamed function or case."""
    return dict(_toml(folder / "aliases.toml").get("renamed", {}))


def renamed(case_id: str, names: dict[str, str]) -> str:
    """What the case is called now, however often it was renamed."""
    for _ in range(len(names) + 1):
        function, bracket, rest = case_id.partition("[")
        if case_id in names:
            case_id = names[case_id]
        elif function in names:
            case_id = names[function] + bracket + rest
        else:
            break
    return case_id


def as_lines(ids: Iterable[str]) -> list[str]:
    """One line for each function, with the parameters of its variants behind it, each in
    brackets as pytest has them."""
    functions: dict[str, list[str]] = {}
    for case_id in sorted(ids):
        function, bracket, rest = case_id.partition("[")
        functions.setdefault(function, []).append(bracket + rest)
    return ["\t".join([function, *variants]).rstrip() for function, variants in functions.items()]


def from_lines(lines: Iterable[str]) -> list[str]:
    ids = []
    for line in lines:
        function, *variants = line.split("\t")
        ids += [function + variant for variant in variants or [""]]
    return ids


def lost(released: Iterable[str], now: set[str], folder: Path = CASES) -> list[str]:
    """The released ids that are neither there, nor renamed to one that is, nor retired."""
    names = aliases(folder)
    retired = _toml(folder / "aliases.toml").get("retired", {})
    return [
        case_id for case_id in released
        if renamed(case_id, names) not in now
        and case_id not in retired and case_id.partition("[")[0] not in retired
    ]


def main() -> int:
    verb, path, *version = sys.argv[1:]
    try:
        now = set(json.loads(Path(path).read_text(encoding="utf-8"))["cases"])
        if verb == "freeze":
            file = CASES / "releases" / f"{version[0]}.txt"
            if file.exists():
                raise Refused(f"{file} is frozen already")
            file.parent.mkdir(exist_ok=True)
            file.write_text("\n".join(as_lines(now)) + "\n", encoding="utf-8")
            print(f"{file}: {len(now)} cases")
            return 0
        gone = kept = 0
        for file in sorted((CASES / "releases").glob("*.txt")):
            released = from_lines(file.read_text(encoding="utf-8").splitlines())
            kept += len(released)
            for case_id in lost(released, now):
                print(f"{case_id} of release {file.stem} is gone: cases/aliases.toml says whereto")
                gone += 1
    except (Refused, OSError, ValueError, KeyError) as error:
        print(f"releases: {error}", file=sys.stderr)
        return 2
    print(f"{gone} ids are gone" if gone else f"{kept} ids that were released are there")
    return 1 if gone else 0


if __name__ == "__main__":
    sys.exit(main())

"""What reaches which line of harness/ and reference/: reached.py BUILD OUT

BUILD is the folder of MODE=cov; BUILD/profile/SET holds what the programs of each set have counted:
the cases; the corpus, that is seeds and regressions, each in its fuzz target; the witnesses of the
faults; the unit tests.  A set that has not run is left out.  A line is reached by a set, or it is
not; how often says nothing.  The reference has been compiled twice, with faults and without, and
what one of the two has reached is reached.

Prints a table, and the lines that no set reaches for which fuzz/unreached.toml gives no reason;
writes OUT/coverage.md.  If sets are left out there is only the table.  Exit codes: 0 each line is
reached or explained, 1 one is not, 2 there is nothing to read.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
REASONS = Path(__file__).with_name("unreached.toml")

# Each set, and the programs that it runs.  Those in one tuple share their objects.
PEER = ("reference-clean.so",)
SETS = {
    "cases": (("worker", "reference.so"), PEER),
    "corpus": (("*-files", "reference.so"), PEER),
    "faults": (("worker", "reference.so"), PEER),
    "unit": (("tests/*/*_test",),),
}
WATCHED = re.compile(r"(harness|reference)/(?!bench|testing|wine_)[a-z0-9_]+(?<!_test)\.[ch]")

Line = tuple[str, int]  # file, number
Function = tuple[str, str]  # file, name


class NothingToRead(Exception):
    """The text says why, in one sentence."""


@dataclass
class Coverage:
    """The lines with code, the functions that they belong to, and what each set reaches."""

    owner: dict[Line, str] = field(default_factory=dict)
    reached: dict[str, set[Line]] = field(default_factory=dict)

    def lines(self, path: str = "") -> set[Line]:
        return {line for line in self.owner if line[0].startswith(path)}

    def by(self, *names: str) -> set[Line]:
        """What at least one of these sets reaches."""
        return set().union(*(self.reached.get(name, set()) for name in names))

    def missed(self) -> list[Line]:
        return sorted(self.lines() - self.by(*self.reached))

    def function(self, line: Line) -> Function:
        return line[0], self.owner[line]

    def add(self, name: str, lcov: str, root: Path = ROOT) -> None:
        """Takes in what llvm-cov says about a set: each line's count, and where functions begin."""
        reached = self.reached.setdefault(name, set())
        for record in lcov.split("end_of_record\n"):
            path = "".join(re.findall(r"^SF:(.*)$", record, re.M)).removeprefix(f"{root}/")
            if not WATCHED.fullmatch(path):
                continue
            starts = [(int(n), f) for n, f in re.findall(r"^FN:(\d+),(?:.*:)?(\w+)$", record, re.M)]
            for number, count in re.findall(r"^DA:(\d+),(\d+)", record, re.M):
                line = path, int(number)
                # What stands before all functions is a macro.
                inside = max((s for s in starts if s[0] <= line[1]), default=None)
                if inside:
                    self.owner.setdefault(line, inside[1])
                    reached |= {line} if count != "0" else set()


# ---- reading what was counted --------------------------------------------------------------


def tool(name: str) -> str:
    """LLVM's tool of the version that fits the compiler."""
    said = subprocess.run(["clang", "-dumpversion"], capture_output=True, text=True, check=True)
    path = shutil.which(f"{name}-{said.stdout.partition('.')[0]}") or shutil.which(name)
    if path is None:
        raise NothingToRead(f"{name} is not installed")
    return path


def counted(profiles: Path, programs: list[Path]) -> str:
    """What llvm-cov says about these programs, in the form of lcov."""
    merged = profiles.with_suffix(".profdata")
    subprocess.run([tool("llvm-profdata"), "merge", "-o", merged, *profiles.glob("*.profraw")],
                   check=True)
    others = [f"-object={program}" for program in programs[1:]]
    shown = [tool("llvm-cov"), "export", "-format=lcov", f"-instr-profile={merged}", programs[0]]
    # It warns of main(), which is another function in each program.
    return subprocess.run([*shown, *others], check=True, stdout=subprocess.PIPE, text=True,
                          stderr=subprocess.DEVNULL).stdout


def read(build: Path, names: Iterable[str] = SETS) -> Coverage:
    coverage = Coverage()
    for name in names:
        profiles = build / "profile" / name
        for patterns in SETS[name] if profiles.is_dir() else ():
            programs = [file for pattern in patterns for file in sorted(build.glob(pattern))]
            coverage.add(name, counted(profiles, programs))
    if not coverage.owner:
        raise NothingToRead(f"nothing was counted in {build}/profile")
    return coverage


# ---- what nothing reaches, and why ---------------------------------------------------------


@dataclass(frozen=True)
class Reason:
    """Why so many lines of a function, at most, are reached by nothing."""

    why: str
    most: int


def read_reasons(text: str) -> dict[Function, Reason]:
    """Reads unreached.toml; its head says how it is written."""
    reasons: dict[Function, Reason] = {}
    for why, lines in tomllib.loads(text).items():
        for entry in lines["unreached"]:
            path, name, most = entry.split()
            assert (path, name) not in reasons, f"{REASONS.name} has {path} {name} twice"
            reasons[path, name] = Reason(lines["why"], int(most))
    return reasons


def unexplained(coverage: Coverage, reasons: dict[Function, Reason]) -> list[Line]:
    """The lines of each function that has more of them than its reason is for."""
    missed = coverage.missed()
    count = Counter(coverage.function(line) for line in missed)
    return [line for line in missed if (of := coverage.function(line)) not in reasons
            or count[of] > reasons[of].most]


def outdated(coverage: Coverage, reasons: dict[Function, Reason]) -> list[Function]:
    """The functions with a reason all of whose lines are reached, or that are not there."""
    return sorted(reasons.keys() - {coverage.function(line) for line in coverage.missed()})


# ---- what is shown -------------------------------------------------------------------------

HEAD = ("file", "lines", "cases", "corpus", "both", "faults", "unit", "none")


def row(coverage: Coverage, path: str) -> tuple[str | int, ...]:
    """The cells of a file or a folder, as HEAD names them."""
    lines = coverage.lines(path)
    columns = (("cases",), ("corpus",), ("cases", "corpus"), ("faults",), ("unit",))
    reached = [len(lines & coverage.by(*names)) for names in columns]
    return path, len(lines), *reached, len(lines - coverage.by(*coverage.reached))


def rows(coverage: Coverage) -> Iterator[tuple[str | int, ...]]:
    for path in sorted({line[0] for line in coverage.owner}):
        yield row(coverage, path)


def totals(coverage: Coverage) -> Iterator[tuple[str | int, ...]]:
    for folder in sorted({line[0].partition("/")[0] for line in coverage.owner}):
        yield row(coverage, f"{folder}/")


def plain(cells: Iterable[object]) -> str:
    first, *others = map(str, cells)
    return f"{first:<34}" + "".join(f"{cell:>8}" for cell in others)


def shares(cells: tuple[str | int, ...]) -> str:
    path, lines, *reached = cells
    percents = " | ".join(f"{100 * int(n) / int(lines):.1f} %" for n in reached)
    return f"| `{path}` | {lines} | {percents} |"


PAGE = """# What reaches which lines

`./ov2 coverage` made this page. Of the lines with code in `harness/` and `reference/` on Linux,
without benchmarks and tests, so many are reached by

- **cases**: all cases on the reference;
- **corpus**: the fuzzers' seeds and regressions, each in its target;
- **both**: at least one of these two;
- **faults**: the witnesses, each on the reference with its fault (whose code counts, too);
- **unit**: the unit tests;
- **none** of them.

{totals}

## By file

{files}

## What nothing reaches

{reasons}
"""


def page(coverage: Coverage, reasons: dict[Function, Reason]) -> str:
    head = f"| {' | '.join(HEAD)} |\n|---|{'---:|' * (len(HEAD) - 1)}\n"
    files = (f"| `{cells[0]}` | {' | '.join(map(str, cells[1:]))} |" for cells in rows(coverage))
    count = Counter(reasons[of].why if (of := coverage.function(line)) in reasons else
                    "No reason is given." for line in coverage.missed())
    return PAGE.format(
        totals=head + "\n".join(map(shares, totals(coverage))),
        files=head + "\n".join(files),
        reasons="| lines | why |\n|---:|---|\n"
        + "\n".join(f"| {lines} | {why} |" for why, lines in count.most_common()),
    )


def show(coverage: Coverage, reasons: dict[Function, Reason], out: Path) -> int:
    for cells in (HEAD, *rows(coverage), *totals(coverage)):
        print(plain(cells))
    if coverage.reached.keys() != SETS.keys():
        return 0
    out.mkdir(parents=True, exist_ok=True)
    (out / "coverage.md").write_text(page(coverage, reasons), encoding="utf-8")
    bare = unexplained(coverage, reasons)
    for path, number in bare:
        print(f"{path}:{number}: {(ROOT / path).read_text().splitlines()[number - 1].strip()}")
    for path, name in outdated(coverage, reasons):
        print(f"{path}: {REASONS.name} need not explain {name}() any more")
    missed = coverage.missed()
    reason = f"{len(bare)} have no reason in fuzz/{REASONS.name}" if bare else "each has its reason"
    print(f"of {len(coverage.owner)} lines nothing reaches {len(missed)}; {reason}")
    return 1 if bare else 0


def main() -> int:
    build, out = map(Path, sys.argv[1:])
    try:
        return show(read(build), read_reasons(REASONS.read_text(encoding="utf-8")), out)
    except (NothingToRead, subprocess.CalledProcessError) as error:
        print(f"ov2: {error}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

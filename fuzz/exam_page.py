"""exam_page.py FOLDER: table and plot of an exam, made from its raw runs, FOLDER/exam.json."""

from __future__ import annotations

import json
import math
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

FOUR_OF_FIVE = 0.8
AHEAD = 0.9
MARKS = {"memory": "#c0392b", "list": "#2471a3", "state": "#1e8449", "naive": "#7d6608"}
SIZE, EDGE = 520, 60


@dataclass(frozen=True)
class Run:
    """One run of an engine; not found: executions and seconds are what it has tried."""

    fault: str
    kind: str
    target: str
    arm: str
    seed: int
    found: bool
    executions: int
    seconds: float


@dataclass(frozen=True)
class Row:
    """One fault: the runs of both arms."""

    fault: str
    kind: str
    target: str
    traces: tuple[Run, ...]
    bytes: tuple[Run, ...]

    @property
    def is_ahead(self) -> bool:
        """Sooner than with bytes, by executions; a draw if neither finds it."""
        return middle(self.traces, "executions") < middle(self.bytes, "executions")

    @property
    def is_passed(self) -> bool:
        return sum(run.found for run in self.traces) >= FOUR_OF_FIVE * len(self.traces)


def misses_enough(runs: list[Run], arm: str, seeds: int) -> bool:
    """Whether the median of the arm that is compared with is known to be beyond the limit."""
    return arm == "bytes" and 2 * sum(not run.found for run in runs) > seeds


def middle(runs: tuple[Run, ...], what: str) -> float:
    """The median; beyond the limit: infinite."""
    values = [getattr(run, what) if run.found else math.inf for run in runs]
    return median(values) if values else math.inf


def rows_of(runs: list[Run]) -> list[Row]:
    names = dict.fromkeys((run.fault, run.kind, run.target) for run in runs)
    return [Row(*name, *(tuple(run for run in runs
                               if (run.fault, run.kind, run.target) == name and run.arm == arm)
                         for arm in ("traces", "bytes"))) for name in names]


@dataclass(frozen=True)
class Score:
    """What the exam says as a whole."""

    rows: list[Row]

    @property
    def survivors(self) -> list[Row]:
        return [row for row in self.rows if not row.is_passed]

    @property
    def ahead(self) -> int:
        return sum(row.is_ahead for row in self.rows)

    @property
    def passes(self) -> bool:
        must = [row for row in self.survivors if row.kind in ("memory", "list")]
        return not must and self.ahead >= AHEAD * len(self.rows)

    @property
    def sentence(self) -> str:
        return (f"{len(self.rows) - len(self.survivors)} of {len(self.rows)} faults are found in "
                f"four of five runs; ahead of bytes on {self.ahead}")


def score(runs: list[Run]) -> Score:
    return Score(rows_of(runs))


def cell(runs: tuple[Run, ...]) -> str:
    """found of runs | median executions | median seconds."""
    found = f"{sum(run.found for run in runs)} of {len(runs)}"
    if middle(runs, "executions") < math.inf:
        return f"{found} | {middle(runs, 'executions'):,.0f} | {middle(runs, 'seconds'):.1f}"
    tried = median(run.executions for run in runs) if runs else 0
    return f"{found} | > {tried:,.0f} | > limit"


HEAD = """\
# The exam of the fuzzer

Made by `./ov2 exam FULL=1` from [exam.json](exam.json); do not edit.

How soon does a target find a fault of the reference that is switched on? Each run has {limit} s of
one processor; times are the processor's. "Traces" is our mutator, "bytes" libFuzzer's own; target,
options and seeds are the same, and seeds that show the fault by themselves are taken out of both.
A find counts if it comes again and the device without the fault does not show it. Medians are over
the engine's seeds; bytes that have missed with more than half of them are not run further. `naive`
is the adapter that is wrong on purpose, until it crashes or hangs.

**{sentence}.**

Survivors: {survivors}.

![executions with traces beside executions with bytes](exam.svg)

| fault | kind | target | traces: found | executions | s | bytes: found | executions | s |
|---|---|---|---|---|---|---|---|---|
"""


def page(limit: int, runs: list[Run]) -> str:
    told = score(runs)
    kinds = list(MARKS)
    rows = sorted(told.rows, key=lambda row: (kinds.index(row.kind), row.target, row.fault))
    survivors = ", ".join(f"{row.fault} ({row.target})" for row in told.survivors) or "none"
    lines = [f"| {row.fault} | {row.kind} | {row.target} | {cell(row.traces)} | {cell(row.bytes)} |"
             for row in rows]
    head = HEAD.format(limit=limit, sentence=told.sentence, survivors=survivors)
    return head + "\n".join(lines) + "\n"


def place(value: float, most: float) -> float:
    """Along an axis from 1 to `most`, by its logarithm; what was not found is beyond its end."""
    share = math.log10(max(value, 1)) / math.log10(most) if value < math.inf else 1.06
    return EDGE + share * (SIZE - 2 * EDGE)


def label(x: float, y: float, anchor: str, text: str, colour: str = "black") -> str:
    return (f'<text x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}" fill="{colour}">'
            f"{text}</text>")


def plot(runs: list[Run]) -> str:
    """Executions to the find: above the diagonal our mutator is ahead."""
    points = [(row, middle(row.traces, "executions"), middle(row.bytes, "executions"))
              for row in rows_of(runs)]
    known = [value for point in points for value in point[1:] if value < math.inf]
    most = 10 ** math.ceil(math.log10(max([*known, 10])))
    end = SIZE - EDGE
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{SIZE}" height="{SIZE}" '
           'font-family="sans-serif" font-size="12">',
           f'<rect width="{SIZE}" height="{SIZE}" fill="white"/>',
           f'<path d="M{EDGE} {EDGE}V{end}H{end}" fill="none" stroke="black"/>',
           f'<path d="M{EDGE} {end}L{end} {EDGE}" stroke="#999" stroke-dasharray="4"/>',
           f'<text x="{SIZE / 2}" y="{SIZE - 15}" text-anchor="middle">executions, traces</text>',
           f'<text x="18" y="{SIZE / 2}" text-anchor="middle" '
           f'transform="rotate(-90 18 {SIZE / 2})">executions, bytes (top: not found)</text>']
    for power in range(0, int(math.log10(most)) + 1):
        at = place(10**power, most)
        out.append(label(at, end + 16, "middle", f"1e{power}"))
        out.append(label(EDGE - 6, SIZE - at + 4, "end", f"1e{power}"))
    for row, x, y in points:
        at = f'cx="{place(x, most):.1f}" cy="{SIZE - place(y, most):.1f}"'
        out.append(f'<circle {at} r="4" fill="{MARKS[row.kind]}" fill-opacity="0.7">'
                   f"<title>{row.fault}</title></circle>")
    for number, (kind, colour) in enumerate(MARKS.items()):
        out.append(label(end - 60, end - 70 + 16 * number, "start", kind, colour))
    return "\n".join([*out, "</svg>", ""])


def write_page(folder: Path, limit: int, runs: list[Run]) -> None:
    (folder / "exam.md").write_text(page(limit, runs), encoding="utf-8")
    (folder / "exam.svg").write_text(plot(runs), encoding="utf-8")


def main(folder: Path) -> None:
    kept = json.loads((folder / "exam.json").read_text(encoding="utf-8"))
    write_page(folder, kept["limit_s"], [Run(**run) for run in kept["runs"]])


if __name__ == "__main__":
    main(Path(sys.argv[1]))

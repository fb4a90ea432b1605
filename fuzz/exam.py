"""exam.py --out FOLDER [--full] [--limit SECONDS]: how soon is each fault of exam.toml found?

Two arms with the same target, the same seeds and the same engine: our mutator, and the engine's own
of bytes.  A seed that shows the fault by itself is taken out of both.  A find counts if it comes
again in a process of its own and the device without the fault does not show it.  Times are those of
the processor.  What is there in FOLDER/exam.json is not run again.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import re
import resource
import shutil
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from exam_page import Run, misses_enough, score, write_page

ROOT = Path(__file__).parent.parent
BUILD = ROOT / "build/fuzz"
KINDS = ("memory", "list", "state")
ARMS = ("traces", "bytes")
SEEDS = 5
FIXED = ["-max_len=4096", "-print_final_stats=1", "-timeout=10"]  # as in a campaign
WALL = 12  # a run may take so many times its limit of processor time, on a busy machine
STARTS = 20  # of an engine in one run
ALONE_S = 120
TOGETHER = 16  # seeds that are looked at in one process


@dataclass(frozen=True)
class Question:
    """A fault and the target that has to find it; naive has no fault that could be named."""

    kind: str
    target: str
    fault: str

    @property
    def is_naive(self) -> bool:
        return self.kind == "naive"

    def environment(self, arm: str, sound: bool, out: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items()
                if not name.startswith(("OV2_FUZZ_", "ASAN_OPTIONS"))}
        library = "naive.so" if self.is_naive and not sound else "reference.so"
        kept["OV2_FUZZ_DUT"] = str(BUILD / library)
        kept["OV2_FUZZ_PEER"] = str(BUILD / "reference-clean.so")
        if not sound and not self.is_naive:
            kept["OV2_FUZZ_WORDS"] = f"fault={self.fault}"
        if self.is_naive:
            (out / "finds").mkdir(exist_ok=True)
            kept["OV2_FUZZ_OUT"] = str(out)  # laws that it breaks do not end it
        if arm == "bytes":
            kept["OV2_FUZZ_BYTES"] = "1"
        return kept

    def shows(self, sound: bool, out: Path, *files: Path) -> bool:
        """Whether one of these inputs goes wrong, one after the other in a process of their own."""
        command = [BUILD / f"{self.target}-files", *files]
        try:
            done = subprocess.run(command, env=self.environment("traces", sound, out),
                                  capture_output=True, timeout=ALONE_S)
        except subprocess.TimeoutExpired:
            return True
        return done.returncode != 0


def questions(short: bool) -> Iterator[Question]:
    with (ROOT / "fuzz/exam.toml").open("rb") as file:
        asked = tomllib.load(file)
    known = set(re.findall(r"^FAULT(?:_ASAN)?\((\w+)", (ROOT / "reference/faults.def").read_text(),
                           re.MULTILINE))
    for kind in KINDS:
        for target, faults in asked[kind].items():
            for fault in faults:
                if fault not in known:
                    raise ValueError(f"exam.toml: there is no fault {fault}")
                if not short or fault in asked["short"]["faults"]:
                    yield Question(kind, target, fault)
    if not short:
        yield from (Question("naive", target, "naive") for target in asked["naive"]["targets"])


def fill(folder: Path, question: Question, out: Path) -> None:
    """The seeds that do not show the fault; never none."""
    folder.mkdir(parents=True)
    (folder / "open").write_text("open\n", encoding="utf-8")
    for seed in quiet(question, sorted((ROOT / "fuzz/seeds" / question.target).iterdir()), out):
        shutil.copy(seed, folder)


def quiet(question: Question, seeds: list[Path], out: Path) -> Iterator[Path]:
    """Those that do not show the fault; most do not, and are looked at together."""
    for first in range(0, len(seeds), TOGETHER):
        some = seeds[first:first + TOGETHER]
        all_quiet = not question.shows(False, out, *some)
        yield from (seed for seed in some if all_quiet or not question.shows(False, out, seed))


def sit(question: Question, arm: str, seed: int, seeds: Path, limit: int) -> Run:
    """One run, until it has found something or its time is up.  A find that does not count is not
    the end: the engine is started again, with what it has learned."""
    executions, seconds, starts, found = 0, 0.0, 0, False
    with tempfile.TemporaryDirectory() as scratch:
        out = Path(scratch)
        (out / "corpus").mkdir()
        while not found and seconds < limit - 0.5 and starts < STARTS:
            command = [BUILD / question.target, *FIXED, f"-seed={seed + 1000 * starts}",
                       f"-max_total_time={limit * WALL}", f"-artifact_prefix={out}/find-",
                       out / "corpus", seeds]
            left = math.ceil(limit - seconds)
            tried, used = watch(command, question.environment(arm, False, out), out / "log", left)
            executions, seconds, starts = executions + tried, seconds + used, starts + 1
            finds = list(out.glob("find-*"))
            found = any(question.shows(False, out, find) and not question.shows(True, out, find)
                        for find in finds)
            for find in finds:
                find.unlink()
    return Run(question.fault, question.kind, question.target, arm, seed, found, executions,
               round(seconds, 2))


def watch(
    command: list[str | Path], env: dict[str, str], log: Path, limit: int
) -> tuple[int, float]:
    """Executions and seconds of the processor until it ends, or has had its time."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            command, env=env, stdout=out, stderr=out,
            preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_CPU, (limit, limit + 5)))
        _, _, used = os.wait4(process.pid, 0)
        process.returncode = 0  # it has been waited for
    text = log.read_text(errors="replace")
    counted = re.findall(r"number_of_executed_units: (\d+)", text) or re.findall(
        r"^#(\d+)", text, re.MULTILINE)
    return int(counted[-1]) if counted else 0, used.ru_utime + used.ru_stime


def exam(asked: list[Question], seeds: int, limit: int, out: Path) -> list[Run]:
    """Seed by seed, so that what is there when it is stopped is about all questions."""
    runs = read(out, limit)
    with tempfile.TemporaryDirectory() as scratch:
        for seed in range(1, seeds + 1):
            for number, question in enumerate(asked):
                for arm in ARMS if seeds > 1 else ARMS[:1]:
                    of_it = [run for run in runs
                             if (run.fault, run.target, run.arm) ==
                             (question.fault, question.target, arm)]
                    if seed in [run.seed for run in of_it] or misses_enough(of_it, arm, seeds):
                        continue
                    folder = Path(scratch) / str(number)
                    if not folder.exists():
                        fill(folder, question, Path(scratch))
                    runs.append(sit(question, arm, seed, folder, limit))
                    write(out, limit, runs)
                    print(say(runs[-1]), flush=True)
    return runs


def say(run: Run) -> str:
    how = "found after" if run.found else "NOT FOUND in"
    return (f"{run.fault:30}{run.target:14}{run.arm:7} seed {run.seed}: {how} "
            f"{run.executions:,} executions, {run.seconds:.1f} s")


def read(out: Path, limit: int) -> list[Run]:
    path = out / "exam.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"limit_s": 0}
    return [Run(**run) for run in kept["runs"]] if kept["limit_s"] == limit else []


def write(out: Path, limit: int, runs: list[Run]) -> None:
    lines = ",\n".join(json.dumps(asdict(run)) for run in runs)
    (out / "exam.json").write_text(f'{{"limit_s": {limit}, "runs": [\n{lines}\n]}}\n',
                                   encoding="utf-8")


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True)
    parser.add_argument("--full", action="store_true")
    parser.add_argument("--limit", type=int, default=60)
    options = parser.parse_args()
    out = Path(options.out)
    out.mkdir(parents=True, exist_ok=True)
    asked = list(questions(not options.full))
    if not options.full:
        (out / "exam.json").unlink(missing_ok=True)
        runs = exam(asked, 1, options.limit, out)
        found = sum(run.found for run in runs)
        print(f"{found} of {len(runs)} faults are found")
        return 0 if found == len(runs) else 1
    runs = exam(asked, SEEDS, options.limit, out)
    write_page(out, options.limit, runs)
    print(score(runs).sentence)
    return 0 if score(runs).passes else 1


if __name__ == "__main__":
    sys.exit(main())

"""A campaign: campaign.py --target F --dut FILE ...: an engine runs until the time is up.

It is started again after each find, with what it has learned.  Everything is in one folder,
OUT/TARGET, and the next campaign goes on with it: `corpus`, `finds` (as the engine left them),
`stats`, `engine.log`.  At the end what was found is sorted: `crash-HASH.trace`, `crash-HASH.c`,
`fuzz.json`, `fuzz.sarif`.  Exit codes: 0 nothing was found (a SHOULD that is not kept is told as
a warning), 1 something was, 2 it could not run.
"""

from __future__ import annotations

import argparse
import json
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

from engine import ENGINES, CouldNotRun
from reproducer import write_reproducer
from sarif import to_sarif
from seen import Seen, read_seen
from triage import LAWS, Bucket, Triage, TriageFailed, sort_finds, write_trace

ROOT = Path(__file__).parent.parent
SLICE_S = 0.25  # how often progress is looked at
SAY_S = 10  # how often it is said where nobody watches
STOP_S = 5  # an engine may take to end
BORN_DEAD_S = 2  # an engine that ends sooner, without a find, cannot run
KEPT = 200  # files of finds that are sorted at the end


@dataclass
class Folder:
    """Where everything of a campaign is."""

    path: Path

    def __post_init__(self) -> None:
        for name in ("corpus", "finds", "seeds"):
            (self.path / name).mkdir(parents=True, exist_ok=True)

    @property
    def finds(self) -> list[Path]:
        return sorted((self.path / "finds").iterdir(), key=lambda file: file.stat().st_mtime_ns)

    @property
    def written(self) -> set[tuple[Path, int]]:
        """Finds, and when: the same input may crash again before it is taken out everywhere."""
        return {(file, file.stat().st_mtime_ns) for file in self.finds}

    def fill(self, seeds: list[Path]) -> None:
        """Seeds are copied: one that crashes is taken out, so that the engine gets beyond it."""
        for seed in seeds:
            shutil.copy(seed, self.path / "seeds" / f"{seed.parent.name}-{seed.name}")

    def forget(self, content: bytes) -> None:
        """Takes an input that crashes out of what an engine starts with."""
        for name in ("seeds", "corpus"):
            for file in (self.path / name).iterdir():
                if file.stat().st_size == len(content) and file.read_bytes() == content:
                    file.unlink()


@dataclass
class Course:
    """How it went."""

    began: float = field(default_factory=time.monotonic)
    starts: int = 0
    edges: int = 0
    points: list[dict[str, float]] = field(default_factory=list)

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.began

    @property
    def reach(self) -> str:
        """libFuzzer counts when all seeds have run; a driver that crashes on them prevents it."""
        return f"{self.edges} edges" if self.edges else "edges not counted yet"

    def note(self, seen: Seen) -> None:
        last = self.points[-1] if self.points else {"seconds": -1.0}
        if self.seconds - last["seconds"] >= 1:
            self.points.append({"seconds": round(self.seconds, 1), "edges": self.edges,
                                "behaviours": seen.behaviours, "executions": seen.executions})


def seeds_of(target: str) -> list[Path]:
    """Hand-written seeds, and what once was a find."""
    fuzz = ROOT / "fuzz"
    files = [*(fuzz / "seeds" / target).glob("*.trace"), *(fuzz / "regressions").glob("*.trace")]
    return sorted(files)


def told(options: argparse.Namespace, folder: Folder) -> dict[str, str]:
    peer = str(ROOT / "build/fuzz/reference-clean.so")
    words = {"OV2_FUZZ_DUT": options.dut, "OV2_FUZZ_PEER": peer, "OV2_FUZZ_OUT": str(folder.path),
             "OV2_FUZZ_WORDS": options.words, "OV2_FUZZ_HOSTILE": "1" * options.hostile}
    return {name: value for name, value in words.items() if value}


@contextmanager
def started(
    command: list[str], env: dict[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    nothing = subprocess.DEVNULL
    with log.open("wb") as out:
        engine = subprocess.Popen(command, env=env, stdout=out, stderr=out, stdin=nothing)
        try:
            yield engine
        finally:
            engine.terminate()  # it may have children of its own to end
            try:
                engine.wait(STOP_S)
            except subprocess.TimeoutExpired:
                engine.kill()
            engine.wait()


def progress(course: Course, folder: Folder, seen: Seen, before: Seen, time_s: float) -> str:
    rate = (seen.executions - before.executions) / max(course.seconds, 0.1)
    lines = (seen.requests - before.requests) / max(course.seconds, 0.1)
    return (f"{course.seconds:5.0f} of {time_s:.0f} s  {rate:,.0f} executions/s  "
            f"{lines:,.0f} requests/s  {course.reach}  "
            f"{seen.shapes_hit} of {len(seen.shapes)} shapes  "
            f"{seen.behaviours} behaviours  {len(folder.finds)} finds  "
            f"chance of something new {seen.chance:.2g}")


def say(text: str, watched: bool) -> None:
    print(f"\r\x1b[K{text[: shutil.get_terminal_size().columns - 1]}" if watched else text,
          end="" if watched else "\n", flush=True)


def tell(text: str) -> None:
    """Progress that only somebody who watches sees."""
    if sys.stdout.isatty():
        say(text, watched=True)


def log_of(log: Path, number: int) -> Path:
    return log.with_name(f"{log.name}.{number}") if number else log


def run_engines(options: argparse.Namespace, folder: Folder) -> Course:
    """Until the time is up; a new engine after each find that ends one."""
    course, watched = Course(), sys.stdout.isatty()
    engine = ENGINES[options.engine](
        options.target, folder.path, told(options, folder), options.seed, options.jobs)
    before, said = read_seen(folder.path / "stats"), 0.0
    known = folder.written
    engine.prepare()
    while (left := options.time - course.seconds) > 0.5:
        first, born = course.starts * options.jobs, time.monotonic()
        with ExitStack() as all_of_them:
            processes = [
                all_of_them.enter_context(started(engine.command(left, first + number),
                                                  engine.environment, log_of(engine.log, number)))
                for number in range(options.jobs)
            ]
            course.starts += 1
            while (all(process.poll() is None for process in processes)
                   and options.time + 15 > course.seconds):
                time.sleep(SLICE_S)
                course.edges = max(course.edges, engine.edges())
                engine.collect()
                seen = read_seen(folder.path / "stats")
                course.note(seen)
                if watched or course.seconds - said >= SAY_S:
                    said = course.seconds
                    say(progress(course, folder, seen, before, options.time), watched)
        course.edges = max(course.edges, engine.edges())
        engine.collect()
        new = [file for file, _ in folder.written - known]
        known = folder.written
        for file in new:
            if not file.name.startswith("law-"):
                folder.forget(file.read_bytes())
        born_dead = not new and time.monotonic() - born < BORN_DEAD_S and left > 3
        if any(process.returncode == 2 for process in processes) or born_dead:
            raise CouldNotRun(engine.last_words())
    if watched:
        print()
    return course


def document(options: argparse.Namespace, course: Course, seen: Seen, buckets: list[Bucket],
             lost: list[Path]) -> dict[str, object]:
    """fuzz.json."""
    finds = [
        {"hash": bucket.hash, "kind": bucket.best.kind, "sentence": bucket.sentence,
         "requirement": bucket.best.facts["law"] if bucket.best.kind in LAWS else "",
         "verb": bucket.best.facts["verb"], "place": bucket.place, "count": bucket.count,
         "trace": f"crash-{bucket.hash}.trace"}
        for bucket in buckets
    ]
    return {"target": options.target, "engine": options.engine, "dut": Path(options.dut).name,
            "seed": options.seed, "seconds": round(course.seconds, 1), "edges": course.edges,
            **{name: value for name, value in asdict(seen).items() if name != "shapes"},
            "chance": seen.chance, "shapes": list(seen.shapes), "finds": finds,
            "unconfirmed": [file.name for file in lost], "course": course.points}


def conclude(options: argparse.Namespace, folder: Folder, course: Course) -> int:
    seen = read_seen(folder.path / "stats")
    adapter = Path(options.triage_dut)
    triage = Triage(ROOT / "build/asan/triage", adapter, triage_options(options))
    buckets, lost = sort_finds(triage, folder.finds[:KEPT], tell)
    for old in folder.path.glob("crash-*"):
        old.unlink()
    for bucket in buckets:
        write_trace(bucket, folder.path, Path(options.dut))
        write_reproducer(bucket, folder.path, Path(options.dut))
    found = document(options, course, seen, buckets, lost)
    (folder.path / "fuzz.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    sarif = to_sarif(options.target, buckets, folder.path)
    (folder.path / "fuzz.sarif").write_text(json.dumps(sarif, indent=1) + "\n", encoding="utf-8")
    tell("")
    print(table(buckets, folder.path))
    if lost:
        print(f"{len(lost)} did not happen again in a process of their own: {lost[0]} ...")
    print(f"{options.target}: {seen.executions:,} executions, {seen.requests:,} requests, "
          f"{course.reach}, {seen.behaviours} behaviours; the chance that the "
          f"next shows something new is {seen.chance:.2g}; {len(buckets)} finds")
    return 1 if lost or any(bucket.best.kind != "warning" for bucket in buckets) else 0


def triage_options(options: argparse.Namespace) -> list[str]:
    told = ["--peer", str(ROOT / "build/asan/reference-clean.so")]
    told += ["--words", options.words] if options.words else []
    return told + (["--hostile"] if options.hostile else [])


def gives_coverage(library: str) -> bool:
    run = subprocess.run(["nm", "-D", library], capture_output=True, text=True)
    return "__sanitizer_cov_" in run.stdout


def table(buckets: list[Bucket], folder: Path) -> str:
    rows = []
    for bucket in buckets:
        rows.append(f"{bucket.best.kind.upper():11}{bucket.count:4} x  {bucket.sentence}")
        rows.append(f"{'':19}{folder / f'crash-{bucket.hash}.trace'}")
    return "\n".join(rows) if rows else "nothing was found"


def parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    for name in ("target", "dut", "triage-dut", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--words", default="")
    parser.add_argument("--engine", default="libfuzzer", choices=sorted(ENGINES))
    parser.add_argument("--time", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--hostile", action="store_true")
    options = parser.parse_args()
    if options.jobs > 1 and options.engine != "libfuzzer":
        parser.error("JOBS is for libFuzzer; several of AFL++ share a folder by -M and -S")
    return options


def main() -> int:
    options = parse()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the engines end with it, too
    folder = Folder(Path(options.out) / options.target)
    folder.fill(seeds_of(options.target))
    if not gives_coverage(options.dut):
        print(f"{options.dut} gives no coverage, for which it is built with "
              "-fsanitize=fuzzer-no-link: only its answers steer")
    try:
        course = run_engines(options, folder)
        return conclude(options, folder, course)
    except KeyboardInterrupt:
        print(f"\nstopped; ./ov2 fuzz F={options.target} goes on with {folder.path}")
        return 2
    except (CouldNotRun, TriageFailed, ValueError, OSError) as failed:
        print(f"ov2: {failed}", file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())

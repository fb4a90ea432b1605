"""Finds of a campaign: what each is, which are the same, and the files that are kept of them."""

from __future__ import annotations

import bisect
import hashlib
import re
import subprocess
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from catalogue import is_recommended

LEAKS_LOOKED_AT = 6  # a leak shows its cause only when its trace is small
ORDER = ["corruption", "crash", "left", "hang", "leak", "law", "error", "warning"]
LAWS = {"law", "warning"}
FRAMES = 3  # of the driver, that tell one crash from another
LIMIT_S = 180  # for one find
TRIMS_S = 90  # of making traces small, for all causes together: each gets its share of what is left
TRIM_S = 6  # for one cause, at most
LOG_TAIL = 65536
# What these lines are answered tells of requests before them that were pended.
LATER = {"cancel", "close", "drain", "event"}
# What AddressSanitizer or UndefinedBehaviorSanitizer found.
REPORT = re.compile(r"ERROR: AddressSanitizer: ([a-z-]+)|runtime error: (.*)")


class TriageFailed(Exception):
    """The triage program could not run; the text says why."""


@dataclass
class Find:
    """One input that did something wrong, as the triage program describes it."""

    verdict: str
    facts: dict[str, str]
    file: Path
    trace: str = ""
    log: str = ""
    calls: str = ""  # what the driver was asked, as C; empty: too much, or only looked at

    @property
    def kind(self) -> str:
        """One of ORDER; a warning is a law that is only recommended."""
        if self.verdict == "law" and is_recommended(self.facts["law"]):
            return "warning"
        broken = "bug check" in self.log and self.facts["signal"] == "ABRT"
        wrote = self.facts["signal"] == "sanitizer" and self.facts["access"] == "write"
        return "corruption" if self.verdict == "crash" and (broken or wrote) else self.verdict

    @property
    def finding(self) -> str:
        """What the sanitizer that ended the run says, in its own words."""
        if self.facts["signal"] != "sanitizer" or not (said := REPORT.search(self.log)):
            return ""
        return said[1] or re.sub(r"0x[0-9a-f]+", "an address", said[2])

    @property
    def bug_check(self) -> str:
        found = re.findall(r"bug check: ([^(\n]*)", self.log)
        return found[-1].strip() if found and self.facts["signal"] == "ABRT" else ""


@dataclass
class Bucket:
    """Finds with one cause; `best` is the smallest of them."""

    key: tuple[str, ...]
    best: Find
    count: int = 0
    files: list[Path] = field(default_factory=list)

    @property
    def hash(self) -> str:
        return hashlib.sha256("\0".join(self.key).encode()).hexdigest()[:10]

    @property
    def sentence(self) -> str:
        """What happened, for people."""
        facts, kind = self.best.facts, self.best.kind
        if kind in LAWS:
            broken = f"{facts['verb']} breaks {facts['law']}"
            return f"{broken}: got {facts['got']}, want {facts['want']}"
        if kind == "leak":
            return f"memory is lost: {facts['leaks'] or 'allocations are left after a close'}"
        if kind == "hang":
            return f"{facts['verb']} does not come to an end, in {self.place}"
        what = self.best.bug_check or " ".join(
            part for part in (self.best.finding or signal(facts), facts["lies"]) if part)
        return f"{facts['verb']}: {what}, in {self.place}"

    @property
    def place(self) -> str:
        return self.best.facts.get("function") or self.best.facts["where"] or "?"


def signal(facts: dict[str, str]) -> str:
    name = facts["signal"]
    how = f" ({facts['access']})" if facts["access"] else ""
    return ("a sanitizer's finding" if name == "sanitizer" else f"SIG{name}") + how


@dataclass
class Triage:
    """How finds are run again: the program, its adapter, and its other options."""

    program: Path
    adapter: Path
    options: list[str]

    def look(self, file: Path, trim_s: int | None = None) -> Find | None:
        """What a file does in a process of its own; None: nothing is wrong with it, any more.
        trim_s: seconds for making its trace small; None: it stays as it is, and has no calls."""
        law = re.match(r"law-([A-Za-z]+-\d+|leak)-", file.name)
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            trace, calls, log = folder / "trace", folder / "calls", folder / "log"
            command = [self.program, *self.options, "--log", log]
            command += ["--quick"] if trim_s is None else ["--c", calls, "--trim-s", str(trim_s)]
            command += ["--law", law[1]] if law else []
            try:
                run = subprocess.run(
                    [*command, self.adapter, file, trace], capture_output=True, text=True,
                    errors="replace", timeout=LIMIT_S)
            except subprocess.TimeoutExpired:
                return None
            if run.returncode == 2:
                raise TriageFailed(run.stderr.strip())
            if run.returncode != 0:
                return None
            facts = dict(line.split("=", 1) for line in run.stdout.splitlines() if "=" in line)
            facts["function"] = " < ".join(functions(self.adapter, facts["frames"]))
            return Find(facts["verdict"], facts, file, read(trace), read(log)[-LOG_TAIL:],
                        read(calls))


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""


@cache
def symbols(library: Path) -> tuple[list[int], list[str]]:
    """Where the functions of a library begin, and their names; nothing if it is stripped."""
    try:
        command = ["nm", "-n", "--defined-only", library]
        run = subprocess.run(command, capture_output=True, text=True)
    except FileNotFoundError:
        return [], []
    rows = [line.split() for line in run.stdout.splitlines()]
    code = [row for row in rows if len(row) == 3 and row[1] in "tTwW"]
    return [int(row[0], 16) for row in code], [row[2] for row in code]


def functions(library: Path, frames: str) -> list[str]:
    """The driver's functions that were under way, from the inside out; places where they have no
    names."""
    starts, names = symbols(library)
    found = []
    for frame in frames.split():
        file, _, offset = frame.partition("+")
        index = bisect.bisect_right(starts, int(offset or "0", 16)) - 1
        named = file == library.name and index >= 0
        found.append(names[index] if named else frame)
    return found[:FRAMES]


def without_numbers(text: str) -> str:
    """Without what is another at each find: elements, strings, addresses, numbers."""
    text = re.sub(r"\b[a-z]\d*(\[\d+\])?(?= (of|,|\d|\())|\"[^\"]*\"", "", text)
    return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{6,}\b|#?\d+", "N", text)


def key_of(find: Find) -> tuple[str, ...]:
    """What tells one cause from another: kind and verb, and beside them the law and what came, or
    the place and what the address was.  A hang is wherever the processor was found, so of its place
    only the function counts."""
    facts, kind = find.facts, find.kind
    if kind in LAWS:
        verb = "" if facts["verb"] in LATER else facts["verb"]
        return kind, verb, facts["law"], without_numbers(facts["got"])
    if kind == "leak":
        verbs = re.findall(r"^(?:> )?(?:dut\d? )?([a-z_]+)", find.trace, re.MULTILINE)
        return kind, *sorted(set(verbs) - {"open", "close", "drain"})
    inside = facts["function"].split(" < ")
    if kind == "hang":
        return kind, facts["verb"], inside[0]
    what = find.bug_check or facts["signal"] + without_numbers(find.finding + facts["lies"])
    return kind, facts["verb"], what, *inside


def sort_finds(
    triage: Triage, files: list[Path], tell: Callable[[str], None] = lambda _: None
) -> tuple[list[Bucket], list[Path]]:
    """Buckets of finds, the worst first, each with a minimised trace; and the files that did
    nothing again.  tell: gets a line about how far it is."""
    coarse: dict[tuple[str, ...], list[Find]] = {}
    lost = []
    for number, file in enumerate(files):
        tell(f"looking at find {number + 1} of {len(files)}")
        find = triage.look(file)
        if find is None:
            lost.append(file)
        else:
            quick_key = ("leak",) if find.kind == "leak" else key_of(find)
            coarse.setdefault(quick_key, []).append(find)
    buckets: dict[tuple[str, ...], Bucket] = {}
    until = time.monotonic() + TRIMS_S
    ranked_keys = sorted(coarse.items(), key=lambda item: ORDER.index(item[0][0]))
    for number, (quick_key, finds) in enumerate(ranked_keys):
        tell(f"making a small trace of cause {number + 1} of {len(coarse)}")
        finds.sort(key=lambda find: find.file.stat().st_size)
        looked = finds[: LEAKS_LOOKED_AT if quick_key == ("leak",) else 1]
        share = (until - time.monotonic()) / (len(coarse) - number) / len(looked)
        for find in looked:
            best = triage.look(find.file, trim_s=min(TRIM_S, max(1, round(share)))) or find
            bucket = buckets.setdefault(key_of(best), Bucket(key_of(best), best))
            bucket.files.append(find.file)
            bucket.count += 1
            if len(best.trace) < len(bucket.best.trace):
                bucket.best = best
        if len(looked) < len(finds):
            bucket.count += len(finds) - len(looked)
            bucket.files += [find.file for find in finds[len(looked) :]]
    ranked = sorted(buckets.values(), key=lambda one: (ORDER.index(one.best.kind), one.key))
    return ranked, lost


def write_trace(bucket: Bucket, folder: Path, adapter: Path) -> Path:
    """crash-HASH.trace: what happened as a comment, then the lines."""
    path = folder / f"crash-{bucket.hash}.trace"
    facts = bucket.best.facts
    about = [f"# {bucket.best.kind.upper()}: {bucket.sentence}"]
    about += [f"# {name}: {facts[name]}" for name in ("element", "where") if facts.get(name)]
    about += [f"# seen with {adapter.name}, {bucket.count} time{'s' * (bucket.count != 1)}"]
    asked = [line.removeprefix("> ") for line in bucket.best.trace.splitlines()]
    lines = [f"> {line}" for line in asked if line.strip()]
    path.write_text("\n".join([*about, *lines, ""]), encoding="utf-8")
    return path

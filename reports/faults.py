"""Every case can fail: is each deliberate bug of the reference caught by the cases of each
requirement that it breaks?

    faults.py [--out build/faults] [--mode plain|asan] [--jobs N] [--full] [--record missing|all]
              [--requirement GLOB]

For each fault, pytest runs its requirements' cases and a fixed sample of the others on a reference
that has the fault.  Writes OUT/faults.json; exit code 0 all are caught, 1 one is not, 2 there is
no such fault.  The fault of a requirement that is left for `later`, or whose group is not finished,
waits with it.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from document import AGAINST, Refused, load

ROOT = Path(__file__).parent.parent
WITNESSES = ROOT / "fuzz" / "witnesses"
SAMPLE = 200
LONG = 3000  # characters of an answer
TOO_MUCH = 0.25  # a fault that more cases than this notice proves nothing about its requirement

# An error is no kill: a reference that does not know the fault refuses to open.
KILLS = ("crash", "hang", "leak", "fail", "warning")

_ENTRY = re.compile(
    r"^\s*(FAULT|FAULT_ASAN)\(\s*(\w+)\s*,\s*\"([^\"]+)\"\s*,\s*((?:\"(?:[^\"\\]|\\.)*\"\s*)+)\)",
    re.MULTILINE,
)


@dataclass
class Fault:
    id: str
    requirements: list[str]  # those that it breaks, at least one
    text: str
    mode: str
    killed: bool = False
    by: dict[str, list[str]] = field(default_factory=dict)  # of each requirement, what caught it
    share: float = 0.0  # of the other cases that ran, those that noticed it
    witness: str | None = None
    why: str = ""  # it survived, or waits
    waits: bool = False

    @property
    def state(self) -> str:
        return "killed" if self.killed else "waits" if self.waits else "SURVIVES"


def read_faults(text: str, mode: str) -> list[Fault]:
    """The entries of faults.def; those that only a sanitizer sees always run with one."""
    faults = []
    for kind, name, requirements, strings in _ENTRY.findall(text):
        parts = re.findall(r"\"((?:[^\"\\]|\\.)*)\"", strings)
        sentence = re.sub(r"\\(.)", r"\1", "".join(parts))
        by_asan = kind == "FAULT_ASAN"
        faults.append(Fault(name, requirements.split(), sentence, "asan" if by_asan else mode))
    return faults


@dataclass
class Catalogue:
    """What the cases say of the requirements."""

    cased: set[str]  # these have a case
    known: set[str]  # all there are
    later: set[str]  # these are left for later
    finished: set[str]  # in these groups each requirement is accounted for

    def waits(self, requirement: str) -> bool:
        """Whether it is known that its case, or a better one, is still to come."""
        return requirement in self.later or requirement.rpartition("-")[0] not in self.finished

    def check(self, faults: list[Fault]) -> None:
        """Refuses a fault of a requirement that there is not."""
        for fault in faults:
            for requirement in fault.requirements:
                if requirement not in self.known:
                    raise Refused(
                        f"{fault.id} breaks {requirement}, which requirements.toml does not have"
                    )


def collect(out: Path) -> Catalogue:
    out.mkdir(parents=True, exist_ok=True)
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--collect-only", "--out", str(out)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(f"the cases cannot be collected: {done.stdout.strip().splitlines()[-1]}")
    collected = json.loads((out / "cases.json").read_text(encoding="utf-8"))
    cased = {key for ids in collected["cases"].values() for key in ids}
    known, later, finished = (set(collected[key]) for key in ("requirements", "later", "finished"))
    return Catalogue(cased, known, later, finished)


def examine(fault: Fault, out: Path, sample: int) -> dict[str, Any]:
    """Runs the cases on the faulty reference; the document that pytest leaves."""
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--tb=no", "-p", "no:xdist"]
    command += ["--mode", fault.mode, "--out", str(out / fault.id), "--confirm", "no"]
    command += ["--open-words", f"fault={fault.id}", "--sample", str(sample)]
    command += ["--requirement", " ".join(fault.requirements)]
    environment = dict(os.environ)  # symbols take most of the time that a crash costs
    environment["ASAN_OPTIONS"] = f"{environment.get('ASAN_OPTIONS', '')}:symbolize=0".lstrip(":")
    (out / fault.id / "results.json").unlink(missing_ok=True)
    with open(out / f"{fault.id}.log", "w", encoding="utf-8") as log:
        subprocess.run(
            command, cwd=ROOT, env=environment, stdout=log, stderr=log, timeout=1800, check=False
        )
    return load(out / fault.id / "results.json")


def judge(fault: Fault, document: dict[str, Any]) -> None:
    """Fills in what the run says: each requirement that the fault breaks has to catch it."""
    whys = []
    for requirement in fault.requirements:
        by, why = catches(requirement, document)
        fault.by[requirement] = by
        if why:
            whys.append(why)
    # Its own cases are all there, of the others a sample: only these say how many notice it.
    own = set(fault.requirements)
    others = [case for case in document["cases"] if own.isdisjoint(case["requirements"])]
    noticed = sum(case["verdict"] in (*AGAINST, "warning") for case in others)
    fault.share = round(noticed / len(others), 3) if others else 0.0
    if not whys and len(others) >= 20 and fault.share > TOO_MUCH:
        whys.append(f"{fault.share:.0%} of the other cases notice it: it proves nothing about one")
    fault.why = "; ".join(whys)
    fault.killed = not whys


def catches(requirement: str, document: dict[str, Any]) -> tuple[list[str], str]:
    """The requirement's cases that speak against it; if there is none, why not."""
    row = document["requirements"].get(requirement)
    if row is None:
        return [], f"requirements.toml has no {requirement}"
    cases = {case["id"]: case for case in document["cases"]}
    own = sum(requirement in case["requirements"] for case in cases.values())
    by = [name for name in row["cases"] if speaks(cases[name], requirement)]
    if own == 0:
        return by, f"{requirement} has no case"
    return by, "" if by else f"{requirement}'s {own} cases say {row['verdict']}"


def speaks(case: dict[str, Any], requirement: str) -> bool:
    """Whether this case, which is one of the requirement's own, speaks against it."""
    if requirement not in case["requirements"] or case["verdict"] not in KILLS:
        return False
    return bool(case["message"]) or any(law["rule"] == requirement for law in case["broken"])


def record_witness(fault: Fault, document: dict[str, Any], out: Path) -> None:
    """Keeps the trace of the first case that caught it, without what changes from run to run."""
    first = fault.by[fault.requirements[0]][0]
    case = next(case for case in document["cases"] if case["id"] == first)
    trace = (out / fault.id / case["trace"]).read_text(encoding="utf-8").splitlines()
    head = [f"# {fault.id}: {fault.text}", f"# from {first}"]
    # What was asked shows the fault; a long answer would only weigh in every clone.
    asked = (line for line in trace if line.startswith((">", "<")))
    lines = head + [line for line in asked if line.startswith(">") or len(line) < LONG]
    WITNESSES.mkdir(parents=True, exist_ok=True)
    (WITNESSES / f"{fault.id}.trace").write_text("\n".join(lines) + "\n", encoding="utf-8")


def sit(fault: Fault, options: argparse.Namespace, catalogue: Catalogue) -> Fault:
    caseless = [name for name in fault.requirements if name not in catalogue.cased]
    if caseless:
        fault.waits = all(map(catalogue.waits, caseless))
        fault.why = f"{', '.join(caseless)} has no case{' yet' if fault.waits else ''}"
        return fault
    try:
        document = examine(fault, options.out, 10**6 if options.full else SAMPLE)
        judge(fault, document)
        unproven = [name for name, cases in fault.by.items() if not cases]
        fault.waits = unproven != [] and all(map(catalogue.waits, unproven))
        is_there = (WITNESSES / f"{fault.id}.trace").exists()
        if fault.killed and (options.record == "all" or (options.record and not is_there)):
            record_witness(fault, document, options.out)
    except (Refused, subprocess.TimeoutExpired) as error:
        fault.why = f"{error}; see {options.out / fault.id}.log"
    if (WITNESSES / f"{fault.id}.trace").exists():
        fault.witness = f"fuzz/witnesses/{fault.id}.trace"
    return fault


def say(fault: Fault) -> str:
    """The cases that caught it: the first two, or the first of each of its requirements."""
    each = 2 if len(fault.by) == 1 else 1
    return ", ".join(dict.fromkeys(name for names in fault.by.values() for name in names[:each]))


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n\n")[0])
    parser.add_argument("--out", type=Path, default=Path("build/faults"))
    parser.add_argument("--mode", default="plain")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--full", action="store_true", help="all other cases, not only a sample")
    parser.add_argument(
        "--record", choices=("missing", "all"), help="write fuzz/witnesses/*.trace, these"
    )
    parser.add_argument("--requirement", default="*", help="only the faults of these (ids, globs)")
    options = parser.parse_args()
    options.out = options.out.absolute()

    text = (ROOT / "reference" / "faults.def").read_text(encoding="utf-8")
    faults = read_faults(text, options.mode)
    globs = options.requirement.replace(",", " ").split()
    faults = [f for f in faults if any(fnmatch.filter(f.requirements, glob) for glob in globs)]
    if not faults:
        print(f"faults: no fault of faults.def breaks {options.requirement}", file=sys.stderr)
        return 2
    try:
        catalogue = collect(options.out)
        catalogue.check(faults)
    except Refused as refused:
        print(f"faults: {refused}", file=sys.stderr)
        return 2
    with ThreadPoolExecutor(options.jobs) as pool:
        sat = pool.map(lambda fault: sit(fault, options, catalogue), faults)
        for done, fault in enumerate(sat, 1):
            print(f"{done:>4}/{len(faults)} {fault.state:<9}{fault.id:<31} "
                  f"{' '.join(fault.requirements):<17} {fault.why or say(fault)}", flush=True)
    faults.sort(key=lambda fault: fault.id)
    members = [asdict(fault) for fault in faults]
    result = json.dumps({"faults": members}, indent=1, sort_keys=True) + "\n"
    (options.out / "faults.json").write_text(result, encoding="utf-8")

    killed, waiting = (sum(f.state == word for f in faults) for word in ("killed", "waits"))
    survivors = len(faults) - killed - waiting
    unseen = sum(fault.killed and fault.witness is None for fault in faults)
    if unseen:
        print(f"{unseen} of the killed have no witness; ./ov2 faults RECORD=missing records them")
    print(f"{killed} faults killed, {survivors} survive, {waiting} wait for cases that come later")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())

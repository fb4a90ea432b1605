"""Seeds from the cases: distill.py TRACES TARGET... makes fuzz/seeds/TARGET/case_*.trace anew.

TRACES are those of a run of all cases on the reference (`pytest cases --traces all`).  Of these the
engine's own merge keeps as few as reach the same in the target; so that they stay small, lines that
a fuzzer passes over, and cases about threads, are left out first.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
LEN_MAX = 4096
BUDGET = 60_000  # bytes of one target's seeds
PASSED_OVER = re.compile(r"\brace\b|\btwitch=|\[\d{4,}\]|\b(scan|caps)\b")
VERBS = {
    "fuzz_list": {"open", "add_sa", "add_sa_ex", "update_sa", "delete_sa", "event", "drain",
                  "cancel", "config", "close"},
    "fuzz_trace": None,  # any
}


def requests_of(trace: Path) -> list[str]:
    """What was asked, without what was answered."""
    lines = trace.read_text(encoding="utf-8", errors="replace").splitlines()
    return [line.removeprefix("> ").strip() for line in lines if line.startswith("> ")]


def seed_of(trace: Path, verbs: set[str] | None) -> str:
    """The text of a seed; empty if the target cannot use it."""
    lines = [line for line in requests_of(trace) if not PASSED_OVER.search(line)]
    used = {re.sub(r"^(dut\d?|peer\d?) ", "", line).partition(" ")[0] for line in lines}
    text = "".join(f"{line}\n" for line in lines)
    fits = len(lines) > 1 and len(text) <= LEN_MAX and (verbs is None or used <= verbs)
    return text if fits else ""


def merged(target: str, folder: Path, given: Path) -> list[Path]:
    """As few of the given files as reach what all of them do, the smallest first."""
    kept = folder / "kept"
    kept.mkdir()
    env = os.environ | {"OV2_FUZZ_DUT": str(ROOT / "build/fuzz/reference.so"),
                        "OV2_FUZZ_PEER": str(ROOT / "build/fuzz/reference-clean.so"),
                        "OV2_FUZZ_OUT": str(folder)}
    subprocess.run([ROOT / "build/fuzz" / target, "-merge=1", f"-max_len={LEN_MAX}", kept, given],
                   env=env, check=True, capture_output=True)
    return sorted(kept.iterdir(), key=lambda file: file.stat().st_size)


def distill(target: str, traces: list[Path]) -> int:
    """Writes the seeds of one target; returns how many there are."""
    into = ROOT / "fuzz/seeds" / target
    for old in into.glob("case_*.trace"):
        old.unlink()
    with tempfile.TemporaryDirectory(dir=ROOT / "build") as name:
        folder = Path(name)
        given = folder / "given"
        given.mkdir()
        (folder / "finds").mkdir()
        names: dict[str, str] = {}
        for trace in traces:
            if text := seed_of(trace, VERBS[target]):
                names.setdefault(text, trace.stem)
                (given / trace.stem[:200]).write_text(text, encoding="utf-8")
        left = BUDGET
        for file in merged(target, folder, given):
            text = file.read_text(encoding="utf-8")
            left -= len(text)
            if left < 0:
                break
            case = names[text]
            path = into / f"case_{case.removeprefix('test_')[:120]}.trace"
            path.write_text(f"# From the case {case}.\n{text}", encoding="utf-8")
    return len(list(into.glob("case_*.trace")))


def main() -> int:
    traces = sorted(Path(sys.argv[1]).glob("*.trace"))
    for target in sys.argv[2:]:
        print(f"{target}: {distill(target, traces)} seeds")
    return 0


if __name__ == "__main__":
    sys.exit(main())

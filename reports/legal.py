"""The proof that no driver is failed for a legal choice: the reference takes every choice of the
profile and every legal reading in turn, and the cases must not mind.

    legal.py [--out build/legal] [--mode plain|asan] [--jobs N] [--only GLOB] [--case C] [--full]

One run is the plain one, with the rulings; then, for each word of cases/readings.toml and each of
its other values, and for each thing that a device may be without, pytest runs the cases on
the reference with that word on its open line: of each test a few of its cases, with --full all.  A
run is good if no case ended as fail, crash, hang, leak, error or flaky, no requirement is broken
but a SHOULD that the reading itself cannot keep, and the fingerprint names exactly the reading that
was chosen.  Writes OUT/legal.json; exit code 0 all
are good, 1 one is not, 2 there is no such word.
"""

from __future__ import annotations

import argparse
import fnmatch
import json
import os
import subprocess
import sys
import time
import tomllib
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
# Of each test so many cases: another choice changes the answer, not the sweep.
THIN = {"plain": 8, "asan": 3}
BAD = ("error", "crash", "hang", "leak", "fail", "flaky")

# What the reference can do besides: requests and events that are answered at once, or later.
OTHER_WORDS = {"complete": ["inline", "pended"], "events": ["inline", "pended"]}

# What a device may be without: it is then not asked for it, and not failed.
CLAIMS = dict.fromkeys(
    ("esn", "ipv6", "ah", "transport", "tunnel", "combined", "lso", "udp", "ipv4opts", "ipv6ext",
     "checksum"), "0") | {"enc": "0x1c7", "capacity": "4"}  # no AES-GCM; less room than cases take

RULINGS = "rulings"

# A reading or a claim that the documents permit, and a SHOULD that it cannot keep.
PERMITTED = {
    "A-06=fail-after": {"DEL-030"},
    "A-06=fail-before": {"DEL-030"},
    "A-07=failure": {"UPD-008", "UPD-030"},
    "ipv6=0": {"CAP-020"},
    "transport=0": {"CAP-020"},
    "tunnel=0": {"CAP-010", "CAP-020"},
    "enc=0x1c7": {"CAP-020"},
    "ah=0": {"OID-025"},  # without ESP as well, it is a device without IPsecOV2
}


@dataclass
class Choice:
    word: str
    value: str
    is_profile: bool
    expected: dict[str, str]  # what the fingerprint must name
    seconds: float = 0.0
    cases: int = 0
    wrong: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return f"{self.word}={self.value}" if self.word else RULINGS


def choices(readings: dict[str, Any]) -> list[Choice]:
    """The rulings, which are the first values of all words, then every other value by itself."""
    found = [Choice("", "", False, {word: values[0] for word, values in _seen(readings)})]
    for point in readings.values():
        for word, values in point.get("words", {}).items():
            is_profile = "profile" in point
            found += [
                Choice(word, value, is_profile, {} if is_profile else {word: value})
                for value in values[1:]
            ]
    found += [Choice(word, value, True, {}) for word, value in CLAIMS.items()]
    for word, values in OTHER_WORDS.items():
        found += [Choice(word, value, False, {}) for value in values[1:]]
    return found


def _seen(readings: dict[str, Any]) -> list[tuple[str, list[str]]]:
    """The words whose values the model sees and reports; those of the profile are declared."""
    points = (point for point in readings.values() if "profile" not in point)
    return [item for point in points for item in point.get("words", {}).items()]


def judge(choice: Choice, results: dict[str, Any]) -> None:
    """Fills in what is wrong with a run."""
    choice.cases = len(results["cases"])
    for case in results["cases"]:
        if case["verdict"] in BAD:
            choice.wrong.append(f"{case['verdict']}: {case['id']}")
    permitted = PERMITTED.get(choice.text, set())
    for name, entry in results["requirements"].items():
        if entry["verdict"] in (*BAD, "warning") and name not in permitted:
            choice.wrong.append(f"{entry['verdict']}: {name}")
    for word, value in choice.expected.items():
        names = results["fingerprint"].get(word, [])
        if names != [value]:
            seen = ", ".join(names) or "nothing"
            choice.wrong.append(f"the fingerprint at {word} names {seen}, not {value}")
    if not choice.cases:
        choice.wrong.append("no case ran")


def run(choice: Choice, options: argparse.Namespace) -> None:
    out = options.out / choice.text.replace("=", "-")
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").unlink(missing_ok=True)
    option = "--profile" if choice.is_profile else "--open-words"
    word = [option, choice.text] if choice.word else []
    command = [sys.executable, "-m", "pytest", "cases", "-q", "--no-header", "--tb=no"]
    command += ["-p", "no:cacheprovider", "--ignore=cases/selftest", f"-n{options.jobs}"]
    command += [] if options.full else ["--thin", str(THIN.get(options.mode, 8))]
    command += ["--case", options.case] if options.case else []
    command += ["--mode", options.mode, "--out", str(out), "--slack-replay", "no", *word]
    began = time.monotonic()
    log = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    choice.seconds = round(time.monotonic() - began, 1)
    (out / "log.txt").write_text(log.stdout + log.stderr, encoding="utf-8")
    try:
        results = json.loads((out / "results.json").read_text(encoding="utf-8"))
        if options.case:
            choice.expected = {}
        judge(choice, results)
    except (OSError, ValueError) as error:
        choice.wrong.append(f"no results: {error}; see {out}/log.txt")


def main() -> int:
    parser = argparse.ArgumentParser(prog="legal", description=__doc__.split("\n\n")[0])
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "legal")
    parser.add_argument("--mode", default="plain")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--only", default="*", help="of the words, such as 'A-*' or GCM_KEY")
    parser.add_argument("--case", default="", help="only cases like this; then no fingerprint")
    parser.add_argument("--full", action="store_true", help="all cases, not a few of each test")
    options = parser.parse_args()
    readings = tomllib.loads((ROOT / "cases" / "readings.toml").read_text(encoding="utf-8"))
    chosen = [c for c in choices(readings) if fnmatch.fnmatch(c.text, options.only)
              or fnmatch.fnmatch(c.word, options.only)]
    if not chosen:
        print(f"legal: no word of cases/readings.toml is like {options.only!r}", file=sys.stderr)
        return 2
    for choice in chosen:
        run(choice, options)
        state = "legal" if not choice.wrong else "NOT LEGAL: " + "; ".join(choice.wrong[:4])
        figures = f"{choice.cases:5} cases {choice.seconds:6.1f} s"
        print(f"{choice.text:24} {figures}  {state}", flush=True)
    options.out.mkdir(parents=True, exist_ok=True)
    document = {"mode": options.mode, "choices": [asdict(choice) for choice in chosen]}
    (options.out / "legal.json").write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    wrong = sum(bool(choice.wrong) for choice in chosen)
    print(f"{len(chosen) - wrong} of {len(chosen)} choices are legal to the suite")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

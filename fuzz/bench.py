"""What a campaign costs beside its driver: bench.py BUILD OUT

fuzz_list on the reference under sanitizers, and the same engine around nothing but the driver,
which submits the lists of the same corpus from memory that was laid out beforehand, open and close
included.  Both in requests for a second of one processor; OUT/bench.json gets the figures.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from campaign import ROOT, seeds_of
from seen import read_seen

GROWTH = 4000  # executions that make the corpus
RUNS = 6000  # that are measured
BARE_RUNS = 20000
TRACES = 200  # of the corpus, that are submitted bare


class Failed(Exception):
    """The text says why."""


def measure(command: list[str | Path], driver: Path, out: Path) -> dict[str, float]:
    """Requests and executions for a second of processor time."""
    out.mkdir()
    env = os.environ | {"OV2_FUZZ_DUT": str(driver), "OV2_FUZZ_OUT": str(out)}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, env=env, capture_output=True, text=True, errors="replace")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise Failed(f"{command[0]}: {done.stderr.strip().splitlines()[-1]}")
    seconds = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
    seen = read_seen(out / "stats")
    return {"requests": seen.requests / seconds, "executions": seen.executions / seconds}


def bench(build: Path, folder: Path) -> dict[str, Any]:
    driver, target = build / "reference.so", build / "fuzz_list"
    corpus = folder / "corpus"
    corpus.mkdir()
    options = ["-max_len=4096", "-seed=1"]
    seeds = {seed.parent for seed in seeds_of("fuzz_list")}
    measure([target, *options, f"-runs={GROWTH}", corpus, *seeds], driver, folder / "growth")
    traces = sorted(corpus.iterdir())
    bare = measure([build / "bench_bare", f"-runs={BARE_RUNS}", "--",
                    *traces[:: max(1, len(traces) // TRACES)]], driver, folder / "bare")
    fuzz = measure([target, *options, f"-runs={RUNS}", corpus], driver, folder / "fuzz")
    return {"fuzz_list": fuzz, "bare": bare, "ratio": fuzz["requests"] / bare["requests"]}


def main() -> int:
    build, out = Path(sys.argv[1]), Path(sys.argv[2])
    try:
        with tempfile.TemporaryDirectory(dir=ROOT / "build") as folder:
            figures = bench(build, Path(folder))
    except (Failed, OSError) as failed:
        print(f"ov2: {failed}", file=sys.stderr)
        return 2
    print("\nfuzz_list under sanitizers, for a second    "
          f"{figures['fuzz_list']['requests']:,.0f} requests, "
          f"{figures['fuzz_list']['executions']:,.0f} executions")
    print("  of one processor; the bare loop           "
          f"{figures['bare']['requests']:,.0f} requests")
    print(f"  and what is left of that by the suite     {figures['ratio']:.2f}")
    file = out / "bench.json"
    known = json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}
    out.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(known | {"fuzz": figures}, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""How fast it all is: bench.py OUT WORKER [OPTION ...] ADAPTER

A line, a case, a request, a packet beside the bare cryptography; OUT/bench.json has the figures."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from ov2.worker import Worker, WorkerFailed

ADD = "add_sa a{spi=0x1001 esp=aes-gcm-128 src=192.0.2.1 dst=192.0.2.2}"
ROUNDS = 5
TURNS = 3


def median_seconds(act: Callable[[], object], count: int) -> float:
    """What one act takes: the median of some rounds of so many."""
    rounds = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(count):
            act()
        rounds.append((time.perf_counter() - began) / count)
    return statistics.median(rounds)


def one_case(worker: Worker) -> None:
    worker.begin_case()
    worker.ask("open")
    worker.ask(ADD)
    worker.ask("delete_sa a{handle=#1}")
    worker.end_case()


def round_trip(worker: Worker) -> float:
    worker.begin_case()
    worker.ask("open")
    seconds = median_seconds(lambda: worker.ask("drain"), 2000)
    worker.end_case()
    return seconds


@cache
def say_once(line: str) -> None:
    """What a program has to say; it runs several times."""
    print(f"ov2: {line}", file=sys.stderr)


def program(build: Path, name: str, *arguments: str) -> dict[str, Any]:
    """What one of the programs beside the worker has measured; empty if it cannot."""
    if not (build / name).exists():
        return {}
    # A kernel's pool has large pages; with small ones a million SAs measure the translation of
    # addresses.
    told = os.environ | {"GLIBC_TUNABLES": "glibc.malloc.hugetlb=1"}
    done = subprocess.run([build / name, *arguments], capture_output=True, text=True, check=False,
                          env=told)
    for line in done.stderr.splitlines():
        say_once(line)
    if done.returncode != 0:
        return {}
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def least(rounds: Sequence[Any]) -> Any:
    """Of figures of one form the least at each place that all of them have."""
    if not isinstance(rounds[0], dict):
        return min(rounds)
    names = [name for name in rounds[0] if all(name in figures for figures in rounds)]
    return {name: least([figures[name] for figures in rounds]) for name in names}


def packets_and_cryptography(build: Path, dut: Path) -> tuple[dict[str, Any], dict[str, Any]]:
    """The two in turn: one that runs in a bad second would spoil what they are of each other."""
    rounds = []
    while len(rounds) < TURNS and all(map(all, rounds)):
        rounds.append((program(build, "bench_packets", str(dut)), program(build, "bench_evp")))
    packets, cryptography = zip(*rounds)
    return least(packets), least(cryptography)


def without_faults(dut: Path) -> Path:
    """The reference asks at every step whether it has a fault; its clean twin does not."""
    return dut.with_name("reference-clean.so") if dut.name == "reference.so" else dut


def print_packets(packets: dict[str, Any], bare: dict[str, Any]) -> None:
    """A packet of each suite and size, beside its cryptography by itself."""
    print("\nnanoseconds for a packet; in brackets what its cryptography takes of that")
    for suite, of_sizes in bare.items():
        if suite == "crowd" or suite not in packets:
            continue
        for way in ("send", "receive"):
            cells = []
            for size, alone in of_sizes.items():
                cost = packets[suite][size][way]
                cells.append(f"{size:>6}: {cost:>6} ({alone[way] / cost:.2f})")
            print(f"{suite:<18}{way:<8}" + "".join(cells))
    for name, of_counts in (("sent in chains", packets["crowd"]),
                            ("its cryptography", bare["crowd"])):
        cells = [f"{n} SAs: {ns:>5} ({ns / of_counts['1']:.1f})" for n, ns in of_counts.items()]
        print(f"{name + ', under one of':<32}" + "  ".join(cells))


def main() -> int:
    out, command = Path(sys.argv[1]), sys.argv[2:]
    build = Path(command[0]).parent
    try:
        with Worker(command, log="/dev/null") as worker:
            mode = worker.hello.get("mode", "?")
            trip = round_trip(worker)
            case = median_seconds(lambda: one_case(worker), 200 if mode == "plain" else 40)
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        with Worker(command, log="/dev/null") as worker:
            trip_on_one = round_trip(worker)
    except WorkerFailed as failed:
        print(f"ov2: {failed}", file=sys.stderr)
        return 2
    print(f"mode                                        {mode}")
    print(f"a line to the worker and its answer         {trip * 1e6:.1f} us")
    print(f"  with both on one processor                {trip_on_one * 1e6:.1f} us")
    print(f"cases with a process each (open, add,       {1 / case:.0f} a second")
    print("  delete, close), one after the other")
    figures: dict[str, Any] = {"line_us": trip * 1e6, "cases_a_second": 1 / case}
    figures["requests"] = program(build, "bench", command[-1])
    figures["packets"], figures["cryptography"] = packets_and_cryptography(
        build, without_faults(Path(command[-1])))
    for name, values in figures["requests"].items():
        print(f"{name:<20}{values} ns")
    if set(figures["packets"]) > {"crowd"} and figures["cryptography"]:
        print_packets(figures["packets"], figures["cryptography"])
    out.mkdir(parents=True, exist_ok=True)
    (out / "bench.json").write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

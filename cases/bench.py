"""How fast a worker is, as a case sees it: bench.py WORKER [OPTION ...] ADAPTER"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable

from ov2.worker import Worker, WorkerFailed

ADD = "add_sa a{spi=0x1001 esp=aes-gcm-128 src=192.0.2.1 dst=192.0.2.2}"
ROUNDS = 5


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


def main() -> int:
    command = sys.argv[1:]
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
    return 0


if __name__ == "__main__":
    sys.exit(main())

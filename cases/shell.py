"""Types trace lines at a worker: shell.py WORKER [OPTION ...] ADAPTER

Lines go to the device, answers come back; an empty line begins a new case, end of input ends.
"""

from __future__ import annotations

import readline  # noqa: F401  input() gets a history by it
import sys

from ov2.worker import AdapterBroken, CaseDied, Worker, WorkerFailed


def talk(worker: Worker) -> None:
    worker.begin_case()
    while True:
        line = input("> " if sys.stdin.isatty() else "").strip().removeprefix("> ")
        if not line or not worker.in_case:
            print(f"= {worker.end_case().death}; a new case begins")
            worker.begin_case()
        if not line or line[0] in "#<=" or line == "quit":
            continue
        try:
            print(f"< {worker.ask(line)}")
        except AdapterBroken as broken:
            print(f"< {broken.answer}")
        except CaseDied as died:
            print(f"= {died.report.describe()}")


def main() -> int:
    try:
        with Worker(sys.argv[1:]) as worker:
            print(worker.hello)
            talk(worker)
    except (EOFError, KeyboardInterrupt):
        print()
    except WorkerFailed as failed:
        print(f"ov2: {failed}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

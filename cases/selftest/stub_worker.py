"""A worker without an adapter: answers what the line tells it to answer.

    say TEXT        < TEXT                   slack           < slack=HH
    die TEXT        = verdict=TEXT           once FILE TEXT  dies like that unless FILE exists
    leak            the end has leaks        exit            the worker itself is gone
    sleep           the worker is stuck      open ...        < status=SUCCESS words="..."
    close           < leaks=1 leaked=8       broken          the adapter cannot
    count FILE      < count=N, N grows with each call in any process
    random FILE     < tx{data=N}, the same
"""

import os
import sys
import time


def put(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def count(path: str) -> int:
    with open(path, "a", encoding="ascii") as file:
        file.write("x")
    return os.path.getsize(path)


def serve() -> None:
    slack, leaks, number = "00", False, 0
    for line in sys.stdin:
        verb, _, rest = line.rstrip("\n").partition(" ")
        number += 1
        if verb == "case":
            slack, leaks, number = rest.partition("slack=")[2][:2], False, 0
            put("ready")
        elif verb == "end":
            put("< end open=0 leaks=2 leaked=344" if leaks else "< end open=0 leaks=0")
            put("= verdict=done line=0")
        elif verb == "say":
            put("< " + rest)
        elif verb == "slack":
            put("< slack=" + slack)
        elif verb == "count":
            put(f"< count={count(rest)}")
        elif verb == "random":
            put(f"< tx{{frame=$1 len=1 data={count(rest):02x}}}")
        elif verb == "die":
            put(f"= verdict={rest} line={number}")
        elif verb == "once":
            path, _, verdict = rest.partition(" ")
            put(f"= verdict={verdict}" if count(path) == 1 else "< survived")
        elif verb == "leak":
            leaks = True
            put("< ok")
        elif verb == "close":
            put("< leaks=1 leaked=8")
        elif verb == "broken":
            put('< broken log="no such thing here"')
        elif verb == "exit":
            sys.exit(3)
        elif verb == "sleep":
            time.sleep(60)
        elif verb == "open":
            put(f'< status=SUCCESS words="{rest}"')
        else:
            put(f'< error column=1 text="there is no verb {verb}"')


if "missing" in sys.argv[-1]:
    put("! this adapter does not load")
    sys.exit(2)
put('+ ov2-worker 1 name="stub 1" concurrent=no mode=plain')
serve()

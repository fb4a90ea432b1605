"""A find as a C program that stands alone: `crash-HASH.c` beside `crash-HASH.trace`."""

from __future__ import annotations

from pathlib import Path

from triage import Bucket

PRELUDE = Path(__file__).with_name("reproducer.inc")
ENDS = {
    "crash": "it dies as the driver did under the suite",
    "corruption": "it dies as the driver did under the suite",
    "hang": "SIGPROF ends it after five seconds of processor time",
    "leak": "it says how many allocations are left, and exits with 1",
    "law": "it prints what came back: whether that is right, the requirement says",
}


def write_reproducer(bucket: Bucket, folder: Path, adapter: Path) -> Path | None:
    """None: what the driver was asked is too much to be read."""
    best = bucket.best
    if not best.calls:
        return None
    path = folder / f"crash-{bucket.hash}.c"
    about = [
        f"{best.kind.upper()}: {bucket.sentence}",
        *(f"{name}: {best.facts[name]}" for name in ("element", "where") if best.facts.get(name)),
        f"seen with {adapter.name}; {ENDS.get(best.kind, 'the process ends in the middle')}",
        "",
        f"cc -std=c11 -Iinclude -rdynamic -o crash {path.name} -ldl && ./crash ./{adapter.name}",
        "",
        "An adapter that was built with -fsanitize=... needs a program built with the same by the",
        "same compiler.  With -DOV2_LINKED the adapter is linked into the program instead.",
    ]
    comment = "".join(f" * {line}".rstrip().replace("*/", "* /") + "\n" for line in about)
    text = f"/*\n{comment} */\n\n{PRELUDE.read_text(encoding='utf-8')}{best.calls}"
    path.write_text(text, encoding="utf-8")
    return path

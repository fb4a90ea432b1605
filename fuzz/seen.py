"""What a campaign has seen: the file `stats` of its folder, in the layout of fuzz/stats.h."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

HEAD = struct.Struct("<2I7Q64Q")
MAGIC = 0x327A7566


@dataclass
class Seen:
    """Totals so far; `shapes` counts the lists of each class, in the order of harness/shape.h."""

    executions: int = 0
    requests: int = 0
    behaviours: int = 0
    once: int = 0
    last_new: int = 0
    shapes: tuple[int, ...] = ()
    differences: int = 0  # lines that the reference, beside the device, answered otherwise

    @property
    def chance(self) -> float:
        """Good and Turing: that the next execution shows a behaviour that none has shown."""
        return self.once / self.executions if self.executions else 1.0

    @property
    def shapes_hit(self) -> int:
        return sum(1 for count in self.shapes if count)


def read_seen(path: Path) -> Seen:
    """The totals of a campaign; zeroes if nothing has run yet."""
    try:
        with path.open("rb") as file:
            head = file.read(HEAD.size)
    except FileNotFoundError:
        return Seen()
    if len(head) < HEAD.size:
        return Seen()
    magic, shapes, *numbers = HEAD.unpack(head)
    if magic != MAGIC:
        raise ValueError(f"{path} is not the record of a campaign")
    executions, requests, behaviours, once, last_new, _finds, differences = numbers[:7]
    counts = tuple(numbers[7 : 7 + shapes])
    return Seen(executions, requests, behaviours, once, last_new, counts, differences)

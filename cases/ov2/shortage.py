"""Memory that runs out at every point of a request in turn."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Callable

from .device import Device
from .lists import Node
from .reply import Reply

LIMIT = 1000  # allocations that one request may make
ROUNDS = 3


@dataclass
class Tries:
    """What became of a request that was made again and again."""

    last: Reply  # without a shortage
    kept: list[int] = field(default_factory=list)  # the points at which each try took more memory


def starved(add: Callable[..., Reply], *nodes: Node) -> Tries:
    """Adds SAs, and the first, second, third ... allocation fails, until none is left to fail."""
    device: Device = add.__self__  # type: ignore[attr-defined]
    kept = []
    for point in range(1, LIMIT):
        held = []
        for _ in range(ROUNDS):
            reply = add(*nodes, fail=point)
            if "starved" not in reply.answer:
                return Tries(reply, kept)
            given = [handle for handle in reply.handles if handle]
            held.append(device.delete(*given).allocations if given else reply.allocations)
        if held == sorted(set(held)):
            kept.append(point)
    raise AssertionError(f"the request makes {LIMIT} allocations")

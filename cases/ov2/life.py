"""What happens to a device as a whole: resets, sleep, pauses, and thousands of requests.

    undergo(dut, ("low-power", "full-power"))
    assert working(*made) == [*made]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

import pytest

from .catalogue import requirement
from .device import Device
from .kinds import Kind
from .lists import bad, inbound, sas
from .reply import Reply

# What a device has to live through with its SAs, by its name.
INTERRUPTIONS = {
    "reset": ("reset",),
    "sleep": ("low-power", "full-power"),
    "pause": ("pause", "restart"),
}

STRETCHES = 5
SHORTAGES = 100  # allocations that one request may make


def each_interruption(**rows: str) -> pytest.MarkDecorator:
    """A case for each of these interruptions, of the requirement that speaks of it; its
    `interruption` is the events."""
    found = [
        pytest.param(INTERRUPTIONS[name], id=name, marks=requirement(row))
        for name, row in rows.items()
    ]
    return pytest.mark.parametrize("interruption", found)


def undergo(device: Device, events: Iterable[str]) -> None:
    """Lets these events happen, each when the one before is over."""
    for event in events:
        reply = device.event(event)
        assert not reply.pending or event in reply.events, f"the {event} is never over"


def over_before(event: str, *replies: Reply) -> list[int]:
    """The requests that were over when the event was that the first of these lines is about."""
    found: list[int] = []
    for reply in replies:
        for each in reply.answer.elements:
            if each.name == "event" and each.get("event") == event:
                return found
            if each.name == "done":
                found.append(int(str(each.get("request"))))
        if reply is replies[0] and not reply.pending:
            return found
    raise AssertionError(f"the {event} is never over")


def resets_by_630(device: Device) -> None:
    """Skips the case where the device registered for an NDIS before 6.30: what a reset owes to
    pended requests was not said then."""
    if not device.is_630:
        pytest.skip(f"the device registers NDIS {device.caps['ndis']}, the rule is of 6.30")


# ---- Thousands of requests -------------------------------------------------------------------


def add_and_delete(device: Device) -> None:
    """One SA comes and goes."""
    handle = device.add(inbound(0x9001)).handle
    assert handle is not None, "an SA is refused although there is room"
    device.delete(handle)


def add_and_delete_a_list(device: Device) -> None:
    """Eight SAs come in one list and go in another."""
    nodes = sas(8, spi=0x9001)
    added = device.add(*nodes) if device.has_add_sa else None
    handles = added.handles if added else [device.add(each).handle for each in nodes]
    assert None not in handles, "an SA is refused although there is room"
    device.delete(*handles)


def add_in_vain(device: Device) -> None:
    """An SA that no device takes."""
    device.add(bad(inbound(0x9001)))


REQUESTS = {act.__name__: act for act in (add_and_delete, add_and_delete_a_list, add_in_vain)}


def held_after(device: Device, act: Callable[[Device], None], count: int) -> list[int]:
    """How many pieces of memory the device holds after so many acts, and again after as many ...
    The first stretch is the longest: a table may grow to its capacity, slot by slot."""
    held = []
    for stretch in range(STRETCHES):
        first = min(2 * device.capacity, 8 * count) if stretch == 0 else 0
        for _ in range(max(count, first)):
            act(device)
        held.append(device.drain().allocations)
    return held


def is_growing(held: list[int]) -> bool:
    """Whether it is more each time."""
    return held == sorted(set(held))


# ---- Shortage --------------------------------------------------------------------------------


def half_done(kind: Kind) -> list[int]:
    """Requests of which the first, the second ... allocation fails: those that are not what their
    status says, done or not."""
    found = []
    for point in range(1, SHORTAGES):
        element = kind.element()
        reply = kind.ask(element, fail=point)
        if kind.holds(element) != reply.succeeded:
            found.append(point)
        if "starved" not in reply.answer:
            return found
    raise AssertionError(f"the request makes {SHORTAGES} allocations")

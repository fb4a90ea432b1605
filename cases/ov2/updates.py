"""Upper sequence halves: links that share updates, and which half an SA goes by.

    frames = halves(chosen, hi=1)
    assert dut.update(*renewals(chosen, hi=1)).succeeded
    assert in_force(frames) == {"new"}
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pytest

from .device import Device
from .link import Link, links
from .lists import Node, name_of


def renewals(chosen: Iterable[Link], hi: int) -> list[Node]:
    """UPDATE elements, one for the device under test's end of each link."""
    return [each.renewal(hi) for each in chosen]


def chain(nodes: Sequence[Node]) -> list[Node]:
    """The same elements, with names for lists longer than the alphabet."""
    return [each.named(name_of(at)) for at, each in enumerate(nodes)]


class Halves:
    """Frames to a device under test from before its peer went on to another half, and from after;
    they tell which half the device goes by."""

    def __init__(self, incoming: Link, hi: int) -> None:
        self.link = incoming
        self._old = incoming.send()
        incoming.follow(hi)
        self._new = incoming.send()

    @property
    def in_force(self) -> str:
        """old, new; or neither, if the device takes none of them or both."""
        packets = self.link.receiver.receive(self._old, self._new).packets
        old, new = (packet.is_good for packet in packets)
        return {(True, False): "old", (False, True): "new"}.get((old, new), "neither")


def halves(chosen: Iterable[Link], hi: int) -> list[Halves]:
    return [Halves(each, hi) for each in chosen]


def in_force(chosen: Iterable[Halves]) -> set[str]:
    """The halves that these SAs go by."""
    return {each.in_force for each in chosen}


class Spoiled:
    """A list of three good elements and one that is not, at a place in it; all with SAs of their
    own."""

    def __init__(self, dut: Device, peer: Device, place: int, defect: dict[str, Any]) -> None:
        *good, self.victim = links(peer, dut, 4, spi=0x1001 + 16 * place, esn=True)
        frames = halves(good, hi=1)
        elements = renewals(good, hi=1)
        elements.insert(place, self.victim.renewal(1, **defect))
        self.reply = dut.update(*elements)
        self.in_force = in_force(frames)

    @property
    def outcome(self) -> tuple[bool, frozenset[str]]:
        """Whether it succeeded, and which halves the good SAs go by."""
        return self.reply.succeeded, frozenset(self.in_force)


def refused(dut: Device, elements: Iterable[Node], **options: Any) -> bool:
    """Whether the device refuses each of these, in a request of its own."""
    return all(dut.update(each, **options).failed for each in elements)


@pytest.fixture(params=("inbound", "outbound"))
def way(request: pytest.FixtureRequest, dut: Device, peer: Device) -> tuple[Device, Device]:
    """Sender and receiver of a link: each direction at the device under test."""
    dut.needs(esn=1)
    return (peer, dut) if request.param == "inbound" else (dut, peer)


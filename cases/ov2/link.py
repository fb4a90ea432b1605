"""Two devices and a wire: SAs that belong together, and packets through them.

    incoming = link(peer, dut, esn=True)
    assert incoming.works()
    assert not dut.receive(incoming.send().flip("icv")).packet.is_good
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from . import suites
from .device import Device
from .lists import ALICE, ALICE6, BOB, BOB6, Node, node, words
from .reply import Frame, Reply


AH_SPI = 0x8001  # of the AH in a bundle with ESP


@dataclass
class Link:
    """One direction: an outbound SA at `sender`, the equal inbound SA at `receiver`."""

    sender: Device
    receiver: Device
    out: str
    into: str
    spi: int

    def send(self, data: bytes | str = b"attack at dawn", **fields: Any) -> Frame:
        """A frame of the sender, on its way."""
        return self.sender.send(self.out, data, **fields).frame

    def carry(self, data: bytes | str = b"attack at dawn", **fields: Any) -> Reply:
        """A packet from end to end; the model judges what the receiver says of it."""
        return self.receiver.receive(self.send(data, **fields))

    def works(self) -> bool:
        """Whether a packet sent through the one SA is good at the other."""
        frames = self.sender.send(self.out).frames
        return bool(frames) and self.receiver.receive(frames[0]).packet.is_good

    def carries(self, *frames: Frame) -> bool:
        """Whether each of these frames of the sender is good at the receiver."""
        return all(self.receiver.receive(frame).packet.is_good for frame in frames)

    def goods(self, frames: Sequence[Frame]) -> list[bool]:
        """Of each of these frames of the sender whether it is good at the receiver."""
        return [self.receiver.receive(frame).packet.is_good for frame in frames]

    def __repr__(self) -> str:
        way = "in" if self.sender.is_peer else "out"
        return f"{way}:{self.spi:#x}{self.near}"

    def update(self, hi: int) -> Reply:
        """A new upper half at both ends; the reply is that of the receiver."""
        self.sender.update(node(self.out, spi=self.spi, hi=hi))
        return self.receiver.update(node(self.into, spi=self.spi, hi=hi))

    def renew_all(self, suite: dict[str, str], hi: int) -> None:
        """A new upper half for every operation of a bundle with_esn(), at both ends."""
        spis = {"esp": self.spi, "ah": AH_SPI}
        for device, handle in ((self.sender, self.out), (self.receiver, self.into)):
            for op in suite:
                reply = device.update(node(handle, op=op, spi=spis[op], hi=hi))
                assert reply.succeeded, f"{device.name} did not go on to {hi}: {reply.status}"

    # ---- one end at a time ----

    @property
    def near(self) -> str:
        """The handle at the device under test."""
        return self.out if self.receiver.is_peer else self.into

    def renewal(self, hi: int, **fields: Any) -> Node:
        """The UPDATE element for the end at the device under test."""
        return node(self.near, op="esp", spi=self.spi, hi=hi).but(**fields)

    def renew(self, hi: int, **fields: Any) -> Reply:
        """A new upper half at the device under test alone."""
        device = self.sender if self.receiver.is_peer else self.receiver
        return device.update(self.renewal(hi, **fields))

    def follow(self, hi: int, **fields: Any) -> None:
        """The peer goes on to this upper half."""
        far, handle = self.sender, self.out
        if self.receiver.is_peer:
            far, handle = self.receiver, self.into
        reply = far.update(node(handle, op="esp", spi=self.spi, hi=hi).but(**fields))
        assert reply.succeeded, f"{far.name} did not go on to {hi}: {reply.status}"

    def keeps_up(self, reply: Reply, hi: int) -> bool:
        """Whether the link works after an update that the device under test was free to refuse: the
        peer goes on if it was done."""
        if reply.succeeded:
            self.follow(hi)
        return self.works()


def bundle(spi: int, to_dut: bool, inbound: bool, **fields: Any) -> Node:
    """One end of a link; every selector is given."""
    ipv6 = fields.pop("ipv6", False)
    here, there = (ALICE6, BOB6) if ipv6 else (ALICE, BOB)
    src, dst = (there, here) if to_dut else (here, there)
    own: dict[str, Any] = {"in": True} if inbound else {}
    return Node(own | {"src": src, "dst": dst, "spi": spi} | fields)


def link(
    sender: Device, receiver: Device, spi: int = 0x1001, add: Any = None, **fields: Any
) -> Link:
    """Adds the two SAs of one direction; skips the case where the device under test does not report
    what they take.  add: how, at the device under test."""
    to_dut = not receiver.is_peer
    (receiver if to_dut else sender).needs(**suites.taken(fields))

    def end(device: Device, inbound: bool) -> str:
        own = add if add is not None and not device.is_peer else device.add
        reply = own(bundle(spi, to_dut, inbound, **fields))
        assert reply.succeeded, f"{device.name} refused the SA: {reply.status}"
        return f"#{device.submitted}"

    return Link(sender, receiver, end(sender, False), end(receiver, True), spi)


def offered(sender: Device, receiver: Device, **fields: Any) -> Link:
    """A link; skips the case where the device under test refuses such an SA, and may."""
    to_dut = not receiver.is_peer
    dut = receiver if to_dut else sender
    if dut.add(bundle(0x1001, to_dut, to_dut, **fields)).failed:
        pytest.skip(f"the device refuses such an SA, and may: {words(fields)}")
    near = f"#{dut.submitted}"
    far = (sender if to_dut else receiver).add(bundle(0x1001, to_dut, not to_dut, **fields)).handle
    assert far is not None, "the peer refused the SA"
    return Link(sender, receiver, *((far, near) if to_dut else (near, far)), 0x1001)


def unlike(sender: Device, receiver: Device, spi: int, ours: dict[str, Any], **fields: Any) -> Link:
    """A link to the device under test whose end there has other fields."""
    out = sender.add(bundle(spi, True, False, **fields)).handle
    into = receiver.add(bundle(spi, True, True, **fields | ours)).handle
    assert out is not None and into is not None, "one of the ends refused the SA"
    return Link(sender, receiver, out, into, spi)


def with_esn(suite: dict[str, str], at: int = 0) -> dict[str, Any]:
    """The fields of a bundle with ESN; several of them differ in at, for the SPIs of their AH."""
    return {"esn": True, "ah_spi": AH_SPI + at} | suite


def unlike_halves(
    sender: Device, receiver: Device, at: int, suite: dict[str, str], theirs: int, ours: int
) -> Link:
    """A link with ESN whose ends differ in their upper halves."""
    fields = with_esn(suite, at) | {"hi": theirs}
    return unlike(sender, receiver, 0x1001 + at, {"hi": ours}, **fields)


def links(
    sender: Device, receiver: Device, count: int, spi: int = 0x1001, **fields: Any
) -> tuple[Link, ...]:
    """So many, with SPIs in a row."""
    return tuple(link(sender, receiver, spi + at, **fields) for at in range(count))


def working(*made: Link) -> list[Link]:
    """Those that carry a packet."""
    return [each for each in made if each.works()]


# ---- The other ends of SAs that are there already --------------------------------------------


def opposite(element: Node) -> Node:
    """The other end of an SA: the same in the other direction."""
    return element.but(**{"in": None if "in" in element.fields else True})


def meet(device: Device, other: Device, handle: str | None, element: Node) -> Link:
    """A link of an SA that the device was given, and its other end, which is added."""
    far = other.add(opposite(element)).handle
    assert far is not None, f"{other.name} refused the other end of {element.text('a')}"
    near = handle or "null"
    spi = int(element.fields["spi"])
    if "in" in element.fields:
        return Link(other, device, far, near, spi)
    return Link(device, other, near, far, spi)


def anyone(other: Device, element: Node) -> str:
    """The other end of an SA, which sends from and to any address that a packet names."""
    zero = "::" if ":" in str(element.fields["src"]) else "0.0.0.0"
    handle = other.add(opposite(element).but(src=zero, dst=zero)).handle
    assert handle is not None, f"{other.name} refused an SA without addresses"
    return handle


def unusable(
    device: Device, other: Device, elements: Sequence[Node], handles: Sequence[str | None]
) -> list[str]:
    """Which of the handles that these elements were given carry no packet."""
    given = [(handle, element) for handle, element in zip(handles, elements, strict=True) if handle]
    return [handle for handle, element in given if not meet(device, other, handle, element).works()]

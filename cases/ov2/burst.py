"""Many packets of one idea, in few lines: each is a list of its own, so that one can fail alone.

    assert astray(outgoing, of_lengths()) == []
    assert astray(outgoing, ({"cut": n} for n in range(1, 100)), data=bytes(40)) == []
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from .device import Device
from .link import Link
from .lists import Node, words
from .reply import Frame, Reply

Fields = dict[str, Any]

AT_ONCE = 16  # lists of one line
DATA = b"attack at dawn"
TELLING = 8  # bytes of a payload that are in a frame by chance: in none

# Lengths of a payload: all short ones, then those at which blocks, octets and packets end.
LENGTHS = (
    *range(65),
    *(at + off for at in (128, 256, 512, 1024, 1280, 1400) for off in (-2, -1, 0, 1, 2)),
)


def payload(length: int) -> str:
    """So many bytes of which no two pieces are alike."""
    return f"{length}?{length + 1}" if length else "-"


def of_lengths(*lengths: int) -> Iterator[Fields]:
    """A packet of each length."""
    return ({"data": payload(length)} for length in lengths or LENGTHS)


def of_paddings(block: int) -> Iterator[Fields]:
    """A packet with each pad length, its payload as short as blocks of this size allow."""
    return ({"data": payload(block + (-2 - pad) % block), "pad": pad} for pad in range(256))


def of_cuts(longest: int) -> Iterator[Fields]:
    """A packet in pieces of each length: every byte begins a piece once, and ends one."""
    return ({"cut": length} for length in range(1, longest + 1))


class Sent:
    """One packet of a burst: what was asked for, how its list ended, what left the device."""

    def __init__(self, fields: Fields, status: str) -> None:
        self.text = words(fields)[:100]
        self.status = status
        self.frame: Frame | None = None


def burst(device: Device, sa: str | None, packets: Iterable[Fields], **common: Any) -> list[Sent]:
    """Sends each packet in a list of its own.  A list that succeeds has one frame, in the order of
    the lists: the harness judges that."""
    found: list[Sent] = []
    own: Fields = {"data": DATA} | common | ({"sa": sa} if sa else {})
    waiting = iter(packets)
    while some := [own | fields for fields in islice(waiting, AT_ONCE)]:
        reply = device.send_lists(*(Node(fields) for fields in some))
        sent = [Sent(fields, status) for fields, status in zip(some, _statuses(reply, len(some)))]
        left = [one for one in sent if one.status == "SUCCESS"]
        for one, frame in zip(left, reply.frames):
            one.frame = frame
        found += sent
    return found


def _statuses(reply: Reply, count: int) -> list[str]:
    """How the lists of a line ended, in their order."""
    done = [e for e in reply.answer.elements if e.name == "sent"]
    done.sort(key=lambda e: int(str(e.get("list"))))
    assert len(done) == count, f"{len(done)} of {count} lists were completed"
    return [str(e.get("status")) for e in done]


def astray(
    link: Link, packets: Iterable[Fields], may_fail: bool = False, **common: Any
) -> list[str]:
    """Which of these packets do not come out at the other end as they went in; with may_fail=True
    the device may refuse them."""
    found: list[str] = []
    sent = burst(link.sender, link.out, packets, **common)
    refused = [f"{one.text} is {one.status}" for one in sent if one.frame is None]
    left = iter([one for one in sent if one.frame is not None])
    while some := list(islice(left, AT_ONCE)):
        received = link.receiver.receive(*(one.frame for one in some if one.frame))
        assert len(received.packets) == len(some), "a frame was lost at the other end"
        for one, packet in zip(some, received.packets):
            if not packet.is_good:
                found.append(f"{one.text} is {packet.status} at the other end")
        found += [f"{law.got}, not {law.want}" for law in received.answer.breaks]
    return found if may_fail else refused + found


def seen_plain(sent: Iterable[Sent], plain: bytes) -> list[str]:
    """Which of these packets left with their payload in the clear."""
    assert len(plain) >= TELLING
    return [one.text for one in sent if one.frame and plain in one.frame.bytes]


def wire(sent: Iterable[Sent]) -> list[bytes]:
    """The frames that left."""
    return [one.frame.bytes for one in sent if one.frame]

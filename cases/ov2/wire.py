"""Frames on their way: where their parts are, and what may happen to them there.

    frame = incoming.send(bytes(40))
    parts = Parts(frame, esp="aes-cbc-128+sha1")
    dut.receive(flipped(frame, parts.icv.start))
    dut.receive(written(frame, parts.ip.start + 8, b"\\x01"))       # TTL, and the checksum with it

A frame is changed in the trace's own words, so that the model knows what arrives.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pytest

from . import keys, suites
from .device import Device
from .link import Link, unlike
from .lists import Node
from .reply import Frame, Packet

LISTS = 60  # of packets that are sent in one call
LINE, WORDS = 900, 8  # the words of a line, and how many a frame is counted for without its edits

IV_LEN = {"des-cbc": 8, "3des-cbc": 8, "aes-cbc-128": 16, "aes-cbc-192": 16, "aes-cbc-256": 16}
IV_LEN |= dict.fromkeys((*suites.GCM, "gmac-128", "gmac-192", "gmac-256"), 8)
ICV_LEN = {"md5": 12, "sha1": 12}  # all others: 16
BLOCK = {"des-cbc": 8, "3des-cbc": 8, "aes-cbc-128": 16, "aes-cbc-192": 16, "aes-cbc-256": 16}

HOP_BY_HOP, ROUTING, FRAGMENT, ESP, AH, DESTINATION = 0, 43, 44, 50, 51, 60
EXTENSIONS = (HOP_BY_HOP, ROUTING, FRAGMENT, DESTINATION)


def iv_len(suite: str) -> int:
    """Bytes of IV in a packet of an ESP or AH suite."""
    return max(IV_LEN.get(name, 0) for name in suite.removeprefix("ah-").split("+"))


def icv_len(suite: str) -> int:
    return ICV_LEN.get(suite.rpartition("+")[2].removeprefix("ah-"), 16)


def block_len(suite: str) -> int:
    """What payload, padding and trailer fill up; a word at least (RFC 4303 2.4)."""
    return BLOCK.get(suite.partition("+")[0], 4)


class Parts:
    """Where the parts of a frame are that was made for such a bundle: ranges of its bytes, empty
    for what it has not."""

    def __init__(self, frame: Frame, esp: str | None = None, ah: str | None = None) -> None:
        data = frame.bytes
        at = 18 if data[12:14] == b"\x81\x00" else 14
        self.is_ipv6 = data[at] >> 4 == 6
        end = at + int.from_bytes(data[at + 2 : at + 4], "big")
        self.ip = range(at, at + (data[at] & 15) * 4)  # with options, or with extension headers
        if self.is_ipv6:
            end = at + 40 + int.from_bytes(data[at + 4 : at + 6], "big")
            self.ip = range(at, _behind_extensions(data, at))
        at = self.ip.stop
        self.ah = self.ah_icv = self.esp = self.iv = self.icv = range(0)
        if ah:
            self.ah = range(at, at + (data[at + 1] + 2) * 4)
            self.ah_icv = range(at + 12 + iv_len(ah), at + 12 + iv_len(ah) + icv_len(ah))
            at = self.ah.stop
        if esp:
            self.esp = range(at, at + 8)
            self.iv = range(at + 8, at + 8 + iv_len(esp))
            self.icv = range(end - icv_len(esp), end)
            at, end = self.iv.stop, self.icv.start
        self.text = range(at, end)  # payload and trailer
        self.end = self.icv.stop or end

    @property
    def spi(self) -> range:
        """Of the outermost header."""
        return range(self.ah[4], self.ah[8]) if self.ah else self.esp[:4]

    @property
    def covered_by_esp(self) -> range:
        """What the ICV of ESP covers, and the ICV itself."""
        return range(self.esp.start, self.end) if self.esp else range(0)

    @property
    def covered_by_ah(self) -> list[int]:
        """The same of AH; of the IP header only what says neither where the packet ends nor whose
        it is, nor may change on its way (RFC 4302 3.3.3.1)."""
        fixed = () if self.is_ipv6 or not self.ah else (self.ip[4], self.ip[5])
        return [*fixed, *(range(self.ah.start, self.end) if self.ah else ())]


def _behind_extensions(data: bytes, ip: int) -> int:
    at, protocol = ip + 40, data[ip + 6]
    while protocol in EXTENSIONS:
        length = 8 if protocol == FRAGMENT else (data[at + 1] + 1) * 8
        at, protocol = at + length, data[at]
    return at


def chain_of(frame: Frame) -> dict[int, int]:
    """Where the extension headers of an IPv6 frame begin, by their types; of equals the last."""
    parts, data = Parts(frame), frame.bytes
    at, protocol = parts.ip[0] + 40, data[parts.ip[6]]
    found = {}
    while at < parts.ip.stop:
        found[protocol] = at
        length = 8 if protocol == FRAGMENT else (data[at + 1] + 1) * 8
        at, protocol = at + length, data[at]
    return found


def chain(*headers: tuple[int, bytes]) -> bytes:
    """Extension headers, each with its type and what stands behind its length, as headers= takes
    them."""
    types = [protocol for protocol, _ in headers]
    text = bytes(types[:1])
    for following, (protocol, data) in zip((*types[1:], 0), headers):
        count = 0 if protocol == FRAGMENT else (len(data) + 2) // 8 - 1
        assert (len(data) + 2) % 8 == 0, "an extension header is a multiple of 8 bytes"
        text += bytes((following, count)) + data
    return text


# ---- Changes -------------------------------------------------------------------------------


def flipped(frame: Frame, at: int, bit: int | None = None) -> Frame:
    """One bit of the frame's byte at this offset inverted; which one, that changes from byte to
    byte."""
    return frame.flip("frame", at, at % 8 if bit is None else bit)


def every_bit(frame: Frame, where: Iterable[int]) -> list[Frame]:
    """A frame for each bit of these bytes, with this bit inverted."""
    return [flipped(frame, at, bit) for at in where for bit in range(8)]


def every_byte(frame: Frame, where: Iterable[int]) -> list[Frame]:
    """A frame for each of these bytes, with one of its bits inverted."""
    return [flipped(frame, at) for at in where]


def written(frame: Frame, at: int, data: bytes) -> Frame:
    """The frame with other bytes in one place; the checksum of its IPv4 header fits again."""
    changed = bytearray(frame.bytes)
    changed[at : at + len(data)] = data
    ip = 18 if changed[12:14] == b"\x81\x00" else 14
    header = ip + (changed[ip] & 15) * 4
    if changed[ip] >> 4 == 4 and at < header <= len(changed):
        changed[ip + 10 : ip + 12] = bytes(2)
        words = sum(int.from_bytes(changed[n : n + 2], "big") for n in range(ip, header, 2))
        while words > 0xFFFF:
            words = (words & 0xFFFF) + (words >> 16)
        changed[ip + 10 : ip + 12] = (0xFFFF - words).to_bytes(2, "big")
    return becomes(frame, bytes(changed))


def becomes(frame: Frame, data: bytes) -> Frame:
    """The frame with other bytes, as many as it has."""
    assert len(data) == len(frame.bytes)
    pairs = enumerate(zip(frame.bytes, data))
    bits = [(at, bit) for at, (a, b) in pairs for bit in range(8) if (a ^ b) >> bit & 1]
    changed = frame
    for at, bit in bits:
        changed = changed.flip("frame", at, bit)
    return Frame(frame.symbol, data, changed.edits)


def grown(frame: Frame, count: int) -> Frame:
    """Zeros behind the frame, as a medium pads what is short."""
    return Frame(frame.symbol, frame.bytes + bytes(count), (*frame.edits, f"grow={count}"))


def cut_short(frame: Frame, count: int) -> Frame:
    """The frame without its last bytes, and an IP length that says so."""
    ip = Parts(frame)
    at, base = (ip.ip.start + 4, ip.ip.start + 40) if ip.is_ipv6 else (ip.ip.start + 2, ip.ip.start)
    data = written(frame, at, (ip.end - count - base).to_bytes(2, "big"))
    return Frame(data.symbol, data.bytes[:-count], (f"shorten={count}", *data.edits))


# ---- Devices -----------------------------------------------------------------------------------


def without_coexistence(device: Device) -> None:
    """A device that does not declare that it does checksums inside IPsec, if it can be told so."""
    if device.can("coexistence") and device.is_configurable:
        device.reopen(checksum=0)
    if device.can("coexistence"):
        pytest.skip("the device reports coexistence, whatever the open line says")


# ---- Arrivals ------------------------------------------------------------------------------


def arrive(device: Device, frames: Sequence[Frame], **fields: Any) -> list[Packet]:
    """Frames from the wire, in bursts; what the device makes of each."""
    packets: list[Packet] = []
    for burst in _bursts(frames):
        found = device.receive(*burst, **fields).packets
        assert len(found) == len(burst), f"of {len(burst)} frames {len(found)} were indicated"
        packets += found
    return packets


def _bursts(frames: Sequence[Frame]) -> Iterator[list[Frame]]:
    """As many at a time as a line of the trace can hold."""
    burst: list[Frame] = []
    room = 0
    for frame in frames:
        room -= len(frame.edits) + WORDS
        if room < 0:
            if burst:
                yield burst
            burst, room = [], LINE - len(frame.edits)
        burst.append(frame)
    if burst:
        yield burst


def accepted(device: Device, frames: Sequence[Frame], **fields: Any) -> list[str]:
    """The edits with which a frame was taken for a good one."""
    packets = arrive(device, frames, **fields)
    return [frame.text() for frame, packet in zip(frames, packets) if packet.is_good]


def rejected(device: Device, frames: Sequence[Frame], **fields: Any) -> list[str]:
    """The frames that were not."""
    packets = arrive(device, frames, **fields)
    return [frame.text() for frame, packet in zip(frames, packets) if not packet.is_good]


# ---- Links that are not as they should be ------------------------------------------------------


def with_other_keys(
    sender: Device, receiver: Device, profile: dict[str, str], **suite: str
) -> list[Link]:
    """Links whose ends differ in one bit of a key that authenticates: in its first byte, in the
    middle, in its last."""
    found: list[Link] = []
    sizes = keys.lengths_of(profile["GCM_KEY"], **suite)
    area = bytes(range(1, sum(sizes.values()) + 1))
    at = 0
    for name, size in sizes.items():
        is_checked = name != "enc" or suite["esp"] in suites.GCM
        for place in (at, at + size // 2, at + size - 1) if is_checked else ():
            own = {"key": area[:place] + bytes([area[place] ^ 0x80]) + area[place + 1 :]}
            both = {"key": area, "ah_spi": 0x8001 + place} | suite
            found.append(unlike(sender, receiver, 0x1001 + place, own, **both))
        at += size
    return found


# ---- Packets of a link ---------------------------------------------------------------------


def sent(link: Link, packets: Iterable[dict[str, Any]]) -> list[Frame]:
    """What becomes of many packets, each given by the fields of trace.h, on a link's way."""
    lists = [Node({"sa": link.out} | fields) for fields in packets]
    frames: list[Frame] = []
    for at in range(0, len(lists), LISTS):
        part = lists[at : at + LISTS]
        found = link.sender.send_lists(*part).frames
        assert len(found) == len(part), f"{link.sender.name} sent {len(found)} of {len(part)}"
        frames += found
    return frames


def of_lengths(lengths: Iterable[int], **fields: Any) -> list[dict[str, Any]]:
    """Packets with so many bytes to protect."""
    return [{"data": f"{count}?{count + 1}" if count else "-"} | fields for count in lengths]


def longest(esp: str | None = None, ah: str | None = None, mtu: int = 1500) -> int:
    """The most bytes that an IPv4 packet of this size protects with such a bundle."""
    room = mtu - 20 - (12 + iv_len(ah) + icv_len(ah) if ah else 0)
    if not esp:
        return room
    room -= 8 + iv_len(esp) + icv_len(esp)
    return room - room % block_len(esp) - 2


def lengths(suite: dict[str, str]) -> list[int]:
    """Every short length, and those around the limits of blocks and of an Ethernet frame."""
    most = longest(**suite)
    limits = [size + off for size in (128, 256, 512, 1024) for off in (-2, -1, 0, 1)]
    return [*range(65), *limits, *range(most - 17, most + 1)]


def pads(suite: dict[str, str], count: int) -> list[int]:
    """Every pad length that a packet with so many bytes to protect may have."""
    block = block_len(suite["esp"])
    return [pad for pad in range(256) if (count + pad + 2) % block == 0]


def in_pieces(frame: Frame) -> list[Frame]:
    """The frame in pieces of every size, single bytes included."""
    sizes = range(1, len(frame.bytes) + 1)
    return [Frame(frame.symbol, frame.bytes, (*frame.edits, f"cut={size}")) for size in sizes]

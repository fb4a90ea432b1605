"""Large TCP packets, which the device cuts into segments.

    stream = segmented(link(dut, peer, **suite), "2500?1", suite, lso="v2", mss=1000)
    assert stream.sizes == [1000, 1000, 500]

What the segments hold is what the peer makes of them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest

from .device import Device
from .link import Link
from .reply import Frame, Packet, Reply
from .wire import Parts, arrive, block_len, iv_len

FIN, PSH, ACK, CWR = 0x01, 0x08, 0x10, 0x80
TCP = 6
UDP_LEN = 8


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")


def _sum(*parts: bytes) -> int:
    """The Internet checksum's sum: 0xFFFF if the checksum is in it, and right."""
    words = (part[at : at + 2] for part in parts for at in range(0, len(part), 2))
    total = sum(_number(word.ljust(2, b"\0")) for word in words)
    while total > 0xFFFF:
        total = (total & 0xFFFF) + (total >> 16)
    return total


class Segment:
    """One of them: on the wire, and as the peer has opened it."""

    def __init__(self, frame: Frame, packet: Packet, suite: dict[str, str], udp: bool) -> None:
        parts = Parts(Frame("", _without_udp(frame.bytes)) if udp else frame, **suite)
        shift = UDP_LEN if udp else 0
        ip = frame.bytes[parts.ip.start : parts.ip.stop]
        text = packet.data[parts.text.start + shift : parts.text.stop + shift]
        self.packet = packet
        self.udp = frame.bytes[parts.ip.stop : parts.ip.stop + shift]
        self.udp_room = len(frame.bytes) - parts.ip.stop
        self.ip_id = 0 if parts.is_ipv6 else _number(ip[4:6])
        self.ah_seq = _number(frame.bytes[parts.ah.start + 8 : parts.ah.start + 12])
        at = parts.esp.start + shift
        self.esp_seq = _number(frame.bytes[at + 4 : at + 8])
        self.esp_iv = frame.bytes[parts.iv.start + shift : parts.iv.stop + shift]
        self.ah_iv = frame.bytes[parts.ah.start + 12 : parts.ah_icv.start]
        self.trailer = b""
        self.text_len = len(text)
        if parts.esp:
            end = len(text) - 2 - (text[-2] if text[-2] + 2 <= len(text) else 0)
            text, self.trailer = text[:end], text[end:]
        start = (text[12] >> 4) * 4
        self.tcp_seq, self.flags = _number(text[4:8]), text[13]
        self.options, self.payload = text[20:start], text[start:]
        ends = ip[8:40] if parts.is_ipv6 else ip[12:20]
        pseudo = ends + TCP.to_bytes(2, "big") + len(text).to_bytes(2, "big")
        self.has_right_checksum = _sum(pseudo, text) == 0xFFFF

    @property
    def next_header(self) -> int:
        return self.trailer[-1]

    @property
    def pad_length(self) -> int:
        return self.trailer[-2]

    def is_padded(self, esp: str) -> bool:
        """Whether the trailer is the least that fills a block, and has 1, 2, 3 in it."""
        pad = len(self.trailer) - 2
        fits = self.text_len % block_len(esp) == 0 and (self.text_len + iv_len(esp)) % 4 == 0
        default = bytes([*range(1, pad + 1), pad])
        return fits and pad < block_len(esp) and self.trailer[:-1] == default


def _without_udp(frame: bytes) -> bytes:
    """A frame of UDP-ESP over IPv4, with an IP length as if UDP were not there."""
    ip_len = _number(frame[16:18]) - UDP_LEN
    return frame[:16] + ip_len.to_bytes(2, "big") + frame[18:34] + frame[34 + UDP_LEN :]


class Stream:
    """All segments of one large packet."""

    def __init__(self, reply: Reply, segments: list[Segment]) -> None:
        self.reply = reply
        self.segments = segments

    @property
    def is_good(self) -> bool:
        """Every segment is authentic."""
        return bool(self.segments) and all(each.packet.is_good for each in self.segments)

    @property
    def payload(self) -> bytes:
        """What TCP at the other end puts together: every byte at its sequence number."""
        first = self.segments[0].tcp_seq if self.segments else 0
        data = bytearray()
        for each in self.segments:
            at = (each.tcp_seq - first) & 0xFFFFFFFF
            data[at : at + len(each.payload)] = each.payload
        return bytes(data)

    @property
    def sizes(self) -> list[int]:
        return [len(each.payload) for each in self.segments]

    def each(self, name: str) -> list[Any]:
        """One attribute of all segments."""
        return [getattr(each, name) for each in self.segments]


def segmented(
    link: Link, data: str, suite: dict[str, str], udp: bool = False, **fields: Any
) -> Stream:
    """A large packet from end to end."""
    reply = link.sender.send(link.out, data, **fields)
    packets = arrive(link.receiver, reply.frames) if reply.frames else []
    pairs = zip(reply.frames, packets)
    return Stream(reply, [Segment(frame, packet, suite, udp) for frame, packet in pairs])


def streams(
    link: Link, suite: dict[str, str], packets: Iterable[dict[str, Any]]
) -> list[Stream]:
    """The same for many."""
    return [segmented(link, suite=suite, **fields) for fields in packets]


def spoiled(found: Iterable[Stream], suite: dict[str, str], wanted: Iterable[int]) -> list[int]:
    """Which of the streams are not as many bytes as wanted, authentic, or padded as they need."""
    return [
        want
        for stream, want in zip(found, wanted, strict=True)
        if not stream.is_good
        or len(stream.payload) != want
        or not all(each.is_padded(suite["esp"]) for each in stream.segments if each.trailer)
    ]


def in_plain(frames: Iterable[Frame], data: bytes, least: int = 16) -> list[str]:
    """The frames in which so many bytes of the data can be read."""
    windows = {data[at : at + least] for at in range(len(data) - least + 1)}
    return [
        frame.symbol
        for frame in frames
        if any(frame.bytes[at : at + least] in windows for at in range(len(frame.bytes)))
    ]


def needs_large(dut: Device, lso: str, ipv6: bool = False) -> None:
    """Skips the case where the device does not segment such packets on secured connections."""
    name = "lsov1" if lso == "v1" else "lsov2ipv6" if ipv6 else "lsov2"
    dut.needs(lso=1, ipv6=int(ipv6))
    if dut.can(name) == 0:
        pytest.skip(f"the device reports {name}=0")


@pytest.fixture(params=("v1", "v2"))
def lso(request: pytest.FixtureRequest, dut: Device) -> str:
    """Each kind of large send that the device offers on secured connections."""
    needs_large(dut, request.param)
    return str(request.param)

"""Tunnels: IP packets within IP packets, and transport mode inside them.

    tunnel = link(peer, dut)
    dut.receive(tunnel.send("20?1", **inside_of(tunnel)))      # a packet of the hosts behind it
    nested = nest(peer, dut, outer={"ah": "ah-sha1"})          # transport SAs inside of it
    assert nested.carry("20?1").packet.next_done
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pytest

from . import suites
from .device import Device
from .link import Link, link
from .reply import Frame, Reply

# Hosts behind the two ends of a tunnel: the near one behind the device under test.
HOSTS = ("10.1.0.1", "10.2.0.1")
HOSTS6 = ("2001:db8:a::1", "2001:db8:b::1")
IPV4, IPV6 = 4, 41  # next headers of a tunnel

FAMILIES = [(outer, inner) for outer in (False, True) for inner in (False, True)]


def every_family() -> pytest.MarkDecorator:
    """A case for each pair of families: of the tunnel, of what is inside."""
    ids = [f"{4 + 2 * inner}in{4 + 2 * outer}" for outer, inner in FAMILIES]
    return pytest.mark.parametrize(("ipv6", "inner_ipv6"), FAMILIES, ids=ids)


def hosts(to_dut: bool, ipv6: bool = False) -> tuple[str, str]:
    """Source and destination of a packet inside."""
    near, far = HOSTS6 if ipv6 else HOSTS
    return (far, near) if to_dut else (near, far)


def inside_of(tunnel: Link, ipv6: bool = False) -> dict[str, str]:
    """The fields with which a packet of a link goes into a tunnel."""
    src, dst = hosts(tunnel.receiver.name != "peer", ipv6)
    return {"inner_src": src, "inner_dst": dst}


@dataclass
class Nest:
    """Transport in a tunnel, in one direction: two SAs at each end."""

    outside: Link
    inside: Link

    def offer(self, data: bytes | str = b"attack at dawn", **fields: Any) -> Reply:
        """A packet with both handles; what the sender makes of it."""
        return self.inside.sender.send(self.inside.out, data, tunnel=self.outside.out, **fields)

    def send(self, data: bytes | str = b"attack at dawn", **fields: Any) -> Frame:
        return self.offer(data, **fields).frame

    def carry(self, data: bytes | str = b"attack at dawn", **fields: Any) -> Reply:
        return self.inside.receiver.receive(self.send(data, **fields))

    def works(self) -> bool:
        """Whether a packet gets through both."""
        frames = self.offer().frames
        if len(frames) != 1:
            return False
        packet = self.inside.receiver.receive(frames[0]).packet
        return packet.is_good and packet.next_done


def nest(
    sender: Device,
    receiver: Device,
    ipv6: bool = False,
    inner_ipv6: bool = False,
    outer: dict[str, Any] | None = None,
    inner: dict[str, Any] | None = None,
    spi: int = 0x7001,
) -> Nest:
    """Both SAs at both ends; outer and inner: what is particular to them."""
    src, dst = hosts(receiver.name != "peer", inner_ipv6)
    outside = link(sender, receiver, spi, ipv6=ipv6, **outer or {})
    own = {"src": src, "dst": dst} | (inner or {})
    return Nest(outside, link(sender, receiver, spi + 0x1000, ipv6=inner_ipv6, **own))


def needs_bundles(dut: Device, *bundles: dict[str, Any]) -> None:
    """Skips the case where the device cannot do what stands in these bundles."""
    for each in bundles:
        names = [str(each[name]) for name in ("esp", "ah") if name in each]
        dut.needs(**suites.capabilities(*names))


def packet_of(frame: Frame) -> bytes:
    """The IP packet of a frame."""
    return frame.bytes[18 if frame.bytes[12:14] == b"\x81\x00" else 14 :]


def enclosed(tunnel: Link, packet: bytes, **fields: Any) -> Frame:
    """Any IP packet in a tunnel."""
    return tunnel.send(packet, nh=IPV6 if packet[0] >> 4 == 6 else IPV4, **fields)


def fragment_of(packet: bytes) -> bytes:
    """An IPv4 packet as the first fragment of a longer one: MF is set."""
    total = int.from_bytes(packet[10:12], "big") - 0x2000
    checksum = (total % 0xFFFF).to_bytes(2, "big")
    return packet[:6] + b"\x20\x00" + packet[8:10] + checksum + packet[12:]


def flipped_each(packet: bytes, where: Sequence[int]) -> list[bytes]:
    """A packet for each of these bytes, with one bit inverted."""
    return [packet[:at] + bytes([packet[at] ^ 1 << at % 8]) + packet[at + 1 :] for at in where]

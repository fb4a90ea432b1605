"""Frames that no device of the trace has sent."""

from __future__ import annotations

from ipaddress import ip_address

from .lists import ALICE, BOB
from .vectors import ipv4

ETHERNET = bytes.fromhex("020000000001 020000000002 0800")
PORT = 4500


def esp_frame(spi: int, text: bytes, seq: int = 1) -> bytes:
    """ESP from ALICE to BOB whose text is these bytes: trailer and ICV are what they end with."""
    esp = spi.to_bytes(4, "big") + seq.to_bytes(4, "big") + text
    return ETHERNET + ipv4(ALICE, BOB, 50, esp)


def datagram(protocol: int, payload: bytes, src: str, dst: str) -> bytes:
    """TCP (6) or UDP (17) as the stack leaves it to a NIC: the sum of the pseudo-header stands
    where the checksum belongs (L-CK)."""
    ends = bytes.fromhex("10e1 10e2")
    if protocol == 6:
        head = ends + bytes(8) + bytes.fromhex("5010 ffff")
        whole = head + bytes(4) + payload
    else:
        head = ends + (8 + len(payload)).to_bytes(2, "big")
        whole = head + bytes(2) + payload
    addresses = ip_address(src).packed + ip_address(dst).packed
    words = zip(addresses[::2], addresses[1::2])
    total = sum(a << 8 | b for a, b in words) + protocol + len(whole)
    field = (total - 1) % 0xFFFF + 1
    return head + field.to_bytes(2, "big") + whole[len(head) + 2 :]


def short_frames(spi: int, protocol: int, header: bytes, below: int) -> list[bytes]:
    """IPv4 packets from ALICE to BOB that have fewer bytes behind their IP header than ESP (50) or
    AH (51) needs; header is what stands in front of the SPI."""
    whole = header + spi.to_bytes(4, "big") + bytes(3) + b"\1" + bytes(range(256))
    return [ETHERNET + ipv4(ALICE, BOB, protocol, whole[:length]) for length in range(below)]


def headers_len(frame: bytes) -> int:
    """Where the first header of IPsec begins: behind the media header, and the IP header with its
    options or destination options."""
    if frame[14] >> 4 == 4:
        return 14 + (frame[14] & 15) * 4
    return 54 if frame[20] != 60 else 54 + 8 * (frame[55] + 1)


def protocol_of(frame: bytes) -> int:
    """What the last header in front of IPsec says that follows."""
    if frame[14] >> 4 == 4:
        return frame[23]
    return frame[20] if frame[20] != 60 else frame[54]


def spi_of(frame: bytes) -> int:
    at = headers_len(frame) + (4 if protocol_of(frame) == 51 else 0)
    return int.from_bytes(frame[at : at + 4], "big")


def seq_of(frame: bytes) -> int:
    at = headers_len(frame) + (8 if protocol_of(frame) == 51 else 4)
    return int.from_bytes(frame[at : at + 4], "big")


def on_port(payload: bytes, port: int = PORT) -> bytes:
    """UDP from BOB to ALICE, from and to one port, without a checksum."""
    ports = port.to_bytes(2, "big") * 2
    udp = ports + (8 + len(payload)).to_bytes(2, "big") + bytes(2) + payload
    return ETHERNET + ipv4(BOB, ALICE, 17, udp)


def ike_frame(payload: bytes = b"not ESP") -> bytes:
    """IKE from BOB to ALICE on the port of UDP-ESP: four zero bytes stand where ESP has its SPI."""
    return on_port(bytes(4) + payload)

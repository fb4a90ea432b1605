"""Frames that no device of the trace has sent."""

from __future__ import annotations

from .lists import ALICE, BOB
from .vectors import ipv4

ETHERNET = bytes.fromhex("020000000001 020000000002 0800")
PORT = 4500


def ike_frame(payload: bytes = b"not ESP") -> bytes:
    """IKE from BOB to ALICE on the port of UDP-ESP: four zero bytes stand where ESP has its SPI."""
    data = bytes(4) + payload
    ports = PORT.to_bytes(2, "big") * 2
    udp = ports + (8 + len(data)).to_bytes(2, "big") + bytes(2) + data
    return ETHERNET + ipv4(BOB, ALICE, 17, udp)

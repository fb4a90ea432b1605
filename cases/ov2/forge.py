"""Frames that no stack would send: made here, or made of others."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from . import keys
from .device import Device
from .frames import ETHERNET
from .link import Link, unlike
from .lists import ALICE, BOB
from .reply import Frame
from .vectors import ipv4
from .wire import FRAGMENT, Parts, chain_of, written

TCP, UDP, ESP = 6, 17, 50


# ---- Datagrams -----------------------------------------------------------------------------


def datagram(protocol: int, src: str, dst: str, data: bytes, off: int = 0) -> bytes:
    """TCP or UDP from port 1 to port 2; off: so much is its checksum off."""
    if protocol == TCP:
        header = b"\0\1\0\2" + bytes(8) + b"\x50\x10\xff\xff" + bytes(4)
    else:
        header = b"\0\1\0\2" + (8 + len(data)).to_bytes(2, "big") + bytes(2)
    at = 16 if protocol == TCP else 6
    ends = ip_address(src).packed + ip_address(dst).packed
    body = header + data
    words = ends + bytes((0, protocol)) + len(body).to_bytes(2, "big") + body + bytes(len(body) % 2)
    total = sum(int.from_bytes(words[n : n + 2], "big") for n in range(0, len(words), 2))
    checksum = (0xFFFF - total % 0xFFFF + off) & 0xFFFF or 0xFFFF
    return body[:at] + checksum.to_bytes(2, "big") + body[at + 2 :]


# ---- Fragments -----------------------------------------------------------------------------


def fragments(frame: Frame) -> list[Frame]:
    """The frame as the first, a middle and the last fragment of a datagram.  An IPv6 one must have
    the header of an atomic fragment."""
    parts = Parts(frame)
    if parts.is_ipv6:
        at = chain_of(frame)[FRAGMENT] + 2
        return [written(frame, at, field.to_bytes(2, "big")) for field in (1, 9, 8, 0xFFF8)]
    fields = (0x2000, 0x2001, 0x0001, 0x1FFF, 0x6000, 0x4001)
    return [written(frame, parts.ip[6], field.to_bytes(2, "big")) for field in fields]


# ---- ESP with a valid ICV around anything -------------------------------------------------------

DIGESTS = {"md5": 12, "sha1": 12, "sha256": 16}


def esp_frame(spi: int, seq: int, body: bytes, key: bytes, mac: str, plain: str = "-") -> Frame:
    """A frame from BOB to ALICE: body stands between the sequence number and the ICV of an HMAC,
    whatever it is; if it can be read at all, its payload is plain."""
    header = spi.to_bytes(4, "big") + seq.to_bytes(4, "big")
    icv = hmac.digest(key, header + body, mac)[: DIGESTS[mac]]
    data = ETHERNET + ipv4(BOB, ALICE, ESP, header + body + icv)
    return Frame(data.hex(), data, (f"plain={plain}", f"nh_plain={body[-1] if body else 0}"))


# ---- Half of a bundle that is another one ------------------------------------------------------


def with_other_esp(
    sender: Device, receiver: Device, profile: dict[str, str], **suite: str
) -> Link:
    """A link of ESP and AH whose ends agree in the key of AH, but not in the one that
    authenticates ESP."""
    sizes = keys.lengths_of(profile["GCM_KEY"], **suite)
    area = bytes(range(1, sum(sizes.values()) + 1))
    esp = [name for name in sizes if name != "ah"][-1]
    at = 0 if esp == "enc" else sizes.get("enc", 0)
    other = area[:at] + bytes([area[at] ^ 0x80]) + area[at + 1 :]
    return unlike(sender, receiver, 0x1001, {"key": other}, key=area, ah_spi=0x8001, **suite)


def noise(count: int, head: bytes) -> list[bytes]:
    """So many frames that begin like this and go on with pseudo-random bytes, of many lengths."""
    tails = [hmac.digest(head, bytes((seed,)), "sha512") for seed in range(count)]
    return [head + (tail * 2)[: at % 120] for at, tail in enumerate(tails)]

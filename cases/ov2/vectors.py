"""Known answers: packets that others have published, in cases/vectors/.

A file has its source, its oddities, and a vector a line: suite, key (of the cipher, then of the
MAC), salt, hi (the upper half; only with extended sequence numbers), packet (from the IP header
to the ICV) or esp (the same without an IP header), and text: what is encrypted, or stands there in
the clear, from the first byte of the payload to the next header; AH has none.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest

from . import suites
from .catalogue import requirement
from .device import Device
from .lists import ALICE, BOB, Node
from .reply import Reply

FOLDER = Path(__file__).parent.parent / "vectors"
MEDIA = bytes.fromhex("020000000001 020000000002")
EXTENSIONS = (0, 43, 60)  # IPv6: every hop, route, destination
WITHIN = (4, 41)  # IPv4 and IPv6 in a tunnel


@dataclass(frozen=True)
class Vector:
    """One packet, with everything that makes it."""

    id: str
    suite: str
    key: bytes
    salt: bytes
    packet: bytes
    text: bytes  # AH: what follows it
    hi: int | None = None  # None: no extended sequence numbers

    # ---- Parts ----

    @property
    def is_ah(self) -> bool:
        return self.suite.startswith("ah-")

    @property
    def ipv6(self) -> bool:
        return self.packet[0] >> 4 == 6

    @property
    def at(self) -> int:
        """Where ESP or AH begins."""
        if not self.ipv6:
            return (self.packet[0] & 15) * 4
        at, kind = 40, self.packet[6]
        while kind in EXTENSIONS:
            kind, at = self.packet[at], at + 8 * (self.packet[at + 1] + 1)
        return at

    @property
    def spi(self) -> int:
        at = self.at + (4 if self.is_ah else 0)
        return int.from_bytes(self.packet[at : at + 4], "big")

    @property
    def iv(self) -> bytes:
        at = self.at + (12 if self.is_ah else 8)
        return self.packet[at : at + suites.iv_len(self.suite)]

    @property
    def icv_at(self) -> int:
        if self.is_ah:
            return self.at + 12 + suites.iv_len(self.suite)
        return len(self.packet) - self.icv_len

    @property
    def icv_len(self) -> int:
        is_bare = self.suite in suites.CIPHERS
        return 0 if is_bare else suites.icv_len(self.suite)

    @property
    def pad(self) -> int:
        return 0 if self.is_ah else self.text[-2]

    @property
    def next_header(self) -> int:
        return self.packet[self.at] if self.is_ah else self.text[-1]

    @property
    def payload(self) -> bytes:
        return self.text if self.is_ah else self.text[: -2 - self.pad]

    # ---- At a device ----

    def needs(self, dut: Device, profile: dict[str, str]) -> None:
        """Skips the case where the device cannot be given such an SA or such a packet."""
        names = {f"ipv{'6ext' if self.ipv6 else '4opts'}": int(self.at > (40 if self.ipv6 else 20))}
        tunnel = {"tunnel": int(self.next_header in WITHIN)}
        esn = {"esn": int(self.hi is not None), "ipv6": int(self.ipv6)}
        dut.needs(**suites.capabilities(self.suite), **names, **tunnel, **esn)
        if profile["GCM_KEY"] == "key" and any(self.salt):
            pytest.skip("the device declares GCM_KEY=key, the vector has a salt")

    def sa(self, profile: dict[str, str], **fields: Any) -> Node:
        """The SA of the packet, inbound or outbound."""
        salt = self.salt if profile["GCM_KEY"] == "key+salt" else b""
        own: dict[str, Any] = {} if self.hi is None else {"esn": True, "hi": self.hi}
        src, dst = (12, 16) if not self.ipv6 else (8, 24)
        size = dst - src
        own["src"] = ip_address(self.packet[src : src + size])
        own["dst"] = ip_address(self.packet[dst : dst + size])
        own["ah" if self.is_ah else "esp"] = self.suite
        return Node(own | {"spi": self.spi, "key": self.key + salt} | fields)

    def accepted(self, reply: Reply) -> None:
        """Skips the case where the device refused the SA, and may: its SPI is a reserved one, or it
        protects nothing against change (A-17)."""
        if reply.failed and self.spi < 256:
            pytest.skip(f"the device refuses the reserved SPI {self.spi}")
        if reply.failed and self.suite in suites.CIPHERS:
            pytest.skip("the device refuses encryption without authentication (A-17)")

    @property
    def frame(self) -> bytes:
        """The packet on its way."""
        return MEDIA + (b"\x86\xdd" if self.ipv6 else b"\x08\x00") + self.packet

    def unsealed(self, profile: dict[str, str]) -> dict[str, Any]:
        """The packet as the stack hands it to the NIC, as fields of a send: IV_BY=stack."""
        packet = bytearray(self.packet)
        end = len(packet)
        if self.icv_len:
            packet[self.icv_at : self.icv_at + self.icv_len] = bytes(self.icv_len)
        if not self.is_ah:
            packet[self.icv_at - len(self.text) : self.icv_at] = self.text
            end -= self.icv_len if profile["ICV_SPACE"] == "appended" else 0
        frame = self.frame[:14] + bytes(packet[:end])
        offset = {("ah" if self.is_ah else "esp") + "_offset": self.at // 4}
        return {"frame": frame, "pad": self.pad, "nh": self.next_header} | offset

    def __str__(self) -> str:
        return self.id


def _vector(entry: dict[str, Any]) -> Vector:
    octets = {k: bytes.fromhex(v) for k, v in entry.items() if k not in ("id", "suite", "hi")}
    esp = octets.pop("esp", None)
    if esp is not None:
        octets["packet"] = ipv4(BOB, ALICE, 50, esp)
    if "text" not in octets:  # AH tells its own length, in words of 4 bytes less 2
        whole = Vector(entry["id"], entry["suite"], text=b"", **octets)
        octets["text"] = whole.packet[whole.at + (whole.packet[whole.at + 1] + 2) * 4 :]
    return Vector(entry["id"], entry["suite"], hi=entry.get("hi"), **octets)


@cache
def published(source: str) -> tuple[Vector, ...]:
    """The vectors of one file."""
    entries = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))["vectors"]
    return tuple(_vector(entry) for entry in entries)


def each_of(*sources: str) -> pytest.MarkDecorator:
    """A case for each vector of some files; what a vector proves beyond the others is added."""
    found = [
        pytest.param(v, id=f"{source}-{v}", marks=_proofs(v))
        for source in sources
        for v in published(source)
    ]
    return pytest.mark.parametrize("vector", found)


def _proofs(vector: Vector) -> pytest.MarkDecorator:
    """The requirements about the algorithms of a vector."""
    cipher, _, mac = vector.suite.removeprefix("ah-").partition("+")
    proofs = {
        "null": "P-ALG-005", "des-cbc": "P-ALG-003", "3des-cbc": "P-ALG-004", "md5": "P-ALG-006",
        "sha1": "P-ALG-007", "sha256": "P-ALG-008",
    }
    found = [proofs[name] for name in (cipher, mac) if name in proofs]
    if cipher in suites.GCM:
        found += ["P-GCM-001", "P-GCM-002", "P-GCM-007", "P-GCM-005", "P-GCM-011"]
    if "gmac" in vector.suite:
        found += ["P-GMAC-001", "P-GMAC-006", "P-GMAC-010"]
    if cipher.startswith("aes-cbc"):
        found.append("P-ALG-001")
    if vector.hi is not None:
        found += ["ESN-008", "P-ESN-001", "P-ESN-004"]
        found += ["P-GCM-006"] * (cipher in suites.GCM) + ["P-ESN-003"] * vector.is_ah
    if vector.is_ah:
        found += ["P-AH-001", "P-AH-002", "P-AH-004", "P-AH-005", "P-AH-019"]
    elif "+" in vector.suite:
        found += ["P-ESP-002", "P-ESP-007", "P-ESP-024"]
    return requirement(*found)


def ipv4(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    """An IPv4 packet without options."""
    words = [0x4500, 20 + len(payload), 0, 0, 64 << 8 | protocol, 0]
    for address in (src, dst):
        a, b, c, d = map(int, address.split("."))
        words += [a << 8 | b, c << 8 | d]
    words[5] = 0xFFFF - sum(words) % 0xFFFF
    return b"".join(word.to_bytes(2, "big") for word in words) + payload

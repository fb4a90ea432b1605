"""Known answers: packets that others have published, in cases/vectors/."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from . import suites
from .catalogue import requirement
from .device import Device, Reply
from .lists import ALICE, BOB, Node, sa

FOLDER = Path(__file__).parent.parent / "vectors"


@dataclass(frozen=True)
class Vector:
    """One ESP packet, with everything that makes it."""

    id: str
    suite: str
    key: bytes
    salt: bytes
    spi: int
    seq: int
    iv: bytes
    payload: bytes
    pad: int
    next_header: int
    esp: bytes  # from the SPI to the ICV
    hi: int | None = None  # the upper half; None: no extended sequence numbers

    def needs(self, dut: Device, profile: dict[str, str]) -> None:
        """Skips the case where the device cannot be given such an SA."""
        dut.needs(**suites.capabilities(self.suite), esn=0 if self.hi is None else 1)
        if profile["GCM_KEY"] == "key" and any(self.salt):
            pytest.skip("the device declares GCM_KEY=key, the vector has a salt")

    def sa(self, profile: dict[str, str], **fields: Any) -> Node:
        """The SA of the packet: inbound= from BOB, or outbound to him."""
        salt = self.salt if profile["GCM_KEY"] == "key+salt" else b""
        own = {} if self.hi is None else {"esn": True, "hi": self.hi}
        return sa(self.spi, esp=self.suite, key=self.key + salt, **own, **fields)

    def accepted(self, reply: Reply) -> None:
        """Skips the case where the device refused the SA, and may: its SPI is a reserved one."""
        if reply.failed and self.spi < 256:
            pytest.skip(f"the device refuses the reserved SPI {self.spi}")

    @property
    def frame(self) -> bytes:
        """The packet on its way from BOB to ALICE."""
        return bytes.fromhex("020000000001 020000000002 0800") + ipv4(BOB, ALICE, 50, self.esp)

    def __str__(self) -> str:
        return self.id


@cache
def published(source: str) -> tuple[Vector, ...]:
    """The vectors of one file."""
    entries = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))["vectors"]
    octets = ("key", "salt", "iv", "payload", "esp")
    return tuple(Vector(**e | {name: bytes.fromhex(e[name]) for name in octets}) for e in entries)


def each_of(source: str) -> pytest.MarkDecorator:
    """A case for each vector of one file; what a vector proves beyond the others is added to it."""
    return pytest.mark.parametrize(
        "vector",
        [pytest.param(v, id=f"{source}-{v}", marks=_proof(v)) for v in published(source)],
    )


def _proof(vector: Vector) -> pytest.MarkDecorator:
    if "gmac" in vector.suite:
        return requirement("P-GMAC-001")
    if vector.hi is None:
        return requirement("P-GCM-005")
    return requirement("ESN-008", "P-GCM-006")


def ipv4(src: str, dst: str, protocol: int, payload: bytes) -> bytes:
    """An IPv4 packet without options."""
    words = [0x4500, 20 + len(payload), 0, 0, 64 << 8 | protocol, 0]
    for address in (src, dst):
        a, b, c, d = map(int, address.split("."))
        words += [a << 8 | b, c << 8 | d]
    words[5] = 0xFFFF - sum(words) % 0xFFFF
    return b"".join(word.to_bytes(2, "big") for word in words) + payload

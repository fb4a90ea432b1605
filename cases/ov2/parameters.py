"""The requests that configure a device, as they lie in memory, and what becomes of it.

    assert set_parameters(dut, ipsec="esp").succeeded
    assert set_parameters(dut, ipsec="esp", length=19).failed
    set_encapsulation(dut, ipv4="on", ipv6="unchanged")
    assert protocols.served() == protocols.of("esp")

Both structures have one layout whatever the size of a pointer, little-endian (S-PAR, S-ENC):

    NDIS_OFFLOAD_PARAMETERS     Type 0x80  Revision  Size; members of a byte each: 4 checksums,
                                9 LsoV1, 10 IPsecV1, 11 LsoV2IPv4, 12 LsoV2IPv6, 13 connections;
                                16 Flags (ULONG), 20 IPsecV2, 21 IPsecV2IPv4, 22 and on: others
    NDIS_OFFLOAD_ENCAPSULATION  Type 0xA8  Revision 1  Size 28; for IPv4 at 4, for IPv6 at 16:
                                Enabled, EncapsulationType, HeaderSize (ULONGs)
"""

from __future__ import annotations

import struct
from typing import Any

import pytest

from . import suites
from .device import Device
from .link import bundle, meet
from .offload import offloads
from .reply import Reply

PARAMETERS, ENCAPSULATION = 0xFC01020C, 0x0101010A  # OIDs of the normal door

# IPsecV2 and IPsecV2IPv4, and the registry keyword that NDIS stores with each.
SETTINGS = {"unchanged": 0, "disabled": 1, "ah": 2, "esp": 3, "both": 4}
KEYWORDS = {"disabled": 0, "ah": 1, "esp": 2, "both": 3}
SERVED = {"disabled": set(), "ah": {"ah"}, "esp": {"esp"}, "both": {"ah", "esp"}}

SIZES = {1: 20, 2: 22, 3: 26, 4: 32, 5: 34}  # NDIS_SIZEOF_OFFLOAD_PARAMETERS_REVISION_n
WHOLE = 36

ENABLED = {"unchanged": 0, "on": 1, "off": 2}  # NDIS_OFFLOAD_SET_*
# NDIS_ENCAPSULATION_*; the last is none of them.
ENCAPSULATIONS = {
    "null": 0x1, "ethernet": 0x2, "vlan": 0x4, "vlan-in-oob": 0x8, "llc-snap": 0x10,
    "undefined": 0x80000000,
}

# Where NDIS_OFFLOAD says which ones an offload takes: checksums, LsoV1, IPsecV1, LsoV2, IPsecV2.
OF_ENCAPSULATION = (4, 12, 20, 28, 36, 52, 80, 92, 112)


def keywords(setting: str) -> dict[str, int]:
    """The words of an open line for a setting as it is stored."""
    return dict.fromkeys(("*IPsecOffloadV2", "*IPsecOffloadV2IPv4"), KEYWORDS[setting])


def set_parameters(
    dut: Device,
    ipsec: str | int = "unchanged",
    ipv4: str | int | None = None,
    *,
    lso: int = 0,
    flags: int = 0,
    revision: int = 3,
    size: int | None = None,
    length: int | None = None,
) -> Reply:
    """OID_TCP_OFFLOAD_PARAMETERS.  ipsec, ipv4: a setting or a raw value; absent, IPsecV2IPv4 is
    the same.  lso: all three members.  size: Header.Size.  length: of the buffer, which ends
    there."""
    of_ipsec = SETTINGS.get(ipsec, ipsec)
    of_ipv4 = of_ipsec if ipv4 is None else SETTINGS.get(ipv4, ipv4)
    size = SIZES[revision] if size is None else size
    members = (0, 0, 0, 0, 0, lso, 0, lso, lso, 0, 0)
    whole = struct.pack("<BBH11BxIBB", 0x80, revision, size, *members, flags, of_ipsec, of_ipv4)
    buffer = whole.ljust(WHOLE, b"\0")[: size if length is None else length]
    return dut.oid(PARAMETERS, door="normal", buffer=buffer)


def set_encapsulation(
    dut: Device, ipv4: str = "on", ipv6: str = "on", encapsulation: str = "ethernet"
) -> Reply:
    """OID_OFFLOAD_ENCAPSULATION: for each family "on", "off" or "unchanged"."""
    kind, header = ENCAPSULATIONS[encapsulation], 18 if encapsulation == "vlan" else 14
    families = ((ENABLED[each], kind, header) for each in (ipv4, ipv6))
    buffer = struct.pack("<BBH", 0xA8, 1, 28) + b"".join(struct.pack("<III", *f) for f in families)
    return dut.oid(ENCAPSULATION, door="normal", buffer=buffer)


def is_taken(dut: Device, encapsulation: str) -> bool:
    """Whether the hardware has an offload, of whatever kind, that takes this encapsulation."""
    hardware = offloads(dut).hardware
    data = hardware.data if hardware else b""
    return any(
        int.from_bytes(data[at : at + 4], "little") & ENCAPSULATIONS[encapsulation]
        for at in OF_ENCAPSULATION
    )


class Protocols:
    """AH and ESP on a device, as far as it claims them when a case begins."""

    def __init__(self, dut: Device, peer: Device) -> None:
        self.dut = dut
        self.peer = peer
        found = {"ah": suites.AH, "esp": suites.ESP}
        claimed = {name: [s for s in names if self._claims(s)] for name, names in found.items()}
        self.suites = {name: names[0] for name, names in claimed.items() if names}

    def _claims(self, suite: str) -> bool:
        wanted = suites.capabilities(suite).items()
        return all(self.dut.can(name) & bits == bits for name, bits in wanted)

    def of(self, setting: str) -> set[str]:
        """Those that a setting leaves on."""
        return SERVED[setting] & self.suites.keys()

    def needs(self, setting: str) -> None:
        """Skips the case where the device does not claim all that the setting switches on."""
        if missing := SERVED[setting] - self.suites.keys():
            pytest.skip(f"the device does not claim {' and '.join(sorted(missing))}")

    def served(self) -> set[str]:
        """Those for which the device adds an SA now; one that it adds has to work."""
        return {name for name in self.suites if self._serves(**{name: self.suites[name]})}

    def _serves(self, **fields: Any) -> bool:
        element = bundle(0x2001 + self.dut.submitted, to_dut=True, inbound=True, **fields)
        if not self.dut.add(element).succeeded:
            return False
        added = f"#{self.dut.submitted}"
        assert meet(self.dut, self.peer, added, element).works(), "what was added does not work"
        self.dut.delete(added)
        return True


@pytest.fixture
def protocols(dut: Device, peer: Device) -> Protocols:
    """AH and ESP on the device under test."""
    return Protocols(dut, peer)

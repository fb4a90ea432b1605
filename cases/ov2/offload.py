"""NDIS_OFFLOAD: what a device says that it can do, and what of it is on.

    told = offloads(dut)
    assert told.hardware.says("Esp") and not told.current.says("Esp")
    assert beyond(told.default, told.hardware) == []
"""

from __future__ import annotations

from typing import NamedTuple

from .device import Device

# Offset and width of the members (NDIS_OFFLOAD, facts 2.10; NDIS_IPSEC_OFFLOAD_V2, 2.9).
BOOLEANS = {
    "IPv6Supported": (116, 1),
    "IPv4Options": (117, 1),
    "IPv6NonIPsecExtensionHeaders": (118, 1),
    "Ah": (119, 1),
    "Esp": (120, 1),
    "AhEspCombined": (121, 1),
    "Transport": (122, 1),
    "Tunnel": (123, 1),
    "TransportTunnelCombined": (124, 1),
    "LsoSupported": (125, 1),
    "ExtendedSequenceNumbers": (126, 1),
}
MASKS = {
    "Encapsulation": (112, 4),
    "UdpEsp": (128, 4),
    "AuthenticationAlgorithms": (132, 4),
    "EncryptionAlgorithms": (136, 4),
}
NUMBERS = {"SaOffloadCapacity": (140, 4)}
IPSEC = BOOLEANS | MASKS | NUMBERS
OTHERS = {  # the words of the other offloads that an IPsec device may have beside it
    **{f"Checksum[{at}]": (4 + 4 * at, 4) for at in range(8)},
    **{f"LsoV1[{at}]": (36 + 4 * at, 4) for at in range(4)},
    **{f"LsoV2[{at}]": (80 + 4 * at, 4) for at in range(7)},
}
MEMBERS = {"Type": (0, 1), "Revision": (1, 1), "Size": (2, 2), **OTHERS, "Flags": (108, 4)} | IPSEC

TYPE = 0xA7
# Revision and NDIS_SIZEOF by the version of NDIS from which on they hold (facts 2.10).
REVISIONS = {
    (6, 0): (1, 112), (6, 1): (2, 144), (6, 30): (3, 156), (6, 50): (4, 177), (6, 70): (5, 188),
    (6, 83): (6, 216), (6, 85): (7, 216),
}

CURRENT_CONFIG, HARDWARE_CAPABILITIES = 0x40020006, 0x40020007


class Offload(NamedTuple):
    """One NDIS_OFFLOAD, as long as the driver said that it is."""

    data: bytes

    def says(self, member: str) -> int:
        """The value of a member; 0 where the structure ends before it."""
        at, width = MEMBERS[member]
        return int.from_bytes(self.data[at : at + width], "little")

    def values(self, members: dict[str, tuple[int, int]]) -> dict[str, int]:
        return {name: self.says(name) for name in members}


class Offloads(NamedTuple):
    """Those that a device has shown; None: not yet."""

    default: Offload | None
    hardware: Offload | None
    current: Offload | None  # of the latest CURRENT_CONFIG


def offloads(device: Device) -> Offloads:
    """Its registration, and what it has indicated since."""
    found = {
        str(element.get("kind")): Offload(bytes.fromhex(str(element.get("data"))))
        for element in device.ask("caps").answer.elements
        if element.name == "offload"
    }
    return Offloads(found.get("default"), found.get("hardware"), found.get("current"))


def beyond(some: Offload, more: Offload) -> list[str]:
    """The members in which one claims what the other does not."""
    return [
        *(name for name in BOOLEANS if some.says(name) and not more.says(name)),
        *(name for name in MASKS if some.says(name) & ~more.says(name)),
        *(name for name in NUMBERS if some.says(name) > more.says(name)),
        *(name for name in OTHERS if some.says(name) and not more.says(name)),
    ]


def revision_of(ndis: str) -> tuple[int, int]:
    """Revision and NDIS_SIZEOF of NDIS_OFFLOAD for a miniport of this version."""
    major, minor = ndis.split(".")
    return max(found for since, found in REVISIONS.items() if since <= (int(major), int(minor)))

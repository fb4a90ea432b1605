"""What may stand in the headers in front of ESP and AH, as fields of a send."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

Fields = dict[str, Any]


def flips(*bits: str) -> list[Fields]:
    """A packet for each of these bits of its IP header, which is inverted: "8.0" is one of the
    ninth byte, "8" stands for all of them."""
    each = [f"{bit}.{n}" for bit in bits if "." not in bit for n in range(8)]
    return [{"flip": f"ip+{bit}"} for bit in (*(bit for bit in bits if "." in bit), *each)]


# What changes on the way (RFC 4302 3.3.3.1): DSCP and ECN, DF, TTL; class, flow label, hop limit.
CHANGING = flips("1", "6.6", "8")
CHANGING6 = flips("0.0", "0.1", "0.2", "0.3", "1", "2", "3", "7")
IDENTIFICATION = flips("4", "5")

# More fragments, an offset, and bits that no packet has.
FRAGMENTS = flips("6.5", "7.0", "7.3", "6.4", "6.0")
# The same in IPv6: first, middle, last.
FRAGMENTS6 = [{"headers": f"2c.0000{at}00000001"} for at in ("0001", "0009", "fff8")]
# One that is the whole packet, with and without other headers around it.
ATOMIC = [
    {"headers": "2c.0000000000000001"},
    {"headers": "3c.2c00010400000000.0000000000000007"},
    {"headers": "2c.3c00000000000001.0000010400000000"},
]

# IPv4: no-operation, router alert, record route, timestamp, a source route that is at its end, an
# option that nobody knows, an end of the list, and as many as there can be.
OPTIONS = [
    {"headers": text}
    for text in (
        "01010101", "94040000", "070704000000000000000000", "4408050000000000",
        "8307080a000001.00", "9e04abcd", "00000000", "40*01", "1e24.34?1.00000000",
    )
]
# IPv6: the type of the first header, then the headers: destination options, hop-by-hop options,
# chains of both, long ones, a route.
EXTENSIONS = [
    {"headers": text}
    for text in (
        "3c.0000010400000000", "00.0000050200000100", "00.3c00010400000000.0000010400000000",
        "3c.000401.24.36?1", "3c.001f01.fc.252?2", "2b.0002000000000000.16*20",
    )
]

# Types of IPv4 options: those that AH covers (RFC 4302 A1); others, among them those with the same
# number in another class.
KEPT = (130, 133, 134, 148, 149)
ZEROED = (2, 5, 6, 7, 20, 21, 34, 37, 38, 66, 68, 82, 136, 142, 146, 151, 158, 162, 194, 226, 255)
# Types of IPv6 options: bit 0x20 lets their data change.
KINDS6 = (0x05, 0x1E, 0x3E, 0x5E, 0x7E, 0x9E, 0xBE, 0xDE, 0xFE, 0x22, 0x42, 0x62)


def options(kinds: Sequence[int]) -> list[Fields]:
    """An IPv4 option of each kind, with data in it; then every two neighbours in one header."""
    alone = [f"{kind:02x}08.6?{kind}" for kind in kinds]
    pairs = [f"01.{a:02x}07.5?{a}.{b:02x}04.2?{b}" for a, b in zip(kinds, kinds[1:])]
    return [{"headers": text} for text in (*alone, *pairs)]


def options6(kinds: Sequence[int]) -> list[Fields]:
    """An IPv6 option of each kind, for the destination and for every hop."""
    return [
        {"headers": f"{header}.0000.{kind:02x}04.4?{kind}"}
        for kind in kinds
        for header in ("3c", "00")
    ]


# Options that end in the middle of the header, with something behind.
ENDS = [
    {"headers": text}
    for text in ("00010203", "01000203", "070704000000000000010203", "9404000000070802")
]
# Source routes at their beginning and in their middle, and empty ones.
ROUTES = [
    {"headers": text}
    for text in (
        "01.830b04.c0000209.c000020a", "01.890b04.c0000209.c000020a",
        "01.830b08.c0000209.c000020a", "01.83070801020304", "01.89070801020304",
    )
]
# Type 0 routes of one to three addresses, of which so many are still to come.
ROUTES6 = [
    {"headers": f"2b.00{2 * count:02x}00{left:02x}.00000000.{16 * count}?{count + 1}"}
    for count in (1, 2, 3)
    for left in range(count + 1)
]
# Options whose length cannot be.
IMPOSSIBLE = [
    *({"headers": f"{kind:02x}{n:02x}.2?1"} for kind in (7, 148) for n in (0, 1, 5, 8, 255)),
    {"headers": "01010107"},
    {"headers": "01010194"},
]


def of_sizes(longest: int, unit: int) -> list[Fields]:
    """Options that are only padding, of every size."""
    return [{"options": size} for size in range(0, longest + 1, unit)]

"""Element lists, as a person would write them.

    dut.add(sa(spi=0x1001), sa(spi=0x1002).but(ext=3))
    dut.delete(node("#1", next="b"), node("#2", next="a"))        # a two-cycle
    dut.delete(run(1_000_000, handle="#1+"))

Elements are named a, b, c ... in the order of the line, unless they have a name of their own.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

ALICE, BOB = "192.0.2.1", "192.0.2.2"  # the device under test, and its peer
ALICE6, BOB6 = "2001:db8::1", "2001:db8::2"


@dataclass(frozen=True, repr=False)
class Node:
    """One element of a line, or a run of count equal ones; fields are those of trace.h."""

    fields: dict[str, Any] = field(default_factory=dict)
    name: str = ""
    count: int | None = None

    def but(self, **changes: Any) -> Node:
        """The same element with other fields; None takes one away.  "sa0.enc.len" is written
        sa0_enc_len."""
        fields = dict(self.fields)
        for key, value in changes.items():
            fields.pop(key, None)
            if value is not None:
                fields[key] = value
        return replace(self, fields=fields)

    def named(self, name: str) -> Node:
        return replace(self, name=name)

    def times(self, count: int) -> Node:
        """A run of this element."""
        return replace(self, count=count)

    def __repr__(self) -> str:
        return self.text("element")  # as trace.h has it: that is what a failure shows

    def text(self, name: str) -> str:
        size = "" if self.count is None else f"[{self.count}]"
        return f"{self.name or name}{size}{{{words(self.fields)}}}"


def words(fields: dict[str, Any]) -> str:
    """key=value ..., flags alone, false flags not at all."""
    text = []
    for key, value in fields.items():
        if value is None or value is False:
            continue
        if key[:4] in ("sa0_", "sa1_"):
            key = key.replace("_", ".")
        text.append(key if value is True else f"{key}={spelled(value)}")
    return " ".join(text)


def spelled(value: Any) -> str:
    """A value as trace.h wants it."""
    if isinstance(value, bytes | bytearray):
        return value.hex() or "-"
    if isinstance(value, int):
        return hex(value) if value > 4096 else str(value)
    return str(value)


def line_of(nodes: tuple[Node, ...]) -> str:
    return " ".join(each.text(name_of(at)) for at, each in enumerate(nodes))


def name_of(at: int) -> str:
    """a .. z, then a1, b1 ..."""
    letter = chr(ord("a") + at % 26)
    return letter if at < 26 else f"{letter}{at // 26}"


def sa(spi: int = 0x1001, **fields: Any) -> Node:
    """An ADD element: an outbound AES-GCM-128 SA from ALICE to BOB, unless fields say otherwise.

    inbound (of BOB's packets to ALICE), ipv6, esp= and ah= suite names, esn, hi, key, ...
    """
    inbound = fields.pop("inbound", False)
    ipv6 = fields.pop("ipv6", False)
    here, there = (ALICE6, BOB6) if ipv6 else (ALICE, BOB)
    src, dst = (there, here) if inbound else (here, there)
    own: dict[str, Any] = {"in": True} if inbound else {}
    own |= {"src": src, "dst": dst, "spi": spi}
    return Node(own | fields)


def inbound(spi: int = 0x1001, **fields: Any) -> Node:
    """An ADD element for an inbound SA."""
    return sa(spi, inbound=True, **fields)


def sas(count: int, spi: int = 0x1001, **fields: Any) -> tuple[Node, ...]:
    """So many SAs with SPIs in a row."""
    return tuple(sa(spi + at, **fields) for at in range(count))


def bad(element: Node) -> Node:
    """The same element with three operations: every device refuses it (ADD-019)."""
    return element.but(ext=3)


def littered(element: Node) -> Node:
    """The same IPv4 element, with something in the bytes that only IPv6 would use."""
    ends = [int(part) for key in ("src", "dst") for part in str(element.fields[key]).split(".")]
    pairs = [f"{high:02x}{low:02x}" for high, low in zip(ends[::2], ends[1::2])]
    flags = 1 if "in" in element.fields else 0
    return element.but(src=":".join((*pairs, "dead:beef:dead:beef")), dst="5555::aaaa", flags=flags)


def node(handle: str | int | None = None, **fields: Any) -> Node:
    """A DELETE element, or an UPDATE element with op, spi and hi."""
    own = {} if handle is None else {"handle": handle}
    return Node(own | fields)


def run(count: int, **fields: Any) -> Node:
    """A run of count elements; handle="#1+" counts up, next="+" is the next one."""
    return Node({"next": "+"} | fields, count=count)


# ---- Shapes --------------------------------------------------------------------------------


def ring(*handles: str) -> tuple[Node, ...]:
    """A list whose last element leads back to the first."""
    last = len(handles) - 1
    return tuple(
        node(handle, next=name_of(0 if at == last else at + 1))
        for at, handle in enumerate(handles)
    )


def rho(*handles: str, back_to: int) -> tuple[Node, ...]:
    """A list whose last element leads back into its middle."""
    nodes = list(ring(*handles))
    nodes[-1] = nodes[-1].but(next=name_of(back_to))
    return tuple(nodes)


def looped(*nodes: Node, back_to: int = 0) -> tuple[Node, ...]:
    """The same elements, but the last leads back to one of them."""
    return (*nodes[:-1], nodes[-1].but(next=name_of(back_to)))


def positions(*counts: int) -> list[tuple[int, int]]:
    """Every place in lists of these lengths: (length, place)."""
    return [(count, at) for count in counts for at in range(count)]

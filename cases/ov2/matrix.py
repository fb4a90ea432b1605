"""Lists of every shape: every two choices of what a list can be meet in one of these combinations.

    @every_shape("delete")
    def test_a_list_of_any_shape_...(dut, shaped):
        shaped.submit()

        assert shaped.familiar.works()

A list has its shape at one element, the spot; what stands before it is called front, what stands
behind it is called rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache
from itertools import product
from typing import Any

import pytest

from .catalogue import requirement
from .device import Device
from .kinds import Kind
from .link import bundle, link, meet
from .lists import Node, node
from .pairs import all_pairs
from .reply import Reply, final

OIDS = ("add", "update", "delete")
PLACES = ("head", "middle", "tail")
LENGTHS = ("1", "2", "3", "17", "capacity", "capacity+1")
PLACEMENTS = ("guard", "packed", "scattered")
FREE = {
    "size": ("constant", "sizeof", "larger"),
    "direction": ("in", "out"),
    "family": ("ipv4", "ipv6"),
    "when": ("inline", "pended"),
}
SIZES = {"add": (169, 176, 200), "update": (36, 40, 200), "delete": (24, 24, 200)}
FIXED = {"add": 168, "update": 36, "delete": 24}  # bytes of an element without keys

CAPACITY = 24  # of a device that can be told how many SAs to have room for
MOST = 1000  # with more room, lists as long as the table are left out

# SPIs: of the SA that no list names, of the SAs of the list, of others.
FAMILIAR, FIRST, ODD, DEAD = 0x9001, 0x2001, 0x8001, 0x8002
HIGH = 5  # what an update asks for

# Where, in an element, something stands that is no header: Type 1 or 2, or 0, and Revision 0.
_INSIDE = {"add": 16, "update": 24, "delete": 16}
_OF_OTHER_OID = {"add": "80011800.20*00", "update": "80011800.20*00", "delete": "8001a900.184*00"}


@dataclass(frozen=True)
class Combination:
    """What a list is to be."""

    oid: str
    shape: str
    place: str
    length: str
    placement: str
    size: str
    direction: str
    family: str
    when: str

    def __str__(self) -> str:
        return (
            f"{self.shape}-at-{self.place}-of-{self.length}-{self.placement}-{self.size}-"
            f"{self.direction}-{self.family}-{self.when}"
        )

    @property
    def repaired(self) -> Combination:
        """The same without its defect."""
        return replace(self, shape="plain")


class Shaped:
    """A list that is as a combination says, for a device, and the SAs that it needs."""

    def __init__(self, what: Combination, dut: Device, peer: Device, key_len: int) -> None:
        self.what, self.dut, self.peer = what, dut, peer
        self.key_len = key_len
        dut.needs(**({"ipv6": 1} if what.family == "ipv6" else {}))
        dut.needs(**({"esn": 1} if what.oid == "update" else {}))
        room = dut.resize(CAPACITY, MOST) if "capacity" in what.length else 0
        lengths = {"capacity": room, "capacity+1": room + 1}
        self.count = lengths.get(what.length) or int(what.length)
        self.familiar = link(peer, dut, spi=FAMILIAR)
        self.odd = self.dead = "null"
        self.first = self.live = 0
        if what.oid == "add":
            self.first, self.live = dut.submitted + 1, self.count
        else:
            self._add_what_it_names()

    def _add_what_it_names(self) -> None:
        dut = self.dut
        if self.what.shape == "wrong-direction-handle":
            self.odd = self._added(self.sa(ODD, turned=True))
        if self.what.shape == "dead-then-live":
            self.dead = self._added(self.sa(DEAD))
            assert dut.delete(self.dead).succeeded
        if self.what.shape == "foreign-handle":
            Device(dut.case, "dut2").open(**dut.options).add(self.sa(FIRST))
        others = 2 if self.odd != "null" else 1
        self.live = min(self.count, dut.capacity - others)
        self.first = dut.submitted + 1
        assert dut.add(self.sa(FIRST).times(self.live)).given == self.live

    def _added(self, element: Node) -> str:
        handle = self.dut.add(element).handle
        assert handle is not None
        return handle

    # ---- the elements ----

    def sa(self, spi: int, turned: bool = False) -> Node:
        """An ADD element; turned: for the other direction."""
        inbound = (self.what.direction == "in") != turned
        fields: dict[str, Any] = {"esn": True} if self.what.oid == "update" else {}
        fields |= {"ipv6": self.what.family == "ipv6", "key": f"{self.key_len}?9"}
        return bundle(spi, inbound, inbound, **fields)

    def element(self, handle: str, spi: int) -> Node:
        """An element of the list."""
        own = {
            "add": self.sa(spi, turned=spi == ODD),
            "update": node(handle, op="esp", spi=spi, hi=HIGH),
            "delete": node(handle),
        }[self.what.oid]
        size = dict(zip(FREE["size"], SIZES[self.what.oid]))[self.what.size]
        return own.but(size=None if self.what.size == "constant" else size, at=self.what.placement)

    def named(self, at: int) -> tuple[str, int]:
        """The handle and the SPI of the element at this index.  Where a list is longer than the
        table, it begins again."""
        at %= self.live
        return f"#{self.first + at}", FIRST + at

    @property
    def at(self) -> int:
        """The index of the spot."""
        last = self.count - SHAPES[self.what.shape].takes
        return {"head": 0, "middle": self.count // 2, "tail": last}[self.what.place]

    def spot(self, further: int = 0) -> Node:
        return self.element(*self.named(self.at + further)).named("spot")

    def runs(self, name: str, begin: int, end: int) -> list[Node]:
        """The elements of these indices, as runs."""
        pieces = [(begin, min(end, self.live)), (max(begin, self.live), end)]
        nodes = []
        for start, stop in pieces:
            if start < stop:
                handle, spi = self.named(start)
                run = self.element(f"{handle}+", spi).times(stop - start)
                nodes.append(run.named(name if not nodes else f"{name}{len(nodes)}"))
        return nodes

    def nodes(self, **second: Any) -> list[Node]:
        """The list; second: what is wrong with its spot besides."""
        shape = SHAPES[self.what.shape]
        front = self.runs("front", 0, self.at)
        spot = [each.but(**second) if each.name == "spot" else each for each in shape.make(self)]
        rest = self.runs("rest", self.at + shape.takes, self.count)
        if self.what.shape == "rho":
            rest[-1] = rest[-1].but(next="+", last="spot")
        if self.what.shape == "shared-tail":
            front[-1] = front[-1].but(next="+", last="rest")
        return front + spot + rest

    def block_len(self, nodes: list[Node]) -> int:
        """How many bytes a packed list takes."""
        size = SIZES[self.what.oid][2] if self.what.size == "larger" else 0
        own = FIXED[self.what.oid] + (self.key_len if self.what.oid == "add" else 0)
        stride = (max(own, size) + 7) & ~7
        return stride * (self.count - 1) + int(nodes[-1].fields["bytes"])

    # ---- the request ----

    def submit(self, **second: Any) -> Reply:
        """Asks for it, and waits until it is answered."""
        ask = {"add": self.dut.add, "update": self.dut.update, "delete": self.dut.delete}
        nodes = self.nodes(**second)
        options: dict[str, Any] = {}
        if self.what.shape == "straddle":
            options["length"] = self.block_len(nodes)
        if self.what.when == "inline":
            return ask[self.what.oid](*nodes, **options)
        self.dut.event("hold")
        asked = ask[self.what.oid](*nodes, nowait=True, **options)
        self.released = self.dut.event("release")
        assert final(asked, self.released) != "PENDING"
        return asked

    def agrees(self, answer: Reply) -> bool:
        """Whether packets for the first and the last SA of the list show what was answered: what
        was deleted is gone, what was added or updated works.  Of a list with a defect only the
        model knows what they must show."""
        done = final(answer, self.released) if answer.pending else answer.status
        given = self.released.done_handles if answer.pending else answer.handles
        is_sound = not SHAPES[self.what.shape].is_defect and done == "SUCCESS"
        wanted = self.what.oid != "delete"
        seen = [self._works(at, done, given) for at in sorted({0, self.live - 1} - self._odd_ones)]
        return not is_sound or all(works in (wanted, None) for works in seen)

    @property
    def _odd_ones(self) -> set[int]:
        """The index whose SA another one stands for."""
        return {self.at} if self.what.shape == "wrong-direction-handle" else set()

    def _works(self, at: int, done: str, given: list[str | None]) -> bool | None:
        """Whether the SA of this index carries a packet; None: there is none."""
        handle, spi = self.named(at)
        element = self.sa(spi)
        is_given = self.what.oid != "add" or handle in given
        if not is_given and "in" not in element.fields:
            return None
        if self.what.oid == "update" and done == "SUCCESS":
            element = element.but(hi=HIGH)
        works = meet(self.dut, self.peer, handle, element).works()
        return works if is_given else None


# ---- The shapes ------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shape:
    """What the spot is made of, at which places, in lists how long."""

    make: Callable[[Shaped], list[Node]]
    laws: dict[str, str]  # for each OID whose lists may have it
    places: tuple[str, ...] = PLACES
    least: int = 1
    placements: tuple[str, ...] = PLACEMENTS
    lengths: tuple[str, ...] = LENGTHS  # a device that hangs costs seconds: fewer for cycles
    is_defect: bool = True  # without it, the list would be accepted
    takes: int = 1  # elements


def _plain(shaped: Shaped) -> list[Node]:
    return [shaped.spot()]


def _with(**defect: Any) -> Callable[[Shaped], list[Node]]:
    return lambda shaped: [shaped.spot().but(**defect)]


def _two_cycle(shaped: Shaped) -> list[Node]:
    return [shaped.spot(), shaped.spot(further=1).named("other").but(next="spot")]


def _to_head(shaped: Shaped) -> list[Node]:
    return [shaped.spot().but(next="front")]


def _into_node(shaped: Shaped) -> list[Node]:
    handle = {"handle": "null"} if shaped.what.oid == "delete" else {}
    return [shaped.spot().but(next=f"spot+{_INSIDE[shaped.what.oid]}", **handle)]


def _of_other_oid(shaped: Shaped) -> list[Node]:
    return [Node({"raw": _OF_OTHER_OID[shaped.what.oid], "at": shaped.what.placement}, "spot")]


def _repeated(shaped: Shaped) -> list[Node]:
    return [shaped.element(*shaped.named(0 if shaped.at else 1)).named("spot")]


def _dead(shaped: Shaped) -> list[Node]:
    return [shaped.element(shaped.dead, DEAD).named("spot")]


def _turned(shaped: Shaped) -> list[Node]:
    return [shaped.element(shaped.odd, ODD).named("spot")]


_ALL = {"add": "ADD-012", "update": "UPD-025", "delete": "DEL-004"}
_CYCLE = {"add": "ADD-017", "update": "UPD-027", "delete": "DEL-015"}
_HEADER = {"add": "HDR-015", "update": "UPD-026", "delete": "DEL-016"}
_UNKNOWN = {"update": "UPD-007", "delete": "DEL-011"}

SHAPES = {
    "plain": Shape(_plain, _ALL, is_defect=False),
    "self-loop": Shape(_with(next="spot"), _CYCLE, lengths=("1", "2", "17")),
    "two-cycle": Shape(_two_cycle, _CYCLE, lengths=("2", "3", "capacity"), least=2, takes=2),
    "rho": Shape(_plain, _CYCLE, ("middle",), lengths=("3", "17", "capacity+1")),
    "tail-to-head": Shape(_to_head, _CYCLE, ("tail",), lengths=("3", "17", "capacity")),
    "shared-tail": Shape(
        _plain, _ALL | {"add": "ADD-015"}, ("middle",), least=3, is_defect=False
    ),
    "into-node": Shape(_into_node, _HEADER, ("head", "middle"), least=2, placements=("packed",)),
    "into-other-oid": Shape(_of_other_oid, _HEADER, ("middle", "tail"), least=2),
    "unaligned": Shape(_with(at="unaligned"), _ALL, is_defect=False),
    "straddle": Shape(
        lambda shaped: [shaped.spot().but(bytes=FIXED[shaped.what.oid] - 8)],
        dict.fromkeys(OIDS, "HDR-011"), ("tail",), least=2, placements=("packed",),
    ),
    "header-only": Shape(_with(size=4, bytes=4), _HEADER),
    "wrong-type": Shape(_with(type=0x7F), dict.fromkeys(OIDS, "HDR-014")),
    "wrong-revision": Shape(_with(rev=0), dict.fromkeys(OIDS, "HDR-010")),
    "wrong-size": Shape(_with(size=8), _HEADER),
    "duplicate-handle": Shape(_repeated, {"update": "UPD-029", "delete": "DEL-012"}, least=2),
    "dead-then-live": Shape(_dead, _UNKNOWN, ("head", "middle"), least=2),
    "foreign-handle": Shape(_with(handle="dut2#1"), {"update": "UPD-007", "delete": "DEL-026"}),
    "null-handle": Shape(_with(handle="null"), {"update": "UPD-009", "delete": "DEL-011"}),
    "wrong-direction-handle": Shape(_turned, _ALL | {"add": "ADD-039"}, least=2, is_defect=False),
}


# ---- The combinations --------------------------------------------------------------------------


def _bound() -> Iterator[dict[str, str]]:
    """Every choice that forbids another."""
    for name, shape in SHAPES.items():
        for row in product(shape.laws, shape.places, shape.lengths, shape.placements):
            oid, place, length, placement = row
            count = 10 if "capacity" in length else int(length)
            places = {1: PLACES[:1], 2: (PLACES[0], PLACES[2])}.get(count, PLACES)
            if count < shape.least or place not in places:
                continue
            if shape.takes == count and place != "head":
                continue
            yield {"oid": oid, "shape": name, "place": place, "length": length,
                   "placement": placement}


@cache
def combinations(oid: str) -> tuple[Combination, ...]:
    """All pairs for each OID by itself."""
    bound = [row for row in _bound() if row["oid"] == oid]
    rows = (Combination(**row) for row in all_pairs(bound, FREE))
    return tuple(sorted(rows, key=str))


def every_shape(oid: str) -> pytest.MarkDecorator:
    """A case for each combination about this OID; the fixture `shaped` is its list."""
    return pytest.mark.parametrize(
        "shaped",
        [
            pytest.param(row, id=str(row), marks=requirement(SHAPES[row.shape].laws[oid]))
            for row in combinations(oid)
        ],
        indirect=True,
    )


@pytest.fixture
def shaped(
    request: pytest.FixtureRequest, dut: Device, peer: Device, profile: dict[str, str]
) -> Shaped:
    """A list of one combination, not submitted yet."""
    return Shaped(request.param, dut, peer, 20 if profile["GCM_KEY"] == "key+salt" else 16)


# ---- Requests of a single structure ------------------------------------------------------------

# What stands behind it: these bytes, or another structure.  At an address there is no memory.
BEHIND = {
    "zeros": "64*00",
    "ones": "64*ff",
    "noise": "64?3",
    "addresses": ".".join(["0010000000500000"] * 8),
    "structure": "",
}
_SINGLE = {
    "behind": tuple(BEHIND),
    "covers": ("own", "whole"),
    "size": ("constant", "sizeof", "larger"),
    "when": ("inline", "pended"),
}


@dataclass(frozen=True)
class Single:
    """A structure that is no list, in a buffer with something else; covers: which part of the
    buffer InformationBufferLength counts."""

    behind: str
    covers: str
    size: str
    when: str

    def __str__(self) -> str:
        return "-".join((self.behind, self.covers, self.size, self.when))

    def submit(self, kind: Kind, element: Node, other: Node) -> str:
        """Submits the element, with the other behind it or with bytes; the final status."""
        size = {"constant": kind.size, "sizeof": kind.sizeof, "larger": 200}[self.size]
        raw = BEHIND[self.behind]
        nodes = [element.but(size=size), Node({"raw": raw}) if raw else other]
        own = max(kind.length, size)
        options = {"length": own if self.covers == "own" else (own + 7 & ~7) + 64}
        nodes = [each.but(at="packed") for each in nodes]
        if self.when == "inline":
            return final(kind.ask(*nodes, **options))
        kind.dut.event("hold")
        asked = kind.ask(*nodes, nowait=True, **options)
        return final(asked, kind.dut.event("release"))


def every_surrounding() -> pytest.MarkDecorator:
    """A case for all pairs of what a single structure may have around it."""
    rows = sorted((Single(**row) for row in all_pairs([{}], _SINGLE)), key=str)
    return pytest.mark.parametrize("single", rows, ids=str)

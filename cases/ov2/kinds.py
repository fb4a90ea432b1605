"""The four requests about SAs, one like the other: what holds for all of them is written once.

    def test_revision_0_fails(kind):
        assert kind.ask(kind.element(rev=0)).failed
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

import pytest

from . import suites
from .case import Case
from .device import Device, setting
from .link import bundle
from .lists import Node, node
from .reply import Reply

# Header.Size of revision 1 with 64-bit pointers: NDIS_SIZEOF_..._REVISION_1, and sizeof.
SIZES = {
    "add_sa": (169, 176),
    "add_sa_ex": (170, 176),
    "update_sa": (28, 32),
    "update_sa linked": (36, 40),
    "delete_sa": (24, 24),
}
VERBS = ("add_sa", "add_sa_ex", "update_sa", "delete_sa")

# Lengths at which a reader of these structures might go wrong.
LENGTHS = (
    *(0, 1, 3, 4, 7, 8, 11, 12, 15, 16, 19, 20, 23, 24, 27, 28, 31, 32, 35, 36, 39, 40),
    *(*range(155, 178), 187, 195, 0x7FFF, 0xFFFF),
    *(0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF),
)

ATTEMPTS = 3  # threads meet by chance

MOMENTS = 400  # more than instructions read one element

# Sweeps over these go to the request, all others to its element.
OPTIONS = ("kind", "length", "port", "timeout", "out")


def lengths(at_least: int = 0, below: int = 0x10000) -> list[int]:
    """The lengths of the table in a range; they fit into Header.Size unless below= says more."""
    return [value for value in LENGTHS if at_least <= value < below]


class Kind:
    """One of the requests about SAs: the sizes of its structure, well-formed elements for it, and
    whether what it asked for is so."""

    def __init__(
        self, verb: str, dut: Device, peer: Device, profile: dict[str, str], spi: int = 0x1000
    ) -> None:
        self.verb = verb
        self.dut = dut
        self.peer = peer
        is_linked = profile["UPDATE_LAYOUT"] == "linked"
        self.is_list = verb in ("add_sa", "delete_sa") or (verb == "update_sa" and is_linked)
        self.size, self.sizeof = SIZES[
            "update_sa linked" if verb == "update_sa" and is_linked else verb
        ]
        self.key_len = 20 if profile["GCM_KEY"] == "key+salt" else 16
        self._spi = spi  # the latest one
        self._spis: dict[str, int] = {}  # of the SAs that elements name
        self._high = 0

    def __repr__(self) -> str:
        return self.verb

    @property
    def is_adding(self) -> bool:
        return self.verb.startswith("add")

    @property
    def length(self) -> int:
        """What a whole element occupies, its keys included."""
        keys_at = {"add_sa": 168, "add_sa_ex": 176}
        return keys_at[self.verb] + self.key_len if self.is_adding else self.size

    def ask(self, *nodes: Node, **options: Any) -> Reply:
        return self.dut.request(self.verb, *nodes, **options)

    def pend(self, *nodes: Node, **options: Any) -> Reply:
        """Asks while the hardware is held; skips where the device does at once what it is asked."""
        reply = self.ask(*nodes, nowait=True, **options)
        assert reply.pending or reply.succeeded, f"refused while hardware is held: {reply.status}"
        if not reply.pending:
            pytest.skip(f"the device answers {self.verb} although its hardware is held")
        return reply

    def element(self, **fields: Any) -> Node:
        """A well-formed element but for these fields: a new SA, or one that names a live SA."""
        self._spi += 1
        if self.is_adding:
            ipv6 = fields.pop("ipv6", False)
            return bundle(self._spi, to_dut=True, inbound=True, ipv6=ipv6).but(**fields)
        is_update = self.verb == "update_sa"
        added = self.dut.add(bundle(self._spi, to_dut=True, inbound=True, esn=is_update))
        assert added.succeeded, f"the device refused the SA: {added.status}"
        handle = f"#{self.dut.submitted}"
        self._spis[handle] = self._spi
        if not is_update:
            return node(handle).but(**fields)
        self._high += 1
        return node(handle, op="esp", spi=self._spi, hi=self._high).but(**fields)

    def holds(self, element: Node) -> bool:
        """Whether what the element asks for is so, as a packet of the peer shows: the new SA works,
        the new upper half is in force, the SA is gone."""
        fields = element.fields
        spi = fields["spi"] if self.is_adding else self._spis[fields["handle"]]
        own = {"esn": True, "hi": fields["hi"]} if self.verb == "update_sa" else {}
        if self.is_adding:
            own["ipv6"] = ":" in fields["src"]
        assert self.peer.add(bundle(spi, to_dut=True, inbound=False, **own)).succeeded
        packet = self.dut.receive(self.peer.send(f"#{self.peer.submitted}").frame).packet
        return packet.is_untouched if self.verb == "delete_sa" else packet.is_good

    def shake(self, **other: Any) -> None:
        """Requests whose element gets the other fields after the first instruction that reads it,
        after the second, and so on."""
        for after in range(1, MOMENTS):
            steady = self.element()
            reply = self.ask(steady.but(next="null", twitch="b", after=after), steady.but(**other))
            if "unsupported" in reply.answer:
                pytest.skip("this processor does not tell when memory is read")
            self._undo(steady, reply)
            if "changed" not in reply.answer:
                break

    def accepted(self, key: str, values: Iterable[int], **fields: Any) -> list[int]:
        """The values of a member, or of an option of the request, with which it succeeds."""
        return [value for value in values if self._try(key, value, fields)]

    def refused(self, key: str, values: Iterable[int], **fields: Any) -> list[int]:
        """The values with which it does not."""
        return [value for value in values if not self._try(key, value, fields)]

    def _try(self, key: str, value: int, fields: dict[str, Any]) -> bool:
        """One of a sweep; leaves the table as it was."""
        options = {key: value} if key in OPTIONS else {}
        element = self.element(**fields, **({} if options else {key: value}))
        reply = self.ask(element, **options)
        self._undo(element, reply)
        return reply.succeeded

    def _undo(self, element: Node, reply: Reply) -> None:
        """Deletes the SA that the element is about, if it is there."""
        if self.is_adding:
            given = [handle for handle in reply.handles if handle]
        else:
            is_gone = self.verb == "delete_sa" and reply.succeeded
            given = [] if is_gone else [element.fields["handle"]]
        for handle in given:
            self.dut.delete(handle)


def kinds(*verbs: str) -> pytest.MarkDecorator:
    """A case about some of the requests only."""
    return pytest.mark.parametrize("kind", verbs, indirect=True)


def _why_not(verb: str, dut: Device, profile: dict[str, str]) -> str:
    """Why the device need not have this request, if so."""
    major, minor = str(dut.caps["ndis"]).split(".")
    is_630 = (int(major), int(minor)) >= (6, 30)
    if verb == "add_sa_ex" and not is_630:
        return "ADD_SA_EX is for NDIS 6.30 and later"
    if verb == "add_sa" and is_630 and profile["ADD_ON_630"] == "no":
        return "the device declares ADD_ON_630=no"
    if verb == "update_sa" and not dut.can("esn"):
        return suites.missing("esn", 1)
    return ""


@pytest.fixture(params=VERBS)
def kind(
    request: pytest.FixtureRequest, dut: Device, peer: Device, profile: dict[str, str]
) -> Kind:
    """Each request about SAs that the device has to have."""
    return _kind(request.param, dut, peer, profile)


def _kind(verb: str, dut: Device, peer: Device, profile: dict[str, str]) -> Kind:
    if reason := _why_not(verb, dut, profile):
        pytest.skip(reason)
    return Kind(verb, dut, peer, profile)


@pytest.fixture
def every_kind(dut: Device, peer: Device, profile: dict[str, str]) -> list[Kind]:
    """All of them at once, each with SPIs of its own."""
    verbs = [verb for verb in VERBS if not _why_not(verb, dut, profile)]
    return [Kind(verb, dut, peer, profile, 0x1000 * at) for at, verb in enumerate(verbs, 1)]


LISTS = ("add_sa", pytest.param("update_sa", marks=setting(UPDATE_LAYOUT="linked")), "delete_sa")


@pytest.fixture(params=LISTS)
def listing(
    request: pytest.FixtureRequest, dut: Device, peer: Device, profile: dict[str, str]
) -> Kind:
    """Each of those whose elements make lists."""
    return _kind(request.param, dut, peer, profile)


@pytest.fixture
def configurable(closed: Device) -> Device:
    """The device under test, not open yet, if it can be told on its open line what it is to be."""
    if closed.case.worker.hello.get("configurable") != "yes":
        pytest.skip("the device is as it is, whatever the open line says")
    return closed


@pytest.fixture(params=range(ATTEMPTS), ids="try{}".format)
def racing(dut: Device) -> Device:
    """The device under test, if several threads may be in it at once: what is asked with race=True
    goes off together with the next line, each in a thread of its own."""
    if dut.case.worker.hello.get("concurrent") != "yes":
        pytest.skip("its adapter lets in one thread at a time")
    if dut.resize(64) < 32:
        pytest.skip(f"the device has room for {dut.capacity} SAs, a crowd takes 32")
    return dut


@pytest.fixture
def without_ipsec(case: Case, profile: dict[str, str]) -> Device:
    """A device under test that does not offer IPsecOV2."""
    is_configurable = case.worker.hello.get("configurable") == "yes"
    device = Device(case).open(**({"ipsec": 0} if is_configurable else {}))
    if device.can("esp") or device.can("ah"):
        pytest.skip("the device offers IPsecOV2, whatever the open line says")
    return device


# ---- Negatives -----------------------------------------------------------------------------


def twins(ask: Callable[..., Reply], good: Node, **defect: Any) -> tuple[Reply, Reply]:
    """Submits an element with one defect, then its sanity twin: the same element without it.

    A device that refuses the twin as well has not refused the defect."""
    return ask(good.but(**defect)), ask(good)

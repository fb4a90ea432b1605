"""Devices, as cases see them: what can be asked of one."""

from __future__ import annotations

from typing import Any, Callable

import pytest

from . import catalogue, suites
from .case import Case
from .lists import Node, line_of, node, spelled, words
from .reply import Frame, Reply
from .worker import Answer

# More fixtures.
pytest_plugins = [
    "ov2.kinds", "ov2.keys", "ov2.updates", "ov2.matrix", "ov2.large", "ov2.parameters",
]

CHOICES = catalogue.choices()
ROOM = 16  # SAs that a case may take which is not about capacity


class Device:
    """One device of the trace: dut, dut2 ..., peer."""

    def __init__(self, case: Case, name: str = "dut") -> None:
        self.case = case
        self.name = name
        self.caps: Answer = Answer("")
        self.options: dict[str, Any] = {}  # of its open line
        self.submitted = 0  # ADD elements so far: the number of the last SA symbol
        self.gave_up: set[str] = set()  # capabilities that it was told not to have
        self.has_add_sa = True

    def ask(self, line: str) -> Reply:
        """One line of the trace language; an SA that names no algorithm needs the usual one."""
        if not self.is_peer and self.offers_ipsec and suites.is_usual(line):
            usual = suites.capabilities(suites.USUAL).items()
            self.needs(**{key: bits for key, bits in usual if key not in self.gave_up})
        prefix = "" if self.name == "dut" else f"{self.name} "
        return Reply(self.case.ask(f"{prefix}{line}".rstrip()))

    def open(self, **options: Any) -> Device:
        self.options = options
        self.caps = self.ask(f"open {words(options)}").answer
        self.submitted = 0
        declared = options.get("ADD_ON_630", self.case.profile.get("ADD_ON_630", "yes"))
        self.has_add_sa = self.is_peer or declared == "yes" or not self.is_630
        return self

    def close(self) -> Reply:
        return self.ask("close")

    def reopen(self, **options: Any) -> Device:
        """Closes the device and opens it once more, with other options on top."""
        self.close()
        return self.open(**self.options | options)

    # ---- capabilities ----

    def can(self, capability: str) -> int:
        """A number of the capability report: esn, ah, capacity, enc ..."""
        return int(str(self.caps[capability]), 0)

    @property
    def is_peer(self) -> bool:
        """Whether it is the clean reference at the other end of the wire."""
        return self.name.startswith("peer")

    @property
    def is_630(self) -> bool:
        """Whether it registered as a miniport of NDIS 6.30 or later."""
        major, minor = (int(part) for part in str(self.caps["ndis"]).split("."))
        return (major, minor) >= (6, 30)

    @property
    def offers_ipsec(self) -> bool:
        return "esp" in self.caps and (self.can("esp") or self.can("ah")) > 0

    @property
    def capacity(self) -> int:
        return self.can("capacity")

    def needs(self, **capabilities: int) -> None:
        """Skips the case where the device does not claim what it is about."""
        for name, wanted in capabilities.items():
            if self.can(name) & wanted != wanted:
                pytest.skip(suites.missing(name, wanted & ~self.can(name)))

    @property
    def is_configurable(self) -> bool:
        """Whether its adapter can be told on the open line what it is to be."""
        return self.case.worker.hello.get("configurable") == "yes"

    def lacks(self, **capabilities: int) -> None:
        """The opposite of needs(): without these bits, if it can be told so; else skips the case
        where the device reports them."""
        present = {name: bits for name, bits in capabilities.items() if self.can(name) & bits}
        if present and self.is_configurable:
            self.reopen(**{name: self.can(name) & ~bits for name, bits in present.items()})
            self.gave_up |= present.keys()
        for name, bits in capabilities.items():
            if self.can(name) & bits:
                pytest.skip(f"the device reports {name}={hex(self.can(name) & bits)}")

    def unclaimed(self, capability: str, works: bool) -> None:
        """Warns that the device does what it does not report, though it need not: whoever goes by
        its report never asks it to.  What it was told not to report is no matter."""
        if works and capability not in self.gave_up:
            self.case.warnings.append(f"{capability} works, and the device does not report it")

    def resize(self, capacity: int, most: int = 1_000_000) -> int:
        """A table of so many bundles, if it can be told so; returns how many it has.  A case that
        fills the table is skipped where it has more than most."""
        if self.capacity != capacity and self.is_configurable:
            self.reopen(capacity=capacity)
        if self.capacity > most:
            pytest.skip(f"the device has room for {self.capacity} SAs, too many for this case")
        return self.capacity

    def registers(self, ndis: str) -> None:
        """A miniport of this version, if it can be told so; else skips the case."""
        if self.caps["ndis"] != ndis and self.is_configurable:
            self.reopen(ndis=ndis)
        if self.caps["ndis"] != ndis:
            pytest.skip(f"the device registers NDIS {self.caps['ndis']}")

    # ---- requests ----

    def request(self, verb: str, *nodes: Node, **options: Any) -> Reply:
        if verb in ("add_sa", "add_sa_ex"):
            self.submitted += sum(1 if each.count is None else each.count for each in nodes)
        return self.ask(" ".join(filter(None, (verb, words(options), line_of(nodes)))))

    def add(self, *nodes: Node, **options: Any) -> Reply:
        """Adds a list of SAs; on a device without ADD_SA one SA, the other way."""
        if self.has_add_sa:
            return self.request("add_sa", *nodes, **options)
        if len(nodes) > 1 or nodes[0].count is not None or nodes[0].fields.get("next"):
            pytest.skip("ADD_ON_630=no: the device takes no list of SAs")
        return self.add_ex(*nodes, **options)

    def add_ex(self, *nodes: Node, **options: Any) -> Reply:
        if not self.is_630:
            pytest.skip("ADD_SA_EX is for NDIS 6.30 and later")
        return self.request("add_sa_ex", *nodes, **options)

    def latest(self, count: int) -> list[str]:
        """The symbols of so many SAs that were submitted last."""
        return [f"#{at}" for at in range(self.submitted - count + 1, self.submitted + 1)]

    def update(self, *nodes: Node, **options: Any) -> Reply:
        return self.request("update_sa", *nodes, **options)

    def delete(self, *handles: str | Node | None, **options: Any) -> Reply:
        """Deletes a list of handles, or of elements."""
        nodes = (each if isinstance(each, Node) else node(each) for each in handles)
        return self.request("delete_sa", *nodes, **options)

    def forget(self, added: Reply) -> None:
        """Deletes every SA that an add was given."""
        given = [handle for handle in added.handles if handle]
        for at in range(0, len(given), 100):
            self.delete(*given[at : at + 100])

    def oid(self, code: int | str, **options: Any) -> Reply:
        return self.ask(f"oid code={spelled(code)} {words(options)}")

    def cancel(self, request_id: int) -> Reply:
        return self.ask(f"cancel id={request_id}")

    def event(self, name: str, **options: Any) -> Reply:
        reply = self.ask(f"event {name} {words(options)}")
        if "unsupported" in reply.answer:
            pytest.skip(f"the adapter cannot do the event {name}")
        return reply

    def config(self, **options: Any) -> Reply:
        return self.ask(f"config {words(options)}")

    def scan(self, key: bytes | str) -> str:
        """Where the driver holds these bytes of a key: live, released or no."""
        reply = self.ask(f"scan key={spelled(key)}")
        if "unsupported" in reply.answer:
            pytest.skip("the adapter takes its memory elsewhere")
        return str(reply.answer["found"])

    def switch(self, ipsec: str) -> None:
        """OID_TCP_OFFLOAD_PARAMETERS: "disabled", "ah", "esp" or "both"."""
        if not self.config(ipsec=ipsec).succeeded:
            pytest.skip(f"the device does not take IPsecV2={ipsec} in OID_TCP_OFFLOAD_PARAMETERS")

    def drain(self) -> Reply:
        return self.ask("drain")

    # ---- packets ----

    def send(self, sa: str | None, data: bytes | str = b"attack at dawn", **fields: Any) -> Reply:
        """Sends one list with one packet (count= more) through an SA; None: without one."""
        count = fields.pop("count", None)
        options = words({"nowait": fields.pop("nowait", False)})
        own: dict[str, Any] = {} if sa is None else {"sa": sa}
        own["data"] = data
        packet = Node(own | fields, count=count).text("p")
        return self.ask(" ".join(filter(None, ("send", options, packet))))

    def send_lists(self, *lists: Node) -> Reply:
        """Sends several lists in one call."""
        return self.ask(f"send {line_of(lists)}")

    def receive(self, *frames: Frame | bytes, **fields: Any) -> Reply:
        """Frames arrive from the wire, in one burst; fields go to each of them."""
        texts = (f.text() if isinstance(f, Frame) else f"frame={spelled(f)}" for f in frames)
        tail = f" {words(fields)}" if fields else ""
        names = (chr(ord("f") + at) if at < 20 else f"f{at}" for at in range(len(frames)))
        return self.ask("receive " + " ".join(f"{n}{{{t}{tail}}}" for n, t in zip(names, texts)))


# ---- Fixtures ------------------------------------------------------------------------------


def setting(**choices: str) -> pytest.MarkDecorator:
    """A case about one choice of the profile: it runs on devices that declare it, and on those
    that follow whatever the open line says."""
    for name, value in choices.items():
        assert value in CHOICES[name], f"{name} is one of {CHOICES[name]}"
    return pytest.mark.setting(choices)


def _settings(request: pytest.FixtureRequest) -> dict[str, str]:
    marks = request.node.iter_markers("setting")
    return {name: value for mark in marks for name, value in mark.args[0].items()}


@pytest.fixture
def profile(request: pytest.FixtureRequest, case: Case) -> dict[str, str]:
    """What this case's device declares: the run's profile and the case's own settings."""
    declared = {name: values[0] for name, values in CHOICES.items()} | case.profile
    wanted = _settings(request)
    is_configurable = case.worker.hello.get("configurable") == "yes"
    for name, value in wanted.items():
        if declared[name] != value and not is_configurable:
            pytest.skip(f"the device declares {name}={declared[name]}, the case is about {value}")
    return declared | wanted


@pytest.fixture
def dut(case: Case, request: pytest.FixtureRequest, profile: dict[str, str]) -> Device:
    """The device under test, open, if it is able to do what every case counts on."""
    device = Device(case).open(**_settings(request))
    device.needs(transport=1)
    if device.capacity < ROOM:
        pytest.skip(f"the device has room for {device.capacity} SAs, a case takes up to {ROOM}")
    return device


@pytest.fixture
def closed(case: Case, profile: dict[str, str]) -> Device:
    """The device under test, not open yet: for cases that choose how it is opened."""
    return Device(case)


@pytest.fixture
def peer(case: Case, profile: dict[str, str]) -> Device:
    """The clean reference at the other end of the wire.  Of the profile it shares what decides
    about keys; the other choices are between a device and its own host."""
    return Device(case, "peer").open(GCM_KEY=profile["GCM_KEY"], capacity=100_000)


@pytest.fixture
def second_peer(case: Case, profile: dict[str, str]) -> Device:
    """One more device of the clean reference, which knows nothing of the SAs of the first."""
    return Device(case, "peer2").open(GCM_KEY=profile["GCM_KEY"], capacity=100_000)


class Early(Device):
    """A device that tells the handle of an SA before it completes the add."""

    def knows(self, added: Reply) -> None:
        """Skips the case where the device keeps the handle to itself until then."""
        if None in added.handles:
            pytest.skip("the device tells no handle before it completes the add")


@pytest.fixture
def early(case: Case, profile: dict[str, str]) -> Early:
    """The device under test, on hold, and telling handles early if it can be told so."""
    device = Early(case)
    device.open(**({"complete": "late"} if device.is_configurable else {}))
    device.event("hold")
    return device


@pytest.fixture
def sibling(case: Case, request: pytest.FixtureRequest, dut: Device) -> Device:
    """A second device of the adapter under test."""
    return Device(case, "dut2").open(**_settings(request))


@pytest.fixture(params=("add_sa", "add_sa_ex"))
def adding(request: pytest.FixtureRequest, dut: Device) -> Callable[..., Reply]:
    """Each way to add an SA that the device has to have."""
    if request.param == "add_sa_ex" and not dut.is_630:
        pytest.skip("ADD_SA_EX is for NDIS 6.30 and later")
    if request.param == "add_sa" and not dut.has_add_sa:
        pytest.skip("the device declares ADD_ON_630=no")
    return dut.add_ex if request.param == "add_sa_ex" else dut.add


def door(verb: str) -> pytest.MarkDecorator:
    """A case about one way to add an SA only."""
    return pytest.mark.parametrize("adding", (verb,), indirect=True)


@pytest.fixture
def suite(request: pytest.FixtureRequest, dut: Device) -> dict[str, str]:
    """The algorithms of one bundle, as fields of an ADD element; see every_suite()."""
    dut.needs(**suites.capabilities(*request.param.values()))
    fields: dict[str, str] = request.param
    return fields


def every_suite(*kinds: str) -> pytest.MarkDecorator:
    """A case for each bundle of algorithms of these kinds (suites.KINDS) that the device claims."""
    bundles = [bundle for kind in kinds for bundle in suites.KINDS[kind]]
    ids = ["+".join(bundle.values()) for bundle in bundles]
    return pytest.mark.parametrize("suite", bundles, ids=ids, indirect=True)


def each_family(test: Any) -> Any:
    """A case for IPv4 and, where the device claims it, for IPv6."""
    found = pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"), indirect=True)
    return found(test)


@pytest.fixture
def ipv6(request: pytest.FixtureRequest, dut: Device) -> bool:
    """The family of a case; see each_family()."""
    dut.needs(ipv6=int(request.param))
    return bool(request.param)

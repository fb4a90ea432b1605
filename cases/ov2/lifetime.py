"""A whole life of a device in random steps: SAs come, change, carry packets and go, while the
device is reset, sleeps, is paused and switched off.  The stack does nothing that it should not, but
for some SAs that nobody takes.  The laws of the harness judge every line.

    assert Lifetime(dut, peer, profile, seed=7).play(300) == []
"""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Any

from . import suites
from .device import Device
from .life import INTERRUPTIONS
from .link import AH_SPI, Link, bundle, link, working
from .lists import bad, inbound, node

MOST = 12  # SAs at a time
LOOK = 10  # steps from one look at all SAs to the next
FIRST_SPI = 0x1001
ICVS = {"esp": "icv", "ah": "ah-icv"}

STEPS = {  # how often each comes up
    "come": 14,
    "go": 9,
    "go_together": 2,
    "carry": 24,
    "carry_all": 4,
    "carry_forged": 4,
    "carry_late": 4,
    "renew": 8,
    "send_plain": 2,
    "add_in_vain": 2,
    "interrupt": 4,
    "hold_on": 3,
    "switch": 1,
}


@dataclass
class Pair:
    """An SA at the device under test and its other end."""

    link: Link
    suite: dict[str, str]
    ah_spi: int
    half: int | None  # with ESN: the upper half

    def renew(self, half: int) -> None:
        """Both ends go on to this upper half, in every operation."""
        self.half = half
        spis = {"esp": self.link.spi, "ah": self.ah_spi}
        for device, handle in (
            (self.link.sender, self.link.out), (self.link.receiver, self.link.into)
        ):
            for op in self.suite:
                device.update(node(handle, op=op, spi=spis[op], hi=half))


class Lifetime:
    """One life; the seed decides everything that the device does not decide itself."""

    def __init__(self, dut: Device, peer: Device, profile: dict[str, str], seed: int) -> None:
        self.dut = dut
        self.peer = peer
        self.gcm_key = profile["GCM_KEY"]
        self.random = Random(seed)
        self.suites = self._claimed()
        self.pairs: list[Pair] = []
        self.gone: list[Link] = []  # inbound SAs that are deleted; the peer still has their ends
        self.spi = FIRST_SPI

    def play(self, steps: int) -> list[str]:
        """So many steps; returns which SAs were not as they should be when they were looked at."""
        names, weights = [*STEPS], [*STEPS.values()]
        found = []
        for at, name in enumerate(self.random.choices(names, weights, k=steps), 1):
            getattr(self, f"_{name}")()
            if at % LOOK == 0 or at == steps:
                found += [f"step {at}: {one}" for one in self._look()]
        return found

    def _look(self) -> list[str]:
        """The SAs that should be there and carry no packet, and those that should not and do."""
        lost = [pair for pair in self.pairs if not pair.link.works()]
        self.pairs = [pair for pair in self.pairs if pair not in lost]
        left = working(*self.gone[-4:])
        return [f"{p.link} is lost" for p in lost] + [f"{each} is still there" for each in left]

    # ---- What is possible ----

    def _claimed(self) -> list[dict[str, str]]:
        """The bundles of algorithms that the device reports."""
        kinds = ("gcm", "null", "cbc", "ah", "esp+ah")
        every = [each for kind in kinds for each in suites.KINDS[kind]]
        return [each for each in every if self._has(**suites.capabilities(*each.values()))]

    def _has(self, **capabilities: int) -> bool:
        return all(self.dut.can(name) & bits == bits for name, bits in capabilities.items())

    def _key(self, suite: dict[str, str]) -> str:
        """Keys that no other SA has."""
        parts = [part for name in suite.values() for part in suites.algorithms(name) if part]
        return f"{sum(part.key_len(self.gcm_key) for part in parts)}?{self.spi}"

    def _any(self) -> Pair | None:
        return self.random.choice(self.pairs) if self.pairs else None

    # ---- SAs ----

    def _come(self) -> None:
        if not self.suites or len(self.pairs) == min(MOST, self.dut.capacity):
            return
        suite = self.random.choice(self.suites)
        fields: dict[str, Any] = dict(suite) | {"key": self._key(suite)}
        ah_spi = AH_SPI + self.spi if len(suite) == 2 else self.spi
        if len(suite) == 2:
            fields["ah_spi"] = ah_spi
        half = None
        if self._has(esn=1) and self.random.random() < 0.5:
            half = self.random.choice((0, 1, 0x7FFFFFFF))
            fields |= {"esn": True, "hi": half}
        if self._has(ipv6=1) and self.random.random() < 0.3:
            fields["ipv6"] = True
        ends = [self.peer, self.dut]
        self.random.shuffle(ends)
        made = link(ends[0], ends[1], self.spi, **fields)
        self.pairs.append(Pair(made, suite, ah_spi, half))
        self.spi += 1

    def _go(self) -> None:
        if pair := self._any():
            self._delete([pair])

    def _go_together(self) -> None:
        self._delete(self.random.sample(self.pairs, min(3, len(self.pairs))))

    def _delete(self, doomed: list[Pair], **options: Any) -> None:
        if not doomed:
            return
        self.dut.delete(*(pair.link.near for pair in doomed), **options)
        self.pairs = [pair for pair in self.pairs if pair not in doomed]
        self.gone += [pair.link for pair in doomed if pair.link.receiver is self.dut]

    def _renew(self) -> None:
        extended = [pair for pair in self.pairs if pair.half is not None]
        if extended:
            pair = self.random.choice(extended)
            pair.renew((pair.half or 0) + 1)

    def _add_in_vain(self) -> None:
        if self.suites:
            self.dut.add(bad(inbound(self.spi, **self.random.choice(self.suites))))

    # ---- Packets ----

    def _carry(self) -> None:
        if pair := self._any():
            size = self.random.choice((1, 14, 40, 200, 1300))
            sent = pair.link.sender.send(pair.link.out, f"{size}?{self.random.randrange(1, 1000)}")
            pair.link.receiver.receive(*sent.frames)

    def _carry_all(self) -> None:
        """A packet through each SA, of those that come in all in one burst."""
        sent = [(pair.link, pair.link.sender.send(pair.link.out)) for pair in self.pairs]
        for device in (self.dut, self.peer):
            frames = [f for each, reply in sent if each.receiver is device for f in reply.frames]
            if frames:
                device.receive(*frames)

    def _carry_forged(self) -> None:
        if pair := self._any():
            region = self.random.choice([ICVS[op] for op in pair.suite])
            for frame in pair.link.sender.send(pair.link.out).frames:
                pair.link.receiver.receive(frame.flip(region, self.random.randrange(12)))

    def _carry_late(self) -> None:
        """A packet for an SA that is gone."""
        if self.gone:
            self.random.choice(self.gone).carry()

    def _send_plain(self) -> None:
        self.dut.send(None, "60?1")

    # ---- What happens to the device ----

    def _interrupt(self) -> None:
        for event in self.random.choice([*INTERRUPTIONS.values()]):
            self.dut.ask(f"event {event}")
            self._carry()

    def _hold_on(self) -> None:
        """The hardware does not answer for a while, in which an SA is to go."""
        self.dut.ask("event hold")
        if pair := self._any():
            self._delete([pair], nowait=True)
        self._carry()
        self.dut.ask("event release")

    def _switch(self) -> None:
        """Off and on: what is left of the SAs then is open (A-46), so that all of them go."""
        if self.dut.config(ipsec="disabled").succeeded:
            self._carry()
            self.dut.config(ipsec="both")
            self._delete(self.pairs)

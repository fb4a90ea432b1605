"""Key areas: where the keys of a bundle lie, and the algorithms that take them.

    assert keys.carries("auth", 7, "enc", esp="aes-cbc-128+sha1")      # a gap of 7 bytes between
"""

from __future__ import annotations

from typing import Any, Callable, Iterable

import pytest

from . import suites
from .device import Device
from .link import Link, bundle, meet
from .lists import Node, words
from .reply import Frame, Reply

EX_KEYS_AT = 176  # where the trace language puts the keys of ADD_SA_EX

# Where each key of a bundle is described, and the seed of its pseudo-random bytes.
SEEDS = {"enc": 11, "auth": 12, "ah": 13}


def lengths_of(gcm_key: str, esp: str | None = None, ah: str | None = None) -> dict[str, int]:
    """The keys of a bundle and their lengths, in the order in which they lie by default."""
    cipher, mac = suites.algorithms(esp) if esp else (None, None)
    own = {"enc": cipher, "auth": mac, "ah": suites.algorithms(ah)[1] if ah else None}
    found = {name: each.key_len(gcm_key) for name, each in own.items() if each is not None}
    return {name: length for name, length in found.items() if length > 0}


class Keys:
    """Adds bundles whose keys lie as a case wants, and puts the peer at their other end."""

    def __init__(
        self, dut: Device, peer: Device, adding: Callable[..., Reply], profile: dict[str, str]
    ) -> None:
        self.dut = dut
        self.peer = peer
        self.adding = adding
        self.gcm_key = profile["GCM_KEY"]
        self.is_ex = adding == dut.add_ex
        self.counts_from_struct = self.is_ex and profile["EX_KEYBASE"] == "struct"
        self._spi = 0x1000

    def element(self, inbound: bool = True, **fields: Any) -> Node:
        """A new SA."""
        self._spi += 1
        return bundle(self._spi, to_dut=inbound, inbound=inbound).but(**fields)

    def laid(self, *parts: str | int, inbound: bool = True, **fields: Any) -> Node:
        """A new SA whose keys ("enc", "auth", "ah") follow each other like this in the key area;
        a number is a gap of so many bytes."""
        own = {key: fields[key] for key in ("esp", "ah") if key in fields}
        lengths = lengths_of(self.gcm_key, **own)
        assert sorted(part for part in parts if isinstance(part, str)) == sorted(lengths)
        at = fields.get("key_at", EX_KEYS_AT) if self.counts_from_struct else 0
        text, places = [], {}
        for part in parts:
            length = part if isinstance(part, int) else lengths[part]
            text.append(f"{length}?{SEEDS.get(str(part), 99)}")
            if isinstance(part, str):
                places[self._member(part, own) + "_off"] = at
            at += length
        return self.element(inbound, **fields, key=".".join(text), **places)

    @staticmethod
    def _member(key: str, bundle_of: dict[str, Any]) -> str:
        sa1 = key == "ah" and "esp" in bundle_of
        return f"sa{int(sa1)}_{'enc' if key == 'enc' else 'auth'}"

    def meet(self, element: Node, handle: str | None) -> Link:
        """The peer at the other end of such a bundle, with the same keys one behind the other."""
        own = {key: element.fields[key] for key in ("esp", "ah", "icv") if key in element.fields}
        lengths = lengths_of(self.gcm_key, **{k: v for k, v in own.items() if k != "icv"})
        text = ".".join(f"{length}?{SEEDS[key]}" for key, length in lengths.items())
        ends = ("in", "src", "dst", "spi")
        places = {key: element.fields[key] for key in ends if key in element.fields}
        return meet(self.dut, self.peer, handle, Node(places | own | {"key": text}))

    def offers(self, *parts: str | int, **fields: Any) -> Link | None:
        """A link to or from an SA whose keys lie like that; None: the device refused it."""
        element = self.laid(*(parts or self.usual(fields)), **fields)
        if not self.adding(element).succeeded:
            return None
        return self.meet(element, f"#{self.dut.submitted}")

    def usual(self, fields: dict[str, Any]) -> tuple[str, ...]:
        """The keys of a bundle in the order in which they lie by default."""
        own = {key: fields[key] for key in ("esp", "ah") if key in fields}
        return tuple(lengths_of(self.gcm_key, **own))

    @staticmethod
    def may_refuse(is_open: bool, *links: Link | None) -> None:
        """Skips the case where the device refused what it may refuse."""
        if is_open and None in links:
            pytest.skip("the device refuses such an SA, and may")

    def frame_for(self, element: Node) -> Frame:
        """A frame of the peer for an SA, in the keys and the ICV that the peer has by default."""
        ends = {key: element.fields[key] for key in ("src", "dst", "spi")}
        assert self.peer.add(Node(ends)).succeeded
        return self.peer.send(f"#{self.peer.submitted}", bytes(40)).frame

    def has_whole_icv(self, sent: Reply, element: Node) -> bool:
        """Whether the frames that were sent, if any, are authentic to the peer by an ICV of a
        length that AES-GCM has."""
        ends = {key: element.fields[key] for key in ("src", "dst", "spi")}
        for icv in (16, 12, 8):
            assert self.peer.add(Node({"in": True, "icv": icv} | ends)).succeeded
            into = f"#{self.peer.submitted}"
            if all(self.peer.receive(frame).packet.is_good for frame in sent.frames):
                return True
            self.peer.delete(into)
        return False

    def carries(self, *parts: str | int, **fields: Any) -> bool:
        """Whether two SAs with this key area, one each way, are accepted and work."""
        self.dut.needs(**suites.taken(fields))
        links = [self.offers(*parts, inbound=way, **fields) for way in (True, False)]
        return all(each is not None and each.works() for each in links)

    def harmless(self, places: dict[str, int], **fields: Any) -> bool:
        """Whether two SAs, one each way, whose keys share bytes are refused, or work."""
        area = bytes(range(1, 129))
        lengths = lengths_of(self.gcm_key, **fields)
        plain = b"".join(area[places[key] : places[key] + n] for key, n in lengths.items())
        base = EX_KEYS_AT if self.counts_from_struct else 0
        own = {self._member(key, fields) + "_off": base + at for key, at in places.items()}
        for inbound in (True, False):
            element = self.element(inbound, **fields, key=area, **own)
            handle = self.adding(element).handle
            twin = Node({k: v for k, v in element.fields.items() if k not in own} | {"key": plain})
            if handle and not meet(self.dut, self.peer, handle, twin).works():
                return False
        return True

    def found(self, bundle_of: dict[str, Any]) -> dict[str, str]:
        """Where the device holds the keys that offers() gives to such a bundle."""
        own = {key: bundle_of[key] for key in ("esp", "ah") if key in bundle_of}
        lengths = lengths_of("key", **own)
        return {key: self.dut.scan(f"{n}?{SEEDS[key]}") for key, n in lengths.items()}

    def each(self, member: str, values: Iterable[int], **fields: Any) -> list[Node]:
        """A new SA for each value of a member."""
        return [self.element(**fields, **{member: value}) for value in values]

    def accepted(self, elements: Iterable[Node], **options: Any) -> list[str]:
        """Which of these the device accepts; they are deleted again."""
        return [words(each.fields) for each in elements if self._try(each, options)]

    def _try(self, element: Node, options: dict[str, Any]) -> bool:
        reply = self.adding(element, **options)
        if reply.given:
            self.dut.delete(f"#{self.dut.submitted}")
        return reply.given > 0


class Key:
    """One key of one algorithm: bundles that have it, with another place or length."""

    def __init__(self, keys: Keys, name: str, kind: str, fields: dict[str, str]) -> None:
        self.keys = keys
        self.name = name
        self.fields = fields
        self.member = f"sa0_{'enc' if kind == 'enc' else 'auth'}"
        lengths = lengths_of(keys.gcm_key, **fields)
        self.length = lengths[kind]
        self.area = sum(lengths.values())
        self.base = EX_KEYS_AT if keys.counts_from_struct else 0
        self.usual = self.base + (lengths["enc"] if kind == "auth" and "enc" in lengths else 0)

    def at(self, off: int | None = None, length: int | None = None, **fields: Any) -> Node:
        """A bundle with another offset, as in memory, or another length of this key."""
        own = {f"{self.member}_off": off, f"{self.member}_len": length}
        own = {member: value for member, value in own.items() if value is not None}
        return self.keys.element(**self.fields, **own, **fields)

    def outside(self) -> list[Node]:
        """Ranges that end behind the key area; the sums of many wrap around in 32 bits."""
        n, end = self.length, self.base + self.area
        offs = {end - n + 1, end - 1, end, end + 1, 0x7FFFFFFF, 0x80000000}
        offs |= {2**32 - n + d for d in (-1, 0, 1, n // 2, n - 1)}
        offs |= {0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF}
        lengths = {self.area + 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF0, 0xFFFFFFFF}
        lengths.add(2**32 - self.usual)
        wrapping = [(off, 2**32 - off + d) for off in (1, 4, 16) for d in (0, 1, n)]
        return [
            *(self.at(off) for off in sorted(offs)),
            *(self.at(length=length) for length in sorted(lengths - {2**32})),
            *(self.at(self.base + off, length % 2**32) for off, length in wrapping),
        ]

    def misfits(self) -> list[Node]:
        """Lengths that no key of the algorithm has; the key area has room for each of them."""
        n = self.length
        wrong = {1, n - 4, n - 1, n + 1, n + 4, n // 2, 2 * n, 8, 16, 20, 24, 28, 32, 36, 64}
        return [self.at(length=length, key="200?5") for length in sorted(wrong - {0, n})]

    def absent(self) -> list[Node]:
        """The same algorithm without a key, behind other keys and without any."""
        return [self.at(length=0), self.at(0, 0, key_len=0), self.at(self.base, 0, key="64?6")]


def every_key(test: Any) -> Any:
    """A case for each algorithm that takes a key."""
    found = [(name, "enc", {"esp": name}) for name in suites.GCM]
    found += [(name, "enc", {"esp": f"{name}+sha1"}) for name in suites.CIPHERS]
    found += [(f"esp-{mac}", "auth", {"esp": f"null+{mac}"}) for mac in suites.AUTHENTICATION]
    found += [(name, "ah", {"ah": name}) for name in suites.AH]
    ids = [name for name, _, _ in found]
    return pytest.mark.parametrize("key", found, ids=ids, indirect=True)(test)


@pytest.fixture
def keys(
    dut: Device, peer: Device, adding: Callable[..., Reply], profile: dict[str, str]
) -> Keys:
    """Each way to add an SA that the device has to have, for bundles with peculiar key areas."""
    return Keys(dut, peer, adding, profile)


@pytest.fixture
def key(request: pytest.FixtureRequest, keys: Keys) -> Key:
    """The key of one algorithm that the device claims; see every_key()."""
    name, kind, fields = request.param
    keys.dut.needs(**suites.capabilities(*fields.values()))
    return Key(keys, name, kind, fields)

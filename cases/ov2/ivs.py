"""The IVs that a device has made, and whether anybody could have guessed them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from . import suites
from .link import Link
from .reply import Reply

AT_ONCE = 64  # packets of one line: more than that a device may refuse
HEADERS = 14 + 20  # the frames of these cases are IPv4 without options
ESP_LEN, AH_LEN = 8, 12  # in front of the IV

_FRAME = re.compile(r"\btx\{[^}]*\bdata=([0-9a-f]+)")


class Ivs:
    """The IVs of one link's packets, from the device that makes them."""

    def __init__(self, link: Link, suite: dict[str, str]) -> None:
        self.link = link
        self.suite = suite["ah"] if "ah" in suite else suite["esp"]
        self.at = HEADERS + (AH_LEN if "ah" in suite else ESP_LEN)
        self.len = suites.iv_len(self.suite)
        self.last: list[bytes] = []  # the end of each packet's ciphertext

    def collect(self, count: int) -> list[bytes]:
        """Those of so many packets, all of which have to leave."""
        found: list[bytes] = []
        while len(found) < count:
            some = self.what_leaves(min(AT_ONCE, count - len(found)))
            assert some, "no packet leaves any more"
            found += some
        return found

    def what_leaves(self, count: int) -> list[bytes]:
        """Those of as many of these packets as leave."""
        reply = self.link.sender.send(self.link.out, bytes(14), count=count)
        frames = [bytes.fromhex(data) for data in _data(reply)]
        icv = suites.icv_len(self.suite)
        self.last += [frame[-icv - self.len : -icv] for frame in frames]
        return [frame[self.at : self.at + self.len] for frame in frames]


def _data(reply: Reply) -> list[str]:
    return _FRAME.findall(reply.answer.text)


def guesses(ivs: Sequence[bytes], last: Sequence[bytes]) -> list[str]:
    """By which rules somebody who has seen some hundred packets could know of bits of the next IV;
    last: the last ciphertext block of each."""
    bits = 8 * len(ivs[0])
    numbers = [int.from_bytes(iv, "big") for iv in ivs]
    steps = [(b - a) % (1 << bits) for a, b in zip(numbers, numbers[1:])]
    changes = [(a ^ b).bit_count() for a, b in zip(numbers, numbers[1:])]
    ones = [sum(number >> at & 1 for number in numbers) / len(numbers) for at in range(bits)]
    rules = {
        "an IV is the last ciphertext block of the packet before": any(
            iv == before for iv, before in zip(ivs[1:], last)
        ),
        "IVs come in equal steps": len(set(steps)) < len(steps) // 2,
        # Of the bits of random IVs half change, give or take nine standard deviations of the mean.
        "few bits change": abs(sum(changes) / len(changes) / bits - 0.5) > 0.1,
        "a bit is almost always the same": not all(0.3 < share < 0.7 for share in ones),
    }
    return [rule for rule, is_so in rules.items() if is_so]

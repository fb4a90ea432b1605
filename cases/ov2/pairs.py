"""All pairs: few combinations of many choices, in which every two choices meet that can.

    rows = all_pairs([{"oid": "add"}, {"oid": "delete"}], {"family": ("ipv4", "ipv6")})

Choices that forbid one another are listed as whole rows (bound); choices that go with everything
are just listed (free).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations

Row = dict[str, str]
Pair = tuple[str, str, str, str]
Numbers = dict[Pair, int]


def all_pairs(bound: Sequence[Row], free: Mapping[str, Sequence[str]]) -> list[Row]:
    """The combinations, the same ones each time.

    Greedy: the bound row that brings most pairs not met yet, filled up with the free choices that
    do; of equals the first."""
    numbers: Numbers = {}
    own = [_mask(pairs_of(row), numbers) for row in bound]
    # What each bound row may bring at most, with any of the free choices.
    most = [_mask(_pairs_with(row, free), numbers) | mask for row, mask in zip(bound, own)]
    pairs = list(numbers)
    missing = (1 << len(pairs)) - 1
    rows = []
    while missing:
        at = max(range(len(bound)), key=lambda n: _worth(own[n], most[n], missing))
        row = dict(bound[at])
        one, a, other, b = pairs[_lowest(most[at] & missing)]
        row |= {one: a, other: b}  # so that each row brings at least one
        for name, values in free.items():
            if name not in row:
                row[name] = max(values, key=lambda v: _gain(row | {name: v}, numbers, missing))
        missing &= ~_mask(pairs_of(row), numbers)
        rows.append(row)
    return rows


def _worth(own: int, most: int, missing: int) -> tuple[int, int]:
    return (own & missing).bit_count(), (most & missing).bit_count()


def pairs_of(row: Row) -> Iterator[Pair]:
    """Every two choices of a row."""
    for (one, a), (other, b) in combinations(sorted(row.items()), 2):
        yield one, a, other, b


def _pairs_with(row: Row, free: Mapping[str, Sequence[str]]) -> Iterator[Pair]:
    for name, values in free.items():
        for value in values:
            yield from (pair for pair in pairs_of(row | {name: value}) if name in pair[::2])
    for one, other in combinations(free, 2):
        for a in free[one]:
            for b in free[other]:
                yield from pairs_of({one: a, other: b})


def _mask(pairs: Iterator[Pair], numbers: Numbers) -> int:
    mask = 0
    for pair in pairs:
        mask |= 1 << numbers.setdefault(pair, len(numbers))
    return mask


def _gain(row: Row, numbers: Numbers, missing: int) -> int:
    return (_mask(pairs_of(row), numbers) & missing).bit_count()


def _lowest(mask: int) -> int:
    return (mask & -mask).bit_length() - 1

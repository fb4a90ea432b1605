"""All pairs: every two choices that can meet do, in few rows, and always in the same ones."""

from __future__ import annotations

from itertools import product

from ov2.pairs import all_pairs, pairs_of

LETTERS = {"a": "123", "b": "12", "c": "1234", "d": "12"}


def met(rows):
    return {pair for row in rows for pair in pairs_of(row)}


def whole(bound, free):
    """Every combination there is."""
    choices = [[(name, value) for value in values] for name, values in free.items()]
    return [row | dict(more) for row in bound for more in product(*choices)]


def test_every_two_choices_meet():
    rows = all_pairs([{}], LETTERS)

    assert met(rows) == met(whole([{}], LETTERS))
    assert len(rows) <= 16  # of 48; 12 are the least


def test_what_is_forbidden_does_not_come():
    bound = [{"x": x, "y": y} for x, y in product("1234", "1234") if x <= y]

    rows = all_pairs(bound, LETTERS)

    assert all({"x": row["x"], "y": row["y"]} in bound for row in rows)
    assert met(rows) == met(whole(bound, LETTERS))


def test_without_free_choices_every_pair_of_the_bound_rows_comes():
    bound = [dict(zip("xyz", values)) for values in product("12", repeat=3)]

    rows = all_pairs(bound, {})

    assert met(rows) == met(bound)
    assert len(rows) < len(bound)


def test_the_same_rows_each_time():
    assert all_pairs([{}], LETTERS) == all_pairs([{}], LETTERS)


def test_nothing_to_choose():
    assert all_pairs([], LETTERS) == []
    assert all_pairs([{"x": "1"}], {}) == []

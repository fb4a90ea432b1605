"""ADD_SA: lists, and how many SAs a device can have."""

import pytest

from ov2 import (
    bad, inbound, link, looped, node, opposite, positions, requirement, sa, sas, unusable,
)

POISON = 0xDEADBEEFDEADBEEF


# ---- Every element -------------------------------------------------------------------------------


@requirement("ADD-012", "ADD-014")
@pytest.mark.parametrize("count", (1, 2, 3, 17, 64))
def test_every_element_is_added(dut, peer, count):
    nodes = sas(min(count, dut.capacity))

    added = dut.add(*nodes)

    assert added.given == len(nodes)
    assert unusable(dut, peer, nodes, dut.latest(len(nodes))) == []


@requirement("ADD-012", "ADD-005")
def test_a_run_as_long_as_the_table_is_added(dut):
    added = dut.add(inbound().times(min(dut.capacity, 100_000)))

    assert added.given == min(dut.capacity, 100_000)


@requirement("ADD-014")
def test_a_mixed_list_works_in_both_directions(dut, peer):
    dut.needs(ipv6=1)
    nodes = (inbound(0x1001), sa(0x2001), inbound(0x1002, ipv6=True), sa(0x2002, ipv6=True))

    added = dut.add(*nodes)

    assert added.given == 4
    assert unusable(dut, peer, nodes, added.handles) == []


@requirement("ADD-015")
@pytest.mark.parametrize("place", ("guard", "scattered"))
def test_elements_lie_anywhere(dut, peer, place):
    nodes = sas(4)
    run = inbound(0x2001).but(at=place).times(5)

    first = dut.add(*(each.but(at=place) for each in nodes))
    second = dut.add(run)

    assert unusable(dut, peer, nodes, first.handles) == []
    assert second.given == 5


@requirement("ADD-015")
def test_the_order_of_the_list_is_not_that_of_the_memory(dut, peer):
    nodes = sas(4)
    order = {"next": "d"}, {"next": "null"}, {"next": "b"}, {"next": "c"}

    added = dut.add(*(each.but(at="packed", **to) for each, to in zip(nodes, order, strict=True)))

    assert unusable(dut, peer, nodes, added.handles) == []
    assert added.given == 4


@requirement("ADD-016")
def test_elements_lie_back_to_back_in_one_buffer(dut, peer):
    nodes = [each.but(at="packed", key_len=40, key="40?1") for each in sas(3)]

    added = dut.add(*nodes, length=2 * 208 + 208)

    assert added.given == 3
    assert unusable(dut, peer, nodes, added.handles) == []


# ---- Some of the elements ------------------------------------------------------------------------


@requirement("ADD-009", "ADD-013", "ADD-014")
@pytest.mark.parametrize(("count", "at"), positions(1, 2, 3, 17))
def test_a_bad_element_harms_no_other(dut, peer, count, at):
    nodes = sas(count)
    mixed = [bad(each) if at == place else each for place, each in enumerate(nodes)]

    added = dut.add(*mixed)

    assert unusable(dut, peer, nodes, added.handles) == []


@requirement("ADD-010", "ADD-013")
@pytest.mark.parametrize(("count", "at"), positions(1, 2, 3, 8))
def test_no_element_is_left_with_what_it_held(dut, peer, count, at):
    nodes = sas(count)
    mixed = [bad(each) if at == place else each for place, each in enumerate(nodes)]

    added = dut.add(*(each.but(handle=POISON + place) for place, each in enumerate(mixed)))

    assert unusable(dut, peer, nodes, added.handles) == []


@requirement("ADD-009")
@pytest.mark.parametrize("at", (0, 1))
def test_a_request_that_added_an_sa_succeeds(dut, peer, at):
    nodes = [inbound(0x1001), inbound(0x1002)]
    nodes[at] = bad(nodes[at])
    good = inbound(0x1002 - at)
    far = peer.add(opposite(good)).handle

    added = dut.add(*nodes)

    assert dut.receive(peer.send(far).frame).packet.is_good == added.succeeded


@requirement("ADD-008", "ADD-009")
@pytest.mark.parametrize("tail", (node(size=8, bytes=8), node(rev=0)), ids=("short", "revision-0"))
def test_a_list_with_an_unreadable_end_is_added_in_part_or_not_at_all(dut, peer, tail):
    good = inbound()
    far = peer.add(opposite(good)).handle

    added = dut.add(good, tail)

    is_there = dut.receive(peer.send(far).frame).packet.is_good
    assert is_there == (added.succeeded and added.handles[0] is not None)


@requirement("ADD-011")
@pytest.mark.parametrize("count", (1, 2, 3, 17))
def test_a_list_of_bad_elements_fails(dut, count):
    refused = dut.add(*map(bad, sas(count)))

    assert refused.failed
    assert refused.given == 0


# ---- Cycles --------------------------------------------------------------------------------------


CYCLES = {
    "self-loop": looped(inbound(0x1001)),
    "two-cycle": looped(*sas(2)),
    "tail-to-head": looped(*sas(5)),
    "rho": looped(*sas(5), back_to=2),
    "tail-to-itself": looped(*sas(3), back_to=2),
    "long": looped(*sas(100)),
}


@requirement("ADD-017")
@pytest.mark.parametrize("nodes", CYCLES.values(), ids=CYCLES)
def test_a_cyclic_list_ends_and_leaves_room(dut, nodes):
    capacity = dut.resize(128)

    dut.forget(dut.add(*nodes))

    assert dut.add(sa(0x10000).times(capacity)).given == capacity


# ---- Capacity ------------------------------------------------------------------------------------


@requirement("ADD-018")
@pytest.mark.parametrize("surplus", (1, 2, 8))
def test_a_list_longer_than_the_table_ends_cleanly(dut, peer, surplus):
    capacity = dut.resize(4, most=24)
    nodes = sas(capacity + surplus)

    added = dut.add(*(each.but(handle=POISON) for each in nodes))

    assert unusable(dut, peer, nodes, added.handles) == []


@requirement("ADD-018", "ADD-051")
@pytest.mark.parametrize("times", (2, 10))
def test_a_run_longer_than_the_table_takes_no_more_than_it(dut, times):
    capacity = dut.resize(12, most=50)

    added = dut.add(sa().times(times * capacity))
    dut.forget(added)

    assert added.failed or added.given >= capacity
    assert dut.add(sa(0x10000).times(capacity)).given == capacity


@requirement("ADD-048")
def test_an_sa_too_many_harms_no_other(adding, dut, peer):
    capacity = dut.resize(8)
    links = [link(peer, dut, spi=0x1001), link(dut, peer, spi=0x1002)]
    dut.add(sa(0x10000).times(capacity - 2))
    extra = inbound(0x2001)

    added = adding(extra)

    assert [each.works() for each in links] == [True, True]
    assert unusable(dut, peer, (extra,), added.handles) == []


@requirement("ADD-049", "ADD-015")
def test_a_list_fills_the_table(dut):
    capacity = dut.resize(100)

    assert dut.add(inbound().times(capacity)).given == capacity


@requirement("ADD-049")
def test_one_after_the_other_the_sas_fill_the_table(adding, dut):
    capacity = dut.resize(16, most=4096)

    added = [adding(each) for each in sas(capacity)]

    assert all(reply.succeeded for reply in added)


@requirement("ADD-049", "CAP-015")
def test_bundles_of_two_operations_count_once(dut):
    dut.needs(ahesp=1, auth=0x2, enc=0x8)
    capacity = dut.resize(16)
    pair = sa(0x100000, esp="aes-gcm-128", ah="ah-sha1", ah_spi=0x40000000)

    assert dut.add(pair.times(capacity)).given == capacity


@requirement("ADD-050")
def test_what_was_deleted_makes_room(dut):
    capacity = dut.resize(8)
    dut.add(sa(0x10000).times(capacity))

    rounds = [
        (dut.delete(*dut.latest(3)).succeeded, dut.add(*sas(3, spi=0x20000 + 3 * turn)).given)
        for turn in range(50)
    ]

    assert set(rounds) == {(True, 3)}


@requirement("ADD-051")
def test_adds_that_fail_take_no_room(adding, dut):
    capacity = dut.resize(8)

    refused = [adding(bad(sa())) for _ in range(min(10 * capacity, 500))]

    assert all(reply.failed for reply in refused)
    assert dut.add(sa(0x10000).times(capacity)).given == capacity


@requirement("ADD-051")
def test_a_list_that_fails_takes_no_room(dut):
    capacity = dut.resize(8)

    refused = dut.add(bad(sa()).times(10 * capacity))

    assert refused.failed
    assert dut.add(sa(0x10000).times(capacity)).given == capacity


@requirement("ADD-051", "ADD-008")
def test_bad_elements_of_a_list_take_no_room(dut):
    capacity = dut.resize(8, most=100)

    added = dut.add(*map(bad, sas(capacity)), *sas(1, spi=0x2001))

    assert added.given <= 1
    assert dut.add(sa(0x10000).times(capacity - added.given)).given == capacity - added.given


# ---- Other SAs -----------------------------------------------------------------------------------


@requirement("ADD-061")
def test_adds_disturb_no_traffic(dut, peer):
    capacity = dut.resize(2000)
    links = [link(peer, dut, spi=0x1001), link(dut, peer, spi=0x1002)]
    steps = [
        lambda: dut.add(sa(0x10000).times(min(300, capacity // 4))),
        lambda: dut.add(inbound(0x20000).times(min(300, capacity // 4))),
        lambda: dut.add(*sas(3, spi=0x30000), bad(sa(0x40000))),
        lambda: dut.add(sa(0x50000), node(size=8, bytes=8)),
        lambda: dut.add(inbound(0x60000, ipv6=True)),
    ]

    worked = [(step() is not None, *(each.works() for each in links)) for step in steps]

    assert worked == [(True, True, True)] * len(steps)

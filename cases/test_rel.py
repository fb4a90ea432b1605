"""What happens to a device as a whole: reset, sleep, pause, halt and removal; long lives, many
devices, little memory."""

import pytest

from ov2 import Node, every_suite, inbound, link, links, requirement, sas, working
from ov2.burst import burst, wire
from ov2.life import (
    REQUESTS, each_interruption, half_done, held_after, is_growing, over_before, resets_by_630,
    undergo,
)
from ov2.lifetime import Lifetime
from ov2.link import with_esn

PLAIN = b"in the clear for everyone"
ALL = {"reset": "REL-001", "sleep": "REL-004", "pause": "REL-008"}


# ---- What SAs live through ---------------------------------------------------------------------


@each_interruption(**ALL)
@every_suite("sample")
def test_sas_work_afterwards_with_the_handles_that_they_had(dut, peer, suite, interruption):
    incoming, outgoing = link(peer, dut, **suite), link(dut, peer, **suite)
    assert working(incoming, outgoing) == [incoming, outgoing]

    undergo(dut, interruption)

    assert working(incoming, outgoing) == [incoming, outgoing]


@each_interruption(**ALL)
def test_all_sas_work_afterwards_used_or_not_however_often(dut, peer, interruption):
    used, unused = links(peer, dut, 4), links(dut, peer, 4)
    working(*used)

    undergo(dut, interruption * 3)

    assert working(*used, *unused) == [*used, *unused]


@each_interruption(**ALL)
def test_sas_can_be_deleted_and_added_afterwards(dut, peer, interruption):
    incoming, outgoing = link(peer, dut), link(dut, peer)

    undergo(dut, interruption)
    deleted = dut.delete(incoming.into, outgoing.out)

    assert deleted.succeeded
    assert working(incoming, outgoing) == []
    assert link(peer, dut, spi=0x2001).works()


@each_interruption(**ALL)
def test_a_frame_that_was_sent_before_is_good_afterwards(dut, peer, interruption):
    incoming = link(peer, dut)
    frames = [incoming.send() for _ in range(4)]
    assert incoming.carries(*frames[:2])

    undergo(dut, interruption)

    assert incoming.carries(*frames[2:])


@each_interruption(reset="REL-005", sleep="REL-005")
@every_suite("sample")
def test_upper_halves_are_what_they_were(dut, peer, suite, interruption):
    dut.needs(esn=1)
    made = [link(*ends, hi=3, **with_esn(suite)) for ends in ((peer, dut), (dut, peer))]
    incoming, outgoing = made
    incoming.renew_all(suite, 5)
    outgoing.renew_all(suite, 6)

    undergo(dut, interruption)

    assert working(incoming, outgoing) == made


@each_interruption(reset="REL-005", sleep="REL-005")
def test_updates_are_carried_out_afterwards(dut, peer, interruption):
    dut.needs(esn=1)
    incoming, outgoing = link(peer, dut, esn=True), link(dut, peer, esn=True)

    undergo(dut, interruption)

    assert incoming.update(1).succeeded
    assert outgoing.renew(2).succeeded
    outgoing.follow(2)
    assert working(incoming, outgoing) == [incoming, outgoing]


@requirement("REL-007")
def test_in_low_power_every_list_is_rejected(dut, peer):
    outgoing = link(dut, peer)
    dut.event("low-power")

    sent = burst(dut, None, [{}, {"sa": outgoing.out}, {"sa": "0x1234"}], data=PLAIN)
    dut.event("full-power")

    assert [one.status for one in sent] == ["LOW_POWER_STATE"] * 3
    assert wire(sent) == []
    assert outgoing.works()


# ---- What a reset meets ------------------------------------------------------------------------


@requirement("REL-002")
def test_what_is_pended_is_over_before_the_reset_is(kind, dut):
    resets_by_630(dut)
    elements = [kind.element() for _ in range(3)]
    dut.event("hold")
    asked = [kind.pend(element).request for element in elements]

    reset = dut.event("reset", nowait=True)
    released = dut.event("release")

    assert sorted(over_before("reset", reset, released)) == asked


@requirement("REL-003")
def test_each_list_that_a_reset_meets_is_completed_once(dut, peer):
    outgoing = link(dut, peer)
    lists = [Node({"sa": outgoing.out, "data": f"40?{at}"}) for at in range(8)]
    plain = [Node({"data": f"40?{at}"}) for at in range(8)]
    dut.event("hold")

    sent = dut.send_lists(*lists, *plain)
    reset = dut.event("reset")
    released = dut.event("release")

    assert len(sent.sent + reset.sent + released.sent) == 16
    assert len(sent.frames + reset.frames + released.frames) <= 16
    assert dut.drain().sent == []
    assert outgoing.works()


@requirement("REL-003")
def test_each_list_that_comes_during_a_reset_is_completed_once(dut, peer):
    outgoing = link(dut, peer)
    dut.event("reset", nowait=True)

    sent = dut.send(outgoing.out, count=8, nowait=True)
    later = dut.drain()

    assert len(sent.sent + later.sent) == 1
    assert len(sent.frames + later.frames) <= 8
    assert outgoing.works()


@requirement("REL-011")
def test_deleting_what_a_reset_met_is_harmless(dut, peer):
    before = dut.drain().allocations
    doomed = (*links(peer, dut, 4), *links(dut, peer, 4))
    working(*doomed)

    undergo(dut, ("reset",))
    dut.delete(*(each.near for each in doomed))
    dut.delete(*(each.near for each in doomed))

    assert working(*doomed) == []
    assert dut.drain().allocations == before
    assert link(peer, dut, spi=0x2001).works()


@requirement("REL-011")
def test_handles_that_a_reset_met_delete_no_newer_sas(dut, peer):
    older = (*links(peer, dut, 4), *links(dut, peer, 4))

    undergo(dut, ("reset",))
    newer = (*links(peer, dut, 4, spi=0x2001), *links(dut, peer, 4, spi=0x2001))
    dut.delete(*(each.near for each in older))

    assert working(*older) == []
    assert working(*newer) == [*newer]


@requirement("REL-011")
def test_a_delete_that_a_reset_met_can_be_asked_for_again(dut, peer):
    before = dut.drain().allocations
    incoming, other = link(peer, dut), link(peer, dut, spi=0x2001)
    dut.event("hold")
    dut.delete(incoming.into, nowait=True)

    dut.event("reset")
    dut.event("release")
    dut.delete(incoming.into)

    assert working(incoming, other) == [other]
    assert dut.delete(other.into).succeeded
    assert dut.drain().allocations == before


# ---- The end -----------------------------------------------------------------------------------


@requirement("REL-009")
@every_suite("sample")
@pytest.mark.parametrize("before", ((), ("pause",), ("low-power",)), ids=str)
def test_a_halt_frees_live_sas(dut, peer, suite, before):
    incoming, outgoing = link(peer, dut, **suite), link(dut, peer, **suite)
    working(incoming, outgoing)

    undergo(dut, before)

    assert dut.close().number("leaks") == 0


@requirement("REL-009")
@pytest.mark.parametrize("before", ((), ("pause",)), ids=str)
def test_a_halt_frees_a_full_table(dut, before):
    count = dut.resize(64, most=4096)
    assert dut.add(*sas(min(count, 64))).given == min(count, 64)

    undergo(dut, before)

    assert dut.close().number("leaks") == 0


@requirement("REL-009")
def test_a_halted_driver_holds_no_keys(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    working(incoming, outgoing)

    dut.reopen()

    assert dut.scan("16?1") == "no"


@requirement("REL-010")
def test_a_removed_device_asks_for_no_deletes(dut, peer):
    incoming = link(peer, dut)
    frames = [incoming.send() for _ in range(4)]
    assert incoming.carries(*frames[:2])

    removed = dut.event("surprise-removal")
    later = dut.receive(*frames[2:])

    assert not any(packet.delete_requested for packet in (*removed.packets, *later.packets))


@requirement("REL-010")
def test_a_removed_device_is_halted_without_deletes(dut, peer):
    made = (*links(peer, dut, 4), *links(dut, peer, 4))
    working(*made)

    undergo(dut, ("surprise-removal",))

    assert dut.close().number("leaks") == 0


@requirement("REL-015")
@pytest.mark.parametrize("last", ((), ("pause",), ("low-power",), ("surprise-removal",)), ids=str)
def test_nothing_of_a_device_outlives_its_halt(dut, peer, last):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    working(incoming, outgoing)
    undergo(dut, ("pause", "restart", "low-power", "full-power", "reset"))
    dut.event("hold")
    dut.add(inbound(0x3001), nowait=True)
    dut.send(outgoing.out, count=4)
    dut.event("release")

    undergo(dut, last)
    closed = dut.close()

    assert closed.number("leaks") == 0
    assert peer.send(incoming.out).frame


@requirement("REL-015")
def test_a_driver_works_as_well_the_second_time(dut, peer):
    first = (link(peer, dut), link(dut, peer))
    assert working(*first) == [*first]
    undergo(dut, ("reset",))

    dut.reopen()
    second = (link(peer, dut, spi=0x2001), link(dut, peer, spi=0x2001))

    assert working(*second) == [*second]
    assert dut.close().number("leaks") == 0


# ---- Long lives --------------------------------------------------------------------------------


@requirement("REL-012")
@pytest.mark.parametrize("seed", range(1, 9))
def test_after_a_long_life_all_is_as_it_should_be(dut, peer, profile, seed):
    assert Lifetime(dut, peer, profile, seed).play(500) == []


@requirement("REL-013")
@pytest.mark.parametrize("act", REQUESTS.values(), ids=REQUESTS)
def test_thousands_of_requests_take_no_more_memory_than_some(dut, act):
    dut.resize(64, most=4096)

    assert not is_growing(held_after(dut, act, 400))


@requirement("REL-013")
def test_after_thousands_of_adds_there_is_room_for_as_many_sas_as_ever(dut, peer):
    count = min(dut.resize(64, most=4096), 64)
    held_after(dut, REQUESTS["add_and_delete"], 400)

    added = [dut.add(each).succeeded for each in sas(count - 2)]

    assert added == [True] * (count - 2)
    assert link(peer, dut, spi=0x8001).works()
    assert link(dut, peer, spi=0x8001).works()


# ---- Two devices -------------------------------------------------------------------------------


@requirement("REL-014")
def test_equal_spis_at_two_devices_do_not_mix(dut, sibling, peer, second_peer):
    here = (link(peer, dut, key="20?7"), link(dut, peer, key="20?7"))
    there = (link(second_peer, sibling, key="20?8"), link(sibling, second_peer, key="20?8"))

    in_turn = (here[0], there[0], here[1], there[1]) * 4

    assert working(*in_turn) == [*in_turn]


@requirement("REL-014")
def test_an_sa_serves_its_own_device_only(dut, sibling, peer):
    incoming = link(peer, dut)
    other = link(peer, sibling, spi=0x2001)
    assert working(incoming, other) == [incoming, other]

    assert sibling.receive(incoming.send()).packet.is_untouched
    assert dut.receive(other.send()).packet.is_untouched


@requirement("REL-014")
@pytest.mark.parametrize(
    "fate", ("reset", "low-power", "pause", "surprise-removal", "hold", "link-down")
)
def test_what_happens_to_a_device_is_its_own_affair(dut, sibling, peer, second_peer, fate):
    here = (link(peer, dut), link(dut, peer))
    there = (link(second_peer, sibling), link(sibling, second_peer))
    assert working(*there) == [*there]

    sibling.event(fate)

    assert working(*here) == [*here]
    assert dut.delete(here[0].into).succeeded
    assert link(peer, dut, spi=0x3001).works()


@requirement("REL-014")
def test_halting_a_device_leaves_the_sas_of_another(dut, sibling, peer, second_peer):
    here = (link(peer, dut), link(dut, peer))
    there = (link(second_peer, sibling), link(sibling, second_peer))
    assert working(*there) == [*there]

    sibling.close()

    assert working(*here) == [*here]


@requirement("REL-014")
def test_updates_at_a_device_leave_the_halves_of_another(dut, sibling, peer, second_peer):
    dut.needs(esn=1)
    here = (link(peer, dut, esn=True), link(dut, peer, esn=True))
    there = (link(second_peer, sibling, esn=True), link(sibling, second_peer, esn=True))

    assert there[0].update(5).succeeded
    assert there[1].renew(6).succeeded
    there[1].follow(6)

    assert working(*here, *there) == [*here, *there]


@requirement("REL-014")
def test_a_full_device_leaves_room_at_another(dut, sibling, peer):
    count = dut.resize(64, most=4096)
    assert dut.add(*sas(count)).given == count

    assert link(peer, sibling).works()
    assert link(sibling, peer, spi=0x8001).works()


# ---- Little memory -----------------------------------------------------------------------------


@requirement("REL-016")
def test_a_request_without_memory_is_done_or_not_as_it_says(kind):
    assert half_done(kind) == []


@requirement("REL-016")
def test_requests_without_memory_disturb_no_traffic(kind, dut, peer):
    incoming, outgoing = link(peer, dut, spi=0x7001), link(dut, peer, spi=0x7001)

    half_done(kind)

    assert working(incoming, outgoing) == [incoming, outgoing]

"""DELETE_SA: handles that name nothing, or twice the same, or what another device has."""

import pytest

from ov2 import inbound, link, links, node, requirement, sa, sas, working

STRANGE = {
    "null": "null",
    "stale": "#1",
    "one-more": "#2~next",
    "other-upper-half": "#2~high",
    "other-top-bit": "#2~top",
    "the-spi": 0x1001,
    "all-ones": 0xFFFFFFFF_FFFFFFFF,
    "kernel-address": 0xFFFFA80C_12345670,
    "misaligned": 0x12345673,
    "not-canonical": 0x80000000_00001000,
}


@requirement("DEL-011")
@pytest.mark.parametrize("strange", STRANGE)
def test_a_handle_that_names_no_sa_does_no_damage(dut, peer, strange):
    dut.delete(dut.add(sa(0x3001)).handle)
    incoming, outgoing = link(peer, dut), link(dut, peer)

    dut.delete(STRANGE[strange])

    assert working(incoming, outgoing) == [incoming, outgoing]


@requirement("DEL-030")
@pytest.mark.parametrize("strange", STRANGE)
def test_the_verifier_has_nothing_to_say_about_a_strange_handle(dut, strange):
    dut.add(sa(0x3001))
    dut.delete("#1")
    dut.add(sa(0x1001))

    answer = dut.delete(STRANGE[strange])

    assert answer.status in ("SUCCESS", "NOT_ACCEPTED", "REQUEST_ABORTED")


@requirement("DEL-030")
def test_the_verifier_has_nothing_to_say_about_live_and_repeated_handles(dut):
    live, twice, other = (reply.handle for reply in map(dut.add, sas(3)))

    alone = dut.delete(live)
    repeated = dut.delete(twice, other, twice)

    assert alone.succeeded
    assert repeated.status in ("SUCCESS", "NOT_ACCEPTED", "REQUEST_ABORTED")


@requirement("DEL-012")
def test_the_same_handle_twice_in_a_list_is_removed_once(dut, peer):
    incoming = link(peer, dut, spi=0x1001)
    other = link(peer, dut, spi=0x1002)

    dut.delete(incoming.into, other.into, incoming.into, incoming.into)
    dut.delete(incoming.into, incoming.into)

    assert working(incoming, other) in ([], [incoming, other])


@requirement("DEL-012", "DEL-003")
def test_a_repeated_handle_gives_back_room_once(dut):
    dut.add(*sas(4))

    dut.delete("#1", "#2", "#1", "#1")
    dut.delete("#1")
    dut.delete("#2")

    assert dut.add(*sas(2, spi=0x5001)).given == 2


@requirement("DEL-014")
@pytest.mark.parametrize("strange", ("null", "#1", "#2~high"))
@pytest.mark.parametrize("place", range(4))
def test_good_handles_beside_a_bad_one_go_all_together_or_not_at_all(dut, peer, strange, place):
    dut.delete(dut.add(sa(0x3001)).handle)
    made = links(peer, dut, 3)
    handles = [each.into for each in made]

    answer = dut.delete(*handles[:place], strange, *handles[place:])
    left = working(*made)

    assert left == [] if answer.succeeded else left in ([], list(made))


@requirement("DEL-014")
def test_the_place_of_a_bad_handle_makes_no_difference(dut, peer):
    first, second, third = (links(peer, dut, 2, spi=spi) for spi in (0x1001, 0x2001, 0x3001))

    answers = (
        dut.delete("null", first[0].into, first[1].into),
        dut.delete(second[0].into, "null", second[1].into),
        dut.delete(third[0].into, third[1].into, "null"),
    )
    left = [len(working(*made)) for made in (first, second, third)]

    assert len({answer.status for answer in answers}) == 1
    assert left in ([0, 0, 0], [2, 2, 2])


@requirement("DEL-014", "DEL-016")
@pytest.mark.parametrize("place", range(1, 4))
def test_good_elements_beside_an_unreadable_one_go_all_together_or_not_at_all(dut, peer, place):
    made = links(peer, dut, 3)
    nodes = [node(each.into) for each in made]

    refused = dut.delete(*nodes[:place], node("null", size=8), *nodes[place:])

    assert refused.failed
    assert working(*made) in ([], list(made))


@requirement("DEL-026")
def test_a_handle_of_another_device_deletes_nothing_there(dut, sibling, peer):
    dut.delete(dut.add(inbound(0x5001)).handle)
    incoming = link(peer, dut)

    sibling.delete(f"dut{incoming.into}")

    assert incoming.works()


@requirement("DEL-026")
def test_deleting_at_one_device_leaves_the_equal_sa_of_another(dut, sibling, peer):
    dut.delete(dut.add(inbound(0x5001)).handle)
    incoming = link(peer, dut)
    sibling.add(inbound(0x1001))

    assert sibling.delete("dut2#1").succeeded

    assert incoming.works()
    assert sibling.receive(incoming.send()).packet.is_untouched

"""UPDATE_SA of devices that read it as a list: each element counts, none leads astray."""

import pytest

from ov2 import bad, inbound, links, looped, node, requirement, setting
from ov2.updates import Spoiled, chain, halves, in_force, renewals

pytestmark = setting(UPDATE_LAYOUT="linked")

SHAPES = {
    "self-loop": (1, 0),
    "two-cycle": (2, 0),
    "tail to head": (3, 0),
    "tail to the middle": (4, 2),
    "tail to itself": (3, 2),
}
# What makes an element one that no device may carry out.
BAD = {
    "a null handle": {"handle": "null"},
    "an unknown handle": {"handle": "0xdeadbeefdeadbeef"},
    "no operation": {"op": 0},
    "revision 0": {"rev": 0},
    "a short size": {"size": 8},
}


@requirement("UPD-003", "UPD-025")
def test_the_linked_structure_needs_no_padding(dut, way):
    (esn,) = links(*way, 1, esn=True)

    assert dut.update(esn.renewal(1, bytes=36), length=36).succeeded

    esn.follow(1)
    assert esn.works()


@requirement("UPD-004")
@pytest.mark.parametrize("length", range(36))
def test_a_buffer_that_is_too_short_for_a_linked_element_fails(dut, peer, length):
    (incoming,) = links(peer, dut, 1, esn=True)

    asked = dut.update(incoming.renewal(1, bytes=length), length=length)

    assert asked.failed
    assert incoming.works()


@requirement("UPD-025")
@pytest.mark.parametrize("count", (1, 2, 3, 64))
def test_every_element_of_the_list_is_updated(dut, peer, count):
    chosen = links(peer, dut, min(count, dut.capacity), esn=True)
    frames = halves(chosen, hi=1)

    assert dut.update(*chain(renewals(chosen, hi=1))).succeeded

    assert in_force(frames) == {"new"}


@requirement("UPD-025", "UPD-020")
def test_a_list_may_name_both_directions(dut, peer):
    incoming, outgoing = links(peer, dut, 1, esn=True) + links(dut, peer, 1, esn=True)

    assert dut.update(*renewals((incoming, outgoing), hi=1)).succeeded

    incoming.follow(1)
    outgoing.follow(1)
    assert incoming.works()
    assert outgoing.works()


@requirement("UPD-025", "UPD-006")
def test_each_element_has_a_half_of_its_own(dut, peer):
    first, second = links(peer, dut, 2, esn=True)

    assert dut.update(first.renewal(0x80000000), second.renewal(0xFFFFFFFF)).succeeded

    first.follow(0x80000000)
    second.follow(0xFFFFFFFF)
    assert first.works()
    assert second.works()


@requirement("UPD-025")
@pytest.mark.parametrize("at", ("packed", "scattered", "guard"))
def test_the_elements_of_a_list_may_lie_anywhere(dut, peer, at):
    chosen = links(peer, dut, 5, esn=True)
    frames = halves(chosen, hi=1)

    assert dut.update(*(each.but(at=at) for each in renewals(chosen, hi=1))).succeeded

    assert in_force(frames) == {"new"}


@requirement("UPD-026")
@pytest.mark.parametrize("place", (1, 2))
@pytest.mark.parametrize("header", ({"size": 8}, {"size": 27}, {"rev": 0}, {"rev": 0, "size": 0}))
def test_a_header_behind_the_first_is_read_before_its_element(dut, peer, place, header):
    chosen = links(peer, dut, 3, esn=True)
    elements = renewals(chosen, hi=1)
    elements[place] = elements[place].but(bytes=8, **header)

    dut.update(*elements)

    assert chosen[place].works()


@requirement("UPD-027")
@pytest.mark.parametrize("count, back_to", SHAPES.values(), ids=SHAPES)
def test_a_cyclic_list_of_updates_ends(dut, peer, count, back_to):
    *chosen, other = links(peer, dut, count + 1, esn=True)

    dut.update(*looped(*renewals(chosen, hi=1), back_to=back_to))

    assert other.works()
    assert dut.update(other.renewal(1)).succeeded


@requirement("UPD-028")
@pytest.mark.parametrize("place", (0, 1, 2, 3))
@pytest.mark.parametrize("defect", BAD.values(), ids=BAD)
def test_a_bad_element_stops_all_of_the_others_or_none(dut, peer, place, defect):
    *chosen, victim, other = links(peer, dut, 5, esn=True)
    frames = halves(chosen, hi=1)
    elements = renewals(chosen, hi=1)
    elements.insert(place, victim.renewal(1, **defect))

    dut.update(*elements)

    assert len(in_force(frames)) == 1
    assert in_force(frames) <= {"old", "new"}
    assert victim.works()
    assert other.works()


@requirement("UPD-028")
@pytest.mark.parametrize("defect", BAD.values(), ids=BAD)
def test_where_a_bad_element_stands_does_not_matter(dut, peer, defect):
    tried = [Spoiled(dut, peer, place, defect) for place in range(4)]

    assert len({each.outcome for each in tried}) == 1


@requirement("UPD-014", "UPD-028")
@pytest.mark.parametrize("defect", BAD.values(), ids=BAD)
def test_what_a_refused_list_asked_for_is_forgotten(dut, way, defect):
    esn, victim = links(*way, 2, esn=True, hi=3)
    asked = dut.update(esn.renewal(9), victim.renewal(9, **defect))
    hi = 10 if asked.succeeded else 4

    renewed = esn.renew(hi)

    assert renewed.succeeded
    assert esn.keeps_up(renewed, hi)


@requirement("UPD-029")
@pytest.mark.parametrize("values", ((1, 2), (2, 1), (1, 1), (1, 2, 3)), ids=str)
def test_the_last_of_several_updates_of_one_sa_counts(dut, way, values):
    (esn,) = links(*way, 1, esn=True)

    asked = dut.update(*(esn.renewal(hi) for hi in values))

    assert esn.keeps_up(asked, hi=values[-1])


@requirement("UPD-029")
def test_a_repeated_sa_does_not_confuse_the_others(dut, peer):
    first, second = links(peer, dut, 2, esn=True)

    asked = dut.update(first.renewal(1), second.renewal(5), first.renewal(2))

    assert first.keeps_up(asked, hi=2)


@requirement("UPD-030", "UPD-019")
@pytest.mark.parametrize("count", (1, 3))
def test_a_list_of_nothing_but_strangers_fails(dut, peer, count):
    *gone, other = links(peer, dut, count + 1, esn=True)
    dut.delete(*(each.into for each in gone))

    asked = dut.update(*renewals(gone, hi=1))

    assert asked.failed
    assert other.works()


@requirement("UPD-030")
def test_an_sa_that_was_never_added_is_not_updated_in_a_list(dut, peer):
    (incoming,) = links(peer, dut, 1, esn=True)
    dut.add(bad(inbound(0x2001, esn=True)))

    asked = dut.update(node("#2", op="esp", spi=0x2001, hi=1))

    assert asked.failed
    assert incoming.works()


@requirement("UPD-024", "UPD-027")
def test_the_elements_of_a_list_stay_as_they_are(dut, peer):
    chosen = links(peer, dut, 3, esn=True)

    good = dut.update(*renewals(chosen, hi=1))
    wrong = dut.update(*renewals(chosen, hi=2), node("null", hi=2))
    round_ = dut.update(*looped(*renewals(chosen, hi=3)))

    assert "UPD-024" not in good.laws + wrong.laws + round_.laws

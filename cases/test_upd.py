"""UPDATE_SA: the upper half of an SA's sequence numbers, and nothing else."""

import pytest

from ov2 import bad, every_suite, inbound, link, links, node, requirement, sa, setting
from ov2.updates import Halves, halves, in_force, refused, renewals

HALVES = (1, 0x100, 0x8000, 0x00010001, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)
NO_OPERATIONS = (0, 3, 4, 0x101, 0x80000001, 0x80000002, 0xFFFFFFFF)
# Handles that no driver has given: of a neighbour, with another upper half, an SPI, a pattern.
STRANGERS = ("{}~next", "{}~high", "{}~top", "0x1001", "0xdeadbeefdeadbeef", "0xffffffffffffffff")
# 0x1001 in the other byte order, a neighbour, none, any, one that cannot be turned round.
OTHER_SPIS = (0x01100000, 0x1002, 0, 0xFFFFFFFF, 0x11111111)
DEFECTS = {
    "revision 0": {"rev": 0},
    "size 0": {"size": 0},
    "size 8": {"size": 8},
    "size 27": {"size": 27},
    "no operation": {"op": 0},
    "another operation": {"op": "ah"},
    "another SPI": {"spi": 0x1002},
    "another type": {"type": 0x96},
}
# What else uses this OID value, and what nobody does: records of numbers, text, noise.
FOREIGN = {
    "zeros": "64*00",
    "ones": "64*ff",
    "a record array": "0100000002000000.8*00.4000000000000000.16?3.24*00",
    "a short size": "8001.0400.60?4",
    "a large size": "8001.ffff.24*00",
    "revision 255": "80ff.1c00.60?6",
    "another type": "9601.1c00.60?7",
    "noise": "200?5",
    "text": "5155494320454e4352595054494f4e20",
}


@requirement("UPD-001", "UPD-020")
def test_an_esn_sa_can_be_updated(way):
    esn = link(*way, esn=True)

    assert esn.renew(1).succeeded


@requirement("UPD-002")
@setting(UPDATE_LAYOUT="header")
def test_an_update_is_a_single_structure(dut, peer):
    first, second = links(peer, dut, 2, esn=True)
    elements = renewals((first, second), hi=1)

    assert dut.update(*elements).succeeded

    first.follow(1)
    assert first.works()
    assert second.works()


@requirement("UPD-003")
@setting(UPDATE_LAYOUT="header")
def test_the_structure_needs_no_padding(dut, way):
    esn = link(*way, esn=True)

    assert dut.update(esn.renewal(1, bytes=28), length=28).succeeded

    esn.follow(1)
    assert esn.works()


@requirement("UPD-004", "UPD-014")
@setting(UPDATE_LAYOUT="header")
@pytest.mark.parametrize("length", range(28))
def test_a_buffer_that_is_too_short_fails(dut, peer, length):
    incoming = link(peer, dut, esn=True)

    asked = dut.update(incoming.renewal(1, bytes=length), length=length)

    assert asked.failed
    assert incoming.works()


@requirement("UPD-005", "UPD-020")
def test_packets_after_an_update_use_the_new_half(way):
    esn = link(*way, esn=True, hi=1)
    assert esn.works()

    assert esn.renew(2).succeeded

    esn.follow(2)
    assert esn.works()


@requirement("UPD-005")
@setting(ESN_RX="update_only")
def test_a_frame_of_the_old_half_is_not_authentic_any_more(dut, peer):
    incoming = link(peer, dut, esn=True, hi=1)
    before = incoming.send()
    assert dut.receive(before).packet.is_good

    assert incoming.renew(2).succeeded

    assert not dut.receive(before).packet.is_good


@requirement("UPD-005")
def test_a_packet_is_sent_with_the_new_half_only(dut, peer):
    outgoing = link(dut, peer, esn=True, hi=1)
    assert outgoing.renew(2).succeeded
    sent = outgoing.send()

    early = peer.receive(sent).packet
    outgoing.follow(2)

    assert not early.is_good
    assert peer.receive(sent).packet.is_good


@requirement("UPD-005")
@every_suite("gcm", "null", "cbc")
def test_an_update_counts_for_every_suite(dut, peer, suite):
    incoming, outgoing = (link(*ends, esn=True, **suite) for ends in ((peer, dut), (dut, peer)))

    assert incoming.renew(7).succeeded
    assert outgoing.renew(7).succeeded

    incoming.follow(7)
    outgoing.follow(7)
    assert incoming.works()
    assert outgoing.works()


@requirement("UPD-005")
@every_suite("ah")
def test_an_update_counts_for_ah(dut, peer, suite):
    incoming, outgoing = (link(*ends, esn=True, **suite) for ends in ((peer, dut), (dut, peer)))

    assert incoming.renew(7, op="ah").succeeded
    assert outgoing.renew(7, op="ah").succeeded

    incoming.follow(7, op="ah")
    outgoing.follow(7, op="ah")
    assert incoming.works()
    assert outgoing.works()


@requirement("UPD-006")
@pytest.mark.parametrize("hi", HALVES)
def test_all_bits_of_the_half_are_stored(way, hi):
    esn = link(*way, esn=True)

    assert esn.renew(hi).succeeded

    esn.follow(hi)
    assert esn.works()


@requirement("UPD-007", "UPD-030")
@pytest.mark.parametrize("stranger", STRANGERS)
def test_an_unknown_handle_changes_no_sa(dut, peer, stranger):
    first, second = links(peer, dut, 2, esn=True)

    asked = second.renew(1, handle=stranger.format(second.into))

    assert asked.failed
    assert first.works()
    assert second.works()


@requirement("UPD-007")
def test_a_handle_of_another_device_is_unknown(dut, sibling, peer):
    incoming = link(peer, dut, esn=True)

    asked = sibling.update(incoming.renewal(1, handle=f"dut{incoming.into}"))

    assert asked.failed
    assert incoming.works()


@requirement("UPD-008")
def test_without_esn_an_update_fails(dut):
    dut.lacks(esn=1)
    handle = dut.add(inbound()).handle

    assert dut.update(node(handle, op="esp", spi=0x1001, hi=1)).failed


@requirement("UPD-009")
def test_a_null_handle_fails(dut, peer):
    incoming = link(peer, dut, esn=True)

    asked = incoming.renew(1, handle="null")

    assert asked.failed
    assert incoming.works()


@requirement("UPD-010", "UPD-014")
@pytest.mark.parametrize("op", NO_OPERATIONS)
def test_an_operation_that_is_neither_ah_nor_esp_fails(way, op):
    esn = link(*way, esn=True)

    asked = esn.renew(1, op=op)

    assert asked.failed
    assert esn.works()


@requirement("UPD-011")
def test_an_operation_that_the_bundle_lacks_fails(dut, peer):
    incoming = link(peer, dut, esn=True)

    asked = incoming.renew(1, op="ah")

    assert asked.failed
    assert incoming.works()


@requirement("UPD-011")
def test_an_ah_bundle_has_no_esp_to_update(dut, peer):
    dut.needs(esn=1, ah=1, auth=2)
    incoming = link(peer, dut, ah="ah-sha1", esn=True)

    asked = incoming.renew(1, op="esp")

    assert asked.failed
    assert incoming.works()


@requirement("UPD-012")
@pytest.mark.parametrize("spi", OTHER_SPIS)
def test_another_spi_does_not_become_that_of_the_sa(way, spi):
    esn = link(*way, esn=True)

    asked = esn.renew(1, spi=spi)

    assert esn.keeps_up(asked, hi=1)


@requirement("UPD-013")
@pytest.mark.parametrize("hi", (0, 1, 0xFFFFFFFF))
def test_an_sa_without_esn_stays_without(way, hi):
    plain = link(*way)

    plain.renew(hi)

    assert plain.works()


@requirement("UPD-014")
@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_an_update_that_fails_leaves_the_old_half(way, defect):
    esn = link(*way, esn=True, hi=3)

    asked = esn.renew(4, **defect)

    assert esn.keeps_up(asked, hi=4)


@requirement("UPD-014")
@pytest.mark.parametrize("defect", DEFECTS.values(), ids=DEFECTS)
def test_a_half_that_was_refused_is_no_bar_to_a_lower_one(way, defect):
    esn = link(*way, esn=True, hi=3)
    asked = esn.renew(9, **defect)
    hi = 10 if asked.succeeded else 4

    renewed = esn.renew(hi)

    assert renewed.succeeded
    assert esn.keeps_up(renewed, hi)


@requirement("UPD-015")
def test_an_update_does_not_touch_the_handle(dut, peer):
    incoming = link(peer, dut, esn=True)
    assert incoming.renew(1).succeeded

    assert dut.delete(incoming.into).succeeded

    incoming.follow(1)
    assert dut.receive(incoming.send()).packet.is_untouched


@requirement("UPD-015")
def test_an_update_takes_no_room_in_the_table(dut, peer):
    count = dut.resize(4)
    first, *others = links(peer, dut, count, esn=True)
    assert all(each.renew(1).succeeded for each in (first, *others))

    dut.delete(first.into)

    assert dut.add(sa(0x5001)).succeeded


@requirement("UPD-015")
@every_suite("gcm", "cbc", "ah")
def test_an_update_does_not_touch_keys_or_selectors(dut, peer, suite):
    op = "ah" if "ah" in suite else "esp"
    incoming = link(peer, dut, esn=True, hi=1, **suite)
    assert incoming.works()

    assert incoming.renew(2, op=op).succeeded

    incoming.follow(2, op=op)
    assert incoming.works()


@requirement("UPD-016")
def test_the_other_direction_is_untouched(dut, peer):
    incoming, outgoing = link(peer, dut, esn=True), link(dut, peer, esn=True)

    assert incoming.renew(1).succeeded

    assert outgoing.works()
    incoming.follow(1)
    assert incoming.works()


@requirement("UPD-016")
@pytest.mark.parametrize("ends", ({"src": "192.0.2.77"}, {"ipv6": True}), ids=("IPv4", "IPv6"))
def test_an_sa_with_the_same_spi_is_untouched(dut, peer, ends):
    dut.needs(ipv6=1 if "ipv6" in ends else 0)
    first, twin = link(peer, dut, esn=True), link(peer, dut, esn=True, **ends)

    assert first.renew(1).succeeded

    assert twin.works()
    first.follow(1)
    assert first.works()


@requirement("UPD-016", "UPD-005")
@every_suite("esp+ah")
@pytest.mark.parametrize("op, spi", (("esp", 0x1001), ("ah", 0x2001)))
def test_the_other_operation_of_the_bundle_is_untouched(dut, peer, suite, op, spi):
    incoming = link(peer, dut, esn=True, hi=1, ah_hi=9, **suite)

    assert incoming.renew(10, op=op, spi=spi).succeeded

    incoming.follow(10, op=op, spi=spi)
    assert incoming.works()


@requirement("UPD-017")
def test_a_packet_while_an_update_is_out_uses_one_of_the_halves(dut, peer):
    outgoing = link(dut, peer, esn=True)
    dut.event("hold")
    dut.update(outgoing.renewal(0x00010001), nowait=True)
    sent = outgoing.send()
    dut.event("release")

    under_old = peer.receive(sent).packet.is_good
    outgoing.follow(0x00010001)
    under_new = peer.receive(sent).packet.is_good

    assert under_old != under_new
    assert outgoing.works()


@requirement("UPD-017")
def test_a_frame_while_an_update_is_out_is_checked_with_one_of_the_halves(dut, peer):
    incoming = link(peer, dut, esn=True)
    frames = Halves(incoming, hi=0x00010001)
    dut.event("hold")
    dut.update(incoming.renewal(0x00010001), nowait=True)

    during = frames.in_force
    dut.event("release")

    assert during in ("old", "new")
    assert incoming.works()


@requirement("UPD-018")
@pytest.mark.parametrize("hi", (5, 4, 0))
def test_a_half_that_does_not_grow_is_stored_or_refused(way, hi):
    esn = link(*way, esn=True, hi=5)

    asked = esn.renew(hi)

    assert esn.keeps_up(asked, hi)


@requirement("UPD-019", "UPD-030")
def test_a_deleted_sa_is_not_updated(dut, peer):
    gone, other = links(peer, dut, 2, esn=True)
    assert gone.renew(1).succeeded
    assert dut.delete(gone.into).succeeded

    asked = gone.renew(2)

    assert asked.failed
    gone.follow(1)
    assert dut.receive(gone.send()).packet.is_untouched
    assert other.works()


@requirement("UPD-019")
def test_the_successor_of_a_deleted_sa_is_not_updated(dut, peer):
    gone = link(peer, dut, esn=True)
    assert dut.delete(gone.into).succeeded
    peer.delete(gone.out)
    successor = link(peer, dut, esn=True, key="20?9")

    asked = gone.renew(1)

    assert asked.failed
    assert successor.works()


@requirement("UPD-019", "UPD-030")
def test_an_sa_that_was_never_added_is_not_updated(dut, peer):
    incoming = link(peer, dut, esn=True)
    dut.add(bad(inbound(0x2001, esn=True)))

    asked = dut.update(node("#2", op="esp", spi=0x2001, hi=1))

    assert asked.failed
    assert incoming.works()


@requirement("UPD-021")
@pytest.mark.parametrize("raw", FOREIGN.values(), ids=FOREIGN)
def test_what_is_no_update_fails(dut, peer, raw):
    incoming = link(peer, dut, esn=True)

    asked = dut.update(node(raw=raw))

    assert asked.failed
    assert incoming.works()


@requirement("UPD-021")
@pytest.mark.parametrize("length", (1, 4, 28, 32, 64, 4096))
def test_no_part_of_a_foreign_buffer_makes_an_update(dut, peer, length):
    incoming = link(peer, dut, esn=True)

    assert refused(dut, (node(raw=f"{length}*00"), node(raw=f"{length}?{length}")), length=length)

    assert incoming.works()


@requirement("UPD-021")
def test_a_header_of_zeros_is_none(dut, peer):
    incoming = link(peer, dut, esn=True)

    asked = incoming.renew(1, type=0, rev=0, size=0)

    assert asked.failed
    assert incoming.works()


@requirement("UPD-023")
def test_a_successful_update_says_what_it_has_read(dut, way):
    esn = link(*way, esn=True)

    reply = esn.renew(1)

    assert reply.succeeded
    assert reply.number("revision") == 1
    assert 28 <= reply.number("read") <= 36


@requirement("UPD-024")
@pytest.mark.parametrize("fields", ({}, {"op": 3}, {"handle": "null"}, {"rev": 2}))
def test_the_callers_structure_stays_as_it_is(way, fields):
    esn = link(*way, esn=True)

    reply = esn.renew(1, **fields)

    assert "UPD-024" not in reply.laws


@requirement("UPD-016", "UPD-015")
def test_each_sa_keeps_a_half_of_its_own(dut, peer):
    chosen = links(peer, dut, 3, esn=True)
    frames = halves(chosen, hi=1)

    assert chosen[1].renew(1).succeeded

    assert [each.in_force for each in frames] == ["old", "new", "old"]
    assert in_force(frames[::2]) == {"old"}

"""ADD_SA and ADD_SA_EX: addresses and direction of an SA, and two SAs that have the same."""

import pytest

from ov2 import (
    anyone, bundle, inbound, link, littered, meet, opposite, requirement, sa, unusable,
)
from ov2.lists import ALICE, ALICE6, BOB, BOB6

# ---- Addresses ---------------------------------------------------------------------------------


@requirement("ADD-037")
def test_an_ipv4_sa_reads_the_ipv4_addresses_only(adding, dut, peer):
    coming, going = bundle(0x1001, True, True), bundle(0x2001, False, False)

    handles = [adding(littered(coming)).handle, adding(littered(going)).handle]

    assert unusable(dut, peer, (coming, going), handles) == []


FAR = ("src", "2001:db8::2", "2001:db8::3")
NEAR = ("dst", "2001:db8::1", "2001:db8::8000:0:0:1")


@requirement("ADD-038")
@pytest.mark.parametrize(("end", "first", "second"), (FAR, NEAR), ids=("source", "destination"))
def test_ipv6_addresses_count_to_their_last_bit(adding, dut, peer, end, first, second):
    old = link(peer, dut, add=adding, ipv6=True, key="20?7", **{end: first})
    new = link(peer, dut, add=adding, ipv6=True, key="20?8", **{end: second})

    assert new.works()
    assert old.works()


@requirement("ADD-038")
@pytest.mark.parametrize(
    "ends", ((ALICE6, "2001:db8::3"), ("2001:db8::9", BOB6)), ids=("source", "destination")
)
def test_an_ipv6_frame_of_a_neighbour_is_not_touched(adding, dut, peer, ends):
    dut.needs(ipv6=1)
    node = inbound(ipv6=True)
    far = anyone(peer, node)
    adding(node)

    own = dut.receive(peer.send(far, src=BOB6, dst=ALICE6).frame).packet
    stray = dut.receive(peer.send(far, src=ends[1], dst=ends[0]).frame).packet

    assert own.is_good
    assert stray.is_untouched


@requirement("ADD-039")
@pytest.mark.parametrize("ends", ((ALICE, BOB), (ALICE6, BOB6)), ids=("ipv4", "ipv6"))
def test_the_flag_decides_the_direction_and_not_the_addresses(adding, dut, peer, ends):
    near, far = ends
    incoming = link(peer, dut, spi=0x1001, add=adding, src=near, dst=far)
    outgoing = link(dut, peer, spi=0x2001, add=adding, src=far, dst=near)

    assert incoming.works()
    assert outgoing.works()


@requirement("ADD-039")
def test_an_sa_works_in_its_own_direction_only(adding, dut, peer):
    outgoing = link(dut, peer, spi=0x1001, add=adding)
    incoming = link(peer, dut, spi=0x2001, add=adding)

    reflected = dut.receive(outgoing.send())
    sent = dut.send(incoming.into)

    assert reflected.packet.is_untouched
    assert sent.frames == []


# For each family: zero, our address and another one, the peer's address and another one.
FAMILIES = {
    "ipv4": ("0.0.0.0", ALICE, "198.51.100.7", BOB, "203.0.113.9"),
    "ipv6": ("::", ALICE6, "2001:db8:1::7", BOB6, "2001:db8:2::9"),
}


@requirement("ADD-056")
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_zero_source_is_any_source(adding, dut, peer, family):
    zero, near, elsewhere, far, stranger = family
    dut.needs(ipv6=int(":" in near))
    node = inbound(src=zero, dst=near)
    sender = anyone(peer, node)
    adding(node)

    one = dut.receive(peer.send(sender, src=far, dst=near).frame).packet
    other = dut.receive(peer.send(sender, src=stranger, dst=near).frame).packet
    misled = dut.receive(peer.send(sender, src=far, dst=elsewhere).frame).packet

    assert one.is_good
    assert other.is_good
    assert misled.is_untouched


@requirement("ADD-057")
@pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)
def test_a_zero_destination_is_any_or_none(adding, dut, peer, family):
    zero, near, elsewhere, far, stranger = family
    node = inbound(src=far, dst=zero)
    sender = anyone(peer, node)
    adding(node)

    one = dut.receive(peer.send(sender, src=far, dst=near).frame).packet
    other = dut.receive(peer.send(sender, src=far, dst=elsewhere).frame).packet
    misled = dut.receive(peer.send(sender, src=stranger, dst=near).frame).packet

    assert one.is_good == other.is_good
    assert misled.is_untouched


@requirement("ADD-056", "ADD-057")
def test_an_outbound_sa_with_zero_selectors_sends(adding, dut, peer):
    outgoing = link(dut, peer, add=adding, src="0.0.0.0", dst="0.0.0.0")

    sent = dut.send(outgoing.out, src=ALICE, dst=BOB)

    assert peer.receive(sent.frame).packet.is_good


# ---- Duplicates --------------------------------------------------------------------------------


@requirement("ADD-055")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
def test_of_two_inbound_duplicates_one_at_least_works(adding, dut, peer, ipv6):
    dut.needs(ipv6=int(ipv6))
    peer.reopen(**{"A-50": "both"})
    nodes = inbound(ipv6=ipv6, key="20?7"), inbound(ipv6=ipv6, key="20?8")
    senders = [peer.add(opposite(each)).handle for each in nodes]

    handles = [adding(each).handle for each in nodes]

    assert any([dut.receive(peer.send(each).frame).packet.is_good for each in senders])
    dut.delete(*filter(None, handles))
    assert all([dut.receive(peer.send(each).frame).packet.is_untouched for each in senders])


@requirement("ADD-055")
def test_of_two_outbound_duplicates_one_at_least_works(adding, dut, peer, second_peer):
    nodes = sa(key="20?7"), sa(key="20?8")
    handles = [adding(each).handle for each in nodes]

    links = [meet(dut, peer, handles[0], nodes[0]), meet(dut, second_peer, handles[1], nodes[1])]

    assert any([each.works() for each, handle in zip(links, handles) if handle])
    dut.delete(*filter(None, handles))
    assert not any([each.works() for each, handle in zip(links, handles) if handle])


@requirement("ADD-055")
def test_a_duplicate_within_a_list_harms_no_other(dut, peer):
    peer.reopen(**{"A-50": "both"})
    nodes = sa(0x1001), sa(0x1002), sa(0x1001), sa(0x1003)

    added = dut.add(*nodes)

    handles = added.handles
    assert unusable(dut, peer, nodes[1::2], handles[1::2]) == []


@requirement("ADD-055")
def test_sas_that_differ_in_one_selector_are_no_duplicates(adding, dut, peer):
    dut.needs(ipv6=1)
    nodes = (
        sa(0x1001), sa(0x1002), inbound(0x1001), sa(0x1001, dst="192.0.2.3"),
        sa(0x1001, src="192.0.2.3"), sa(0x1001, ipv6=True), inbound(0x1001, ipv6=True),
        opposite(sa(0x1002)), opposite(sa(0x1003)), sa(0x1003),
    )

    added = [adding(each) for each in nodes]

    assert all(reply.succeeded for reply in added)

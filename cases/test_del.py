"""DELETE_SA: what goes, what stays, and lists that no driver may stumble over."""

import pytest

from ov2 import final, inbound, link, links, looped, node, requirement, run, sa, sas, working


@requirement("DEL-001", "DEL-002")
def test_a_deleted_inbound_sa_is_not_used_any_more(dut, peer):
    incoming = link(peer, dut)
    before = dut.receive(incoming.send())

    deleted = dut.delete(incoming.into)
    after = dut.receive(incoming.send())

    assert before.packet.is_good
    assert deleted.succeeded
    assert after.packet.is_untouched


@requirement("DEL-001", "DEL-002")
def test_a_deleted_outbound_sa_sends_nothing(dut, peer):
    outgoing = link(dut, peer)

    assert outgoing.works()
    assert dut.delete(outgoing.out).succeeded

    sent = dut.send(outgoing.out)
    assert sent.sent == ["FAILURE"]
    assert sent.frames == []


@requirement("DEL-004", "DEL-005")
def test_every_element_of_a_mixed_list_is_deleted(dut, peer):
    incoming = link(peer, dut, spi=0x1001)
    outgoing = link(dut, peer, spi=0x2001)
    other = link(peer, dut, spi=0x1002)

    assert dut.delete(incoming.into, outgoing.out, other.into).succeeded

    assert working(incoming, outgoing, other) == []


@requirement("DEL-005")
@pytest.mark.parametrize("order", ((0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)), ids=str)
def test_a_list_may_mix_protocols_and_families(dut, peer, order):
    dut.needs(ah=1, ahesp=1, ipv6=1)
    made = (
        link(peer, dut, spi=0x1001, ah="ah-sha1"),
        link(dut, peer, spi=0x1002, esp="aes-gcm-128", ah="ah-sha1", ah_spi=0x2002),
        link(peer, dut, spi=0x1003, ipv6=True),
        link(dut, peer, spi=0x1004, esp="null+sha1"),
    )

    assert dut.delete(*(made[at].near for at in order)).succeeded

    assert working(*made) == []


@requirement("DEL-006")
def test_deleting_the_inbound_sa_leaves_the_outbound_one(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)

    assert dut.delete(incoming.into).succeeded

    assert working(incoming, outgoing) == [outgoing]


@requirement("DEL-006", "DEL-025")
def test_deleting_the_outbound_sa_leaves_the_inbound_one(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)

    assert dut.delete(outgoing.out).succeeded

    assert working(incoming, outgoing) == [incoming]


@requirement("DEL-002")
@pytest.mark.parametrize("ends", ({"src": "192.0.2.77"}, {"ipv6": True}), ids=("IPv4", "IPv6"))
def test_an_sa_with_the_spi_of_a_deleted_one_stays(dut, peer, ends):
    dut.needs(ipv6=1 if "ipv6" in ends else 0)
    deleted, twin = link(peer, dut), link(peer, dut, **ends)

    assert dut.delete(deleted.into).succeeded

    assert not deleted.works()
    assert twin.works()


@requirement("DEL-025")
@pytest.mark.parametrize("first", ("outbound", "inbound"))
def test_a_pair_is_deleted_in_either_order(dut, peer, first):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    ends = (outgoing.out, incoming.into)

    deleted = [dut.delete(end) for end in (ends if first == "outbound" else ends[::-1])]

    assert [reply.succeeded for reply in deleted] == [True, True]
    assert working(incoming, outgoing) == []


# ---- Deletion that the device asks for --------------------------------------------------------


@requirement("DEL-007", "DEL-009")
def test_an_sa_stays_until_the_delete_that_it_asked_for(dut, peer):
    incoming = link(peer, dut)
    dut.event("sa-pressure")

    asked = dut.receive(incoming.send()).packet
    later = dut.receive(incoming.send()).packet
    deleted = dut.delete(incoming.into)

    assert asked.is_good
    assert later.is_good
    assert deleted.succeeded
    assert working(incoming) == []


@requirement("DEL-008", "DEL-009")
def test_the_outbound_sa_stays_when_the_inbound_one_is_to_go(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    dut.event("sa-pressure")
    dut.receive(incoming.send())

    assert outgoing.works()
    assert dut.delete(incoming.into).succeeded
    assert outgoing.works()

    assert dut.delete(outgoing.out).succeeded
    assert working(incoming, outgoing) == []


@requirement("DEL-009")
def test_a_delete_that_nobody_asked_for_succeeds_under_pressure(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    dut.event("sa-pressure")

    assert dut.delete(incoming.into).succeeded
    assert dut.delete(outgoing.out).succeeded

    assert working(incoming, outgoing) == []


# ---- Elements and lists -----------------------------------------------------------------------


@requirement("DEL-016")
@pytest.mark.parametrize(
    "defect", ({"size": 0}, {"size": 4}, {"size": 8}, {"size": 23}, {"rev": 0}), ids=str
)
def test_every_element_has_its_header_checked(dut, defect):
    first, second, third = (reply.handle for reply in map(dut.add, sas(3)))

    refused = dut.delete(node(first), node(second, **defect), node(third))

    assert refused.failed


@requirement("DEL-016")
@pytest.mark.parametrize("size", (4, 8, 16, 23))
def test_a_short_element_behind_a_good_one_fails_without_an_overread(dut, size):
    first, second = (reply.handle for reply in map(dut.add, sas(2)))

    refused = dut.delete(node(first), node(second, size=size, bytes=size))

    assert refused.failed


@requirement("DEL-017")
@pytest.mark.parametrize("length", range(24))
def test_a_buffer_that_is_too_short_fails(dut, length):
    handle = dut.add(sa()).handle

    refused = dut.delete(node(handle, bytes=length), length=length)
    twin = dut.delete(handle)

    assert refused.failed
    assert twin.succeeded


CYCLES = {
    "self-loop": lambda nodes: looped(nodes[0]),
    "two-cycle": lambda nodes: looped(*nodes[:2]),
    "tail-to-head": lambda nodes: looped(*nodes),
    "rho": lambda nodes: looped(*nodes, back_to=1),
    "tail-to-itself": lambda nodes: looped(*nodes, back_to=4),
}


@requirement("DEL-015")
@pytest.mark.parametrize("shape", CYCLES)
def test_a_cyclic_list_ends(dut, shape):
    nodes = [node(reply.handle) for reply in map(dut.add, sas(5))]

    dut.delete(*CYCLES[shape](nodes))

    assert dut.add(sa(0x4001)).succeeded


@requirement("DEL-015")
@pytest.mark.parametrize("back_to", ("a", "a[1]", "a[65535]", "a[99999]"))
def test_a_long_cyclic_list_ends(dut, back_to):
    dut.add(sa())

    dut.delete(run(100_000, handle="#1+", last=back_to))

    assert dut.add(sa(0x4001)).succeeded


@requirement("DEL-029")
@pytest.mark.parametrize("placement", ("guard", "packed", "scattered"))
def test_the_elements_stay_as_they_are(dut, placement):
    handles = [reply.handle for reply in map(dut.add, sas(3))]

    deleted = dut.delete(*(node(handle, at=placement) for handle in handles))

    assert deleted.succeeded


@requirement("DEL-004")
@pytest.mark.parametrize("count", (1, 2, 3, 64))
def test_every_element_of_a_list_is_deleted(dut, count):
    count = min(dut.capacity, count)
    dut.add(*sas(count))

    deleted = dut.delete(*(node(f"#{at + 1}") for at in range(count)))

    assert deleted.succeeded
    assert dut.add(*sas(count)).given == count


# ---- Requests that wait ------------------------------------------------------------------------


@requirement("DEL-010", "OID-007")
def test_a_pended_delete_succeeds_when_the_hardware_answers(dut, peer):
    incoming = link(peer, dut)
    dut.event("hold")

    asked = dut.delete(incoming.into, nowait=True)
    released = dut.event("release")

    assert final(asked, released) == "SUCCESS"
    assert dut.receive(incoming.send()).packet.is_untouched


@requirement("DEL-010", "DEL-013")
def test_a_handle_that_two_pended_deletes_name_is_removed_once(dut, peer):
    incoming, other = link(peer, dut, spi=0x1001), link(peer, dut, spi=0x1002)
    dut.event("hold")

    dut.delete(incoming.into, nowait=True)
    dut.delete(incoming.into, nowait=True)
    dut.event("release")

    assert working(incoming, other) == [other]


@requirement("DEL-018")
@pytest.mark.parametrize("placement", ("guard", "packed"))
def test_a_list_is_not_read_once_its_request_is_completed(dut, placement):
    handles = [reply.handle for reply in map(dut.add, sas(3))]
    dut.event("hold")

    asked = dut.delete(*(node(handle, at=placement) for handle in handles), nowait=True)
    released = dut.event("release")

    assert final(asked, released) == "SUCCESS"
    assert dut.add(*sas(3)).given == 3


@requirement("DEL-019")
def test_a_delete_behind_a_pended_add_has_the_last_word(early, peer):
    outgoing = peer.add(sa(0x1001, src="192.0.2.2", dst="192.0.2.1")).handle
    added = early.add(inbound(0x1001), nowait=True)
    early.knows(added)

    early.delete("#1", nowait=True)
    early.event("release")

    assert early.receive(peer.send(outgoing).frame).packet.is_untouched


@requirement("DEL-020")
def test_no_packet_is_checked_with_an_sa_that_a_pended_delete_has_taken(dut, peer):
    incoming = link(peer, dut)
    first, second = incoming.send(), incoming.send()
    assert incoming.works()
    dut.event("hold")

    dut.delete(incoming.into, nowait=True)
    between = dut.receive(first).packet
    dut.event("release")

    assert between.is_good or between.is_untouched
    assert dut.receive(second).packet.is_untouched


@requirement("DEL-021", "DEL-022")
def test_what_is_sent_while_its_sa_is_deleted_is_protected_or_not_sent(dut, peer):
    outgoing, other = link(dut, peer, spi=0x1001), link(dut, peer, spi=0x1002)
    dut.event("hold")

    dut.delete(outgoing.out, nowait=True)
    sent = dut.send(outgoing.out, nowait=True)
    released = dut.event("release")

    assert outgoing.carries(*sent.frames, *released.frames)
    assert len(sent.sent + released.sent) == 1
    assert other.works()


@requirement("DEL-021", "DEL-022")
def test_what_is_sent_before_its_sa_is_deleted_completes_once(dut, peer):
    outgoing = link(dut, peer)
    dut.event("hold")

    sent = dut.send(outgoing.out, count=8, nowait=True)
    dut.delete(outgoing.out, nowait=True)
    released = dut.event("release")

    assert outgoing.carries(*sent.frames, *released.frames)
    assert len(sent.sent + released.sent) == 1


@requirement("DEL-024")
def test_a_delete_that_a_reset_meets_has_done_what_it_says(dut, peer):
    incoming = link(peer, dut)
    dut.event("hold")

    asked = dut.delete(incoming.into, nowait=True)
    reset = dut.event("reset")
    status = final(asked, reset, dut.event("release"))
    packet = dut.receive(incoming.send()).packet

    assert status in ("SUCCESS", "NOT_ACCEPTED", "REQUEST_ABORTED")
    assert packet.is_untouched if status == "SUCCESS" else packet.is_good


# ---- What a delete gives back ------------------------------------------------------------------


@requirement("DEL-003", "DEL-027", "ADD-050")
def test_deleting_gives_back_all_that_the_sas_took(dut):
    before = dut.drain().allocations

    deleted = [dut.delete(dut.add(inbound(spi)).handle) for spi in range(0x1001, 0x1041)]

    assert all(each.succeeded for each in deleted)
    assert dut.drain().allocations == before


@requirement("DEL-003", "DEL-027")
def test_deleting_gives_back_all_that_traffic_took(dut, peer):
    before = dut.drain().allocations
    made = (*links(peer, dut, 4), *links(dut, peer, 4), *links(peer, dut, 4, ipv6=True))

    assert working(*made) == list(made)
    assert dut.delete(*(each.near for each in made)).succeeded

    assert dut.drain().allocations == before


@requirement("DEL-023")
def test_a_delete_is_carried_out_while_ipsec_is_disabled(dut, peer):
    incoming = link(peer, dut)
    dut.switch("disabled")

    dut.delete(incoming.into)
    dut.switch("both")

    assert dut.receive(incoming.send()).packet.is_untouched


@requirement("DEL-028")
def test_a_new_sa_with_the_same_spi_uses_the_new_keys(dut, peer):
    old = link(peer, dut, key="20?7")
    assert old.works()
    peer.delete(old.out)
    assert dut.delete(old.into).succeeded

    new = link(peer, dut, key="20?8")

    assert new.works()


@requirement("DEL-028")
def test_an_outbound_sa_that_replaces_another_uses_the_new_keys(dut, peer):
    old = link(dut, peer, key="20?7")
    assert old.works()
    assert dut.delete(old.out).succeeded
    peer.delete(old.into)

    new = link(dut, peer, key="20?8")

    assert new.works()

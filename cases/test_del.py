"""DELETE_SA: what goes, what stays, and lists that no driver may stumble over."""

import pytest

from ov2 import inbound, link, name_of, node, requirement, rho, ring, sa, sas


@requirement("DEL-001", "DEL-002")
def test_a_deleted_inbound_sa_is_not_used_any_more(dut, peer):
    incoming = link(peer, dut)
    before = dut.receive(incoming.send())

    deleted = dut.delete(incoming.into)
    after = dut.receive(incoming.send())

    assert before.packet.is_good
    assert deleted.succeeded
    assert after.packet.is_untouched


@requirement("DEL-002")
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

    assert dut.receive(incoming.send()).packet.is_untouched
    assert dut.receive(other.send()).packet.is_untouched
    assert dut.send(outgoing.out).frames == []


@requirement("DEL-006")
def test_deleting_one_direction_leaves_the_other(dut, peer):
    incoming = link(peer, dut)
    outgoing = link(dut, peer)

    assert dut.delete(incoming.into).succeeded

    assert outgoing.works()


@requirement("DEL-011", "DEL-030")
def test_a_handle_that_names_no_sa_deletes_nothing(dut, peer):
    incoming = link(peer, dut)
    gone = dut.add(sa(0x3001)).handle
    dut.delete(gone)

    dut.delete(gone)
    dut.delete(f"{incoming.into}~next")
    dut.delete("null")
    dut.delete(0x1001)

    assert incoming.works()


@requirement("DEL-012")
def test_the_same_handle_twice_in_a_list_is_removed_once(dut, peer):
    incoming = link(peer, dut, spi=0x1001)
    other = link(peer, dut, spi=0x1002)

    dut.delete(incoming.into, incoming.into)

    assert dut.receive(incoming.send()).packet.is_untouched
    assert other.works()


SHAPES = {
    "self-loop": lambda handles: ring(handles[0]),
    "two-cycle": lambda handles: ring(*handles[:2]),
    "tail-to-head": lambda handles: ring(*handles),
    "rho": lambda handles: rho(*handles, back_to=1),
}


@requirement("DEL-015")
@pytest.mark.parametrize("shape", SHAPES)
def test_a_cyclic_list_ends(dut, shape):
    handles = [reply.handle for reply in map(dut.add, sas(3))]

    dut.delete(*SHAPES[shape](handles))

    assert dut.add(sa(0x4001)).succeeded


@requirement("DEL-016")
def test_a_short_element_behind_a_good_one_fails_without_an_overread(dut):
    first, second = (reply.handle for reply in map(dut.add, sas(2)))

    refused = dut.delete(node(first), node(second, size=8, bytes=8))

    assert refused.failed


@requirement("DEL-017")
@pytest.mark.parametrize("length", (0, 3, 4, 8, 23))
def test_a_buffer_that_is_too_short_fails(dut, length):
    handle = dut.add(sa()).handle

    refused = dut.delete(node(handle, bytes=length), length=length)
    twin = dut.delete(handle)

    assert refused.failed
    assert twin.succeeded


@requirement("DEL-010", "OID-007")
def test_a_pended_delete_succeeds_when_the_hardware_answers(dut, peer):
    incoming = link(peer, dut)
    dut.event("hold")

    asked = dut.delete(incoming.into, nowait=True)
    released = dut.event("release")

    if asked.pending:
        assert released.done == {asked.request: "SUCCESS"}
    assert dut.receive(incoming.send()).packet.is_untouched


@requirement("DEL-003", "DEL-027", "ADD-050")
def test_deleting_gives_back_all_that_the_sas_took(dut):
    before = dut.drain().answer.get("allocations")

    for spi in range(0x1001, 0x1041):
        assert dut.delete(dut.add(inbound(spi)).handle).succeeded

    assert dut.drain().answer.get("allocations") == before


@requirement("DEL-026")
def test_a_handle_of_another_device_is_unknown(dut, sibling, peer):
    incoming = link(peer, dut)
    sibling.add(inbound(0x5001))

    sibling.delete("dut#1")

    assert incoming.works()


@requirement("DEL-028")
def test_a_new_sa_with_the_same_spi_uses_the_new_keys(dut, peer):
    old = link(peer, dut, key="20?7")
    assert old.works()
    peer.delete(old.out)
    assert dut.delete(old.into).succeeded

    new = link(peer, dut, key="20?8")

    assert new.works()


@requirement("DEL-004")
def test_a_list_as_long_as_the_table_is_deleted(dut):
    count = min(dut.capacity, 64)
    dut.add(*sas(count))

    handles = [f"#{at + 1}" for at in range(count)]
    nodes = [node(handle).named(name_of(at)) for at, handle in enumerate(handles)]

    assert dut.delete(*nodes).succeeded
    assert dut.add(*sas(count)).given == count

"""ADD_SA and ADD_SA_EX: one SA, its handle, its members."""

import pytest

from ov2 import (
    bad, bundle, ike_frame, inbound, link, opposite, requirement, sa, sas, starved, twins, unusable,
)
from ov2.burst import burst, wire

# What stands in the way of an SA that is added while others live.
POISON = (0xDEADBEEFDEADBEEF, 0xFFFFFFFFFFFFFFFF, 0x1001, 1, "#1", "#1~next")


@requirement("ADD-001")
@pytest.mark.parametrize("ndis", ("6.1", "6.20"))
def test_a_miniport_before_630_has_add_sa(dut, ndis):
    dut.registers(ndis)

    added = dut.add(sa())

    assert added.succeeded


@requirement("ADD-002")
@pytest.mark.parametrize("ndis", ("6.30", "6.50"))
def test_a_miniport_from_630_on_has_add_sa_ex(dut, ndis):
    dut.registers(ndis)

    added = dut.add_ex(sa())

    assert added.succeeded


@requirement("ADD-001", "ADD-002")
def test_a_plain_sa_is_added(adding):
    added = adding(sa())

    assert added.succeeded
    assert added.handle is not None


# ---- The handle ------------------------------------------------------------------------------


@requirement("ADD-003")
def test_a_pended_add_completes_with_the_handle(adding, dut):
    dut.event("hold")
    asked = adding(sa(), nowait=True)

    released = dut.event("release")

    assert None not in (released.done_handles if asked.pending else asked.handles)


@requirement("ADD-003")
def test_every_handle_of_a_pended_list_is_there_when_it_completes(dut):
    dut.event("hold")
    asked = dut.add(*sas(3), nowait=True)

    released = dut.event("release")

    assert None not in (released.done_handles if asked.pending else asked.handles)


@requirement("ADD-004", "ADD-014")
def test_one_handle_sends_and_is_deleted(adding, dut, peer):
    outgoing = link(dut, peer, add=adding)

    assert outgoing.works()
    assert dut.delete(outgoing.out).succeeded
    assert dut.send(outgoing.out).frames == []


@requirement("ADD-004", "ADD-014")
def test_one_handle_sends_is_updated_and_is_deleted(adding, dut, peer):
    dut.needs(esn=1)
    outgoing = link(dut, peer, add=adding, esn=True, hi=1)

    assert outgoing.works()
    outgoing.update(2)
    assert outgoing.works()
    assert dut.delete(outgoing.out).succeeded
    assert dut.send(outgoing.out).frames == []


@requirement("ADD-004", "ADD-014")
def test_an_inbound_handle_is_updated_and_deleted(adding, dut, peer):
    dut.needs(esn=1)
    incoming = link(peer, dut, add=adding, esn=True, hi=1)

    assert incoming.works()
    assert incoming.update(2).succeeded
    assert incoming.works()
    assert dut.delete(incoming.into).succeeded
    assert dut.receive(incoming.send()).packet.is_untouched


@requirement("ADD-005")
def test_sas_that_are_alike_have_handles_of_their_own(adding, dut, peer):
    nodes = (sa(0x1001), inbound(0x1001), sa(0x1001, ipv6=True), inbound(0x1001, ipv6=True))

    handles = [adding(each).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


@requirement("ADD-005")
def test_handles_stay_different_while_sas_come_and_go(adding, dut, peer):
    nodes = sas(4)
    handles = [adding(each).handle for each in nodes]

    dut.delete(handles[0], handles[2])
    others = sas(2, spi=0x2001)
    more = [adding(each).handle for each in others]

    assert unusable(dut, peer, (nodes[1], nodes[3]), (handles[1], handles[3])) == []
    assert unusable(dut, peer, others, more) == []


@requirement("ADD-006")
def test_garbage_in_the_upper_half_of_a_handle_names_no_sa(adding, dut, peer):
    outgoing = link(dut, peer, add=adding)
    garbage = f"{outgoing.out}~high", f"{outgoing.out}~top"

    sent = burst(dut, None, ({"sa": handle} for handle in garbage))
    dut.delete(garbage[0])
    dut.delete(garbage[1])

    assert wire(sent) == []
    assert outgoing.works()


@requirement("ADD-007")
@pytest.mark.parametrize("before", POISON, ids=map(str, POISON))
def test_what_the_handle_was_before_does_not_matter(adding, dut, peer, before):
    old = link(peer, dut, spi=0x1001)
    new = inbound(0x1002)

    added = adding(new.but(handle=before))

    assert added.succeeded
    assert unusable(dut, peer, (new,), added.handles) == []
    assert old.works()


@requirement("ADD-010")
@pytest.mark.parametrize("before", POISON, ids=map(str, POISON))
def test_a_failed_element_is_left_with_null(adding, before):
    adding(sa(0x1001))

    refused = adding(bad(sa(0x1002)).but(handle=before))

    assert refused.failed
    assert refused.handle is None


@requirement("ADD-062")
@pytest.mark.parametrize("first", ("delete", "add"))
def test_a_new_sa_does_not_take_the_handle_of_one_that_is_being_deleted(adding, dut, peer, first):
    node = inbound(0x1002)
    old = adding(inbound(0x1001)).handle
    dut.event("hold")

    asked = adding(node, nowait=True) if first == "add" else None
    dut.delete(old, nowait=True)
    asked = asked or adding(node, nowait=True)
    released = dut.event("release")

    handles = released.done_handles if asked.pending else asked.handles
    assert unusable(dut, peer, (node,), handles) == []


# ---- NumExtHdrs, Operation ---------------------------------------------------------------------


@requirement("ADD-019")
@pytest.mark.parametrize("count", (0, 3, 4, 0x80000000, 0x80000001, 0xFFFFFFFF))
def test_a_number_of_operations_other_than_1_and_2_fails(adding, count):
    refused, twin = twins(adding, sa(), ext=count)

    assert refused.failed
    assert twin.succeeded


LITTER = {
    "all-ones": {f"sa1_{name}": 0xFFFFFFFF for name in ("flags", "op", "spi", "hi", "auth", "enc")},
    "another-ah": {"sa1_op": "ah", "sa1_spi": 0x2001, "sa1_auth": "sha1", "sa1_auth_len": 20},
    "another-esp": {"sa1_op": "esp", "sa1_spi": 0x2001, "sa1_enc": "aes-gcm-128"},
    "an-operation": {"sa1_op": 7},
    "a-key": {"sa1_enc_len": 0xFFFFFFFF, "sa1_enc_off": 0xFFFFFFF0},
}


@requirement("ADD-020")
@pytest.mark.parametrize("litter", LITTER.values(), ids=LITTER)
def test_with_one_operation_the_second_is_ignored(adding, dut, peer, litter):
    node = inbound()

    added = adding(node.but(**litter))

    assert unusable(dut, peer, (node,), added.handles) == []


@requirement("ADD-024")
@pytest.mark.parametrize("operation", (0, 3, 50, 51, 0x80000002, 0xFFFFFFFF))
def test_an_operation_that_does_not_exist_fails(adding, operation):
    refused, twin = twins(adding, sa(), sa0_op=operation)

    assert refused.failed
    assert twin.succeeded


# ---- Flags, SPI, sequence numbers ----------------------------------------------------------------


UNDEFINED = [1 << bit for bit in range(32)]


@requirement("ADD-040")
@pytest.mark.parametrize("bit", [bit for bit in UNDEFINED if bit & ~0x11], ids=hex)
@pytest.mark.parametrize("direction", ("in", "out"))
def test_an_undefined_flag_changes_neither_direction_nor_family(adding, dut, peer, direction, bit):
    node = bundle(0x1001, direction == "in", direction == "in")

    added = adding(node.but(flags=bit | (direction == "in")))

    assert unusable(dut, peer, (node,), added.handles) == []


@requirement("ADD-040")
@pytest.mark.parametrize("bit", [bit for bit in UNDEFINED if bit & ~1], ids=hex)
def test_an_undefined_flag_of_an_operation_does_no_damage(adding, dut, peer, bit):
    node = inbound()

    added = adding(node.but(sa0_flags=bit))

    assert unusable(dut, peer, (node,), added.handles) == []


@requirement("ADD-045")
@pytest.mark.parametrize("high", (1, 0x80000000, 0xFFFFFFFF), ids=hex)
def test_without_the_esn_flag_the_upper_half_does_not_count(adding, dut, peer, high):
    coming, going = bundle(0x1001, True, True), bundle(0x2001, False, False)

    handles = [adding(coming.but(hi=high)).handle, adding(going.but(hi=high)).handle]

    assert unusable(dut, peer, (coming, going), handles) == []


@requirement("ADD-047")
@pytest.mark.parametrize("spi", (0, 1, 2, 50, 127, 255))
def test_a_reserved_spi_is_refused_or_works(adding, dut, peer, spi):
    coming, going = bundle(spi, True, True), bundle(spi, False, False)

    handles = [adding(coming).handle, adding(going).handle]

    assert unusable(dut, peer, (coming, going), handles) == []


@requirement("ADD-047")
def test_all_reserved_spis_at_once_do_no_damage(dut, peer):
    incoming = link(peer, dut)

    dut.add(inbound(0).times(min(256, dut.capacity - 1)))

    assert incoming.works()


@requirement("ADD-047")
def test_an_sa_with_spi_0_touches_no_other_packet(adding, dut, peer):
    unknown = peer.add(opposite(inbound(0x3001))).handle
    adding(inbound(0))

    esp = dut.receive(peer.send(unknown).frame)
    ike = dut.receive(ike_frame())

    assert esp.packet.is_untouched
    assert ike.packet.is_untouched


# ---- Shortage ------------------------------------------------------------------------------------


@requirement("ADD-052")
def test_an_add_without_memory_leaves_nothing(adding, dut, peer):
    node = inbound()

    tries = starved(adding, node)

    assert tries.kept == []
    assert unusable(dut, peer, (node,), tries.last.handles) == []


@requirement("ADD-052")
def test_an_add_without_memory_harms_no_other_sa(adding, dut, peer):
    incoming = link(peer, dut)

    tries = starved(adding, inbound(0x1002))

    assert tries.kept == []
    assert incoming.works()


@requirement("ADD-052")
def test_a_list_without_memory_is_added_in_part_or_not_at_all(dut, peer):
    nodes = sas(3)

    tries = starved(dut.add, *nodes)

    assert tries.kept == []
    assert unusable(dut, peer, nodes, tries.last.handles) == []


# ---- Configuration -------------------------------------------------------------------------------


@requirement("ADD-054")
def test_adds_are_refused_while_ipsec_is_off(adding, dut, peer):
    dut.switch("disabled")
    refused = adding(inbound(0x1001))

    dut.switch("both")
    incoming = link(peer, dut, add=adding)

    assert refused.failed
    assert incoming.works()


@requirement("ADD-053")
def test_an_add_on_the_way_when_ipsec_is_switched_off_fails_or_works(adding, dut, peer):
    node = inbound()
    dut.event("hold")
    asked = adding(node, nowait=True)
    dut.switch("disabled")
    released = dut.event("release")

    dut.switch("both")

    handles = released.done_handles if asked.pending else asked.handles
    assert unusable(dut, peer, (node,), handles) == []


# ---- ADD_SA_EX alone -----------------------------------------------------------------------------


@requirement("ADD-058")
@pytest.mark.parametrize(("port", "vlan"), ((1, 0), (0, 1), (0xFFFFFFFF, 0xFFFF), (0x1234, 4094)))
def test_members_that_are_reserved_do_no_damage(dut, peer, port, vlan):
    coming, going = bundle(0x1001, True, True), bundle(0x2001, False, False)

    handles = [dut.add_ex(each.but(switch=port, vlan=vlan)).handle for each in (coming, going)]

    assert unusable(dut, peer, (coming, going), handles) == []


# With ADD_SA's layout, the flags and the source address are Next: these are plausible pointers.
POINTERS = ("0.86.0.0", "53.127.0.0", "255.127.0.0", "0.136.255.255")


@requirement("ADD-059")
@pytest.mark.parametrize("source", POINTERS)
@pytest.mark.parametrize("direction", ("in", "out"))
def test_add_sa_ex_has_no_next(dut, peer, direction, source):
    node = bundle(0x1001, direction == "in", direction == "in", src=source)

    added = dut.add_ex(node)

    assert added.succeeded


@requirement("ADD-059")
def test_add_sa_ex_adds_one_sa(dut):
    first, second = inbound(0x1001).but(at="packed"), inbound(0x1002).but(at="packed")

    added = dut.add_ex(first, second.but(handle=0xDEADBEEFDEADBEEF))

    assert added.succeeded

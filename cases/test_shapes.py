"""Lists of every shape: whatever becomes of a list, nothing else suffers."""

import pytest

from ov2 import inbound, kinds, link, links, node, requirement, run, sa, setting, working
from ov2.matrix import every_shape, every_surrounding


@requirement("ADD-061")
@every_shape("add")
def test_a_list_to_add(dut, shaped):
    answer = shaped.submit()

    assert shaped.agrees(answer)
    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded


@setting(UPDATE_LAYOUT="linked")
@requirement("UPD-016")
@every_shape("update")
def test_a_list_to_update(dut, shaped):
    answer = shaped.submit()

    assert shaped.agrees(answer)
    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded


@requirement("DEL-014")
@every_shape("delete")
def test_a_list_to_delete(dut, shaped):
    answer = shaped.submit()

    assert shaped.agrees(answer)
    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded


# ---- Structures that are no lists ---------------------------------------------------------------


@setting(UPDATE_LAYOUT="header")
@requirement("ADD-059", "UPD-002")
@kinds("add_sa_ex", "update_sa")
@every_surrounding()
def test_a_single_structure_is_alone_whatever_stands_behind_it(dut, kind, single):
    first, second = (kind.element() for _ in range(2))

    assert single.submit(kind, first, second) == "SUCCESS"

    assert kind.holds(first)
    assert not kind.holds(second)
    assert dut.add(sa(0x9002)).succeeded


# ---- Lengths ------------------------------------------------------------------------------------


@requirement("DEL-011")
@pytest.mark.parametrize("power", range(1, 21))
def test_a_list_of_any_length_is_deleted(dut, peer, power):
    incoming, other = link(peer, dut, spi=0x1001), link(peer, dut, spi=0x1002)

    dut.delete(node(incoming.near, next="b"), run(2**power - 1, handle="null").named("b"))

    assert other.works()
    assert dut.add(sa(0x4001)).succeeded


@requirement("ADD-018")
@pytest.mark.parametrize("power", (2, 8, 12))
def test_a_list_of_any_length_is_added_as_far_as_there_is_room(dut, peer, power):
    incoming = link(peer, dut)

    dut.add(inbound(0x2001).times(2**power))

    assert incoming.works()
    assert dut.delete(incoming.near).succeeded


@requirement("UPD-016")
@setting(UPDATE_LAYOUT="linked")
@pytest.mark.parametrize("power", (2, 8, 16))
def test_a_list_of_any_length_is_updated_or_refused(dut, peer, power):
    dut.needs(esn=1)
    incoming, other = links(peer, dut, 2, esn=True)

    dut.update(incoming.renewal(1).but(next="+").times(2**power))

    assert other.works()
    assert other.renew(1).succeeded


@requirement("HDR-003")
@kinds("add_sa", "update_sa", "delete_sa")
def test_a_request_without_elements_fails(dut, kind):
    element = kind.element()

    assert kind.ask().failed
    assert kind.ask(element).succeeded


# ---- Where Next may lead -----------------------------------------------------------------------


@requirement("HDR-015")
def test_key_bytes_that_are_no_element_are_refused(dut, peer):
    incoming = link(peer, dut)
    keys = f"20?9.{4 + 200}*00"

    dut.add(inbound(0x2001).but(key=keys, sa0_enc_len=20, next="a+192"))

    assert incoming.works()
    assert dut.delete(incoming.near).succeeded


@requirement("DEL-011")
@kinds("delete_sa")
def test_a_list_that_is_cancelled_may_lead_into_a_request_that_waits(dut, peer, kind):
    first, second, third, other = links(peer, dut, 4)
    dut.event("hold")
    kind.pend(node(first.near), node(second.near).named("tail"), id=1)

    dut.delete(node(third.near, next="tail").named("head"), id=2, nowait=True)
    dut.cancel(2)
    dut.event("release")

    assert working(first, second, other) == [other]

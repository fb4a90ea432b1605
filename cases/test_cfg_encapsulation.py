"""Configuration: OID_OFFLOAD_ENCAPSULATION, which sets receiving in motion and stops it."""

import pytest

from ov2 import each_family, link, requirement
from ov2.parameters import ENCAPSULATIONS, is_taken, set_encapsulation

both_or_one = pytest.mark.parametrize(
    "families", ({}, {"ipv6": "unchanged"}, {"ipv4": "unchanged"}), ids=("both", "ipv4", "ipv6")
)


# ---- Before it -----------------------------------------------------------------------------------


@requirement("CFG-012")
@each_family
def test_nothing_is_received_before_the_encapsulation_is_set(dut, peer, ipv6):
    dut.reopen(bring_up="no")
    incoming = link(peer, dut, ipv6=ipv6)

    before = dut.receive(incoming.send())
    assert set_encapsulation(dut).succeeded

    assert before.packet.is_untouched
    assert incoming.works()


@requirement("CFG-012")
def test_switching_ipsec_on_does_not_begin_to_receive(dut, peer):
    dut.reopen(bring_up="no")
    dut.switch("esp")
    incoming = link(peer, dut)

    before = dut.receive(incoming.send())
    assert set_encapsulation(dut).succeeded

    assert before.packet.is_untouched
    assert incoming.works()


# ---- What it may name ----------------------------------------------------------------------------


@requirement("CFG-013")
@both_or_one
def test_ethernet_is_accepted(dut, peer, families):
    incoming = link(peer, dut)

    assert set_encapsulation(dut, **families).succeeded
    assert incoming.works()


@requirement("CFG-013")
@both_or_one
def test_vlan_tags_are_accepted_where_ipsec_takes_them(dut, peer, families):
    dut.needs(encapsulation=ENCAPSULATIONS["vlan"])
    dut.reopen(media=18)
    peer.reopen(media=18)
    incoming = link(peer, dut)

    assert set_encapsulation(dut, **families, encapsulation="vlan").succeeded
    assert incoming.works()


@requirement("CFG-013")
@pytest.mark.parametrize("encapsulation", ENCAPSULATIONS)
@both_or_one
def test_what_some_offload_takes_is_accepted(dut, families, encapsulation):
    if not is_taken(dut, encapsulation):
        pytest.skip(f"the device has no offload that takes {encapsulation}")

    assert set_encapsulation(dut, **families, encapsulation=encapsulation).succeeded


@requirement("CFG-013")
@pytest.mark.parametrize("encapsulation", ENCAPSULATIONS)
@both_or_one
def test_what_no_offload_takes_is_an_invalid_parameter(dut, peer, families, encapsulation):
    if is_taken(dut, encapsulation):
        pytest.skip(f"the device has an offload that takes {encapsulation}")
    incoming = link(peer, dut)

    refused = set_encapsulation(dut, **families, encapsulation=encapsulation)

    assert refused.status == "INVALID_PARAMETER"
    assert incoming.works()


# ---- Off, on again -------------------------------------------------------------------------------


@requirement("CFG-014")
@each_family
def test_off_stops_receiving_and_on_resumes_it(dut, peer, ipv6):
    incoming = link(peer, dut, ipv6=ipv6)

    assert set_encapsulation(dut, ipv4="off", ipv6="off").succeeded
    stopped = [dut.receive(incoming.send()).packet.is_untouched for _ in range(2)]
    assert set_encapsulation(dut).succeeded

    assert stopped == [True, True]
    assert incoming.works()


@requirement("CFG-014")
def test_on_resumes_sending(dut, peer):
    outgoing = link(dut, peer)

    assert set_encapsulation(dut, ipv4="off", ipv6="off").succeeded
    dut.send(outgoing.out)
    assert set_encapsulation(dut).succeeded

    assert outgoing.works()


# ---- One family alone ----------------------------------------------------------------------------


@requirement("CFG-015")
@pytest.mark.parametrize("first", ("ipv4", "ipv6"))
def test_each_family_is_switched_on_by_itself(dut, peer, first):
    dut.needs(ipv6=1)
    dut.reopen(bring_up="no")
    second = "ipv4" if first == "ipv6" else "ipv6"
    early = link(peer, dut, 0x1001, ipv6=first == "ipv6")
    late = link(peer, dut, 0x1002, ipv6=second == "ipv6")

    assert set_encapsulation(dut, **{second: "unchanged"}).succeeded
    assert early.works()
    assert dut.receive(late.send()).packet.is_untouched

    assert set_encapsulation(dut, **{first: "unchanged"}).succeeded
    assert early.works()
    assert late.works()


@requirement("CFG-015")
@pytest.mark.parametrize("off", ("ipv4", "ipv6"))
def test_each_family_is_switched_off_by_itself(dut, peer, off):
    dut.needs(ipv6=1)
    on = "ipv4" if off == "ipv6" else "ipv6"
    stopped = link(peer, dut, 0x1001, ipv6=off == "ipv6")
    running = link(peer, dut, 0x1002, ipv6=on == "ipv6")

    assert set_encapsulation(dut, **{off: "off", on: "unchanged"}).succeeded
    assert dut.receive(stopped.send()).packet.is_untouched
    assert running.works()

    assert set_encapsulation(dut, **{off: "on", on: "unchanged"}).succeeded
    assert stopped.works()
    assert running.works()


@requirement("CFG-015")
def test_no_change_in_both_families_changes_nothing(dut, peer):
    incoming = link(peer, dut)

    set_encapsulation(dut, ipv4="unchanged", ipv6="unchanged")

    assert incoming.works()

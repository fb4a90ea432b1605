"""Receiving: which SA a frame belongs to, and which frames belong to none."""

import pytest

from ov2 import anyone, bundle, every_suite, inbound, link, opposite, requirement, sa, suites
from ov2.lists import ALICE, ALICE6, BOB, BOB6
from ov2.vectors import ipv4
from ov2.wire import Parts, arrive, rejected, written

ELSEWHERE = {ALICE: "198.51.100.7", ALICE6: "2001:db8:1::7"}
STRANGER = {BOB: "203.0.113.9", BOB6: "2001:db8:2::9"}
FAMILIES = pytest.mark.parametrize(
    ("near", "far"), ((ALICE, BOB), (ALICE6, BOB6)), ids=("ipv4", "ipv6")
)
PROTOCOLS = pytest.mark.parametrize(
    "bundle_of",
    ({"esp": "aes-gcm-128"}, {"ah": "ah-sha1"}, {"esp": "null+sha1", "ah": "ah-sha1"}),
    ids=("esp", "ah", "esp+ah"),
)

# ---- No SA -------------------------------------------------------------------------------------


@requirement("RX-001")
@pytest.mark.parametrize("choice", ("disabled", "ah"))
def test_while_ipsec_is_off_frames_are_left_alone_or_sas_go_on_both_ways(dut, peer, choice):
    incoming, outgoing = link(peer, dut), link(dut, peer)
    frame = incoming.send()
    dut.switch(choice)

    packet = dut.receive(frame).packet
    sent = dut.send(outgoing.out)

    assert packet.is_untouched or (packet.is_good and sent.frames != [])


@requirement("RX-001")
def test_a_device_without_ipsec_indicates_ipsec_as_it_comes(without_ipsec, peer):
    sender = peer.add(sa()).handle

    packet = without_ipsec.receive(peer.send(sender).frame).packet

    assert packet.is_untouched
    assert not packet.has_info


@requirement("RX-002", "RX-009", "RX-020", "P-ESP-005")
@PROTOCOLS
def test_a_frame_without_an_sa_is_indicated_as_it_came(dut, peer, bundle_of):
    dut.needs(**{"ahesp": 1} if len(bundle_of) == 2 else {name: 1 for name in bundle_of})
    incoming = link(peer, dut, **bundle_of)
    stranger = peer.add(bundle(0x7777, True, False, **bundle_of)).handle

    packets = arrive(dut, (peer.send(stranger).frame, incoming.send()))

    assert packets[0].is_untouched
    assert not packets[0].has_info
    assert packets[1].is_good


@requirement("P-ESP-003", "RX-002")
@PROTOCOLS
def test_a_frame_with_spi_0_is_nobodys(dut, peer, bundle_of):
    dut.needs(**suites.capabilities(*bundle_of.values()))
    incoming = link(peer, dut, **bundle_of)
    frame = incoming.send()

    packets = arrive(dut, (written(frame, Parts(frame, **bundle_of).spi[0], bytes(4)), frame))

    assert packets[0].is_untouched
    assert not packets[0].has_info
    assert packets[1].is_good


@requirement("RX-002")
def test_frames_without_ipsec_are_indicated_as_they_came(dut, peer):
    link(peer, dut)
    frames = [peer.send(None, bytes(40), nh=number).frame for number in (1, 6, 17, 59, 253)]

    packets = arrive(dut, frames)

    assert all(packet.is_untouched for packet in packets)


# ---- Selectors ---------------------------------------------------------------------------------


@requirement("RX-003")
@FAMILIES
def test_the_destination_must_be_that_of_the_sa(dut, peer, near, far):
    dut.needs(ipv6=int(":" in near))
    node = inbound(src=far, dst=near)
    sender = anyone(peer, node)
    dut.add(node)

    own = dut.receive(peer.send(sender, src=far, dst=near).frame).packet
    other = dut.receive(peer.send(sender, src=far, dst=ELSEWHERE[near]).frame).packet

    assert own.is_good
    assert other.is_untouched


@requirement("RX-003")
def test_one_spi_for_two_destinations_is_two_sas(dut, peer):
    one = link(peer, dut, src="0.0.0.0", dst=ALICE, key="20?7")
    two = link(peer, dut, src="0.0.0.0", dst=ELSEWHERE[ALICE], key="20?8")

    assert one.receiver.receive(one.send(src=BOB)).packet.is_good
    assert two.receiver.receive(two.send(src=BOB)).packet.is_good


@requirement("RX-004")
@FAMILIES
def test_the_source_must_be_that_of_the_sa(dut, peer, near, far):
    dut.needs(ipv6=int(":" in near))
    node = inbound(src=far, dst=near)
    sender = anyone(peer, node)
    dut.add(node)

    own = dut.receive(peer.send(sender, src=far, dst=near).frame).packet
    other = dut.receive(peer.send(sender, src=STRANGER[far], dst=near).frame).packet

    assert own.is_good
    assert other.is_untouched


@requirement("RX-004", "P-ESP-004")
def test_one_spi_from_two_sources_is_two_sas(dut, peer):
    one = link(peer, dut, key="20?7")
    two = link(peer, dut, src=STRANGER[BOB], key="20?8")

    assert one.works()
    assert two.works()
    assert one.works()


# An IPv4 address, and an IPv6 one that begins like it.
ALIKE = {"src": ("192.0.2.2", "c000:202::"), "dst": ("192.0.2.1", "c000:201::")}


@requirement("RX-005")
@pytest.mark.parametrize("family", (0, 1), ids=("ipv4", "ipv6"))
def test_an_sa_of_the_other_family_is_none(dut, peer, family):
    dut.needs(ipv6=1)
    ends = {key: pair[family] for key, pair in ALIKE.items()}
    others = {key: pair[1 - family] for key, pair in ALIKE.items()}
    sender = peer.add(sa(**ends)).handle
    dut.add(inbound(**others))
    frame = peer.send(sender).frame

    stray = dut.receive(frame).packet
    dut.add(inbound(**ends))
    own = dut.receive(frame).packet

    assert stray.is_untouched
    assert own.is_good


@requirement("RX-005")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
def test_a_wildcard_is_for_its_own_family(dut, peer, ipv6):
    dut.needs(ipv6=1)
    zero = "0.0.0.0" if ipv6 else "::"
    sender = peer.add(opposite(inbound(ipv6=ipv6))).handle
    dut.add(inbound(src=zero, dst=zero))
    frame = peer.send(sender).frame

    stray = dut.receive(frame).packet
    dut.add(inbound(ipv6=ipv6))
    own = dut.receive(frame).packet

    assert stray.is_untouched
    assert own.is_good


@requirement("RX-006")
def test_an_outbound_sa_takes_no_frame(dut, peer):
    dut.add(sa(0x1001))
    sender = peer.add(sa(0x1001)).handle
    frame = peer.send(sender).frame

    stray = dut.receive(frame).packet
    dut.add(sa(0x1001).but(**{"in": True}))
    own = dut.receive(frame).packet

    assert stray.is_untouched
    assert own.is_good


@requirement("RX-048")
@pytest.mark.parametrize("wild_first", (True, False), ids=("wildcard-first", "specific-first"))
def test_which_of_two_sas_takes_a_frame_does_not_change(dut, peer, wild_first):
    wild, own = inbound(src="0.0.0.0", key="20?7"), inbound(key="20?8")
    senders = [peer.add(opposite(node)).handle for node in (wild, own)]
    assert all([dut.add(node).succeeded for node in ((wild, own) if wild_first else (own, wild))])
    frames = [peer.send(sender, src=BOB, dst=ALICE).frame for sender in senders * 8]

    found = [packet.is_good for packet in arrive(dut, frames)]

    assert found == found[:2] * 8
    assert found[0] != found[1]


# ---- Every frame of an SA ----------------------------------------------------------------------


@requirement("RX-007")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_whatever_a_frame_carries_it_is_processed(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    # ICMP, IGMP, TCP, UDP, DCCP, GRE, SCTP, MPLS, an experiment: nothing that is a header of IP's.
    frames = [incoming.send(bytes(44), nh=nh) for nh in (1, 2, 6, 17, 33, 47, 132, 137, 253)]

    assert rejected(dut, frames) == []


@requirement("RX-007", "P-ESP-017")
def test_every_next_header_is_processed(dut, peer):
    incoming = link(peer, dut)
    tunnels = (4, 41)
    frames = [incoming.send(bytes(40), nh=nh) for nh in range(256) if nh not in tunnels]

    assert rejected(dut, frames) == []


@requirement("RX-024")
def test_whom_a_datagram_in_a_tunnel_is_for_is_not_checked(dut, peer):
    dut.needs(tunnel=1)
    incoming = link(peer, dut)
    ends = ((BOB, ALICE), (BOB, "198.51.100.7"), ("203.0.113.9", ALICE), ("10.0.0.1", "10.0.0.2"))
    frames = [incoming.send(ipv4(*pair, 17, bytes(16)), nh=4) for pair in ends]

    assert rejected(dut, frames) == []


@requirement("RX-047")
@pytest.mark.parametrize(
    "pair",
    (
        ({"esp": "aes-gcm-128"}, {"esp": "aes-gcm-128"}),
        ({"esp": "aes-cbc-128+sha1"}, {"esp": "aes-gcm-256"}),
        ({"esp": "null+sha256"}, {"ah": "ah-sha1"}),
        ({"ah": "ah-gmac-128"}, {"esp": "3des-cbc+md5"}),
    ),
    ids=lambda pair: "-and-".join("".join(each.values()) for each in pair),
)
def test_two_sas_do_not_disturb_one_another(dut, peer, pair):
    dut.needs(**suites.capabilities(*pair[0].values()))
    dut.needs(**suites.capabilities(*pair[1].values()))
    one, two = link(peer, dut, **pair[0]), link(peer, dut, spi=0x1002, **pair[1])
    frames = [each.send(bytes(at)) for at in range(40) for each in (one, two)]

    assert rejected(dut, frames) == []


@requirement("RX-047", "RX-042")
def test_bursts_of_two_sas_with_forged_frames_between_them(dut, peer):
    one, two = link(peer, dut, key="20?7"), link(peer, dut, spi=0x1002, key="20?8")
    frames = [each.send(bytes(at)) for at in range(12) for each in (one, two)]
    forged = [frame.flip("icv", at % 16, at % 8) for at, frame in enumerate(frames)]

    packets = arrive(dut, [each for pair in zip(frames, forged) for each in pair])

    assert [packet.is_good for packet in packets] == [True, False] * len(frames)


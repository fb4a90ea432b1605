"""Sending: checksums and VLAN tags beside IPsec, and packets within packets."""

from ov2 import each_family, every_suite, link, requirement
from ov2.burst import astray, burst, of_cuts, of_lengths, wire
from ov2.frames import datagram
from ov2.lists import ALICE, ALICE6, BOB, BOB6
from ov2.vectors import ipv4

TCP, UDP = 6, 17
IS_IPV4, IS_IPV6, DO_TCP, DO_UDP, DO_IP = 0x01, 0x02, 0x04, 0x08, 0x10  # slot 0
COEXISTS_TCP, COEXISTS_UDP = 2, 4  # NDIS_OFFLOAD.Flags
VLAN = 4  # NDIS_ENCAPSULATION_IEEE_802_3_P_AND_Q


def sums(protocol, ipv6, *lengths):
    """A datagram of each length whose checksum is left to the NIC."""
    ends = (ALICE6, BOB6) if ipv6 else (ALICE, BOB)
    task = (IS_IPV6 if ipv6 else IS_IPV4) | (DO_TCP if protocol == TCP else DO_UDP)
    payloads = (bytes(range(length)) for length in lengths)
    found = [datagram(protocol, payload, *ends) for payload in payloads]
    return [{"data": data, "nh": protocol, "checksum": task} for data in found]


# ---- Checksums ---------------------------------------------------------------------------------


@requirement("TX-029", "CAP-018")
@every_suite("gcm", "ah", "esp+ah")
@each_family
def test_the_checksum_of_tcp_is_made_before_it_is_encrypted(dut, peer, suite, ipv6):
    dut.needs(coexistence=COEXISTS_TCP)
    outgoing = link(dut, peer, ipv6=ipv6, **suite)

    assert astray(outgoing, sums(TCP, ipv6, 0, 1, 2, 3, 40, 255)) == []


@requirement("TX-029", "CAP-018")
@every_suite("gcm", "ah", "esp+ah")
@each_family
def test_the_checksum_of_udp_is_made_before_it_is_encrypted(dut, peer, suite, ipv6):
    dut.needs(coexistence=COEXISTS_UDP)
    outgoing = link(dut, peer, ipv6=ipv6, **suite)

    assert astray(outgoing, sums(UDP, ipv6, 0, 1, 2, 3, 40, 255)) == []


@requirement("TX-029", "TX-022")
def test_a_checksum_is_right_whatever_the_pieces(dut, peer):
    dut.needs(coexistence=COEXISTS_UDP)
    outgoing = link(dut, peer)

    assert astray(outgoing, of_cuts(100), **sums(UDP, False, 31)[0]) == []


@requirement("TX-030")
@every_suite("gcm", "ah", "esp+ah")
def test_a_checksum_of_ip_is_that_of_the_outer_header_only(dut, peer, suite):
    dut.needs(tunnel=1, coexistence=COEXISTS_UDP)
    outgoing = link(dut, peer, **suite)
    inner = ipv4("10.0.0.1", "10.0.0.2", UDP, bytes(20))

    assert astray(outgoing, [{"data": inner}], nh=4, checksum=IS_IPV4 | DO_IP) == []


# ---- VLAN tags ---------------------------------------------------------------------------------


@requirement("TX-033")
@each_family
def test_a_tagged_packet_is_protected(dut, peer, ipv6):
    dut.needs(encapsulation=VLAN)
    dut.reopen(media=18)
    outgoing = link(dut, peer, ipv6=ipv6)

    assert astray(outgoing, of_lengths(0, 1, 2, 3, 64, 1000)) == []


@requirement("TX-033")
@every_suite("ah", "esp+ah")
def test_a_tag_stays_in_front_of_what_is_protected(dut, peer, suite):
    dut.needs(encapsulation=VLAN)
    dut.reopen(media=18)
    outgoing = link(dut, peer, **suite)

    sent = wire(burst(dut, outgoing.out, of_lengths(0, 1, 2, 3, 64, 1000)))

    assert {frame[12:18].hex() for frame in sent} == {"810000010800"}
    assert astray(outgoing, of_cuts(80)) == []

"""Tunnels, and transport mode inside them: two portions of one packet, with an SA each."""

import pytest

from ov2 import every_suite, link, requirement
from ov2.tunnels import (
    IPV4, IPV6, every_family, enclosed, flipped_each, fragment_of, inside_of, needs_bundles, nest,
    packet_of,
)
from ov2.large import in_plain
from ov2.vectors import ipv4
from ov2.wire import accepted, block_len, every_byte, rejected

FORMS = every_suite("esp forms", "esp+ah forms", "ah forms")
GCM = {"esp": "aes-gcm-128"}
TEXT = bytes(range(64))
DATAGRAM = ipv4("10.9.0.1", "10.9.0.2", 17, bytes(range(40)))

# What may be around what: outside and inside of a packet.
PAIRS = {
    "esp-esp": ({"esp": "aes-gcm-128"}, {"esp": "aes-cbc-128+sha1"}),
    "esp-ah": ({"esp": "aes-cbc-256+sha256"}, {"ah": "ah-sha256"}),
    "ah-esp": ({"ah": "ah-sha1"}, {"esp": "aes-gcm-256"}),
    "ah-ah": ({"ah": "ah-gmac-128"}, {"ah": "ah-sha1"}),
    "null-null": ({"esp": "null+sha1"}, {"esp": "null+gmac-256"}),
    "both-both": (
        {"esp": "aes-gcm-128", "ah": "ah-sha1", "ah_spi": 0x7101},
        {"esp": "aes-gcm-192", "ah": "ah-sha256", "ah_spi": 0x8101},
    ),
}
EVERY_PAIR = pytest.mark.parametrize(("outer", "inner"), PAIRS.values(), ids=PAIRS)

# ---- One portion -----------------------------------------------------------------------------


@requirement("P-ESP-015", "RX-010")
@every_family()
@FORMS
def test_a_packet_in_a_tunnel_is_one_portion(dut, peer, suite, ipv6, inner_ipv6):
    dut.needs(tunnel=1, ipv6=int(ipv6))
    tunnel = link(peer, dut, ipv6=ipv6, **suite)

    packet = tunnel.carry("33?1", **inside_of(tunnel, inner_ipv6)).packet

    assert packet.is_good
    assert not packet.next_done
    assert not packet.has_info or packet.next_header == (IPV6 if inner_ipv6 else IPV4)


@requirement("TX-014", "P-ESP-015")
@every_family()
@FORMS
def test_a_packet_goes_into_a_tunnel_with_its_sa_in_slot_1(dut, peer, suite, ipv6, inner_ipv6):
    dut.needs(tunnel=1, ipv6=int(ipv6))
    tunnel = link(dut, peer, ipv6=ipv6, **suite)

    packet = tunnel.carry("33?1", **inside_of(tunnel, inner_ipv6)).packet

    assert packet.is_good


@requirement("P-ESP-018", "P-PAD-009")
@pytest.mark.parametrize("count", (1, 4, 100))
@every_suite("esp forms", "esp+ah forms")
def test_bytes_behind_the_datagram_are_no_harm(dut, peer, suite, count):
    dut.needs(tunnel=1)
    incoming, outgoing = link(peer, dut, **suite), link(dut, peer, 0x2002, ah_spi=0x3003, **suite)

    received = dut.receive(enclosed(incoming, DATAGRAM + bytes(count)))
    sent = peer.receive(enclosed(outgoing, DATAGRAM + bytes(count)))

    least = -(len(DATAGRAM) + count + 2) % block_len(suite["esp"])
    assert received.packet.is_good and not received.packet.next_done
    assert not received.packet.has_info or received.packet.pad_length == least
    assert sent.packet.is_good


@requirement("P-ESP-018")
def test_bytes_behind_the_portion_inside_are_no_harm(dut, peer):
    dut.needs(combined=1)
    nested = nest(peer, dut)
    inside = packet_of(nested.inside.send("33?1"))

    packet = dut.receive(enclosed(nested.outside, inside + bytes(50))).packet

    assert packet.is_good
    assert packet.next_done


@requirement("P-ESP-025")
@FORMS
def test_a_tunnel_may_carry_a_fragment(dut, peer, suite):
    dut.needs(tunnel=1)
    incoming, outgoing = link(peer, dut, **suite), link(dut, peer, 0x2002, ah_spi=0x3003, **suite)

    received = dut.receive(enclosed(incoming, fragment_of(DATAGRAM)))
    sent = peer.receive(enclosed(outgoing, fragment_of(DATAGRAM)))

    assert received.packet.is_good
    assert sent.packet.is_good


@requirement("P-AH-015")
@every_suite("ah")
def test_ah_covers_the_header_inside_a_tunnel(dut, peer, suite):
    dut.needs(tunnel=1)
    tunnel = link(peer, dut, **suite)
    frame = enclosed(tunnel, DATAGRAM)
    start = len(frame.bytes) - len(DATAGRAM)

    assert accepted(dut, every_byte(frame, range(start, start + 20))) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-012", "RX-035")
@every_suite("esp+ah", "esp+ah alike")
def test_esp_within_ah_is_one_portion(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("33?1")

    good = dut.receive(frame).packet
    bad = dut.receive(frame.flip("ah-icv", 0, 0)).packet

    assert good.is_good and not good.next_done
    assert bad.done and not bad.next_done
    assert bad.status == "transport-ah-auth-failed"


@requirement("RX-035")
@every_suite("esp+ah")
def test_ah_is_checked_over_what_esp_has_encrypted(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("33?1")

    packets = dut.receive(frame.flip("icv", 0, 0), frame.flip("payload", 9, 0), frame).packets

    assert [packet.is_good for packet in packets] == [False, False, True]


@requirement("TX-030")
@every_suite("gcm", "null", "cbc", "ah")
def test_the_checksum_of_the_header_inside_is_not_the_devices(dut, peer, suite):
    dut.needs(tunnel=1, coexistence=2)
    tunnel = link(dut, peer, **suite)

    frame = tunnel.send("33?1", checksum=0x11, **inside_of(tunnel))

    assert peer.receive(frame).packet.is_good


# ---- Two portions, received ------------------------------------------------------------------


@requirement("RX-036", "RX-010", "RX-011")
@every_family()
@EVERY_PAIR
def test_both_portions_are_checked(dut, peer, outer, inner, ipv6, inner_ipv6):
    dut.needs(combined=1, ipv6=int(ipv6 or inner_ipv6))
    needs_bundles(dut, outer, inner)
    nested = nest(peer, dut, ipv6, inner_ipv6, outer, inner)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert packet.done and packet.next_done


@requirement("RX-036")
def test_a_packet_that_was_protected_before_it_came_to_the_tunnel_is_checked_twice(dut, peer):
    dut.needs(combined=1)
    nested = nest(peer, dut)
    inside = nested.inside.send("33?1")

    packet = dut.receive(enclosed(nested.outside, packet_of(inside))).packet

    assert packet.is_good
    assert packet.next_done


@requirement("RX-036")
@pytest.mark.parametrize(
    "inner",
    ({"esp": "aes-gcm-128"}, {"esp": "aes-cbc-128+sha1"}, {"esp": "null+sha256"}),
    ids=("gcm", "cbc", "null"),
)
def test_no_byte_of_the_portion_inside_may_be_another_one(dut, peer, inner):
    dut.needs(combined=1)
    nested = nest(peer, dut, inner=inner)
    inside = packet_of(nested.inside.send("33?1"))
    behind_spi = range(24, len(inside))

    forged = [enclosed(nested.outside, each) for each in flipped_each(inside, behind_spi)]

    assert accepted(dut, forged) == []
    assert nested.works()


@requirement("RX-036", "RX-016")
def test_a_bad_icv_inside_has_the_code_of_the_transport_portion(dut, peer):
    dut.needs(combined=1)
    nested = nest(peer, dut)
    inside = packet_of(nested.inside.send("33?1"))

    (forged,) = flipped_each(inside, [len(inside) - 1])
    packet = dut.receive(enclosed(nested.outside, forged)).packet

    assert packet.done
    assert packet.status == "transport-esp-auth-failed"


@requirement("RX-037")
@EVERY_PAIR
def test_with_an_sa_for_the_tunnel_alone_the_inside_is_left_alone(dut, peer, outer, inner):
    dut.needs(combined=1)
    needs_bundles(dut, outer, inner)
    nested = nest(peer, dut, outer=outer, inner=inner)
    dut.delete(nested.inside.into)
    inside = packet_of(nested.inside.send("33?1"))

    packets = dut.receive(nested.send("33?2"), enclosed(nested.outside, inside)).packets

    assert [packet.is_good for packet in packets] == [True, True]
    assert [packet.next_done for packet in packets] == [False, False]
    assert inside in packets[1].data


@requirement("RX-037")
def test_with_an_sa_for_the_inside_alone_nothing_is_done(dut, peer):
    dut.needs(combined=1)
    nested = nest(peer, dut)
    dut.delete(nested.outside.into)
    frame = nested.send("33?1")

    packet = dut.receive(frame).packet

    assert packet.is_untouched
    assert packet.data == frame.bytes


@requirement("RX-038")
@EVERY_PAIR
def test_what_fails_outside_is_not_good_because_of_the_inside(dut, peer, outer, inner):
    dut.needs(combined=1)
    needs_bundles(dut, outer, inner)
    nested = nest(peer, dut, outer=outer, inner=inner)
    region = "ah-icv" if "ah" in outer else "icv"

    packet = dut.receive(nested.send("33?1").flip(region, 0, 0)).packet

    assert packet.done
    assert not packet.is_good


# ---- Two portions, sent ----------------------------------------------------------------------


@requirement("TX-013")
@every_family()
@EVERY_PAIR
def test_slot_1_is_inside_and_slot_11_outside(dut, peer, outer, inner, ipv6, inner_ipv6):
    dut.needs(combined=1, ipv6=int(ipv6 or inner_ipv6))
    needs_bundles(dut, outer, inner)
    nested = nest(dut, peer, ipv6, inner_ipv6, outer, inner)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert packet.next_done


@requirement("TX-013")
@pytest.mark.parametrize("cut", (1, 7, 16, 61))
def test_two_portions_may_lie_in_pieces(dut, peer, cut):
    dut.needs(combined=1)
    nested = nest(dut, peer)

    assert nested.carry("33?1", cut=cut).packet.next_done


@requirement("TX-013")
def test_two_alike_are_told_apart(dut, peer):
    dut.needs(combined=1)
    first = nest(dut, peer, outer={"key": "20?1"}, inner={"key": "20?2"})
    second = nest(dut, peer, outer={"key": "20?2"}, inner={"key": "20?1"}, spi=0x9001)

    assert first.works() and second.works()
    assert rejected(peer, [first.send("33?1"), second.send("33?1")]) == []


# ---- Tunnels that the device does not claim --------------------------------------------------


@requirement("TX-027")
@every_suite("gcm", "null", "ah")
def test_a_tunnel_that_the_device_does_not_claim_fails_or_is_protected(dut, peer, suite):
    dut.lacks(tunnel=1)
    tunnel = link(dut, peer, **suite)

    reply = dut.send(tunnel.out, TEXT, **inside_of(tunnel))

    works = bool(reply.frames) and tunnel.carries(*reply.frames)
    assert reply.frames == [] or works
    assert suite != GCM or in_plain(reply.frames, TEXT) == []
    dut.unclaimed("tunnel", works)


@requirement("TX-027", "TX-013")
def test_two_portions_that_the_device_does_not_claim_fail_or_are_protected(dut, peer):
    dut.lacks(combined=1)
    nested = nest(dut, peer)

    reply = nested.offer(TEXT)

    works = len(reply.frames) == 1 and peer.receive(*reply.frames).packet.next_done
    assert reply.frames == [] or works
    assert in_plain(reply.frames, TEXT) == []
    dut.unclaimed("combined", works)


# ---- Upper halves ----------------------------------------------------------------------------

HALVES = {
    "outside": ({"esn": True, "hi": 5}, {}),
    "inside": ({}, {"esn": True, "hi": 9}),
    "both": ({"esn": True, "hi": 5}, {"esn": True, "hi": 0x80000009}),
}
WITH_HALVES = pytest.mark.parametrize(("around", "within"), HALVES.values(), ids=HALVES)
EITHER = pytest.mark.parametrize("portion", ("outside", "inside"))


@requirement("ESN-001", "RX-047", "RX-036")
@WITH_HALVES
@EVERY_PAIR
def test_each_portion_is_checked_with_a_half_of_its_own(dut, peer, outer, inner, around, within):
    dut.needs(combined=1, esn=1)
    needs_bundles(dut, outer, inner)
    nested = nest(peer, dut, outer=outer | around, inner=inner | within)

    packets = [nested.carry(f"{length}?1").packet for length in (1, 33)]

    assert all(packet.is_good and packet.next_done for packet in packets)


@requirement("ESN-001", "TX-013")
@WITH_HALVES
@EVERY_PAIR
def test_each_portion_is_sent_with_a_half_of_its_own(dut, peer, outer, inner, around, within):
    dut.needs(combined=1, esn=1)
    needs_bundles(dut, outer, inner)
    nested = nest(dut, peer, outer=outer | around, inner=inner | within)

    packets = [nested.carry(f"{length}?1").packet for length in (1, 33)]

    assert all(packet.is_good and packet.next_done for packet in packets)


@requirement("ESN-003", "ESN-004", "RX-047")
@EITHER
def test_an_update_of_one_portion_is_none_of_the_other(dut, peer, portion):
    dut.needs(combined=1, esn=1)
    around, within = HALVES["both"]
    incoming = nest(peer, dut, outer=around, inner=within)
    outgoing = nest(dut, peer, outer=around, inner=within, spi=0x9001)

    assert getattr(incoming, portion).update(0x80000010).succeeded
    getattr(outgoing, portion).update(0x80000020)

    assert incoming.works()
    assert outgoing.works()


@requirement("ESN-006", "P-ESN-012")
@EITHER
def test_another_half_of_either_portion_is_noticed(dut, peer, portion):
    dut.needs(combined=1, esn=1)
    around, within = HALVES["both"]
    nested = nest(peer, dut, outer=around, inner=within)
    before = nested.carry().packet
    getattr(nested, portion).follow(0x80001000)

    packet = nested.carry().packet

    assert before.next_done
    assert packet.done and not packet.is_good

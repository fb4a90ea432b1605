"""Receiving: what is authentic, what is not, and what the device says of it."""

import pytest

from ov2 import every_suite, link, offered, requirement
from ov2.lists import ALICE, BOB
from ov2.vectors import ipv4
from ov2.wire import (
    Parts, accepted, arrive, every_bit, every_byte, flipped, in_pieces, lengths, of_lengths, pads,
    rejected, sent, with_other_keys,
)

ESP_SUITES = every_suite("gcm", "null", "cbc")
AH_SUITES = every_suite("ah")
BOTH = every_suite("esp+ah", "esp+ah alike")
ALL = every_suite("gcm", "null", "cbc", "ah", "esp+ah", "esp+ah alike")

# ---- Authentic ---------------------------------------------------------------------------------


@requirement("RX-014", "P-ESP-002", "P-ESP-019", "P-ESP-024", "P-ALG-001", "P-ALG-005")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@ALL
def test_every_length_is_decrypted(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frames = sent(incoming, of_lengths(lengths(suite)))

    assert rejected(dut, frames) == []


@requirement("RX-014", "P-PAD-004", "P-PAD-008", "RX-027")
@every_suite("gcm", "null", "cbc", "esp+ah")
def test_every_pad_length_is_taken(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    packets = [{"data": "21?1", "pad": pad} for pad in pads(suite, 21)]

    packets = arrive(dut, sent(incoming, packets))

    assert all(packet.is_good for packet in packets)
    infos = {packet.pad_length for packet in packets if packet.has_info}
    assert infos <= set(pads(suite, 21))


@requirement("RX-014", "RX-030")
@ALL
def test_a_frame_may_lie_in_pieces_of_any_size(dut, peer, suite):
    incoming = link(peer, dut, **suite)

    assert rejected(dut, in_pieces(incoming.send("33?1"))) == []


@requirement("RX-023", "P-REP-006")
@ALL
def test_frames_come_again_and_out_of_order(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frames = sent(incoming, of_lengths(range(1, 9)))

    assert rejected(dut, [*reversed(frames), *frames, *frames[::3]]) == []


@requirement("RX-023")
def test_sequence_numbers_are_nothing_to_the_device(dut, peer):
    incoming = link(peer, dut)
    numbers = (0xFFFFFFFF, 0, 1, 0x80000000, 0x7FFFFFFF, 1, 0xFFFFFFFE, 2, 0)

    assert rejected(dut, sent(incoming, [{"seq": seq, "data": "9?1"} for seq in numbers])) == []


@requirement("P-GCM-004")
@every_suite("gcm")
def test_any_iv_is_welcome(dut, peer, suite, profile):
    incoming = link(peer.reopen(IV_BY="stack", GCM_KEY=profile["GCM_KEY"]), dut, **suite)
    ivs = ("8*00", "8*ff", "0000000000000001", "8000000000000000", "8?1", "8?2")

    assert rejected(dut, sent(incoming, [{"iv": iv, "data": "40?1"} for iv in ivs])) == []


# ---- Forged ------------------------------------------------------------------------------------


@requirement("RX-013", "RX-019", "P-ESP-006", "P-ESP-010")
@every_suite("gcm", "null", "cbc", "esp+ah", "esp+ah alike")
def test_no_byte_of_esp_may_be_another_one(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("37?1")

    forged = every_byte(frame, Parts(frame, **suite).covered_by_esp)

    assert accepted(dut, forged) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-013", "RX-019", "P-AH-005", "P-AH-016")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@every_suite("ah", "esp+ah", "esp+ah alike")
def test_no_byte_that_ah_covers_may_be_another_one(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("37?1")

    forged = every_byte(frame, Parts(frame, **suite).covered_by_ah)

    assert accepted(dut, forged) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-013", "RX-019", "P-ESP-010")
@ALL
def test_no_length_makes_a_forged_packet_good(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frames = sent(incoming, of_lengths(lengths(suite)))

    assert accepted(dut, [flipped(frame, len(frame.bytes) - 1) for frame in frames]) == []
    assert rejected(dut, frames) == []


@requirement("RX-013", "P-ESP-010")
@ALL
def test_no_piece_makes_a_forged_packet_good(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("33?1")

    assert accepted(dut, in_pieces(flipped(frame, len(frame.bytes) - 1))) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-049", "P-ESP-011", "P-ALG-006", "P-ALG-007", "P-ALG-008", "P-GMAC-003")
@every_suite("gcm", "null", "cbc")
def test_every_bit_of_an_icv_of_esp_counts(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("5?1")

    assert accepted(dut, every_bit(frame, Parts(frame, **suite).icv)) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-049")
@every_suite("ah", "esp+ah", "esp+ah alike")
def test_every_bit_of_an_icv_of_ah_counts(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("5?1")

    assert accepted(dut, every_bit(frame, Parts(frame, **suite).ah_icv)) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-049", "P-GCM-008")
@pytest.mark.parametrize("icv", (8, 12))
@every_suite("gcm")
def test_every_bit_of_a_shorter_icv_counts(dut, peer, suite, icv):
    incoming = offered(peer, dut, icv=icv, **suite)
    frame = incoming.send("5?1")
    end = Parts(frame).end

    assert accepted(dut, every_bit(frame, range(end - icv, end))) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-039", "RX-046")
@ALL
def test_another_key_is_noticed(dut, peer, suite, profile):
    strangers = with_other_keys(peer, dut, profile, **suite)
    frames = [frame for each in strangers for frame in sent(each, of_lengths(range(20)))]

    assert accepted(dut, frames) == []


# ---- What the device says ----------------------------------------------------------------------


@requirement("RX-015", "RX-022")
@AH_SUITES
def test_a_bad_icv_of_ah_has_a_code_of_ah(dut, peer, suite):
    incoming = link(peer, dut, **suite)

    packet = dut.receive(incoming.send().flip("ah-icv", 0, 0)).packet

    assert packet.done
    assert packet.status == "transport-ah-auth-failed"


@requirement("RX-015")
@AH_SUITES
def test_a_bad_icv_of_ah_around_a_datagram_has_the_code_of_a_tunnel(dut, peer, suite):
    dut.needs(tunnel=1)
    incoming = link(peer, dut, **suite)

    datagram = ipv4(BOB, ALICE, 17, bytes(16))
    packet = dut.receive(incoming.send(datagram, nh=4).flip("ah-icv", 0, 0)).packet

    assert packet.done
    assert packet.status == "tunnel-ah-auth-failed"


ESP_CODES = ("transport-esp-auth-failed", "tunnel-esp-auth-failed", "generic-error")


@requirement("RX-016", "RX-022")
@ESP_SUITES
def test_a_bad_icv_of_esp_has_a_code_of_esp(dut, peer, suite):
    incoming = link(peer, dut, **suite)

    packet = dut.receive(incoming.send().flip("icv", 0, 0)).packet

    assert packet.done
    assert packet.status in ESP_CODES

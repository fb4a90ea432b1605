"""Receiving: the flags and the out-of-band words of what is indicated, and its lengths."""

import pytest

from ov2 import every_suite, link, requirement, setting
from ov2.forge import TCP, UDP, datagram, with_other_esp
from ov2.lists import ALICE, ALICE6, BOB, BOB6
from ov2.wire import (
    Parts, arrive, flipped, grown, lengths, of_lengths, pads, rejected, sent,
    without_coexistence,
)

ALL = every_suite("gcm", "null", "cbc", "ah", "esp+ah", "esp+ah alike")
WITH_ESP = every_suite("gcm", "null", "cbc", "esp+ah", "esp+ah alike")
PAIRS = every_suite("esp+ah", "esp+ah alike")

# ---- CryptoDone, NextCryptoDone, CryptoStatus ----------------------------------------------------


@requirement("RX-009", "RX-010", "RX-011", "RX-012", "RX-035", "P-AH-016")
@ALL
def test_one_portion_is_one_result(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")

    good, bad = arrive(dut, (frame, flipped(frame, len(frame.bytes) - 1)))

    assert (good.done, good.next_done, good.status) == (True, False, "success")
    assert (bad.done, bad.next_done) == (True, False)
    assert bad.status != "success"


@requirement("RX-016", "RX-035")
@PAIRS
def test_a_bad_icv_of_esp_within_a_good_one_of_ah(dut, peer, suite, profile):
    stranger = with_other_esp(peer, dut, profile, **suite)

    packets = arrive(dut, sent(stranger, of_lengths(range(9))))

    assert all(packet.done for packet in packets)
    assert {packet.status for packet in packets} <= {
        "transport-esp-auth-failed", "tunnel-esp-auth-failed", "generic-error",
    }


@requirement("RX-015", "RX-035")
@PAIRS
def test_a_bad_icv_of_ah_around_a_good_one_of_esp(dut, peer, suite):
    incoming = link(peer, dut, **suite)

    packet = dut.receive(incoming.send("40?1").flip("ah-icv", 0, 0)).packet

    assert packet.done
    assert packet.status == "transport-ah-auth-failed"


@requirement("RX-020", "RX-021", "RX-022", "RX-028", "RX-051")
@ALL
def test_a_frame_that_is_not_processed_has_nothing_of_the_one_before(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")
    forged = flipped(frame, len(frame.bytes) - 1)
    plain, stray = peer.send(None, "40?2").frame, flipped(frame, Parts(frame, **suite).spi[0])

    packets = dut.receive(frame, plain, forged, plain, frame, stray, forged, stray).packets

    assert [packet.done for packet in packets] == [True, False] * 4
    assert all(packet.is_untouched and not packet.has_info for packet in packets[1::2])


# ---- Slot 12 -----------------------------------------------------------------------------------


@requirement("RX-026", "RX-027")
@WITH_ESP
def test_next_header_and_pad_length_are_those_of_the_trailer(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    numbers = (0, 1, 6, 17, 58, 59, 132, 255)
    wanted = [(nh, pad) for nh in numbers for pad in pads(suite, 21)[:4]]
    frames = sent(incoming, [{"data": "21?1", "nh": nh, "pad": pad} for nh, pad in wanted])

    packets = arrive(dut, frames)

    told = [(packet.next_header, packet.pad_length) for packet in packets]
    assert all(got == want for got, want, p in zip(told, wanted, packets) if p.has_info)
    assert all(packet.is_good for packet in packets)


@requirement("RX-026")
@WITH_ESP
def test_a_trailer_that_is_not_authentic_is_not_reported(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frames = sent(incoming, of_lengths(range(12)))

    packets = arrive(dut, [flipped(frame, len(frame.bytes) - 1) for frame in frames])

    assert not any(packet.has_info for packet in packets)


@requirement("RX-026", "RX-029", "P-PAD-007")
@WITH_ESP
def test_a_pad_length_that_does_not_fit_is_not_reported(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    edits = [{"flip": f"pad-length+0.{bit}"} for bit in range(8)]

    few = of_lengths(range(0, 12, 2))
    packets = arrive(dut, sent(incoming, [each | edit for each in few for edit in edits]))

    most = len(incoming.send("12?1").bytes)
    assert not any(packet.has_info and packet.pad_length > most for packet in packets)


@requirement("RX-028")
@every_suite("ah")
def test_ah_has_no_trailer_to_report(dut, peer, suite):
    incoming = link(peer, dut, **suite)

    packets = arrive(dut, sent(incoming, of_lengths(range(40))))

    assert all(packet.is_good and not packet.has_info for packet in packets)


# ---- SaDeleteReq -------------------------------------------------------------------------------


@requirement("RX-040")
@ALL
def test_asking_for_a_deletion_changes_nothing_else(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")
    usual = dut.receive(frame).packet
    dut.event("sa-pressure")

    asking, after = arrive(dut, (frame, frame))

    assert asking.apart_from_deletion == usual.apart_from_deletion
    assert after.apart_from_deletion == usual.apart_from_deletion


@requirement("RX-040")
def test_asking_for_a_deletion_hides_no_failure(dut, peer):
    incoming = link(peer, dut)
    forged = incoming.send("40?1").flip("icv", 3, 3)
    usual = dut.receive(forged).packet
    dut.event("sa-pressure")

    asking = dut.receive(forged).packet

    assert asking.apart_from_deletion == usual.apart_from_deletion


@requirement("RX-041")
def test_nobody_asks_for_the_deletion_of_what_is_not_there(dut, peer):
    incoming = link(peer, dut)
    frame = incoming.send("40?1")
    plain, stray = peer.send(None, "40?2").frame, frame.flip("spi", 2, 0)
    dut.event("sa-pressure")

    packets = dut.receive(stray, plain, stray, frame).packets

    assert not any(packet.delete_requested for packet in packets[:3])
    assert packets[3].is_good


# ---- How often, and in which order ---------------------------------------------------------------


@requirement("RX-019", "RX-042")
@ALL
def test_each_of_a_burst_is_indicated_once_and_in_order(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frames = sent(incoming, of_lengths(range(40, 70)))
    spoilt = [flipped(f, len(f.bytes) - 1) if at % 3 else f for at, f in enumerate(frames)]

    packets = arrive(dut, spoilt)

    assert [packet.is_good for packet in packets] == [at % 3 == 0 for at in range(30)]
    sizes = [len(packet.data) for packet in packets[::3]]
    assert sizes == sorted(sizes)


@requirement("RX-043")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
def test_segments_of_one_connection_are_not_merged(dut, peer, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6)
    ends = (BOB6, ALICE6) if ipv6 else (BOB, ALICE)
    segments = [datagram(TCP, *ends, bytes([at]) * (at % 4 * 100)) for at in range(16)]

    packets = arrive(dut, sent(incoming, [{"data": each, "nh": TCP} for each in segments]))

    assert len(packets) == len(segments)
    assert [segment in packet.data for segment, packet in zip(segments, packets)] == [True] * 16


# ---- Checksums -----------------------------------------------------------------------------------


@requirement("RX-045")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@pytest.mark.parametrize("protocol", (TCP, UDP), ids=("tcp", "udp"))
@every_suite("gcm", "ah")
def test_results_of_checksums_are_true(dut, peer, suite, protocol, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    ends = (BOB6, ALICE6) if ipv6 else (BOB, ALICE)
    good = datagram(protocol, *ends, b"attack at dawn!")
    bad = [datagram(protocol, *ends, b"attack at dawn!", off) for off in (1, 0x100, 0x8000)]

    packets = arrive(dut, sent(incoming, [{"data": d, "nh": protocol} for d in (good, *bad)]))

    failed, succeeded = (1, 8) if protocol == TCP else (2, 16)
    assert packets[0].checksum & failed == 0
    assert not any(packet.checksum & succeeded for packet in packets[1:])


@requirement("RX-045")
def test_without_coexistence_there_are_no_results(dut, peer):
    without_coexistence(dut)
    incoming = link(peer, dut)
    data = datagram(UDP, BOB, ALICE, b"attack at dawn!")

    packet = dut.receive(incoming.send(data, nh=UDP)).packet

    assert packet.checksum & 0x1B == 0


# ---- Lengths -------------------------------------------------------------------------------------

STRIPS = [pytest.param(word, marks=setting(RX_STRIP=word)) for word in ("none", "trailer", "all")]


@requirement("RX-052")
@pytest.mark.parametrize("strip", STRIPS)
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@every_suite("gcm", "ah", "esp+ah")
def test_what_is_taken_out_is_taken_off_the_lengths(dut, peer, suite, ipv6, strip):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frames = sent(incoming, of_lengths(lengths(suite)[::7]))

    packets = arrive(dut, frames)
    padded = arrive(dut, [grown(frame, 46) for frame in frames[:4]])

    is_stripped = strip == "all" or (strip == "trailer" and "esp" in suite)
    assert all(packet.is_good and packet.ip_end == len(packet.data) for packet in packets)
    assert all((len(p.data) < len(f.bytes)) == is_stripped for p, f in zip(packets, frames))
    assert all(packet.is_good and packet.ip_end <= len(packet.data) for packet in padded)


@requirement("RX-053", "P-ESP-016")
@WITH_ESP
def test_dummies_and_empty_payloads_are_processed(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    packets = [{"nh": nh} | each for nh in (59, 17, 0) for each in of_lengths((0, 1, 40))]

    assert rejected(dut, sent(incoming, packets)) == []

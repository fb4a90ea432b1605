"""Sending: what leaves the device for a packet with a live SA, in transport mode."""

import pytest

from ov2 import each_family, every_suite, headers, link, offered, requirement, setting, suites
from ov2.burst import (
    astray, burst, of_cuts, of_lengths, of_paddings, payload, seen_plain, wire,
)
from ov2.frames import ETHERNET, esp_frame, protocol_of, seq_of, short_frames, spi_of
from ov2.lists import ALICE, BOB
from ov2.vectors import ipv4

SEQUENCE = (1, 7, 0, 0x01020304, 3, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 2)
PLAIN = b"in the clear for everyone"
SPACES = ("in_nb", "appended")


# ---- Payloads ----------------------------------------------------------------------------------


@requirement("TX-005", "TX-007", "TX-031", "P-ESP-019", "P-ESP-024", "P-ALG-001", "P-ALG-005")
@requirement("P-ESP-006", "P-ESP-007", "P-ESP-009", "P-GCM-005", "P-GCM-007", "P-AH-005")
@every_suite(*suites.EVERY)
@each_family
def test_a_payload_of_any_length_arrives(dut, peer, suite, ipv6):
    outgoing = link(dut, peer, ipv6=ipv6, **suite)

    assert astray(outgoing, of_lengths()) == []


@requirement("TX-008", "P-PAD-004", "P-PAD-008")
@every_suite("gcm", "null", "cbc", "esp+ah")
def test_padding_of_any_length_stays_as_it_is(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_paddings(suites.block(suite["esp"]))) == []


@requirement("TX-008")
@every_suite("gcm", "null", "cbc", "esp+ah")
def test_the_trailer_is_told_as_it_was_framed(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    packets = [outgoing.carry(payload(30), pad=16, nh=nh).packet for nh in (6, 17, 50, 253)]

    assert [packet.pad_length for packet in packets] == [16] * 4
    assert [packet.next_header for packet in packets] == [6, 17, 50, 253]


@requirement("P-ESP-016")
@every_suite("gcm", "cbc")
def test_a_dummy_packet_is_protected_like_any_other(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths(0, 1, 40, 1000), nh=59) == []


@requirement("TX-031")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_packets_as_long_as_the_medium_allows_arrive(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths(*range(1400, 1480)), may_fail=True) == []


@requirement("TX-031")
@every_suite("gcm", "ah", "esp+ah")
def test_packets_as_long_as_ip_allows_arrive_or_fail(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths(4000, 9000, 65300, 65338, 65339), may_fail=True) == []
    assert outgoing.works()


@requirement("TX-028")
@every_suite("gcm", "null", "ah", "esp+ah")
def test_packets_that_need_fragmentation_arrive_or_fail(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths(1481, 2000, 3000, 20000), may_fail=True) == []


@requirement("P-GCM-011")
@every_suite("gcm")
def test_more_blocks_than_a_byte_counts_arrive_or_fail(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    limits = [16 * blocks + off for blocks in (254, 256, 512, 4080) for off in range(-18, 3)]

    assert astray(outgoing, of_lengths(*limits), may_fail=True) == []
    assert outgoing.works()


@requirement("P-GCM-009")
@pytest.mark.parametrize("space", [pytest.param(w, marks=setting(ICV_SPACE=w)) for w in SPACES])
@pytest.mark.parametrize("icv", (8, 12, 16))
@every_suite("gcm")
def test_gcm_makes_a_packet_longer_by_its_own_icv(dut, peer, suite, icv, space):
    outgoing = offered(dut, peer, icv=icv, **suite)

    sent = wire(burst(dut, outgoing.out, of_lengths(*range(65))))

    assert len(sent) == 65
    added = {len(frame) - 34 - length for length, frame in zip(range(65), sent)}
    assert added == set(range(8 + icv + 10, 8 + icv + 14))


# ---- Headers -----------------------------------------------------------------------------------


@requirement("TX-006", "TX-038", "P-ESP-002", "P-ESN-001")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_the_sequence_number_is_that_of_the_stack(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = wire(burst(dut, outgoing.out, ({"seq": number} for number in SEQUENCE)))

    assert [seq_of(frame) for frame in sent] == list(SEQUENCE)


@requirement("TX-006", "P-ESP-002")
@each_family
def test_the_spi_is_that_of_the_stack(dut, peer, ipv6):
    outgoing = link(dut, peer, spi=0x0A0B0C0D, ipv6=ipv6)

    sent = wire(burst(dut, outgoing.out, of_lengths(9, 99)))

    assert {spi_of(frame) for frame in sent} == {0x0A0B0C0D}


@requirement("TX-038")
@every_suite("gcm", "ah")
def test_numbers_may_begin_anew(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = dut.send(outgoing.out, PLAIN, seq=0xFFFFFFFE, count=4)

    assert [seq_of(f.bytes) for f in sent.frames] == [0xFFFFFFFE, 0xFFFFFFFF, 0, 1]
    assert outgoing.carries(*sent.frames)


@requirement("TX-007", "P-ESP-001", "P-AH-001")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
@each_family
def test_the_headers_stay_as_the_stack_wrote_them(dut, peer, suite, ipv6):
    outgoing = link(dut, peer, ipv6=ipv6, **suite)
    ttl, protocol = (21, 20) if ipv6 else (22, 23)

    sent = wire(burst(dut, outgoing.out, [{"flip": f"ip+{ttl - 14}.{bit}"} for bit in range(8)]))

    assert [frame[ttl] for frame in sent] == [64 ^ 1 << bit for bit in range(8)]
    assert {frame[protocol] for frame in sent} == {51 if "ah" in suite else 50}


@requirement("TX-009", "TX-027", "P-ESP-014", "P-AH-019")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_ipv4_options_may_stand_in_front(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.OPTIONS) == []
    assert astray(outgoing, headers.of_sizes(40, 4)) == []


@requirement("TX-009", "TX-027", "P-ESP-014", "P-AH-019")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_extension_headers_may_stand_in_front(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    assert astray(outgoing, headers.EXTENSIONS) == []
    assert astray(outgoing, headers.of_sizes(200, 8)) == []


@requirement("TX-027")
@every_suite("gcm", "ah", "esp+ah")
def test_options_that_the_device_does_not_claim_fail_or_are_protected(dut, peer, suite):
    dut.lacks(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    sent = burst(dut, outgoing.out, headers.OPTIONS, data=PLAIN)

    works = protected(outgoing, sent, suite)
    assert all(one.frame is None for one in sent) or works
    dut.unclaimed("ipv4opts", works)


@requirement("TX-027")
@every_suite("gcm", "ah", "esp+ah")
def test_extensions_that_the_device_does_not_claim_fail_or_are_protected(dut, peer, suite):
    dut.needs(ipv6=1)
    dut.lacks(ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    sent = burst(dut, outgoing.out, headers.EXTENSIONS, data=PLAIN)

    works = protected(outgoing, sent, suite)
    assert all(one.frame is None for one in sent) or works
    dut.unclaimed("ipv6ext", works)


def protected(outgoing, sent, suite):
    """Whether something left, is good at the other end, and does not show what ESP has to hide."""
    frames = [one.frame for one in sent if one.frame]
    hides = "esp" in suite and not suite["esp"].startswith("null")
    return bool(frames) and outgoing.carries(*frames) and not (hides and seen_plain(sent, PLAIN))


# ---- Slot 12 -----------------------------------------------------------------------------------


@requirement("TX-010")
@every_suite("gcm", "ah", "esp+ah")
def test_offsets_that_lead_elsewhere_fail_or_do_no_harm(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    offsets = [{f"{kind}_offset": at} for kind in ("esp", "ah") for at in range(256)]

    assert astray(outgoing, offsets, may_fail=True) == []
    assert outgoing.works()


@requirement("TX-010")
def test_offsets_of_a_short_packet_do_no_harm(dut, peer):
    outgoing = link(dut, peer)
    frame = esp_frame(0x1001, bytes(26))

    sent = burst(dut, outgoing.out, ({"esp_offset": at} for at in range(256)), frame=frame)

    assert len(sent) == 256
    assert outgoing.works()


@requirement("TX-034")
@every_suite("gcm", "cbc")
def test_a_next_header_that_is_not_that_of_slot_12_leaves_as_framed_or_fails(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = dut.send(outgoing.out, PLAIN, nh=17, flip="next-header")

    assert [peer.receive(f).packet.next_header for f in sent.frames] in ([], [17 ^ 0xFF])


# ---- What cannot be protected ------------------------------------------------------------------


@requirement("TX-028")
@every_suite("gcm", "ah", "esp+ah")
def test_a_fragment_fails_or_is_protected(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = burst(dut, outgoing.out, headers.FRAGMENTS, data=PLAIN)

    assert "esp" not in suite or seen_plain(sent, PLAIN) == []
    assert "ah" not in suite or all(one.frame is None or any(icv(one)) for one in sent)
    assert outgoing.works()


@requirement("TX-028")
@every_suite("gcm", "esp+ah")
def test_a_fragment_of_ipv6_fails_or_is_protected(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    sent = burst(dut, outgoing.out, headers.FRAGMENTS6, data=PLAIN)

    assert seen_plain(sent, PLAIN) == [] or suite["esp"].startswith("null")
    assert outgoing.works()


def icv(one):
    """The last bytes of AH in an IPv4 frame."""
    return one.frame.bytes[14 + 20 + 20 : 14 + 20 + 24]


@requirement("TX-032", "P-ESP-026")
@every_suite("gcm", "null", "cbc")
def test_esp_that_is_too_short_for_its_parts_fails(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    least = 8 + suites.iv_len(suite["esp"]) + 2 + suites.icv_len(suite["esp"])
    frames = short_frames(outgoing.spi, 50, b"", least)

    sent = burst(dut, outgoing.out, ({"frame": frame} for frame in frames), esp_offset=5)

    assert wire(sent) == []
    assert outgoing.works()


@requirement("TX-032")
@every_suite("ah")
def test_ah_that_is_too_short_for_its_icv_fails(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    frames = short_frames(outgoing.spi, 51, b"\x11\x04\0\0", 24)
    lying = [ETHERNET + ipv4(ALICE, BOB, 51, bytes([17, n]) + frames[-1][36:]) for n in range(4)]

    sent = burst(dut, outgoing.out, ({"frame": f} for f in frames + lying), ah_offset=5)

    assert wire(sent) == []
    assert outgoing.works()


@requirement("TX-032")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_a_packet_without_its_end_does_not_leave_in_the_clear(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    whole = dut.send(outgoing.out, PLAIN).frame.bytes
    hides = "esp" in suite and not suite["esp"].startswith("null")

    sent = burst(dut, outgoing.out, ({"frame": whole[:n]} for n in range(len(whole))))

    assert not hides or seen_plain(sent, PLAIN) == []
    assert outgoing.works()


# ---- Pieces ------------------------------------------------------------------------------------


@requirement("TX-022")
@every_suite(*suites.EVERY)
def test_a_packet_in_pieces_of_any_length_arrives(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    size = len(dut.send(outgoing.out, PLAIN).frame.bytes)

    assert astray(outgoing, of_cuts(size), data=PLAIN) == []


@requirement("TX-022")
@setting(IV_BY="stack")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_the_same_bytes_leave_whatever_the_pieces(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    size = len(dut.send(outgoing.out, PLAIN).frame.bytes)

    sent = wire(burst(dut, outgoing.out, of_cuts(size), data=PLAIN, seq=9))

    assert len(sent) == size
    assert len(set(sent)) == 1


@requirement("TX-022")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_what_lies_in_front_of_a_piece_is_not_part_of_it(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    rooms = [{"cut": cut, "room": room} for cut in (0, 1, 13, 34) for room in (1, 2, 7, 64)]

    assert astray(outgoing, rooms, data=PLAIN) == []


@requirement("TX-022")
def test_a_packet_without_a_handle_leaves_whatever_its_pieces(dut):
    sent = burst(dut, None, of_cuts(59), data=PLAIN)

    assert len(set(wire(sent))) == 1
    assert len(wire(sent)) == 59


@requirement("TX-022")
def test_a_long_packet_in_pieces_of_one_byte_arrives(dut, peer):
    outgoing = link(dut, peer)

    assert astray(outgoing, [{"cut": 1}], data=payload(1400)) == []

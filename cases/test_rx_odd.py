"""Receiving: frames that are cut, garbled or strange; none may harm the device, and what follows
them is processed as ever."""

import pytest

from ov2 import every_suite, inbound, link, requirement, setting, suites
from ov2.forge import esp_frame, fragments, noise
from ov2.lists import ALICE, BOB
from ov2.vectors import ipv4
from ov2.wire import (
    DESTINATION, FRAGMENT, HOP_BY_HOP, Parts, accepted, arrive, becomes, block_len, chain,
    cut_short, every_byte, grown, iv_len, rejected, sent, written,
)

ALL = every_suite("gcm", "null", "cbc", "ah", "esp+ah", "esp+ah alike")
WITH_ESP = every_suite("gcm", "null", "cbc", "esp+ah", "esp+ah alike")
SOME = every_suite("sample")
FAMILIES = pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))

STRIPS = [pytest.param(word, marks=setting(RX_STRIP=word)) for word in ("none", "trailer", "all")]

# ---- Lengths -------------------------------------------------------------------------------------


@requirement("RX-017", "RX-033", "P-ESP-026")
@ALL
def test_packets_of_every_shorter_length(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("33?1")
    shorter = [cut_short(frame, n) for n in range(1, len(frame.bytes) - Parts(frame).ip.stop)]

    assert accepted(dut, shorter) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-017", "RX-030")
@FAMILIES
@SOME
def test_frames_that_end_before_their_packet(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("33?1")
    cut = [frame.shorten(n) for n in range(1, len(frame.bytes) - 13)]

    assert accepted(dut, cut) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-017")
@WITH_ESP
def test_too_short_for_its_icv_is_no_forgery(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("33?1")
    parts = Parts(frame, **suite)
    room = parts.end - parts.iv.stop
    shorter = [cut_short(frame, n) for n in range(room - len(parts.icv) - 1, room)]

    told = {(packet.done, packet.status) for packet in arrive(dut, shorter)}

    assert told <= {
        (True, "invalid-packet-syntax"), (True, "generic-error"), (False, "success"),
        *AH_FAILURES["ah" in suite],
    }


# Whose packet got shorter, that AH also notices.
AH_FAILURES = {True: {(True, "transport-ah-auth-failed")}, False: set()}


@requirement("RX-007", "RX-014")
@SOME
def test_what_the_medium_adds_is_not_of_the_packet(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("5?1")

    assert rejected(dut, [grown(frame, count) for count in range(1, 64)]) == []


MACS = ("md5", "sha1", "sha256")


@requirement("RX-034", "P-ESP-026")
@pytest.mark.parametrize("mac", MACS)
@pytest.mark.parametrize("cipher", suites.CIPHERS)
def test_a_text_that_is_no_multiple_of_the_block_is_never_good(dut, cipher, mac):
    suite = f"{cipher}+{mac}"
    dut.needs(**suites.capabilities(suite))
    keys = [bytes(range(1, each.key + 1)) for each in suites.algorithms(suite)]
    dut.add(inbound(esp=suite, key=b"".join(keys)))
    sizes = [size for size in range(1, 50) if size % block_len(suite)]
    bodies = [bytes(iv_len(suite)) + bytes(size) for size in sizes]

    frames = [esp_frame(0x1001, 1 + at, body, keys[1], mac) for at, body in enumerate(bodies)]

    packets = arrive(dut, frames)
    assert not any(packet.is_good for packet in packets)


@requirement("RX-033", "RX-029", "P-PAD-007", "P-ESP-026")
@pytest.mark.parametrize("mac", MACS)
def test_a_valid_icv_around_next_to_nothing(dut, peer, mac):
    suite = f"null+{mac}"
    dut.needs(**suites.capabilities(suite))
    key = bytes(range(1, suites.AUTHENTICATION[mac].key + 1))
    dut.add(inbound(esp=suite, key=key))
    tails = ("", "00", "0000", "000000", "00000000", "01020211", "0000ff11", "ffff", "fe3b")
    plain = {"00000000": "0000"}
    bodies = [(bytes.fromhex(tail), plain.get(tail, "-")) for tail in tails]

    arrive(dut, [esp_frame(0x1001, 1 + n, b, key, mac, p) for n, (b, p) in enumerate(bodies)])

    assert link(peer, dut, spi=0x1002).works()


@requirement("RX-029")
@pytest.mark.parametrize("strip", STRIPS)
@WITH_ESP
def test_a_pad_length_beyond_the_payload_does_no_harm(dut, peer, suite, strip):
    incoming = link(peer, dut, **suite)
    edits = [{"data": f"{n}?1", "flip": f"pad-length+0.{bit}"} for bit in range(8) for n in (1, 8)]

    packets = arrive(dut, sent(incoming, edits))

    assert all(packet.done for packet in packets)
    assert all(packet.ip_end <= len(packet.data) for packet in packets), f"RX_STRIP={strip}"
    assert incoming.works()


@requirement("RX-029", "P-PAD-007")
@pytest.mark.parametrize("nh", (4, 41))
@WITH_ESP
def test_a_pad_length_beyond_what_is_in_a_tunnel_does_no_harm(dut, peer, suite, nh):
    dut.needs(tunnel=1)
    incoming = link(peer, dut, **suite)
    edits = [{"nh": nh, "flip": f"pad-length+0.{bit}"} for bit in range(8)]
    contents = ("1?1", "8?1", ipv4(BOB, ALICE, 17, bytes(9)))

    packets = arrive(dut, sent(incoming, [{"data": each} | e for each in contents for e in edits]))

    assert all(packet.done for packet in packets)
    assert incoming.works()


# ---- Fragments -----------------------------------------------------------------------------------


@requirement("RX-025", "RX-020", "P-ESP-012", "P-AH-017")
@ALL
def test_fragments_are_left_alone(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")

    packets = arrive(dut, fragments(frame))

    assert all(packet.is_untouched and not packet.has_info for packet in packets)
    assert dut.receive(frame).packet.is_good


@requirement("RX-025", "RX-020", "P-ESP-012", "P-AH-017")
@SOME
def test_ipv6_fragments_are_left_alone(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **suite)
    frame = incoming.send("40?1", headers=chain((FRAGMENT, bytes(6))))

    packets = arrive(dut, fragments(frame))

    assert all(packet.is_untouched and not packet.has_info for packet in packets)


@requirement("P-ESP-013", "P-AH-014")
@SOME
def test_an_atomic_fragment_is_none(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **suite)
    frames = [
        incoming.send("40?1", headers=chain((FRAGMENT, b"\0\0\x12\x34\x56\x78"))),
        incoming.send("40?1", headers=chain((HOP_BY_HOP, PADN), (FRAGMENT, bytes(6)))),
        incoming.send("40?1", headers=chain((FRAGMENT, bytes(6)), (DESTINATION, PADN))),
    ]

    assert rejected(dut, frames) == []


PADN = b"\1\4\0\0\0\0"

# ---- Headers -------------------------------------------------------------------------------------


@requirement("RX-030", "RX-002")
@FAMILIES
@SOME
def test_every_value_of_a_header_byte(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("16?1")
    parts = Parts(frame, **suite)
    fixed = range(parts.ip.start, (parts.ah or parts.esp).stop)
    changed = [written(frame, at, bytes([value])) for at in fixed for value in EXTREMES]

    arrive(dut, changed)

    assert dut.receive(frame).packet.is_good


EXTREMES = (0x00, 0x01, 0x4F, 0x60, 0xFF)


@requirement("RX-030")
@pytest.mark.parametrize("total", (20, 21, 24, 28, 59, 60))
def test_an_ipv4_header_that_is_longer_than_its_packet(dut, peer, total):
    incoming = link(peer, dut)
    frame = incoming.send("16?1")
    short = cut_short(frame, len(frame.bytes) - 14 - total)
    words = [written(short, 14, bytes([0x40 | ihl])) for ihl in range(16)]

    arrive(dut, words)

    assert dut.receive(frame).packet.is_good


@requirement("RX-030")
@pytest.mark.parametrize("protocol", (50, 51))
@FAMILIES
def test_noise_behind_a_header_does_no_harm(dut, peer, protocol, ipv6):
    dut.needs(ipv6=int(ipv6), **suites.capabilities("null+sha1"))
    incoming = link(peer, dut, ipv6=ipv6, esp="null+sha1")
    frame = incoming.send("16?1").bytes
    at = Parts(incoming.send("16?1")).ip.stop
    named = 20 if ipv6 else 23
    head = frame[:named] + bytes([protocol]) + frame[named + 1 : at]

    reply = dut.receive(*noise(60, head), *noise(60, head + frame[at : at + 4]))

    assert len(reply.packets) == 120
    assert incoming.works()


@requirement("RX-031", "RX-017", "P-AH-002")
@FAMILIES
@every_suite("ah", "esp+ah alike")
def test_every_length_of_ah_but_the_right_one_is_never_good(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("100?1")
    at = Parts(frame, **suite).ah[1]
    others = [length for length in AH_LENGTHS if length != frame.bytes[at]]

    assert accepted(dut, [written(frame, at, bytes([length])) for length in others]) == []
    assert dut.receive(frame).packet.is_good


@requirement("RX-031", "RX-017")
@FAMILIES
@every_suite("ah", "esp+ah alike")
def test_a_packet_that_ends_where_a_shorter_ah_ends(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("100?1")
    ah = Parts(frame, **suite).ah
    ends = [(len(frame.bytes) - end, (end - ah.start) // 4 - 2) for end in ah[12::4]]

    cut = [written(cut_short(frame, count), ah[1], bytes([length])) for count, length in ends]

    assert accepted(dut, cut) == []
    assert dut.receive(frame).packet.is_good


AH_LENGTHS = (*range(36), 0x3F, 0x40, 0x7F, 0x80, 0xFE, 0xFF)

# ---- IPv6 extension headers ----------------------------------------------------------------------


@requirement("RX-032")
@SOME
def test_chains_of_every_length_the_slot_can_tell(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **suite)
    headers = (DESTINATION, PADN)
    frames = [incoming.send("9?1", headers=chain(*[headers] * count)) for count in (1, 2, 9, 60)]

    assert rejected(dut, frames) == []


@requirement("RX-032")
@FAMILIES
def test_chains_whose_lengths_lead_astray(dut, peer, ipv6):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **{"ah": "ah-sha1"} if ipv6 else {})
    frame = incoming.send("40?1", headers=chain((HOP_BY_HOP, PADN), (DESTINATION, PADN)))
    at = Parts(frame).ip.start + 40
    astray = [written(frame, at + 8 * n + 1, bytes([v])) for n in (0, 1) for v in range(1, 256)]
    types = [written(frame, at + 8 * n, bytes([v])) for n in (0, 1) for v in range(256)]

    arrive(dut, astray)
    arrive(dut, types)

    assert dut.receive(frame).packet.is_good


# ---- Where frames come from, and go to -----------------------------------------------------------


@requirement("RX-050")
@pytest.mark.parametrize("media", (14, 18), ids=("untagged", "tagged"))
def test_other_stations_groups_and_networks_do_no_harm(dut, peer, media):
    peer.reopen(media=media)
    dut.reopen(media=media)
    incoming = link(peer, dut)
    frame = incoming.send("40?1")
    head = frame.bytes
    groups = [b"\xff" * 6 + head[6:], b"\x01\x00\x5e\x00\x00\x01" + head[6:]]

    dut.receive(*[becomes(frame, each) for each in groups])
    dut.receive(*every_byte(frame, range(media)))

    assert dut.receive(frame).packet.is_good

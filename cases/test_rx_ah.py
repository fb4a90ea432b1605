"""Receiving AH: what it covers of the headers in front of it, and what may change on the way."""

import pytest

from ov2 import every_suite, inbound, link, opposite, requirement, suites
from ov2.lists import ALICE, ALICE6, BOB, BOB6
from ov2.wire import (
    DESTINATION, FRAGMENT, HOP_BY_HOP, ROUTING, Parts, accepted, arrive, chain, chain_of, rejected,
    written,
)

AH = every_suite("ah", "esp+ah")
FAMILIES = pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))


# ---- The header itself ---------------------------------------------------------------------------


@requirement("P-AH-001", "P-AH-002", "P-AH-004", "P-AH-019", "P-GMAC-007", "P-GMAC-008")
@FAMILIES
@AH
def test_ah_of_the_peer_is_read(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)

    frame = incoming.send("40?1")

    named = Parts(frame).ip[6] if ipv6 else Parts(frame).ip[9]
    assert frame.bytes[named] == 51
    assert rejected(dut, [frame]) == []


@requirement("P-AH-003")
@FAMILIES
@AH
def test_reserved_bits_are_covered_and_otherwise_nothing(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    reserved = [(at, bit) for at in (2, 3) for bit in range(8)]

    authentic = [incoming.send("40?1", flip=f"ah+{at}.{bit}") for at, bit in reserved]
    frame = incoming.send("40?1")
    forged = [frame.flip("ah", at, bit) for at, bit in reserved]

    assert rejected(dut, authentic) == []
    assert accepted(dut, forged) == []


@requirement("P-GMAC-009")
@every_suite("ah", "esp+ah")
def test_the_iv_in_ah_is_covered(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")
    parts = Parts(frame, **suite)
    behind = range(parts.ah.start + 12, parts.ah.stop)

    assert accepted(dut, [frame.flip("frame", at, at % 8) for at in behind]) == []
    assert rejected(dut, [frame]) == []


# ---- The IP header -------------------------------------------------------------------------------


@requirement("P-AH-006")
@AH
def test_ipv4_fields_that_change_on_the_way_are_not_covered(dut, peer, suite):
    incoming = link(peer, dut, **suite)
    frame = incoming.send("40?1")
    ip = Parts(frame).ip

    tos = [written(frame, ip[1], bytes([value])) for value in (1, 2, 3, 0x10, 0xB8, 0xFF)]
    flags = [written(frame, ip[6], bytes([value])) for value in (0x00, 0x80, 0xC0)]
    ttl = [written(frame, ip[8], bytes([value])) for value in (0, 1, 63, 255)]

    assert rejected(dut, [*tos, *flags, *ttl]) == []


@requirement("P-AH-007")
@AH
def test_ipv4_fields_that_do_not_are(dut, peer, suite):
    node = {"src": "0.0.0.0", "dst": ALICE}
    incoming = link(peer, dut, **node, **suite)
    frame = incoming.send("40?1", src=BOB)
    ip = Parts(frame).ip
    bits = [(at, bit) for at in (4, 5, 12, 13, 14, 15) for bit in range(8)]

    changed = [written(frame, ip[at], bytes([frame.bytes[ip[at]] ^ 1 << bit])) for at, bit in bits]

    assert accepted(dut, changed) == []
    assert rejected(dut, [frame]) == []


@requirement("P-AH-011")
@AH
def test_ipv6_fields_that_change_on_the_way_are_not_covered(dut, peer, suite):
    dut.needs(ipv6=1)
    incoming = link(peer, dut, ipv6=True, **suite)
    frame = incoming.send("40?1")
    ip = Parts(frame).ip
    first = (b"\x60\x01\x23\x45", b"\x6f\xf0\0\0", b"\x6f\xff\xff\xff", b"\x60\x10\0\1")

    labels = [written(frame, ip[0], word) for word in first]
    hops = [written(frame, ip[7], bytes([value])) for value in (0, 1, 63, 255)]

    assert rejected(dut, [*labels, *hops]) == []


@requirement("P-AH-011")
@AH
def test_ipv6_addresses_are_covered(dut, peer, suite):
    dut.needs(ipv6=1)
    incoming = link(peer, dut, ipv6=True, src="::", dst=ALICE6, **suite)
    frame = incoming.send("40?1", src=BOB6)
    ip = Parts(frame).ip

    changed = [written(frame, at, bytes([frame.bytes[at] ^ 1])) for at in ip[8:24]]

    assert accepted(dut, changed) == []
    assert rejected(dut, [frame]) == []


@requirement("P-AH-005", "P-AH-015", "P-AH-016")
@FAMILIES
@AH
def test_everything_behind_ah_is_covered(dut, peer, suite, ipv6):
    dut.needs(ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, **suite)
    frame = incoming.send("60?1", nh=4)
    behind = range(Parts(frame, **suite).ah.stop, len(frame.bytes))

    assert accepted(dut, [frame.flip("frame", at, at % 8) for at in behind]) == []


# ---- IPv4 options --------------------------------------------------------------------------------

# As they are covered (RFC 4302 A1): kept as they are, or as zeros.
KEPT = {
    "no-operation": "01010101", "end-of-list": "01000000", "security": "820b0000000000000000ff00",
    "extended-security": "8506000102030000", "commercial-security": "8606000000010101",
    "behind-end-of-list": "0100aabb", "router-alert": "94040000",
    "sender-directed": "950a00000000c00002030101",
}
ZEROED = {
    "record-route": "0707040000000000", "timestamp": "440c0d00c000020100000000",
    "loose-route-done": "8307080000000000", "traceroute": "520c00010000000000000000",
    "class-2-number-2": "42040102", "class-2-number-5": "45040102", "unknown": "de08010203040506",
}
OPTIONS = KEPT | ZEROED


@requirement("P-AH-009", "P-AH-010", "P-AH-018", "P-ESP-014")
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
@every_suite("sample")
def test_a_packet_with_options_is_checked(dut, peer, suite, options):
    dut.needs(ipv4opts=1)
    incoming = link(peer, dut, **suite)

    assert rejected(dut, [incoming.send("40?1", headers=options)]) == []


@requirement("P-AH-009")
@pytest.mark.parametrize("options", ZEROED.values(), ids=ZEROED)
def test_options_that_change_on_the_way_are_not_covered(dut, peer, options):
    dut.needs(ipv4opts=1)
    incoming = link(peer, dut, ah="ah-sha1")
    frame = incoming.send("40?1", headers=options)
    last = Parts(frame).ip[20] + bytes.fromhex(options)[1] - 1

    assert rejected(dut, [written(frame, last, b"\x77")]) == []


@requirement("P-AH-009")
@pytest.mark.parametrize("name", ("security", "router-alert", "sender-directed"))
def test_options_that_do_not_are(dut, peer, name):
    dut.needs(ipv4opts=1)
    incoming = link(peer, dut, ah="ah-sha1")
    frame = incoming.send("40?1", headers=KEPT[name])

    assert accepted(dut, [written(frame, Parts(frame).ip[23], b"\x77")]) == []


@requirement("P-AH-018", "RX-030")
@pytest.mark.parametrize("kind", (0x07, 0x42, 0x83, 0x94))
def test_options_of_any_length_do_no_harm(dut, peer, kind):
    dut.needs(ipv4opts=1)
    incoming = link(peer, dut, ah="ah-sha1")
    frame = incoming.send("40?1", headers="0708040000000000")
    at = Parts(frame).ip[20]

    dut.receive(*[written(frame, at, bytes([kind, length])) for length in range(0, 32)])

    assert rejected(dut, [frame]) == []


# ---- IPv6 extension headers ----------------------------------------------------------------------

# Types of options by the bit that lets their data change, 0x20, beside bits that say other things.
STAYS, CHANGES = (0x1E, 0x5E, 0x9E, 0xC2, 0x05), (0x3E, 0x7E, 0xBE, 0xE2)
HEADERS = pytest.mark.parametrize("header", (HOP_BY_HOP, DESTINATION), ids=("hops", "destination"))


@requirement("P-AH-012", "P-AH-019", "P-ESP-014")
@HEADERS
@every_suite("sample")
def test_a_packet_with_ipv6_options_is_checked(dut, peer, suite, header):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **suite)
    options = [bytes([kind, 4]) + b"abcd" for kind in (*STAYS, *CHANGES)]

    frames = [incoming.send("40?1", headers=chain((header, option))) for option in options]

    assert rejected(dut, frames) == []


@requirement("P-AH-012")
@HEADERS
def test_ipv6_options_that_may_change_are_not_covered(dut, peer, header):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, ah="ah-sha1")
    chains = [chain((header, bytes([kind, 4]) + b"abcd")) for kind in CHANGES]
    frames = [incoming.send("40?1", headers=each) for each in chains]

    changed = [written(frame, chain_of(frame)[header] + 5, b"X") for frame in frames]

    assert rejected(dut, changed) == []


@requirement("P-AH-012")
@HEADERS
def test_ipv6_options_that_may_not_are(dut, peer, header):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, ah="ah-sha1")
    chains = [chain((header, bytes([kind, 4]) + b"abcd")) for kind in STAYS]
    frames = [incoming.send("40?1", headers=each) for each in chains]

    changed = [written(frame, chain_of(frame)[header] + 5, b"X") for frame in frames]

    assert accepted(dut, changed) == []


CHAINS = {
    "two": ((HOP_BY_HOP, b"\1\4\0\0\0\0"), (DESTINATION, b"\1\4\0\0\0\0")),
    "long": ((DESTINATION, b"\1\x8c" + bytes(140)),),
    "route-done": ((ROUTING, bytes([0, 0]) + bytes(4) + bytes(16)),),
    "atomic": ((FRAGMENT, b"\0\0\x12\x34\x56\x78"),),
    "atomic-between": (
        (HOP_BY_HOP, b"\1\4\0\0\0\0"), (FRAGMENT, bytes(6)), (DESTINATION, b"\1\4\0\0\0\0"),
    ),
}


@requirement("P-AH-013", "P-AH-014", "P-AH-019", "P-ESP-014")
@pytest.mark.parametrize("headers", CHAINS.values(), ids=CHAINS)
@every_suite("sample")
def test_a_packet_with_a_chain_of_headers_is_checked(dut, peer, suite, headers):
    dut.needs(ipv6=1, ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **suite)

    assert rejected(dut, [incoming.send("40?1", headers=chain(*headers))]) == []


# ---- Capabilities --------------------------------------------------------------------------------


ESP_OR_AH = pytest.mark.parametrize(
    "bundle_of", ({"esp": "aes-gcm-128"}, {"ah": "ah-sha1"}), ids=("esp", "ah")
)


@requirement("RX-008", "P-ESP-014", "CAP-017")
@ESP_OR_AH
def test_without_the_capability_packets_with_options_are_left_alone(dut, peer, bundle_of):
    dut.needs(**suites.capabilities(*bundle_of.values()))
    dut.lacks(ipv4opts=1)
    incoming = link(peer, dut, **bundle_of)

    with_options, without = arrive(dut, (incoming.send(options=8), incoming.send()))

    assert with_options.is_untouched
    assert without.is_good


@requirement("RX-008", "P-ESP-014", "CAP-017")
@ESP_OR_AH
def test_without_the_capability_packets_with_extension_headers_are_left_alone(dut, peer, bundle_of):
    dut.needs(ipv6=1, **suites.capabilities(*bundle_of.values()))
    dut.lacks(ipv6ext=1)
    incoming = link(peer, dut, ipv6=True, **bundle_of)

    with_options, without = arrive(dut, (incoming.send(options=8), incoming.send()))

    assert with_options.is_untouched
    assert without.is_good


@requirement("RX-018", "P-ESP-004")
@pytest.mark.parametrize(
    ("ours", "theirs"),
    (("esp", "ah"), ("ah", "esp"), ("both", "ah"), ("both", "esp"), ("esp", "both")),
)
def test_a_frame_of_the_other_protocol_is_that_or_nobodys(dut, peer, ours, theirs):
    bundles = {"esp": {"esp": "null+sha1"}, "ah": {"ah": "ah-sha1"}}
    bundles["both"] = bundles["esp"] | bundles["ah"] | {"ah_spi": 0x1001}
    dut.add(inbound(**bundles[ours]))
    sender = peer.add(opposite(inbound(**bundles[theirs]))).handle

    packet = dut.receive(peer.send(sender).frame).packet

    assert packet.is_untouched or packet.status == "invalid-protocol"

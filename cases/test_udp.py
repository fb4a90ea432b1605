"""ESP in UDP on port 4500: the four layouts, and everything else that comes to that port."""

import pytest

from ov2 import bundle, every_suite, ike_frame, inbound, link, requirement, twins
from ov2.frames import PORT, on_port
from ov2.tunnels import enclosed, inside_of, needs_bundles, nest, packet_of
from ov2.wire import arrive, rejected, unlike, written

TRANSPORT, TUNNEL, OVER_TUNNEL, IN_TUNNEL = 1, 2, 4, 8  # bits of UdpEsp
TYPES = {
    TRANSPORT: "transport",
    TUNNEL: "tunnel",
    OVER_TUNNEL: "transport-over-udp-tunnel",
    IN_TUNNEL: "udp-transport-over-tunnel",
}
INSIDE = {
    "gmac": {"esp": "null+gmac-128"},
    "ah": {"ah": "ah-sha256"},
    "esp+ah": {"esp": "aes-cbc-128+sha1", "ah": "ah-md5", "ah_spi": 0x8101},
}
UDP_AT = 34  # of an IPv4 frame
FORMS = every_suite("esp forms")
SINGLE = every_suite("gcm", "null", "cbc")

# ---- The layouts -----------------------------------------------------------------------------


@requirement("UDP-004", "P-UDPESP-008")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@SINGLE
def test_transport_in_udp_is_processed(dut, peer, suite, ipv6):
    dut.needs(udp=TRANSPORT, ipv6=int(ipv6))
    incoming = link(peer, dut, ipv6=ipv6, udp=TYPES[TRANSPORT], **suite)

    packet = incoming.carry("33?1").packet

    assert packet.is_good
    assert not packet.next_done


@requirement("UDP-004", "P-UDPESP-008")
@SINGLE
def test_a_tunnel_in_udp_is_processed(dut, peer, suite):
    dut.needs(udp=TUNNEL, tunnel=1)
    incoming = link(peer, dut, udp=TYPES[TUNNEL], **suite)

    packet = incoming.carry("33?1", **inside_of(incoming)).packet

    assert packet.is_good
    assert not packet.next_done


@requirement("UDP-004", "UDP-012", "P-UDPESP-008")
@SINGLE
def test_transport_in_a_tunnel_in_udp_is_processed_twice(dut, peer, suite):
    dut.needs(udp=OVER_TUNNEL, combined=1)
    nested = nest(peer, dut, outer={"udp": TYPES[OVER_TUNNEL]} | suite)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert packet.next_done


@requirement("UDP-012")
@pytest.mark.parametrize("inner", INSIDE.values(), ids=INSIDE)
def test_whatever_is_inside_a_tunnel_in_udp_is_processed(dut, peer, inner):
    dut.needs(udp=OVER_TUNNEL, combined=1)
    needs_bundles(dut, inner)
    nested = nest(peer, dut, outer={"udp": TYPES[OVER_TUNNEL]}, inner=inner)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert packet.next_done


@requirement("UDP-004", "P-UDPESP-008")
@SINGLE
def test_transport_in_udp_in_a_tunnel_is_processed_twice(dut, peer, suite):
    dut.needs(udp=IN_TUNNEL, combined=1)
    nested = nest(peer, dut, inner={"udp": TYPES[IN_TUNNEL]} | suite)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert packet.next_done


@requirement("P-UDPESP-010")
def test_udp_over_ipv6_is_processed_or_left_alone(dut, peer):
    dut.needs(udp=TRANSPORT, ipv6=1)
    incoming = link(peer, dut, ipv6=True, udp=TYPES[TRANSPORT])
    frame = incoming.send("33?1")

    packet = dut.receive(frame).packet

    assert packet.is_good or (packet.is_untouched and packet.data == frame.bytes)


@requirement("UDP-012")
def test_the_tunnel_in_udp_alone_is_one_portion(dut, peer):
    dut.needs(udp=OVER_TUNNEL, combined=1)
    nested = nest(peer, dut, outer={"udp": TYPES[OVER_TUNNEL]})
    dut.delete(nested.inside.into)

    packet = nested.carry("33?1").packet

    assert packet.is_good
    assert not packet.next_done


@requirement("UDP-008")
@pytest.mark.parametrize("kind", (TUNNEL, OVER_TUNNEL))
def test_udp_in_udp_is_not_processed_as_such(dut, peer, kind):
    dut.needs(udp=kind | IN_TUNNEL | TRANSPORT, combined=1)
    outside = link(peer, dut, 0x7001, udp=TYPES[kind])
    inside = unlike(peer, dut, 0x8001, {"udp": TYPES[IN_TUNNEL]}, udp=TYPES[TRANSPORT])

    packet = dut.receive(enclosed(outside, packet_of(inside.send("33?1")))).packet

    assert not packet.next_done
    assert packet.status == "success"


# ---- Sending ---------------------------------------------------------------------------------


@requirement("UDP-009", "P-UDPESP-001", "P-UDPESP-006")
@FORMS
def test_the_udp_header_stays_as_the_transport_wrote_it(dut, peer, suite):
    dut.needs(udp=TRANSPORT)
    outgoing = link(dut, peer, udp=TYPES[TRANSPORT], **suite)

    frame = outgoing.send("33?1")

    ports, length = PORT.to_bytes(2, "big") * 2, len(frame.bytes) - UDP_AT
    assert frame.bytes[UDP_AT : UDP_AT + 8] == ports + length.to_bytes(2, "big") + bytes(2)
    assert frame.bytes[UDP_AT + 8 : UDP_AT + 12] == outgoing.spi.to_bytes(4, "big")
    assert frame.bytes[UDP_AT - 11] == 17
    assert peer.receive(frame).packet.is_good


@requirement("UDP-009")
@pytest.mark.parametrize("ipv6", (False, True), ids=("ipv4", "ipv6"))
@pytest.mark.parametrize("kind", (TRANSPORT, TUNNEL))
def test_what_is_sent_in_udp_arrives(dut, peer, kind, ipv6):
    dut.needs(udp=kind, ipv6=int(ipv6), tunnel=int(kind == TUNNEL))
    outgoing = link(dut, peer, ipv6=ipv6, udp=TYPES[kind])
    fields = inside_of(outgoing) if kind == TUNNEL else {}

    assert outgoing.carry("33?1", **fields).packet.is_good


@requirement("UDP-009")
@pytest.mark.parametrize("kind", (OVER_TUNNEL, IN_TUNNEL))
def test_what_is_sent_in_udp_with_two_handles_arrives(dut, peer, kind):
    dut.needs(udp=kind, combined=1)
    fields = {"outer" if kind == OVER_TUNNEL else "inner": {"udp": TYPES[kind]}}
    nested = nest(dut, peer, **fields)

    assert nested.carry("33?1").packet.next_done


# ---- Which SA --------------------------------------------------------------------------------


@requirement("UDP-001")
@pytest.mark.parametrize("kind", TYPES)
def test_a_type_that_is_not_advertised_is_refused_and_its_frames_left_alone(dut, peer, kind):
    dut.lacks(udp=kind)
    stranger = peer.add(bundle(0x1001, True, False, udp=TYPES[TRANSPORT])).handle
    refused, twin = twins(dut.add, bundle(0x1001, True, True), udp=TYPES[kind])

    packet = dut.receive(peer.send(stranger).frame).packet

    assert refused.failed
    assert twin.succeeded
    assert packet.is_untouched


@requirement("UDP-001", "UDP-007")
def test_esp_in_udp_is_not_for_an_sa_without_a_type(dut, peer):
    incoming = unlike(peer, dut, 0x1001, {"udp": None}, udp=TYPES[TRANSPORT])

    assert incoming.carry().packet.is_untouched


@requirement("UDP-007")
@pytest.mark.parametrize("kind", TYPES)
def test_plain_esp_is_not_for_an_sa_with_a_type(dut, peer, kind):
    dut.needs(udp=kind)
    incoming = unlike(peer, dut, 0x1001, {"udp": TYPES[kind]})

    assert incoming.carry().packet.is_untouched


@requirement("UDP-005")
def test_esp_in_udp_without_an_sa_is_left_alone(dut, peer):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT])
    stranger = peer.add(bundle(0x7777, True, False, udp=TYPES[TRANSPORT])).handle
    frame = peer.send(stranger).frame

    packet = dut.receive(frame).packet

    assert packet.is_untouched
    assert packet.data == frame.bytes
    assert incoming.works()


@requirement("UDP-013")
def test_after_the_last_deletion_nothing_in_udp_is_processed(dut, peer):
    dut.needs(udp=TRANSPORT)
    plain, incoming = link(peer, dut, 0x2002), link(peer, dut, udp=TYPES[TRANSPORT])
    before = incoming.send()
    dut.delete(incoming.into)

    packets = dut.receive(before, incoming.send(), ike_frame()).packets

    assert [packet.is_untouched for packet in packets] == [True] * 3
    assert plain.works()


# ---- What else comes to the port ----------------------------------------------------------------


@requirement("UDP-002", "P-UDPESP-003", "P-UDPESP-004")
@pytest.mark.parametrize("count", (0, 1, 4, 28, 500))
def test_ike_is_left_alone(dut, peer, count):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT])
    frame = ike_frame(bytes(range(1, 251))[:count] * max(1, count // 250))

    packet = dut.receive(frame).packet

    assert packet.is_untouched
    assert packet.data == frame
    assert incoming.works()


@requirement("P-UDPESP-003", "ADD-047")
@pytest.mark.parametrize("kind", (TRANSPORT, TUNNEL, OVER_TUNNEL))
def test_ike_is_not_for_an_sa_with_spi_0(dut, kind):
    dut.needs(udp=kind)
    dut.add(inbound(0, udp=TYPES[kind]))
    frame = ike_frame(bytes(range(1, 65)))

    packet = dut.receive(frame).packet

    assert packet.is_untouched
    assert packet.data == frame


@requirement("UDP-003", "P-UDPESP-005", "P-UDPESP-011")
@pytest.mark.parametrize("fill", (b"\xff", b"\x00", b"\x10"), ids=("ff", "00", "10"))
@pytest.mark.parametrize("count", range(8))
def test_what_is_too_short_for_esp_is_left_alone(dut, peer, count, fill):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT])
    frame = on_port(fill * count)

    packet = dut.receive(frame).packet

    assert packet.is_untouched
    assert packet.data == frame
    assert incoming.works()


@requirement("UDP-006", "P-UDPESP-001")
@pytest.mark.parametrize("port", (500, 4499, 4501, 0x1194 ^ 0x8000, 0x9411, 53, 0))
def test_another_port_is_none_of_its_business(dut, peer, port):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT])
    frame = incoming.send()

    packet = dut.receive(written(frame, UDP_AT, port.to_bytes(2, "big") * 2)).packet

    assert packet.is_untouched
    assert incoming.works()


@requirement("P-AH-020")
@pytest.mark.parametrize("port", (PORT, 500))
def test_ah_in_udp_is_not_taken_for_ah(dut, peer, port):
    dut.needs(ah=1, auth=2)
    incoming = link(peer, dut, ah="ah-sha1")
    plain = incoming.send("33?1")

    packet = dut.receive(on_port(packet_of(plain)[20:], port)).packet

    assert packet.is_untouched
    assert dut.receive(plain).packet.is_good


# ---- The UDP header on its way -------------------------------------------------------------------


@requirement("P-UDPESP-007")
@FORMS
def test_a_nat_may_change_the_source_port(dut, peer, suite):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT], **suite)
    frame = incoming.send()
    ports = (1024, 4501, 500, 0xFFFF)

    changed = [written(frame, UDP_AT, port.to_bytes(2, "big")) for port in ports]

    assert rejected(dut, changed) == []


@requirement("UDP-010", "P-UDPESP-002")
@pytest.mark.parametrize("checksum", (0, 1, 0x1234, 0xFFFF))
def test_any_udp_checksum_will_do(dut, peer, checksum):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT])
    frame = incoming.send()

    packet = dut.receive(written(frame, UDP_AT + 6, checksum.to_bytes(2, "big"))).packet

    assert packet.is_good


@requirement("UDP-011")
@FORMS
def test_a_udp_length_that_ip_contradicts_does_no_harm(dut, peer, suite):
    dut.needs(udp=TRANSPORT)
    incoming = link(peer, dut, udp=TYPES[TRANSPORT], **suite)
    frame = incoming.send("33?1")
    right = len(frame.bytes) - UDP_AT
    wrong = [*range(0, 64), right - 1, right + 1, right + 100, 0x7FFF, 0x8000, 0xFFFF]

    packets = arrive(dut, [written(frame, UDP_AT + 4, n.to_bytes(2, "big")) for n in wrong])

    assert all(packet.is_good or packet.is_untouched or packet.done for packet in packets)
    assert {len(packet.data) for packet in packets} <= set(range(len(frame.bytes) + 1))
    assert incoming.works()

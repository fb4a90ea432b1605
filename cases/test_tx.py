"""Sending: what the handles in slots 1 and 11 mean."""

from ov2 import Node, every_suite, inbound, link, requirement, sa
from ov2.burst import burst, of_lengths, seen_plain, wire
from ov2.frames import esp_frame

PLAIN = b"in the clear for everyone"


@requirement("TX-001")
def test_a_packet_without_a_handle_is_sent_as_it_is(dut):
    dut.add(sa())

    sent = burst(dut, None, of_lengths())

    assert {one.status for one in sent} == {"SUCCESS"}
    assert all(len(frame) >= 34 for frame in wire(sent))


@requirement("TX-001")
def test_esp_without_a_handle_is_sent_as_it_is(dut):
    dut.add(sa(spi=0x1001))
    frame = esp_frame(0x1001, PLAIN)

    assert dut.send(None, frame=frame).frame.bytes == frame


@requirement("TX-001")
def test_packets_without_a_handle_stay_in_front_and_behind_of_protected_ones(dut, peer):
    outgoing = link(dut, peer)

    sent = dut.send_lists(
        Node({"data": PLAIN}), Node({"data": PLAIN, "sa": outgoing.out}), Node({"data": PLAIN})
    )

    assert [PLAIN in frame.bytes for frame in sent.frames] == [True, False, True]


# ---- Handles that name nothing -----------------------------------------------------------------


@requirement("TX-002", "TX-003")
def test_a_packet_with_an_unknown_handle_fails(dut):
    dut.add(sa())
    garbage = ("#1~high", "#1~top", "#1~next")
    handles = ("0x1", "0x1234", *garbage, "0x7fffffffffffffff", "0xffffffffffffffff")

    sent = burst(dut, None, ({"sa": handle} for handle in handles), data=PLAIN)

    assert [one.status for one in sent] == ["FAILURE"] * len(handles)
    assert wire(sent) == []


@requirement("TX-002", "TX-003")
def test_an_unknown_handle_fails_its_own_list_only(dut, peer):
    outgoing = link(dut, peer)
    good, unknown = Node({"data": PLAIN, "sa": outgoing.out}), Node({"data": PLAIN, "sa": "0x1234"})

    sent = dut.send_lists(good, unknown, good)

    assert sorted(sent.sent) == ["FAILURE", "SUCCESS", "SUCCESS"]
    assert outgoing.carries(*sent.frames)


@requirement("TX-003")
def test_esp_with_an_unknown_handle_does_not_leave_in_the_clear(dut):
    dut.add(sa(spi=0x1001))

    sent = dut.send("0x1234", frame=esp_frame(0x1001, PLAIN))

    assert sent.frames == []


@requirement("TX-021")
def test_the_handle_of_a_failed_add_is_unknown(dut):
    dut.add(sa(ext=3, handle="0x4444"))

    sent = dut.send("0x4444", PLAIN)

    assert sent.sent == ["FAILURE"]
    assert sent.frames == []


@requirement("TX-021")
def test_the_handle_of_a_deleted_sa_is_unknown(dut):
    dut.add(sa())
    dut.delete("#1")

    sent = dut.send("#1", PLAIN)

    assert sent.sent == ["FAILURE"]
    assert sent.frames == []


@requirement("TX-021")
def test_the_handle_of_a_deleted_sa_is_not_that_of_its_successor(dut):
    dut.add(sa())
    dut.delete("#1")
    dut.add(sa())

    stale = burst(dut, "#1", of_lengths(20, 40))

    assert [one.status for one in stale] == ["FAILURE"] * 2
    assert dut.send("#2", PLAIN).sent == ["SUCCESS"]


@requirement("TX-021")
def test_the_handle_of_another_device_is_unknown(dut, sibling):
    sibling.add(sa())

    sent = dut.send("dut2#1", PLAIN)

    assert sent.sent == ["FAILURE"]
    assert sent.frames == []


@requirement("TX-020")
def test_a_packet_with_an_inbound_handle_does_not_leave(dut):
    dut.add(inbound())

    sent = dut.send("#1", PLAIN)

    assert sent.sent != ["SUCCESS"]
    assert sent.frames == []


@requirement("TX-020")
def test_a_pair_is_not_confused_when_a_packet_names_its_inbound_half(dut, peer):
    outgoing = link(dut, peer)
    incoming = link(peer, dut, spi=0x2001)

    dut.send(incoming.into, PLAIN)

    assert outgoing.works()
    assert incoming.works()


@requirement("TX-004")
def test_a_packet_with_an_unknown_tunnel_handle_fails(dut):
    dut.add(sa())
    handles = ("0x1", "0x1234", "#1~high", "#1~top", "0xffffffffffffffff")

    sent = burst(dut, "#1", ({"tunnel": handle} for handle in handles), data=PLAIN)

    assert [one.status for one in sent] == ["FAILURE"] * len(handles)
    assert wire(sent) == []


@requirement("TX-015")
def test_a_packet_with_a_tunnel_handle_alone_does_not_leave_in_the_clear(dut):
    dut.needs(tunnel=1)
    dut.add(sa())

    frames = [{"tunnel": "#1"}, {"tunnel": "#1", "frame": esp_frame(0x1001, PLAIN)}]

    sent = burst(dut, None, frames, data=PLAIN)

    assert seen_plain(sent, PLAIN) == []


# ---- States of the device ----------------------------------------------------------------------


@requirement("TX-025")
def test_a_packet_without_a_handle_is_sent_while_ipsec_is_off(dut):
    dut.switch("disabled")

    assert PLAIN in dut.send(None, PLAIN).frame.bytes


@requirement("TX-026")
@every_suite("gcm", "cbc")
def test_nothing_leaves_in_the_clear_while_ipsec_is_off(dut, suite):
    dut.add(sa(**suite))
    dut.switch("disabled")

    sent = burst(dut, "#1", [{"data": PLAIN}, {"data": PLAIN * 4}])

    assert seen_plain(sent, PLAIN) == []


@requirement("TX-037")
def test_a_paused_device_rejects_every_list(dut, peer):
    outgoing = link(dut, peer)
    dut.event("pause")

    sent = burst(dut, None, [{}, {"sa": outgoing.out}, {"sa": "0x1234"}], data=PLAIN)
    dut.event("restart")

    assert [one.status for one in sent] == ["PAUSED"] * 3
    assert wire(sent) == []
    assert outgoing.works()


# ---- Whose SA it is ----------------------------------------------------------------------------


@requirement("TX-005", "TX-039")
def test_two_sas_in_turn_do_not_mix(dut, peer):
    one, other = link(dut, peer, spi=0x1001), link(dut, peer, spi=0x2001, key="20?9")
    lists = [Node({"data": f"{at + 8}?{at}", "sa": (one, other)[at % 2].out}) for at in range(32)]

    sent = dut.send_lists(*lists)

    assert sent.sent == ["SUCCESS"] * 32
    assert one.carries(*sent.frames[::2])
    assert other.carries(*sent.frames[1::2])

"""Sending: NET_BUFFER_LISTs, their packets, their completion, and the memory that was lent."""

from ov2 import Node, each_family, every_suite, link, requirement, suites
from ov2.burst import astray, burst, of_cuts, payload, wire
from ov2.frames import seq_of

PLAIN = b"in the clear for everyone"
COUNTS = (1, 2, 3, 7, 8, 15, 16)


@requirement("TX-016", "TX-017")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_every_packet_of_a_list_is_protected_in_its_order(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = [dut.send(outgoing.out, payload(40), count=count) for count in COUNTS]

    assert [len(reply.frames) for reply in sent] == list(COUNTS)
    frames = [frame for reply in sent for frame in reply.frames]
    assert [seq_of(frame.bytes) for frame in frames] == list(range(1, sum(COUNTS) + 1))
    assert outgoing.carries(*frames)


@requirement("TX-016", "TX-017")
@every_suite("gcm", "ah")
def test_every_packet_of_a_list_in_pieces_is_protected(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    sent = [dut.send(outgoing.out, payload(40), count=16, cut=cut) for cut in (1, 9, 33, 61)]

    frames = [frame for reply in sent for frame in reply.frames]
    assert len(frames) == 64
    assert outgoing.carries(*frames)


@requirement("TX-016")
@each_family
def test_a_list_without_packets_does_no_harm(dut, peer, ipv6):
    outgoing = link(dut, peer, ipv6=ipv6)

    dut.send(outgoing.out, PLAIN, count=0)
    dut.send(None, PLAIN, count=0)

    assert outgoing.works()


@requirement("TX-017")
def test_packets_without_a_handle_stay_in_their_order(dut):
    sent = dut.send(None, PLAIN, count=16, nh=50, options=0)

    assert len(sent.frames) == 16


@requirement("TX-039")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_the_lists_of_a_connection_stay_in_their_order(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    lists = [Node({"data": payload(n), "sa": outgoing.out}) for n in range(0, 640, 20)]

    sent = dut.send_lists(*lists)

    assert [seq_of(frame.bytes) for frame in sent.frames] == list(range(1, len(lists) + 1))


@requirement("TX-039")
def test_lists_of_many_lengths_do_not_overtake_each_other(dut, peer):
    outgoing = link(dut, peer)
    lists = [Node({"data": payload(n), "sa": outgoing.out}, count=2) for n in (1400, 1) * 12]

    sent = dut.send_lists(*lists)

    assert [seq_of(frame.bytes) for frame in sent.frames] == list(range(1, 49))


# ---- Completion --------------------------------------------------------------------------------


@requirement("TX-018")
@every_suite("gcm", "cbc", "ah", "esp+ah")
def test_each_list_is_completed_once(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    kinds = ({"sa": outgoing.out}, {}, {"sa": "0x1234"}, {"sa": outgoing.out, "cut": 1})

    sent = dut.send_lists(*(Node({"data": PLAIN} | kind, count=3) for kind in kinds * 8))

    assert sorted(sent.sent) == ["FAILURE"] * 8 + ["SUCCESS"] * 24


@requirement("TX-018")
def test_what_is_sent_as_it_is_leaves_before_its_memory_is_given_back(dut):
    sent = dut.send_lists(*(Node({"data": payload(n)}) for n in range(8, 40)))

    assert [len(frame.bytes) for frame in sent.frames] == [34 + n for n in range(8, 40)]
    assert all(frame.bytes[14] == 0x45 for frame in sent.frames)


@requirement("TX-018")
def test_lists_that_are_not_waited_for_are_completed_in_the_end(dut, peer):
    outgoing = link(dut, peer)

    first = dut.send_lists(*(Node({"data": PLAIN, "sa": outgoing.out}) for _ in range(16)))
    again = dut.send(outgoing.out, PLAIN, count=4, nowait=True)
    later = dut.drain()

    assert len(first.sent) == 16
    assert len(again.sent) + len(later.sent) == 1


@requirement("TX-018")
def test_a_list_that_is_out_when_its_sa_is_deleted_is_completed(dut, peer):
    outgoing = link(dut, peer)

    sent = dut.send(outgoing.out, payload(1000), count=16, nowait=True)
    deleted = dut.delete(outgoing.out)
    drained = dut.drain()

    assert len(sent.sent) + len(deleted.sent) + len(drained.sent) == 1


@requirement("TX-035")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_the_slots_of_a_list_come_back_as_they_were(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    kinds = ({"sa": outgoing.out}, {}, {"sa": "0x1234"}, {"sa": outgoing.out, "esp_offset": 200})

    sent = dut.send_lists(*(Node({"data": PLAIN} | kind) for kind in kinds))

    assert len(sent.sent) == 4


# ---- Memory ------------------------------------------------------------------------------------


@requirement("TX-019")
@every_suite(*suites.EVERY)
def test_read_only_data_are_not_written_to(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    cuts = [{"cut": cut, "room": room} for cut in (0, 1, 16, 50) for room in (0, 8)]

    assert astray(outgoing, cuts, data=PLAIN, read_only=True) == []


@requirement("TX-019")
def test_read_only_data_without_a_handle_are_not_written_to(dut):
    sent = burst(dut, None, of_cuts(59), data=PLAIN, read_only=True)

    assert len(wire(sent)) == 59


@requirement("TX-040")
@every_suite(*suites.EVERY)
def test_the_data_of_the_caller_are_as_they_were_or_as_they_left(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    cuts = [{"cut": cut, "room": room} for cut in (0, 1, 16, 50) for room in (0, 8)]

    assert astray(outgoing, cuts, data=PLAIN) == []


@requirement("TX-040")
def test_the_data_of_a_list_that_fails_are_as_they_were(dut):
    sent = burst(dut, "0x1234", of_cuts(59), data=PLAIN)

    assert wire(sent) == []

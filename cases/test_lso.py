"""Large sends: the device cuts a TCP packet into segments, and protects each."""

import pytest

from ov2 import every_suite, link, links, offered, requirement, setting
from ov2.large import (
    ACK, CWR, FIN, PSH, TCP, in_plain, needs_large, segmented, spoiled, streams,
)
from ov2.tunnels import nest

GCM = {"esp": "aes-gcm-128"}
TEXT = bytes(range(256)) * 10
ESP = every_suite("esp forms", "esp+ah forms")
FORMS = every_suite("esp forms", "esp+ah forms", "ah forms")
ALL = every_suite("gcm", "null", "cbc", "ah", "esp+ah")

# ---- Protection ------------------------------------------------------------------------------


@requirement("LSO-001")
@ALL
def test_every_segment_is_protected(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, TEXT.hex(), suite, lso=lso, mss=1000)

    assert stream.is_good
    assert stream.payload == TEXT


@requirement("LSO-001")
@FORMS
def test_every_segment_over_ipv6_is_protected(dut, peer, suite):
    needs_large(dut, "v2", ipv6=True)
    outgoing = link(dut, peer, ipv6=True, **suite)

    stream = segmented(outgoing, TEXT.hex(), suite, lso="v2", mss=700)

    assert stream.is_good
    assert stream.payload == TEXT


@requirement("LSO-001")
def test_large_and_small_packets_take_turns(dut, peer, lso):
    one, other = links(dut, peer, 2)

    first = segmented(one, "3000?1", GCM, lso=lso)
    small = other.carry()
    second = segmented(one, "3000?2", GCM, lso=lso)

    assert first.is_good and second.is_good
    assert small.packet.is_good


@requirement("LSO-007")
@every_suite("gcm", "cbc")
def test_every_segment_has_an_iv_of_its_own(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "4000?1", suite, lso=lso, mss=100)

    assert len(set(stream.each("esp_iv"))) == 40


@requirement("LSO-007")
@setting(IV_BY="stack")
@every_suite("gcm", "cbc")
def test_one_iv_of_the_stack_does_not_do_for_all_segments(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "1000?1", suite, lso=lso, mss=100)

    assert len(set(stream.each("esp_iv"))) == len(stream.segments)


@requirement("LSO-007")
def test_every_segment_has_an_iv_of_its_own_in_ah(dut, peer, lso):
    dut.needs(ah=1, auth=0x08)
    outgoing = link(dut, peer, ah="ah-gmac-128")

    stream = segmented(outgoing, "4000?1", {"ah": "ah-gmac-128"}, lso=lso, mss=100)

    assert len(set(stream.each("ah_iv"))) == 40


# ---- Trailers --------------------------------------------------------------------------------


@requirement("LSO-002")
@ESP
def test_the_next_header_of_every_trailer_is_that_of_slot_12(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "2500?1", suite, lso=lso, mss=1000)

    assert stream.each("next_header") == [TCP] * 3


@requirement("LSO-003")
@every_suite("gcm", "cbc", "esp+ah")
def test_padding_at_the_end_of_a_large_packet_is_no_payload(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)
    pads = (0, 1, 2, 3, 4, 15, 16, 17, 254, 255)

    found = streams(outgoing, suite, [{"data": "700?1", "pad": p, "lso": lso} for p in pads])
    whole = streams(outgoing, suite, [{"data": "2000?1", "pad": p, "lso": lso} for p in pads])

    assert [len(stream.payload) for stream in found] == [700] * len(pads)
    assert [stream.sizes for stream in whole] == [[1000, 1000]] * len(pads)


@requirement("LSO-004", "P-PAD-001", "P-PAD-002", "P-PAD-003")
@ESP
def test_each_segment_is_padded_as_its_length_needs(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)
    sizes = range(100, 133)

    found = [{"data": f"{99 + size}?1", "mss": size, "lso": lso} for size in sizes]

    assert spoiled(streams(outgoing, suite, found), suite, [99 + size for size in sizes]) == []


@requirement("P-PAD-005")
@every_suite("gcm")
def test_gcm_fills_words_and_no_more(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    found = [{"data": f"{99 + size}?1", "mss": size, "lso": lso} for size in range(100, 117)]

    pads = {pad for each in streams(outgoing, suite, found) for pad in each.each("pad_length")}
    assert pads == {0, 1, 2, 3}


@requirement("P-GCM-009")
@pytest.mark.parametrize("icv", (8, 12, 16))
@every_suite("gcm")
def test_a_segment_of_gcm_is_longer_by_its_own_icv(dut, peer, suite, icv, lso):
    outgoing = offered(dut, peer, icv=icv, **suite)

    frames = dut.send(outgoing.out, "407?1", lso=lso, mss=100).frames

    added = {len(frames[at].bytes) - 34 - 20 - size for at, size in enumerate((100,) * 4 + (7,))}
    assert added <= set(range(8 + icv + 10, 8 + icv + 14))
    assert outgoing.goods(frames) == [True] * 5


@requirement("LSO-005")
@ESP
def test_the_last_segment_may_have_any_length(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)
    sizes = [200 + rest for rest in range(1, 34)]

    found = [{"data": f"{size}?1", "mss": 100, "lso": lso} for size in sizes]

    assert spoiled(streams(outgoing, suite, found), suite, sizes) == []


# ---- Numbers ---------------------------------------------------------------------------------


@requirement("LSO-006", "P-ESP-020")
@ESP
def test_segments_count_on_from_the_sequence_number_of_the_template(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "500?1", suite, lso=lso, mss=100, seq=1000)

    assert stream.each("esp_seq") == [1000, 1001, 1002, 1003, 1004]


@requirement("LSO-006")
@every_suite("ah", "esp+ah")
def test_segments_count_on_in_ah(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "500?1", suite, lso=lso, mss=100, seq=1000)

    assert stream.each("ah_seq") == [1000, 1001, 1002, 1003, 1004]


@requirement("LSO-006", "P-ESP-023")
def test_the_numbers_of_segments_go_over_the_wrap_without_esn(dut, peer, lso):
    outgoing = link(dut, peer)

    stream = segmented(outgoing, "300?1", GCM, lso=lso, mss=100, seq=0xFFFFFFFF)

    assert stream.each("esp_seq") == [0xFFFFFFFF, 0, 1]
    assert stream.is_good


@requirement("LSO-017", "P-ESP-022")
def test_an_esn_wrap_within_a_large_packet_is_refused_or_right(dut, peer, lso):
    dut.needs(esn=1)
    outgoing = link(dut, peer, esn=True, hi=7)

    frames = dut.send(outgoing.out, "300?1", lso=lso, mss=100, seq=0xFFFFFFFE).frames
    early = outgoing.goods(frames)
    outgoing.follow(8)
    late = outgoing.goods(frames)

    assert (early, late) in (([], []), ([True, True, False], [False, False, True]))


@requirement("LSO-008")
@pytest.mark.parametrize("flags", (ACK, ACK | PSH, ACK | FIN | PSH, ACK | CWR, 0xFF & ~FIN & ~2))
def test_flags_stand_where_they_belong(dut, peer, lso, flags):
    outgoing = link(dut, peer)
    common = flags & ~(FIN | PSH | CWR)

    stream = segmented(outgoing, "400?1", GCM, lso=lso, mss=100, tcp_flags=flags)

    assert stream.each("flags") == [
        common | flags & CWR, common, common, common | flags & (FIN | PSH)
    ]


@requirement("LSO-008")
@FORMS
def test_tcp_counts_bytes_over_the_wrap(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)
    first = 0xFFFFFF80

    stream = segmented(outgoing, "350?1", suite, lso=lso, mss=100, tcp_seq=first)

    assert stream.each("tcp_seq") == [(first + at) % 2**32 for at in (0, 100, 200, 300)]
    assert stream.each("has_right_checksum") == [True] * 4


@requirement("LSO-008")
@pytest.mark.parametrize("count", (4, 12, 40))
def test_tcp_options_are_in_every_segment(dut, peer, lso, count):
    outgoing = link(dut, peer)

    stream = segmented(outgoing, "400?1", GCM, lso=lso, mss=100, tcp_options=count)

    assert stream.sizes in ([], [100] * 4)
    assert set(map(len, stream.each("options"))) <= {count}
    assert all(stream.each("has_right_checksum"))


@requirement("LSO-008")
@pytest.mark.parametrize("first", (0, 5, 0x7FFD))
def test_ip_identifications_count_on(dut, peer, lso, first):
    outgoing = link(dut, peer)
    mask = 0x7FFF if lso == "v2" else 0xFFFF

    stream = segmented(outgoing, "400?1", GCM, lso=lso, mss=100, ip_id=first)

    assert stream.each("ip_id") == [(first + at) & mask for at in range(4)]


@requirement("LSO-009")
@pytest.mark.parametrize("mss", (1, 7, 64, 536, 1000, 1400))
def test_only_the_last_segment_is_shorter_than_mss(dut, peer, lso, mss):
    outgoing = link(dut, peer)
    rest = max(1, mss // 3)

    stream = segmented(outgoing, f"{3 * mss + rest}?1", GCM, lso=lso, mss=mss)

    assert stream.sizes == [mss, mss, mss, rest]


@requirement("LSO-009")
@FORMS
def test_segments_are_as_long_whatever_protects_them(dut, peer, suite, lso):
    outgoing = link(dut, peer, **suite)

    stream = segmented(outgoing, "4001?1", suite, lso=lso, mss=1300)

    assert stream.sizes == [1300, 1300, 1300, 101]


# ---- What must not leave ---------------------------------------------------------------------


@requirement("LSO-010")
def test_a_large_packet_for_a_tunnel_never_leaves_in_plain(dut, peer, lso):
    dut.needs(combined=1)
    nested = nest(dut, peer)

    reply = nested.offer(TEXT, lso=lso, mss=1000)

    assert len(reply.sent) == 1
    assert in_plain(reply.frames, TEXT) == []
    assert nested.works()


@requirement("LSO-011")
@pytest.mark.parametrize("kind", ("v1", "v2"))
def test_without_lso_on_secured_connections_nothing_leaves_in_plain(dut, peer, kind):
    dut.lacks(lso=1)
    outgoing = link(dut, peer)

    reply = dut.send(outgoing.out, TEXT, lso=kind, mss=1000)

    assert len(reply.sent) == 1
    assert in_plain(reply.frames, TEXT) == []
    assert outgoing.works()
    dut.unclaimed("lso", bool(reply.frames) and outgoing.carries(*reply.frames))


@requirement("LSO-012")
def test_a_large_packet_with_a_dead_handle_fails_whole(dut, peer, lso):
    outgoing = link(dut, peer)
    dut.delete(outgoing.out)

    reply = dut.send(outgoing.out, TEXT, lso=lso, mss=1000)

    assert reply.sent == ["FAILURE"]
    assert reply.frames == []


@requirement("LSO-012")
@pytest.mark.parametrize("handle", ("#1~next", "#1~high", "#1~top", 0xDEAD0000))
def test_a_large_packet_with_an_unknown_handle_fails_whole(dut, peer, lso, handle):
    outgoing = link(dut, peer)

    reply = dut.send(handle, TEXT, lso=lso, mss=1000)

    assert reply.sent == ["FAILURE"]
    assert reply.frames == []
    assert segmented(outgoing, TEXT.hex(), GCM, lso=lso).payload == TEXT


# ---- Limits ----------------------------------------------------------------------------------


@requirement("LSO-013")
@pytest.mark.parametrize("count", (101, 1000, 2000, 2999))
def test_a_large_send_is_completed_with_its_own_word(dut, peer, lso, count):
    outgoing = link(dut, peer)

    reply = dut.send(outgoing.out, f"{count}?1", lso=lso, mss=100, pad=7)

    assert reply.sent == ["SUCCESS"]
    assert reply.laws == []


@requirement("LSO-014")
@pytest.mark.parametrize("more", (1, 100, 1500))
def test_more_than_the_device_takes_at_once_does_no_damage(dut, peer, lso, more):
    count = dut.can(f"lso{lso}") + more
    if count > 63_000:
        pytest.skip(f"the device takes {count - more} bytes at once, more than fit into a packet")
    outgoing = link(dut, peer)

    stream = segmented(outgoing, f"{count}?1", GCM, lso=lso, mss=1400)

    assert len(stream.payload) in (0, count)
    assert stream.reply.sent != ["SUCCESS"] or stream.is_good
    assert segmented(outgoing, TEXT.hex(), GCM, lso=lso).payload == TEXT


@requirement("LSO-015")
def test_switched_off_nothing_large_leaves(dut, peer, lso):
    outgoing = link(dut, peer)
    if not dut.config(segmentation="off").succeeded:
        pytest.skip("the device does not switch LSO off")

    secured = dut.send(outgoing.out, TEXT, lso=lso, mss=1000)
    plain = dut.send(None, TEXT, lso=lso, mss=1000)
    dut.config(segmentation="on")

    assert len(secured.sent) == len(plain.sent) == 1
    assert secured.frames == plain.frames == []
    assert segmented(outgoing, TEXT.hex(), GCM, lso=lso).payload == TEXT


@requirement("LSO-016")
def test_each_segment_of_udp_esp_has_lengths_of_its_own(dut, peer, lso):
    dut.needs(udp=1)
    outgoing = link(dut, peer, udp="transport")

    stream = segmented(outgoing, "2500?1", GCM, udp=True, lso=lso, mss=1000)

    assert stream.sizes in ([], [1000, 1000, 500])
    assert [each.udp[4:6] for each in stream.segments] == [
        each.udp_room.to_bytes(2, "big") for each in stream.segments
    ]
    assert {each.udp[6:8] for each in stream.segments} <= {bytes(2)}
    assert not stream.segments or stream.is_good

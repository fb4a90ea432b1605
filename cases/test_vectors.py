"""Known answers: packets that others have made, through a device in both directions."""

from ov2 import requirement, setting
from ov2.vectors import each_of

BOTH_WAYS = ("mcgrew-gcm-test-01", "rfc3602", "tcpdump-captures", "scapy-2.5.0")


@requirement("KEY-005", "KEY-010", "KEY-011", "RX-014")
@each_of(*BOTH_WAYS)
def test_a_published_packet_is_authentic(dut, profile, vector):
    vector.needs(dut, profile)
    vector.accepted(dut.add(vector.sa(profile, **{"in": True})))

    received = dut.receive(vector.frame, plain=vector.payload, nh_plain=vector.next_header)

    assert received.packet.is_good


@requirement("KEY-005", "KEY-010", "KEY-011", "TX-005", "TX-007")
@setting(IV_BY="stack")
@each_of(*BOTH_WAYS, "wycheproof-packets")
def test_a_published_packet_is_sent(dut, profile, vector):
    vector.needs(dut, profile)
    vector.accepted(dut.add(vector.sa(profile)))

    sent = dut.send("#1", **vector.unsealed(profile))

    assert sent.frame.bytes == vector.frame

"""Known answers: packets that others have published, through a device in both directions."""

from ov2 import requirement, setting
from ov2.vectors import each_of


@requirement("KEY-005", "KEY-010", "KEY-011", "RX-014", "P-GCM-001", "P-GCM-002", "P-GCM-007")
@each_of("mcgrew-gcm-test-01")
def test_a_published_packet_is_authentic(dut, adding, profile, vector):
    vector.needs(dut, profile)
    vector.accepted(adding(vector.sa(profile, inbound=True)))

    received = dut.receive(vector.frame, plain=vector.payload, nh_plain=vector.next_header)

    assert received.packet.is_good


@requirement("KEY-005", "KEY-010", "KEY-011", "TX-005", "P-GCM-001", "P-GCM-002", "P-GCM-007")
@setting(IV_BY="stack")
@each_of("mcgrew-gcm-test-01")
def test_a_published_packet_is_sent(dut, adding, profile, vector):
    vector.needs(dut, profile)
    vector.accepted(adding(vector.sa(profile)))

    own = {"seq": vector.seq, "iv": vector.iv, "nh": vector.next_header}
    sent = dut.send("#1", vector.payload, **own)

    assert sent.frame.bytes[-len(vector.esp) :] == vector.esp

"""Receiving: packets as the RFCs allow them, though no stack of today sends them."""

import pytest

from ov2 import link, requirement, suites
from ov2.link import unlike
from ov2.lists import ALICE, BOB
from ov2.vectors import ipv4
from ov2.wire import arrive, rejected, sent

INNER = ipv4(BOB, ALICE, 17, bytes(20))


@requirement("P-ESP-018", "P-PAD-009")
def test_octets_behind_the_datagram_in_a_tunnel_are_no_padding(dut, peer):
    dut.needs(tunnel=1)
    incoming = link(peer, dut)
    extra = range(0, 600, 7)

    packets = arrive(dut, sent(incoming, [{"data": INNER + bytes(n), "nh": 4} for n in extra]))

    assert all(packet.is_good for packet in packets)
    assert all(packet.pad_length < 4 for packet in packets if packet.has_info)


@requirement("P-ESP-025", "RX-025")
@pytest.mark.parametrize("field", (0x2000, 0x2001, 0x0001), ids=("first", "middle", "last"))
def test_a_tunnel_may_carry_a_fragment(dut, peer, field):
    dut.needs(tunnel=1)
    incoming = link(peer, dut)
    inner = INNER[:6] + field.to_bytes(2, "big") + INNER[8:]

    assert rejected(dut, sent(incoming, [{"data": inner, "nh": 4}])) == []


@requirement("P-ALG-003")
@pytest.mark.parametrize("cipher", ("des-cbc", "3des-cbc"))
def test_the_parity_bits_of_a_key_are_ignored(dut, peer, cipher):
    suite = f"{cipher}+sha1"
    dut.needs(**suites.capabilities(suite))
    area = bytes(range(0x10, 0x10 + suites.ENCRYPTION[cipher].key))
    mac = bytes(20)
    other = bytes(byte ^ 1 for byte in area)
    incoming = unlike(peer, dut, 0x1001, {"key": other + mac}, key=area + mac, esp=suite)

    packet = dut.receive(incoming.send(b"attack at dawn")).packet

    assert packet.is_good
    assert b"attack at dawn" in packet.data

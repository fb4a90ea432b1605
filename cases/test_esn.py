"""Extended sequence numbers: the upper half that takes part in an ICV, but is not on the wire."""

import pytest

from ov2 import every_suite, link, node, requirement, setting
from ov2.link import AH_SPI, unlike, unlike_halves, with_esn
from ov2.wire import accepted, arrive, of_lengths, rejected, sent

ALL = every_suite("gcm", "null", "cbc", "ah", "esp+ah", "esp+ah alike")
SAMPLE = every_suite("sample")
PAIRS = every_suite("esp+ah", "esp+ah alike")
HALVES = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF)
EVERY_HALF = pytest.mark.parametrize("half", HALVES, ids=hex)
FEW = of_lengths((0, 1, 40))

# ---- In the ICV ----------------------------------------------------------------------------------


@requirement("ESN-001", "ESN-008", "P-ESN-002", "P-ESN-003", "P-ESN-004", "P-GCM-006", "P-GMAC-002")
@ALL
def test_the_upper_half_takes_part_in_the_icv(dut, peer, suite):
    dut.needs(esn=1)
    incoming = link(peer, dut, esn=True, hi=0x01020304, **suite)
    stranger = unlike(peer, dut, 0x1002, {"hi": 7}, **with_esn(suite) | {"hi": 0x01020304})

    assert rejected(dut, sent(incoming, of_lengths(range(20)))) == []
    assert accepted(dut, sent(stranger, FEW)) == []


@requirement("ESN-001", "P-ESN-001", "P-ESN-005")
@ALL
def test_a_half_of_zero_is_not_the_same_as_none(dut, peer, suite):
    dut.needs(esn=1)
    without = unlike(peer, dut, 0x1001, {"esn": True}, **with_esn(suite) | {"esn": None})
    with_it = unlike(peer, dut, 0x1002, {"esn": None}, **with_esn(suite, 1))
    frames = [sent(each, FEW) for each in (without, with_it)]

    assert accepted(dut, frames[0]) == []
    assert accepted(dut, frames[1]) == []
    assert [len(f.bytes) for f in frames[0]] == [len(f.bytes) for f in frames[1]]


@requirement("ESN-002", "ESN-010")
@EVERY_HALF
@SAMPLE
def test_the_half_of_the_add_is_in_force(dut, peer, suite, half):
    dut.needs(esn=1)
    incoming = link(peer, dut, esn=True, hi=half, **suite)

    assert rejected(dut, sent(incoming, FEW)) == []


@requirement("ESN-002", "ESN-010")
@EVERY_HALF
@SAMPLE
def test_packets_are_sent_with_the_half_of_the_add(dut, peer, suite, half):
    dut.needs(esn=1)
    outgoing = link(dut, peer, esn=True, hi=half, **suite)

    assert rejected(peer, sent(outgoing, FEW)) == []


# ---- Updates -------------------------------------------------------------------------------------


@requirement("ESN-003")
@ALL
def test_packets_after_an_update_are_sent_with_the_new_half(dut, peer, suite):
    dut.needs(esn=1)
    outgoing = link(dut, peer, hi=1, **with_esn(suite))
    before = sent(outgoing, FEW)

    assert rejected(peer, before) == []
    outgoing.renew_all(suite, 2)
    assert rejected(peer, sent(outgoing, FEW)) == []
    assert accepted(peer, before) == []


@requirement("ESN-004", "P-ESN-012")
@setting(ESN_RX="update_only")
@ALL
def test_frames_after_an_update_are_checked_with_the_new_half(dut, peer, suite):
    dut.needs(esn=1)
    incoming = link(peer, dut, hi=1, **with_esn(suite))
    before = sent(incoming, FEW)

    assert rejected(dut, before) == []
    incoming.renew_all(suite, 2)
    assert rejected(dut, sent(incoming, FEW)) == []
    assert accepted(dut, before) == []


@requirement("ESN-006", "P-ESN-012")
@SAMPLE
def test_another_half_is_noticed(dut, peer, suite):
    dut.needs(esn=1)
    halves = (0, 7, 0x80000005, 0xFFFFFFFF)
    far = [unlike_halves(peer, dut, at, suite, 5, hi) for at, hi in enumerate(halves)]
    frames = [frame for each in far for frame in sent(each, FEW)]

    packets = arrive(dut, frames)

    assert all(packet.done and packet.status.endswith(FAILURES) for packet in packets)


FAILURES = ("-auth-failed", "generic-error")


@requirement("ESN-006", "P-ESN-012")
@setting(ESN_RX="update_only")
@SAMPLE
def test_the_neighbouring_halves_are_not_tried(dut, peer, suite):
    dut.needs(esn=1)
    near = [unlike_halves(peer, dut, at, suite, 5, hi) for at, hi in enumerate((4, 6))]
    frames = [frame for each in near for frame in sent(each, FEW)]

    assert accepted(dut, frames) == []


# ---- Separate halves -----------------------------------------------------------------------------


@requirement("ESN-007")
@setting(ESN_RX="update_only")
@pytest.mark.parametrize(("op", "spi"), (("esp", 0x1001), ("ah", AH_SPI)), ids=("esp", "ah"))
@PAIRS
def test_esp_and_ah_have_halves_of_their_own(dut, peer, suite, op, spi):
    dut.needs(esn=1)
    incoming = link(peer, dut, **with_esn(suite), hi=3, ah_hi=9)

    assert rejected(dut, sent(incoming, FEW)) == []
    peer.update(node(incoming.out, op=op, spi=spi, hi=20))
    assert accepted(dut, sent(incoming, FEW)) == []
    dut.update(node(incoming.into, op=op, spi=spi, hi=20))
    assert rejected(dut, sent(incoming, FEW)) == []


@requirement("ESN-009")
@SAMPLE
def test_the_directions_have_halves_of_their_own(dut, peer, suite):
    dut.needs(esn=1)
    incoming = link(peer, dut, esn=True, hi=7, **suite)
    outgoing = link(dut, peer, esn=True, hi=300, **suite)

    assert incoming.works()
    assert outgoing.works()
    assert incoming.works()


@requirement("RX-047", "ESN-004")
def test_sas_between_the_same_hosts_have_halves_of_their_own(dut, peer):
    dut.needs(esn=1)
    chosen = [link(peer, dut, spi=0x1001 + at, esn=True, hi=100 * at) for at in range(4)]

    frames = [frame for _ in range(4) for each in chosen for frame in sent(each, FEW)]

    assert rejected(dut, frames) == []


# ---- Where the lower half begins again -----------------------------------------------------------

AROUND = (0xFFFFFFFD, 0xFFFFFFFE, 0xFFFFFFFF, 0, 1, 2, 3, 62, 63, 64)
NUMBERS = [{"data": "9?1", "seq": number} for number in AROUND]


@requirement("ESN-005")
@setting(ESN_RX="update_only")
@SAMPLE
def test_without_an_update_the_half_stays(dut, peer, suite):
    dut.needs(esn=1)
    incoming = link(peer, dut, esn=True, hi=5, **suite)

    assert rejected(dut, sent(incoming, [*NUMBERS, *NUMBERS])) == []


@requirement("ESN-005")
@setting(ESN_RX="infer")
@every_suite("gcm", "null")
def test_a_device_that_infers_goes_on_to_the_next_half(dut, peer, suite):
    dut.needs(esn=1)
    incoming = link(peer, dut, esn=True, hi=5, **suite)
    before = sent(incoming, NUMBERS[:3])
    peer.update(node(incoming.out, op="esp", spi=incoming.spi, hi=6))
    after = sent(incoming, NUMBERS[3:])

    assert rejected(dut, [*before, *after]) == []

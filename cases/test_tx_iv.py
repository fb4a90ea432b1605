"""Sending: the IVs that the device makes, and those that it is given."""

import pytest
from ov2 import every_suite, link, node, requirement, setting, suites
from ov2.burst import astray, burst, of_lengths, wire
from ov2.ivs import Ivs, guesses
from ov2.life import INTERRUPTIONS, undergo

MARK = b"\xa7"  # what the stack leaves where the device writes the IV


@requirement("TX-023", "P-GCM-003")
@setting(IV_BY="nic")
def test_no_iv_comes_twice_in_65536_packets(dut, peer):
    outgoing = link(dut, peer)

    ivs = Ivs(outgoing, {"esp": "aes-gcm-128"}).collect(1 << 16)

    assert len(set(ivs)) == 1 << 16


@requirement("TX-023", "P-GCM-003", "P-GMAC-004")
@setting(IV_BY="nic")
@every_suite("counting iv", "random iv")
def test_no_iv_comes_twice(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    ivs = Ivs(outgoing, suite).collect(1024)

    assert len(set(ivs)) == 1024


@requirement("P-ALG-002")
@setting(IV_BY="nic")
@every_suite("random iv")
def test_nobody_can_guess_the_next_iv(dut, peer, suite):
    ivs = Ivs(link(dut, peer, **suite), suite)

    found = ivs.collect(1024)

    assert guesses(found, ivs.last) == []


@requirement("TX-023", "REL-006")
@setting(IV_BY="nic")
@every_suite("counting iv", "random iv")
@pytest.mark.parametrize("interruption", INTERRUPTIONS)
def test_no_iv_comes_again_after_an_interruption(dut, peer, suite, interruption):
    ivs = Ivs(link(dut, peer, **suite), suite)

    before = ivs.collect(64)
    undergo(dut, INTERRUPTIONS[interruption])
    after = ivs.what_leaves(64)

    assert len({*before, *after}) == len(before) + len(after)


@requirement("P-GCM-003", "TX-023")
@setting(IV_BY="nic")
@every_suite("counting iv")
def test_no_iv_comes_again_after_an_update(dut, peer, suite):
    dut.needs(esn=1)
    outgoing = link(dut, peer, esn=True, **suite)
    ivs = Ivs(outgoing, suite)

    before = ivs.collect(64)
    dut.update(node(outgoing.out, spi=outgoing.spi, hi=1, op="ah" if "ah" in suite else "esp"))
    after = ivs.collect(64)

    assert len({*before, *after}) == 128


@requirement("TX-024")
@setting(IV_BY="nic")
@every_suite("counting iv", "random iv")
def test_the_iv_is_not_what_the_stack_left_in_its_place(dut, peer, suite):
    ivs = Ivs(link(dut, peer, **suite), suite)

    assert MARK * ivs.len not in ivs.collect(64)


@requirement("P-GCM-001", "P-GCM-004", "P-ALG-001", "P-ALG-003", "P-ALG-004", "P-GMAC-004")
@setting(IV_BY="stack")
@every_suite("counting iv", "random iv")
def test_the_iv_is_that_of_the_stack(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    ivs = Ivs(outgoing, suite)
    given = [bytes(ivs.len), b"\xff" * ivs.len, bytes(range(1, ivs.len + 1)), MARK * ivs.len]

    sent = wire(burst(dut, outgoing.out, ({"iv": iv} for iv in given)))

    assert [frame[ivs.at : ivs.at + ivs.len] for frame in sent] == given
    assert astray(outgoing, ({"iv": iv} for iv in given)) == []


@requirement("P-ALG-005")
@every_suite("null")
def test_null_encryption_leaves_the_payload_behind_the_header(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    at = 14 + 20 + 8 + suites.iv_len(suite["esp"])

    sent = wire(burst(dut, outgoing.out, of_lengths(14, 14), data="14?3"))

    assert len({frame[at : at + 16] for frame in sent}) == 1
    assert {len(frame) for frame in sent} == {at + 16 + suites.icv_len(suite["esp"])}

"""Sending: what AH covers, and what it takes for zero."""

from ov2 import every_suite, headers, link, requirement, suites
from ov2.burst import astray, burst, of_lengths, wire


@requirement("TX-011", "P-AH-005", "P-AH-006")
@every_suite("ah", "esp+ah")
def test_fields_of_ipv4_that_change_on_the_way_are_not_covered(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.CHANGING) == []


@requirement("TX-011", "P-AH-005", "P-AH-011")
@every_suite("ah", "esp+ah")
def test_fields_of_ipv6_that_change_on_the_way_are_not_covered(dut, peer, suite):
    dut.needs(ipv6=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    assert astray(outgoing, headers.CHANGING6) == []


@requirement("P-AH-007")
@every_suite("ah", "esp+ah")
def test_the_identification_is_covered(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.IDENTIFICATION) == []


@requirement("P-AH-009", "P-AH-005")
@every_suite("ah")
def test_options_that_stay_as_they_are_are_covered(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.options(headers.KEPT)) == []


@requirement("P-AH-009", "P-AH-005")
@every_suite("ah")
def test_options_that_may_change_are_zero_for_ah(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.options(headers.ZEROED)) == []


@requirement("P-AH-010")
@every_suite("ah")
def test_what_follows_the_end_of_the_options_is_covered(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.ENDS) == []


@requirement("P-AH-008")
@every_suite("ah")
def test_a_source_route_counts_with_its_last_address(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, headers.ROUTES) == []


@requirement("P-AH-018")
@every_suite("ah")
def test_options_of_impossible_lengths_fail_or_are_protected(dut, peer, suite):
    dut.needs(ipv4opts=1)
    outgoing = link(dut, peer, **suite)

    burst(dut, outgoing.out, headers.IMPOSSIBLE)

    assert outgoing.works()


@requirement("P-AH-012", "P-AH-005")
@every_suite("ah")
def test_ipv6_options_are_zero_for_ah_if_they_may_change(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    assert astray(outgoing, headers.options6(headers.KINDS6)) == []


@requirement("P-AH-013")
@every_suite("ah")
def test_a_routing_header_counts_as_at_the_end_of_the_route(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    assert astray(outgoing, headers.ROUTES6) == []


@requirement("P-AH-014", "P-ESP-013")
@every_suite("ah", "gcm", "esp+ah")
def test_an_atomic_fragment_fails_or_is_protected_as_if_it_were_none(dut, peer, suite):
    dut.needs(ipv6=1, ipv6ext=1)
    outgoing = link(dut, peer, ipv6=True, **suite)

    assert astray(outgoing, headers.ATOMIC, may_fail=True) == []


@requirement("TX-012", "P-AH-016")
@every_suite("esp+ah", "esp+ah alike")
def test_ah_covers_what_esp_has_made(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths()) == []


@requirement("P-AH-002", "P-AH-004", "P-GMAC-007", "P-GMAC-008")
@every_suite("ah", "esp+ah")
def test_ah_is_as_long_as_the_stack_made_it(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    icv = suites.icv_len(suite["ah"]) + suites.iv_len(suite["ah"])

    sent = wire(burst(dut, outgoing.out, of_lengths(0, 1, 2, 3)))

    assert {frame[35] for frame in sent} == {(12 + icv) // 4 - 2}
    assert {frame[34] for frame in sent} == {50 if "esp" in suite else 17}


@requirement("P-AH-002", "P-AH-004", "P-GMAC-007", "P-GMAC-008")
@every_suite("ah", "esp+ah")
def test_ah_in_ipv6_is_a_multiple_of_8(dut, peer, suite):
    dut.needs(ipv6=1)
    outgoing = link(dut, peer, ipv6=True, **suite)
    icv = suites.icv_len(suite["ah"]) + suites.iv_len(suite["ah"])

    sent = wire(burst(dut, outgoing.out, of_lengths(0, 1, 2, 3)))

    assert {frame[55] for frame in sent} == {(12 + icv + 7) // 8 * 2 - 2}


@requirement("P-AH-003")
@every_suite("ah")
def test_the_reserved_bits_are_covered_as_they_are(dut, peer, suite):
    outgoing = link(dut, peer, **suite)
    reserved = [{"flip": f"ah+{at}.{bit}"} for at in (2, 3) for bit in range(8)]

    assert astray(outgoing, reserved, may_fail=True) == []


@requirement("P-GMAC-004", "P-GMAC-007", "P-GMAC-009")
@every_suite("ah gmac")
def test_the_iv_of_gmac_is_covered_as_it_is(dut, peer, suite):
    outgoing, incoming = link(dut, peer, **suite), link(peer, dut, spi=0x2001, **suite)

    assert astray(outgoing, of_lengths(0, 1, 2, 3, 64, 1000)) == []
    assert astray(incoming, of_lengths(0, 1, 2, 3, 64, 1000)) == []


@requirement("P-ESN-002", "P-ESN-003", "P-ESN-004", "P-GCM-006", "P-GMAC-002", "P-ESN-001")
@every_suite(*suites.EVERY)
def test_the_upper_half_is_covered_and_not_sent(dut, peer, suite):
    dut.needs(esn=1)
    outgoing = link(dut, peer, esn=True, hi=0x01020304, **suite)
    short = link(dut, peer, spi=0x3001, **suite, **({"ah_spi": 0x3002} if len(suite) > 1 else {}))

    lengths = [
        {len(frame) for frame in wire(burst(dut, one.out, of_lengths(30, 30)))}
        for one in (outgoing, short)
    ]

    assert astray(outgoing, of_lengths(0, 1, 2, 3, 14, 30, 64, 1000)) == []
    assert lengths[0] == lengths[1]


@requirement("P-ESN-005")
@every_suite(*suites.EVERY)
def test_without_extended_numbers_nothing_is_added(dut, peer, suite):
    outgoing = link(dut, peer, **suite)

    assert astray(outgoing, of_lengths(0, 1, 2, 3, 14, 30, 64, 1000)) == []

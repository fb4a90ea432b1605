"""ADD_SA and ADD_SA_EX: what a device does of what it reports, and what it refuses."""

import pytest

from ov2 import (
    ah_first, each_family, every_suite, inbound, link, requirement, sa, setting, suites, twins,
    unusable,
)
from ov2.keys import lengths_of

KEY_OF_40 = "40?1"  # room for any key, and for another one behind it


# ---- Suites --------------------------------------------------------------------------------------


@requirement("ADD-027", "ADD-034")
@every_suite("null")
def test_authentication_without_encryption_works(adding, dut, peer, suite):
    assert link(dut, peer, spi=0x1001, add=adding, **suite).works()
    assert link(peer, dut, spi=0x2001, add=adding, **suite).works()


@requirement("ADD-028", "ADD-034")
@every_suite("cbc")
def test_encryption_with_authentication_works(adding, dut, peer, suite):
    assert link(dut, peer, spi=0x1001, add=adding, **suite).works()
    assert link(peer, dut, spi=0x2001, add=adding, **suite).works()


@requirement("ADD-034", "ADD-060")
@every_suite("ah", "gcm")
def test_an_identifier_means_what_it_means_in_its_place(adding, dut, peer, suite):
    assert link(dut, peer, spi=0x1001, add=adding, **suite).works()
    assert link(peer, dut, spi=0x2001, add=adding, **suite).works()


@requirement("ADD-021", "ADD-046")
@every_suite("esp+ah")
@pytest.mark.parametrize(("esp", "ah"), ((0x1001, 0x2001), (0x2001, 0x1001), (0x1001, 0x90001001)))
def test_esp_then_ah_is_added_and_works(adding, dut, peer, suite, esp, ah):
    assert link(dut, peer, spi=esp, ah_spi=ah, add=adding, **suite).works()
    assert link(peer, dut, spi=esp, ah_spi=ah, add=adding, **suite).works()


@requirement("ADD-046")
@every_suite("esp+ah")
def test_a_pair_is_found_by_both_of_its_spis(adding, dut, peer, suite):
    incoming = link(peer, dut, spi=0x1001, ah_spi=0x2001, add=adding, **suite)
    other = link(peer, dut, spi=0x1002, ah_spi=0x2002, add=adding, **suite, key="128?7")

    assert incoming.works()
    assert other.works()


@requirement("ADD-022")
@pytest.mark.parametrize("kind", ("esp", "ah"))
def test_two_operations_of_a_kind_fail(adding, dut, kind):
    dut.needs(**suites.capabilities("null+sha1", "ah-sha1"))
    pair = sa(esp="null+sha1", ah="ah-sha1")
    twice = {"sa1_op": "esp", "sa1_enc": 1} if kind == "esp" else {"sa0_op": "ah", "sa0_enc": 0}

    refused, twin = twins(adding, pair, **twice)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-023")
@every_suite("esp+ah", "esp+ah alike")
def test_ah_then_esp_is_refused_or_is_esp_then_ah(adding, dut, peer, profile, suite):
    nodes = sa(0x1001, ah_spi=0x2001, **suite), inbound(0x1002, ah_spi=0x2002, **suite)

    handles = [adding(ah_first(node, profile)).handle for node in nodes]

    assert unusable(dut, peer, nodes, handles) == []


# ---- One algorithm too many, or too few ----------------------------------------------------------


CIPHERS_OF_AH = {
    "null": {"sa0_enc": 1},
    "des": {"sa0_enc": 2, "sa0_enc_len": 8},
    "3des": {"sa0_enc": 4, "sa0_enc_len": 24},
    "gcm": {"sa0_enc": 8, "sa0_enc_len": 20, "sa0_enc_info": 16},
    "cbc": {"sa0_enc": 0x40, "sa0_enc_len": 16},
    "as-long-as-the-mac-key": {"sa0_enc": 2, "sa0_enc_len": 20, "sa0_enc_off": 20},
    "undefined": {"sa0_enc": 0x80000000},
}


@requirement("ADD-025")
@pytest.mark.parametrize("cipher", CIPHERS_OF_AH.values(), ids=CIPHERS_OF_AH)
def test_ah_with_a_cipher_is_refused_or_only_authenticates(adding, dut, peer, cipher):
    dut.needs(**suites.capabilities("ah-sha1"))
    nodes = [each.but(key=KEY_OF_40) for each in (sa(ah="ah-sha1"), inbound(0x1002, ah="ah-sha1"))]

    handles = [adding(each.but(**cipher)).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


@requirement("ADD-026")
@every_suite("ah")
def test_ah_without_authentication_fails(adding, suite):
    refused, twin = twins(adding, sa(**suite), sa0_auth=0, sa0_auth_len=0)

    assert refused.failed
    assert twin.succeeded


AUTHENTICATIONS_OF_GCM = {
    "md5": {"sa0_auth": 1},
    "gmac": {"sa0_auth": 8, "sa0_auth_len": 20, "sa0_auth_info": 16},
    "undefined": {"sa0_auth": 0x40},
    "a-key-only": {"sa0_auth_len": 20, "sa0_auth_off": 4},
    "all-ones": {f"sa0_auth{part}": 0xFFFFFFFF for part in ("", "_len", "_off", "_info")},
}


@requirement("ADD-029")
@every_suite("gcm")
@pytest.mark.parametrize("more", AUTHENTICATIONS_OF_GCM.values(), ids=AUTHENTICATIONS_OF_GCM)
def test_gcm_takes_no_notice_of_an_authentication_algorithm(adding, dut, peer, suite, more):
    nodes = sa(0x1001, **suite), inbound(0x1002, **suite)

    handles = [adding(each.but(**more)).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


NEITHER = {"sa0_auth": 0, "sa0_auth_len": 0}


@requirement("P-ESP-008", "ADD-030")
@pytest.mark.parametrize("direction", (inbound, sa), ids=("in", "out"))
@each_family
def test_esp_protects_something_whichever_way_it_goes(adding, dut, direction, ipv6):
    dut.needs(**suites.capabilities("null+sha1"))

    refused, twin = twins(adding, direction(esp="null+sha1", ipv6=ipv6), **NEITHER)

    assert refused.failed
    assert twin.succeeded


@requirement("P-GMAC-005")
@pytest.mark.parametrize("cipher", suites.CIPHERS)
@every_suite("null gmac")
def test_gmac_joins_no_cipher(adding, dut, suite, cipher, profile):
    dut.needs(**suites.capabilities(f"{cipher}+sha1"))
    of_cipher = lengths_of(profile["GCM_KEY"], esp=f"{cipher}+sha1")["enc"]
    of_mac = lengths_of(profile["GCM_KEY"], **suite)["auth"]
    alone = sa(**suite, key=f"{of_mac + of_cipher}?1")
    joined = {"sa0_enc_len": of_cipher, "sa0_enc_off": of_mac}

    refused, twin = twins(adding, alone, sa0_enc=suites.ENCRYPTION[cipher].bit, **joined)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-030")
@pytest.mark.parametrize("null", (0, 1), ids=("zero", "none"))
def test_esp_that_protects_nothing_fails(adding, dut, null):
    dut.needs(**suites.capabilities("null+sha1"))

    refused, twin = twins(adding, sa(esp="null+sha1"), sa0_enc=null, **NEITHER)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-030")
def test_esp_without_any_algorithm_fails(adding):
    refused, twin = twins(adding, sa(), sa0_enc=0, sa0_enc_len=0, sa0_enc_info=0)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-027")
@every_suite("null")
def test_an_empty_cipher_is_null_encryption_or_none(adding, dut, peer, suite):
    nodes = sa(0x1001, **suite), inbound(0x1002, **suite)

    handles = [adding(each.but(sa0_enc=0)).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


@requirement("ADD-031")
@pytest.mark.parametrize("cipher", suites.CIPHERS)
def test_encryption_without_authentication_is_refused_twice_or_works_twice(dut, peer, cipher):
    dut.needs(**suites.capabilities(cipher))
    peer.reopen(**{"A-17": "accept"})
    nodes = inbound(0x1001, esp=cipher), inbound(0x1002, esp=cipher), sa(0x1003, esp=cipher)

    added = dut.add(nodes[0]), dut.add_ex(nodes[1]), dut.add(nodes[2])

    assert added[0].succeeded == added[1].succeeded == added[2].succeeded
    assert unusable(dut, peer, nodes, [reply.handle for reply in added]) == []


# ---- Identifiers ---------------------------------------------------------------------------------


SEVERAL = (0x18, 0x38, 0x9, 0x48, 0x1FF, 0x200, 0x208, 0x80000000, 0x80000008, 0xFFFFFFFF)


@requirement("ADD-033")
@pytest.mark.parametrize("identifier", SEVERAL, ids=hex)
def test_a_cipher_that_is_not_one_defined_bit_fails(adding, identifier):
    refused, twin = twins(adding, sa(), sa0_enc=identifier)

    assert refused.failed
    assert twin.succeeded


NONE_OF_THEM = (0x3, 0x6, 0xA, 0x3F, 0x40, 0x42, 0x80, 0x100, 0x80000000, 0x80000002, 0xFFFFFFFF)


@requirement("ADD-033", "ADD-034")
@pytest.mark.parametrize("identifier", NONE_OF_THEM, ids=hex)
@pytest.mark.parametrize("suite", ({"esp": "null+sha1"}, {"ah": "ah-sha1"}), ids=("esp", "ah"))
def test_an_authentication_that_is_not_one_defined_bit_fails(adding, dut, suite, identifier):
    dut.needs(**suites.capabilities(*suite.values()))

    refused, twin = twins(adding, sa(**suite), sa0_auth=identifier)

    assert refused.failed
    assert twin.succeeded


# ---- What is not reported ------------------------------------------------------------------------


@requirement("ADD-032")
@pytest.mark.parametrize("cipher", suites.ENCRYPTION)
def test_a_cipher_that_is_not_reported_fails(adding, dut, cipher):
    suite = cipher if cipher in suites.GCM else f"{cipher}+sha1"
    dut.lacks(enc=suites.ENCRYPTION[cipher].bit)

    refused = adding(sa(esp=suite))

    assert refused.failed


@requirement("ADD-032")
@pytest.mark.parametrize("mac", suites.AUTHENTICATION)
def test_an_authentication_that_is_not_reported_fails(adding, dut, mac):
    dut.lacks(auth=suites.AUTHENTICATION[mac].bit)

    refused = adding(sa(0x1001, esp=f"null+{mac}")), adding(sa(0x1002, ah=f"ah-{mac}"))

    assert all(reply.failed for reply in refused)


@requirement("ADD-035")
def test_without_ah_no_ah_is_added(adding, dut):
    dut.lacks(ah=1)

    refused = adding(sa(0x1001, ah="ah-sha1"))
    pair = adding(sa(0x1002, esp="aes-gcm-128", ah="ah-sha1"))

    assert refused.failed
    assert pair.failed


@requirement("ADD-035")
def test_without_esp_no_esp_is_added(adding, dut):
    dut.lacks(esp=1)

    refused = adding(sa(0x1001))
    pair = adding(sa(0x1002, esp="aes-gcm-128", ah="ah-sha1"))

    assert refused.failed
    assert pair.failed


@requirement("ADD-035")
@every_suite("esp+ah")
def test_without_the_combination_no_pair_is_added(adding, dut, suite):
    dut.lacks(ahesp=1)

    refused, twin = twins(adding, sa(), **suite)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-036")
@pytest.mark.parametrize("direction", ("in", "out"))
def test_without_ipv6_no_ipv6_sa_is_added(adding, dut, direction):
    dut.lacks(ipv6=1)

    refused = adding(sa(0x1001, ipv6=True, inbound=direction == "in"))
    twin = adding(sa(0x1001, inbound=direction == "in"))

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-041")
@pytest.mark.parametrize("kind", (1, 2, 4, 8))
def test_a_udp_type_that_is_not_reported_fails(adding, dut, kind):
    dut.lacks(udp=kind)

    refused, twin = twins(adding, sa(), udp=kind)

    assert refused.failed
    assert twin.succeeded


@requirement("ADD-044")
def test_without_extended_sequence_numbers_the_flag_fails(adding, dut):
    dut.lacks(esn=1)

    refused, twin = twins(adding, sa(), esn=True)

    assert refused.failed
    assert twin.succeeded


# ---- UDP-ESP -------------------------------------------------------------------------------------


@requirement("ADD-042")
@pytest.mark.parametrize("bits", (0x10, 0x20, 0x8000, 0x80000000, 0xFFFFFFF0), ids=hex)
def test_an_undefined_udp_type_is_refused_or_none(adding, dut, peer, bits):
    nodes = sa(0x1001), inbound(0x1002)

    handles = [adding(each.but(udp=bits)).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


@requirement("ADD-042")
@pytest.mark.parametrize("bits", (0x3, 0x5, 0x6, 0x7, 0xC, 0xF, 0x11, 0xFFFFFFFF), ids=hex)
def test_several_udp_types_get_one_verdict(adding, bits):
    coming, going = adding(inbound(0x1001, udp=bits)), adding(sa(0x1002, udp=bits))

    assert coming.succeeded == going.succeeded


@requirement("ADD-043", "P-AH-020")
@every_suite("ah", "esp+ah")
@pytest.mark.parametrize("kind", (1, 2, 4, 8))
def test_udp_with_ah_is_refused_or_ignored(adding, dut, peer, suite, kind):
    nodes = sa(0x1001, **suite), inbound(0x1002, **suite)

    handles = [adding(each.but(udp=kind)).handle for each in nodes]

    assert unusable(dut, peer, nodes, handles) == []


# ---- Which of the two requests a miniport has ----------------------------------------------------


@requirement("ADD-001")
@setting(ADD_ON_630="no")
def test_add_sa_where_it_is_declared_gone_fails_or_works(dut, peer):
    node = inbound()

    added = dut.request("add_sa", node)

    assert unusable(dut, peer, (node,), added.handles) == []


@requirement("ADD-002")
@pytest.mark.parametrize("ndis", ("6.1", "6.20"))
def test_add_sa_ex_before_630_fails_or_works(dut, peer, ndis):
    dut.registers(ndis)
    node = inbound()

    added = dut.request("add_sa_ex", node)

    assert unusable(dut, peer, (node,), added.handles) == []


# ---- Both ways to add are one --------------------------------------------------------------------


@requirement("ADD-060")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_both_ways_to_add_give_the_same_sa(dut, peer, suite):
    node = inbound(**suite)
    old, new = node.but(spi=0x1001, ah_spi=0x2001), node.but(spi=0x1002, ah_spi=0x2002)

    handles = [dut.add(old).handle, dut.add_ex(new).handle]

    assert unusable(dut, peer, (old, new), handles) == []


@requirement("ADD-060")
@every_suite("gcm", "ah", "esp+ah")
def test_both_ways_to_add_give_the_same_upper_half(dut, peer, suite):
    dut.needs(esn=1)
    node = inbound(**suite, esn=True, hi=7)
    old, new = node.but(spi=0x1001, ah_spi=0x2001), node.but(spi=0x1002, ah_spi=0x2002)

    handles = [dut.add(old).handle, dut.add_ex(new).handle]

    assert unusable(dut, peer, (old, new), handles) == []

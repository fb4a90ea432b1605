"""Configuration: what the registry and OID_TCP_OFFLOAD_PARAMETERS switch on and off, and what
becomes of SAs meanwhile."""

import pytest

from ov2 import bundle, link, requirement
from ov2.parameters import KEYWORDS, SETTINGS, SIZES, keywords, set_parameters

each_setting = pytest.mark.parametrize("setting", KEYWORDS)
UNDEFINED = (5, 6, 8, 0x7F, 0x80, 0xFE, 0xFF)


# ---- The settings --------------------------------------------------------------------------------


@requirement("CFG-002")
@each_setting
def test_a_keyword_counts_from_0_disabled_to_3_both(dut, protocols, setting):
    dut.reopen(**keywords(setting))

    assert protocols.served() == protocols.of(setting)


@requirement("CFG-002", "CFG-004")
@each_setting
def test_a_parameter_counts_from_1_disabled_to_4_both(dut, protocols, setting):
    protocols.needs(setting)

    assert set_parameters(dut, SETTINGS[setting]).succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-004")
@each_setting
@pytest.mark.parametrize("before", KEYWORDS)
def test_only_what_was_switched_on_last_can_be_added(dut, protocols, before, setting):
    protocols.needs(setting)
    dut.switch(before)

    assert dut.config(ipsec=setting).succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-004")
@each_setting
def test_what_a_keyword_left_off_can_be_switched_on(dut, protocols, setting):
    protocols.needs(setting)
    dut.reopen(**keywords("disabled"))

    assert dut.config(ipsec=setting).succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-004")
@pytest.mark.parametrize("setting", ("ah", "esp"))
def test_a_bundle_of_both_needs_both(dut, peer, setting):
    both = {"esp": "null+sha1", "ah": "ah-sha1"}
    dut.needs(ah=1, esp=1, ahesp=1, enc=1, auth=2)
    dut.switch(setting)

    refused = dut.add(bundle(0x1001, to_dut=True, inbound=True, **both))
    assert dut.config(ipsec="both").succeeded

    assert refused.failed
    assert link(peer, dut, **both).works()


@requirement("CFG-005")
@each_setting
def test_a_request_that_changes_nothing_leaves_the_setting_alone(dut, protocols, setting):
    dut.switch(setting)

    assert set_parameters(dut, "unchanged").succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-005")
@each_setting
@pytest.mark.parametrize("lso", (1, 2), ids=("off", "on"))
def test_a_request_about_something_else_leaves_the_setting_alone(dut, protocols, setting, lso):
    dut.switch(setting)

    set_parameters(dut, "unchanged", lso=lso)

    assert protocols.served() == protocols.of(setting)


@requirement("CFG-005")
def test_a_request_that_changes_nothing_leaves_sas_alone(dut, peer):
    incoming, outgoing = link(peer, dut), link(dut, peer)

    assert set_parameters(dut, "unchanged").succeeded
    assert incoming.works()
    assert outgoing.works()


@requirement("CFG-006")
@pytest.mark.parametrize("setting", ("disabled", "esp", "both"))
@pytest.mark.parametrize("value", UNDEFINED)
def test_an_undefined_setting_fails_and_changes_nothing(dut, protocols, setting, value):
    dut.switch(setting)

    assert set_parameters(dut, value).status == "INVALID_DATA"
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-006")
@pytest.mark.parametrize("value", UNDEFINED)
def test_an_undefined_setting_leaves_sas_alone(dut, peer, value):
    incoming, outgoing = link(peer, dut), link(dut, peer)

    assert set_parameters(dut, value).failed
    assert incoming.works()
    assert outgoing.works()


# ---- IPsecV2 and IPsecV2IPv4 ---------------------------------------------------------------------

# What was set before, the member that counts, the other one, what is on then.
UNEQUAL = pytest.mark.parametrize(
    "before, counts, other, after",
    (
        ("esp", "disabled", "esp", "disabled"),
        ("disabled", "esp", "disabled", "esp"),
        ("esp", "unchanged", "disabled", "esp"),
        ("disabled", "unchanged", "esp", "disabled"),
        ("esp", "disabled", "unchanged", "disabled"),
        ("disabled", "esp", "unchanged", "esp"),
    ),
)


@requirement("CFG-007")
@UNEQUAL
def test_with_ipv6_ipsecv2_counts(dut, protocols, before, counts, other, after):
    dut.needs(ipv6=1, esp=1)
    dut.switch(before)

    assert set_parameters(dut, ipsec=counts, ipv4=other).succeeded
    assert protocols.served() == protocols.of(after)


@requirement("CFG-007")
@UNEQUAL
def test_without_ipv6_ipsecv2ipv4_counts(dut, protocols, before, counts, other, after):
    dut.lacks(ipv6=1)
    dut.needs(esp=1)
    dut.switch(before)

    assert set_parameters(dut, ipsec=other, ipv4=counts).succeeded
    assert protocols.served() == protocols.of(after)


# ---- The structure -------------------------------------------------------------------------------


@requirement("CFG-008")
@each_setting
def test_revision_1_is_accepted_and_has_no_ipsecv2(dut, protocols, setting):
    dut.switch(setting)

    assert set_parameters(dut, revision=1).succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-008")
@pytest.mark.parametrize("setting", ("disabled", "esp"))
@pytest.mark.parametrize("behind", ("disabled", "esp", "both", 0xFF))
def test_what_lies_behind_revision_1_is_not_read(dut, protocols, setting, behind):
    dut.switch(setting)

    assert set_parameters(dut, behind, revision=1, length=26).succeeded
    assert protocols.served() == protocols.of(setting)


@requirement("CFG-008", "CFG-004")
@pytest.mark.parametrize("revision", sorted(SIZES)[1:])
def test_later_revisions_have_an_ipsecv2(dut, protocols, revision):
    protocols.needs("esp")

    assert set_parameters(dut, "disabled", revision=revision).succeeded
    assert protocols.served() == set()
    assert set_parameters(dut, "esp", revision=revision).succeeded
    assert protocols.served() == {"esp"}


@requirement("CFG-019")
@pytest.mark.parametrize("revision", sorted(SIZES))
@pytest.mark.parametrize("length", range(20))
def test_a_buffer_that_is_too_short_fails(dut, protocols, revision, length):
    dut.switch("esp")
    refused = set_parameters(dut, "disabled", revision=revision, length=length)

    assert refused.failed
    assert protocols.served() == protocols.of("esp")


@requirement("CFG-019")
@pytest.mark.parametrize("revision", sorted(SIZES))
@pytest.mark.parametrize("size", (0, 4, 16, 19))
def test_a_size_that_is_less_than_revision_1_fails(dut, protocols, revision, size):
    dut.switch("esp")
    refused = set_parameters(dut, "disabled", revision=revision, size=size, length=SIZES[revision])

    assert refused.failed
    assert protocols.served() == protocols.of("esp")


@requirement("CFG-019")
@pytest.mark.parametrize("length", (20, 22, 26, 36))
def test_revision_0_fails(dut, protocols, length):
    dut.switch("esp")
    refused = set_parameters(dut, "disabled", revision=0, size=length, length=length)

    assert refused.failed
    assert protocols.served() == protocols.of("esp")


@requirement("CFG-019")
@pytest.mark.parametrize("length", (20, 21))
def test_a_revision_2_without_its_members_fails(dut, protocols, length):
    dut.switch("esp")
    refused = set_parameters(dut, "disabled", revision=2, size=length, length=length)

    assert refused.failed
    assert protocols.served() == protocols.of("esp")


@requirement("CFG-022")
@pytest.mark.parametrize("flags", (0x1, 0x2, 0x80000000, 0xFFFFFFFE, 0xFFFFFFFF), ids=hex)
def test_flags_are_tolerated(dut, protocols, flags):
    protocols.needs("esp")

    assert set_parameters(dut, "disabled", flags=flags).succeeded
    assert protocols.served() == set()
    assert set_parameters(dut, "esp", flags=flags).succeeded
    assert protocols.served() == {"esp"}


@requirement("CFG-020")
@pytest.mark.parametrize("setting", SETTINGS)
def test_a_miniport_without_offloads_has_no_parameters(without_ipsec, setting):
    if without_ipsec.can("offload"):
        pytest.skip("the device registers NDIS_OFFLOAD: it may have another offload")

    assert set_parameters(without_ipsec, setting).status == "NOT_SUPPORTED"


# ---- After a reload ------------------------------------------------------------------------------


@requirement("CFG-016")
@each_setting
def test_a_setting_that_was_stored_outlives_a_reload(dut, protocols, setting):
    dut.switch(setting)

    dut.reopen(**keywords(setting))

    assert protocols.served() == protocols.of(setting)


@requirement("CFG-016")
@each_setting
@pytest.mark.parametrize("before", ("disabled", "esp"))
def test_after_a_reload_what_is_stored_counts(dut, protocols, before, setting):
    dut.switch(before)

    dut.reopen(**keywords(setting))

    assert protocols.served() == protocols.of(setting)


# ---- SAs that are there --------------------------------------------------------------------------


@requirement("CFG-017")
def test_switching_off_with_live_sas_does_no_damage(dut, peer):
    incoming = link(peer, dut)
    outgoing = link(dut, peer)

    dut.switch("disabled")
    dut.receive(incoming.send())
    dut.send(outgoing.out)

    assert dut.delete(incoming.into).succeeded
    assert dut.delete(outgoing.out).succeeded


@requirement("CFG-018")
def test_after_switching_on_again_an_sa_works_or_is_unknown(dut, peer):
    incoming = link(peer, dut)
    dut.switch("disabled")
    dut.receive(incoming.send())
    dut.switch("both")

    first = dut.receive(incoming.send())
    second = dut.receive(incoming.send())

    assert first.packet.is_good or first.packet.is_untouched
    assert second.packet.is_good == first.packet.is_good


@requirement("CFG-018")
def test_after_switching_on_again_the_spi_can_be_used(dut, peer):
    old = link(peer, dut)
    dut.switch("disabled")
    dut.switch("both")
    dut.delete(old.into)
    peer.delete(old.out)

    assert link(peer, dut).works()

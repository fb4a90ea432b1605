"""What a device reports: NDIS_OFFLOAD at its registration, and whether it holds."""

import pytest

from ov2 import each_family, every_suite, link, requirement, suites
from ov2.offload import (
    BOOLEANS, CURRENT_CONFIG, HARDWARE_CAPABILITIES, IPSEC, OTHERS, TYPE, beyond, offloads,
    revision_of,
)
from ov2.parameters import KEYWORDS, SERVED, keywords
from ov2.tunnels import inside_of, nest

SYSTEMS = ("6.85", "6.83", "6.50", "6.30", "6.20", "6.1")
ETHERNET = 0x2
TEXT = bytes(range(64))


# ---- The structures ------------------------------------------------------------------------------


def is_of(offload, revision, size):
    """Whether it was told, with this header, and is as long as that says; sizeof is as good."""
    return (
        offload is not None
        and (offload.says("Type"), offload.says("Revision")) == (TYPE, revision)
        and offload.says("Size") in (size, (size + 3) & ~3)
        and len(offload.data) >= size
    )


@requirement("CAP-001")
def test_default_configuration_and_hardware_capabilities_are_both_registered(dut):
    told = offloads(dut)

    assert told.default and any(told.default.values(IPSEC).values())
    assert told.hardware and any(told.hardware.values(IPSEC).values())


@requirement("CAP-002")
@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("which", ("default", "hardware"))
def test_the_header_is_that_of_the_registered_version(configurable, system, which):
    dut = configurable.open(system_ndis=system)
    revision, size = revision_of(str(dut.caps["ndis"]))

    told = getattr(offloads(dut), which)

    assert is_of(told, revision, size)


@requirement("CAP-002")
@pytest.mark.parametrize("which", ("default", "hardware", "current"))
def test_the_header_is_of_the_type_and_as_long_as_it_says(dut, which):
    revision, size = revision_of(str(dut.caps["ndis"]))

    told = getattr(offloads(dut), which)

    assert is_of(told, revision, size)


@requirement("CAP-003")
def test_below_ndis_6_1_nothing_stands_behind_the_first_revision(configurable):
    dut = configurable.open(system_ndis="6.0")

    told = offloads(dut)

    assert not dut.offers_ipsec
    assert [(each.says("Revision"), each.says("Size")) for each in told[:2]] == [(1, 112)] * 2
    assert not any(any(each.values(IPSEC).values()) for each in told[:2])


@requirement("CAP-004")
def test_the_default_configuration_is_within_the_hardware_capabilities(dut):
    told = offloads(dut)

    assert beyond(told.default, told.hardware) == []


# ---- Values that go together -----------------------------------------------------------------


@pytest.fixture
def hardware(closed):
    """The hardware capabilities of a device that offers IPsecOV2, little as it may be."""
    if not closed.open().offers_ipsec:
        pytest.skip("the device does not offer IPsecOV2")
    return offloads(closed).hardware


@requirement("CAP-005")
def test_ethernet_is_among_the_encapsulations(hardware):
    assert hardware.says("Encapsulation") & ETHERNET


@requirement("CAP-006")
def test_encapsulation_has_defined_bits_only(hardware):
    assert hardware.says("Encapsulation") & ~0x1F == 0


@requirement("CAP-007")
def test_a_boolean_is_0_or_1(hardware):
    assert set(hardware.values(BOOLEANS).values()) <= {0, 1}


@requirement("CAP-008")
def test_ah_and_esp_combined_needs_both(hardware):
    both = hardware.says("Ah") and hardware.says("Esp")

    assert both or not hardware.says("AhEspCombined")


@requirement("CAP-009")
def test_transport_and_tunnel_combined_needs_both(hardware):
    both = hardware.says("Transport") and hardware.says("Tunnel")

    assert both or not hardware.says("TransportTunnelCombined")


@requirement("CAP-010")
def test_tunnel_mode_is_reported(hardware):
    assert hardware.says("Tunnel")


@requirement("CAP-011")
def test_each_protocol_has_an_algorithm(hardware):
    assert hardware.says("AuthenticationAlgorithms") or not hardware.says("Ah")
    assert hardware.says("EncryptionAlgorithms") or not hardware.says("Esp")


@requirement("CAP-012")
def test_masks_of_algorithms_have_defined_bits_only(hardware):
    assert hardware.says("AuthenticationAlgorithms") & ~0x3F == 0
    assert hardware.says("EncryptionAlgorithms") & ~0x1FF == 0


@requirement("CAP-013")
def test_udp_esp_has_defined_bits_only_and_needs_esp(hardware):
    assert hardware.says("UdpEsp") & ~0xF == 0
    assert hardware.says("Esp") or not hardware.says("UdpEsp")


@requirement("CAP-014")
def test_lso_with_ipsec_needs_lso(hardware):
    large = hardware.says("LsoV1[0]") or hardware.says("LsoV2[0]") or hardware.says("LsoV2[3]")

    assert large or not hardware.says("LsoSupported")


@requirement("CAP-015")
def test_there_is_room_for_sas(hardware):
    assert hardware.says("SaOffloadCapacity") > 0


@requirement("CAP-020")
def test_what_certification_asks_for_is_there(hardware):
    members = ("IPv6Supported", "Transport", "Tunnel", "Esp")
    gcm = [suites.ENCRYPTION[name].bit for name in suites.GCM]

    assert [name for name in members if not hardware.says(name)] == []
    assert any(hardware.says("EncryptionAlgorithms") & bit for bit in gcm)


# ---- Whether it holds ------------------------------------------------------------------------


@requirement("CAP-016")
@every_suite(*suites.EVERY)
@each_family
def test_every_reported_bundle_works_both_ways(dut, peer, suite, ipv6):
    incoming = link(peer, dut, spi=0x1001, ipv6=ipv6, **suite)
    outgoing = link(dut, peer, spi=0x2001, ipv6=ipv6, **suite)

    assert incoming.works()
    assert outgoing.works()


@requirement("CAP-016")
def test_reported_tunnels_work_both_ways(dut, peer):
    dut.needs(tunnel=1)
    incoming, outgoing = link(peer, dut), link(dut, peer)

    arrived = incoming.carry(TEXT, **inside_of(incoming))
    sent = dut.send(outgoing.out, TEXT, **inside_of(outgoing))

    assert arrived.packet.is_good
    assert outgoing.carries(*sent.frames)


@requirement("CAP-017")
def test_two_portions_that_are_not_reported_are_not_both_processed(dut, peer):
    dut.lacks(combined=1)
    nested = nest(peer, dut)

    assert not nested.carry(TEXT).packet.next_done


@requirement("CAP-023")
@every_suite("ah gmac", "null gmac")
def test_the_gcm_bits_of_authentication_mean_gmac(dut, peer, suite):
    incoming, outgoing = link(peer, dut, spi=0x1001, **suite), link(dut, peer, spi=0x2001, **suite)

    sent = dut.send(outgoing.out, TEXT)

    assert incoming.works()
    assert outgoing.carries(*sent.frames)
    assert TEXT in sent.frame.bytes


# ---- The configuration -------------------------------------------------------------------------


def protocols(offload):
    """Which of AH and ESP are there."""
    return {name.lower() for name in ("Ah", "Esp") if offload.says(name)}


@requirement("CFG-001")
@pytest.mark.parametrize("setting", KEYWORDS)
def test_the_keyword_limits_the_default_configuration(dut, setting):
    can = protocols(offloads(dut).hardware)

    told = offloads(dut.reopen(**keywords(setting)))

    assert protocols(told.default) == can & SERVED[setting]


@requirement("CFG-003")
@pytest.mark.parametrize("setting", KEYWORDS)
def test_what_a_keyword_disables_stays_in_the_hardware_capabilities(dut, setting):
    can = offloads(dut).hardware

    told = offloads(dut.reopen(**keywords(setting)))

    assert told.hardware == can


@requirement("CFG-021")
def test_all_that_the_hardware_can_is_on_by_default(dut):
    told = offloads(dut)

    assert beyond(told.hardware, told.default) == []


@requirement("CFG-009")
@pytest.mark.parametrize("setting", (*KEYWORDS, "no-change"))
def test_parameters_that_were_set_are_followed_by_the_configuration(dut, setting):
    dut.switch("esp")

    configured = dut.config(ipsec=setting)

    assert configured.succeeded
    assert configured.indications == [CURRENT_CONFIG]


@requirement("CFG-009", "CFG-011")
@pytest.mark.parametrize("setting", KEYWORDS)
def test_the_configuration_that_is_indicated_is_the_one_in_force(dut, setting):
    dut.switch(setting)

    told = offloads(dut)

    assert protocols(told.current) == protocols(told.hardware) & SERVED[setting]


@requirement("CFG-010")
@pytest.mark.parametrize("setting", ("on", "off", "no-change"))
def test_an_encapsulation_that_was_set_is_followed_by_the_configuration(dut, setting):
    configured = dut.config(encapsulation=setting)

    assert configured.succeeded
    assert configured.indications == [CURRENT_CONFIG]


# ---- While IPsec is on, and off ----------------------------------------------------------------


@requirement("CAP-019")
def test_the_current_configuration_is_off_when_ipsec_is(dut):
    dut.switch("disabled")

    assert protocols(offloads(dut).current) == set()


@requirement("CAP-021")
def test_ipsec_takes_no_other_offload_away(dut, peer):
    outgoing = link(dut, peer)
    dut.switch("both")

    told = offloads(dut)

    assert [name for name in beyond(told.hardware, told.current) if name in OTHERS] == []
    assert outgoing.works()


@requirement("CAP-022")
def test_a_change_of_the_hardware_and_of_the_configuration_have_a_code_each(dut):
    changed = dut.event("capabilities-changed")
    configured = dut.config(ipsec="both")

    assert changed.indications == [HARDWARE_CAPABILITIES]
    assert configured.indications == [CURRENT_CONFIG]

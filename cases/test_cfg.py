"""Configuration: what becomes of SAs while IPsecOV2 is switched off, and afterwards."""

from ov2 import link, requirement


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

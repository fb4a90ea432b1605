"""Several threads in the driver at once.  What is asked with race=True goes off together with the
next line, each in a thread of its own; the model allows every order."""

import pytest

from ov2 import inbound, kinds, link, links, node, requirement, sas

AT_ONCE = 8


@requirement("OID-005")
def test_requests_from_several_threads_are_all_carried_out(kind, racing):
    elements = [kind.element() for _ in range(AT_ONCE)]

    asked = [kind.ask(element, race=True).request for element in elements]
    raced = racing.drain()

    assert raced.done == dict.fromkeys(asked, "SUCCESS")
    assert all(map(kind.holds, elements))


@requirement("OID-005", "UPD-022")
@pytest.mark.parametrize("irql", (0, 2))
def test_adds_updates_and_deletes_from_several_threads_are_all_carried_out(
    every_kind, racing, irql
):
    pairs = [(kind, kind.element()) for kind in every_kind for _ in range(4)]

    asked = [kind.ask(element, race=True, irql=irql).request for kind, element in pairs]
    raced = racing.drain()

    assert raced.done == dict.fromkeys(asked, "SUCCESS")
    assert all(kind.holds(element) for kind, element in pairs)


@requirement("OID-005", "DEL-003")
def test_what_several_threads_add_and_delete_leaves_nothing_behind(racing):
    before = racing.drain().allocations
    assert racing.add(*sas(8)).given == 8

    for spi in range(0x2001, 0x2009):
        racing.add(inbound(spi), race=True)
        racing.delete(f"#{spi - 0x2000}", race=True)
    racing.drain()
    for symbol in range(9, 17):
        racing.delete(f"#{symbol}", race=True)
    racing.drain()

    assert racing.drain().allocations == before


@requirement("OID-006")
@pytest.mark.parametrize("normal", ({"ipsec": "no-change"}, {"encapsulation": "on"}), ids=str)
def test_direct_requests_run_beside_normal_ones(kind, racing, normal):
    elements = [kind.element() for _ in range(8)]

    asked = [kind.ask(element, race=True).request for element in elements]
    configured = racing.config(**normal)

    assert configured.succeeded
    assert configured.done == dict.fromkeys(asked, "SUCCESS")
    assert all(map(kind.holds, elements))


@requirement("DEL-013")
def test_a_handle_that_several_threads_delete_is_freed_once(racing, peer):
    before = racing.drain().allocations
    incoming = link(peer, racing)

    asked = [racing.delete(incoming.into, race=True).request for _ in range(8)]
    raced = racing.drain()

    assert list(raced.done) == asked
    assert racing.receive(incoming.send()).packet.is_untouched
    assert racing.drain().allocations == before


@requirement("DEL-021", "DEL-022")
def test_what_is_sent_while_its_sa_is_deleted_is_protected_or_fails(racing, peer):
    outgoing = link(racing, peer)

    racing.delete(outgoing.out, race=True)
    sent = racing.send_lists(*(node(sa=outgoing.out, data="64?1") for _ in range(64)))

    assert len(sent.sent) == 64
    assert len(sent.frames) == sent.sent.count("SUCCESS")


@requirement("UPD-017")
def test_every_frame_is_checked_with_the_old_or_the_new_half(racing, peer):
    racing.needs(esn=1)
    incoming = link(peer, racing, esn=True, hi=1)
    old = [incoming.send() for _ in range(32)]
    peer.update(node(incoming.out, op="esp", spi=incoming.spi, hi=2))
    new = [incoming.send() for _ in range(32)]

    racing.update(node(incoming.into, op="esp", spi=incoming.spi, hi=2), race=True)
    pairs = [frame for pair in zip(old, new) for frame in pair]
    goods = [packet.is_good for packet in racing.receive(*pairs).packets]

    assert all(map(any, zip(goods[::2], goods[1::2])))
    assert incoming.works()


@requirement("UPD-022")
def test_updates_of_one_sa_from_several_threads_leave_one_of_their_halves(racing, peer):
    racing.needs(esn=1)
    incoming = link(peer, racing, esn=True)

    for hi in (1, 2):
        racing.update(node(incoming.into, op="esp", spi=incoming.spi, hi=hi), race=True)
    racing.drain()

    peer.update(node(incoming.out, op="esp", spi=incoming.spi, hi=1))
    under_first = incoming.works()
    peer.update(node(incoming.out, op="esp", spi=incoming.spi, hi=2))
    under_second = incoming.works()
    assert under_first != under_second


@requirement("UPD-022")
def test_updates_and_deletes_of_the_same_sas_from_several_threads_leave_nothing(racing, peer):
    racing.needs(esn=1)
    before = racing.drain().allocations
    doomed = links(peer, racing, AT_ONCE, esn=True)

    for incoming in doomed:
        racing.update(node(incoming.into, op="esp", spi=incoming.spi, hi=1), race=True)
        racing.delete(incoming.into, race=True)
    racing.drain()

    assert all(racing.receive(incoming.send()).packet.is_untouched for incoming in doomed)
    assert racing.drain().allocations == before


@requirement("ADD-053")
@kinds("add_sa", "add_sa_ex")
def test_an_add_beside_a_change_of_configuration_fails_or_works(kind, racing):
    older, element = kind.element(), kind.element()
    assert kind.ask(older).succeeded

    asked = kind.ask(element, race=True)
    status = racing.config(ipsec="disabled").done[asked.request]
    racing.config(ipsec="both")

    assert kind.holds(element) == (status == "SUCCESS" and kind.holds(older))


@requirement("ADD-061", "OID-005")
@kinds("add_sa", "add_sa_ex")
def test_adds_from_several_threads_disturb_no_traffic(kind, racing, peer):
    incoming, outgoing = link(peer, racing, spi=0x7001), link(racing, peer, spi=0x7002)
    frames = [incoming.send() for _ in range(64)]

    for element in [kind.element() for _ in range(8)]:
        kind.ask(element, race=True)
    received = racing.receive(*frames)
    for element in [kind.element() for _ in range(8)]:
        kind.ask(element, race=True)
    sent = racing.send(outgoing.out, count=64)

    assert all(packet.is_good for packet in received.packets)
    assert all(packet.is_good for packet in peer.receive(*sent.frames).packets)


@requirement("REL-017")
def test_adds_configuration_and_traffic_at_dispatch_level_do_not_block_each_other(racing, peer):
    incoming = link(peer, racing)
    frames = [incoming.send() for _ in range(16)]

    for element in sas(8, spi=0x3001):
        racing.add(element, race=True, irql=2)
    received = racing.receive(*frames)
    for element in sas(8, spi=0x4001):
        racing.add(element, race=True, irql=2)
    configured = racing.config(encapsulation="on")

    assert all(packet.is_good for packet in received.packets)
    assert list(configured.done.values()) == ["SUCCESS"] * 8

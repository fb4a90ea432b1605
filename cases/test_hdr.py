"""Headers and buffers: what is true of all four requests about SAs."""

import pytest

from ov2 import kinds, lengths, link, requirement

HIGHER = pytest.mark.parametrize("rev", (2, 255))


@requirement("HDR-001")
@pytest.mark.parametrize("header", ({"rev": 0}, {"size": 4}), ids=("revision", "size"))
def test_nothing_is_read_behind_a_bad_header(kind, header):
    refused = kind.ask(kind.element(bytes=4, **header))

    assert refused.failed


@requirement("HDR-001", "HDR-015")
@pytest.mark.parametrize("header", ({"rev": 0, "size": 4}, {"size": 4}), ids=("revision", "size"))
def test_nothing_is_read_behind_the_bad_header_of_a_later_element(listing, header):
    first, second = listing.element(), listing.element(bytes=4, **header)

    listing.ask(first, second)

    assert not listing.holds(second)


@requirement("HDR-002")
@pytest.mark.parametrize("length", (0, 1, 2, 3))
def test_a_buffer_without_room_for_a_header_fails(kind, length):
    element = kind.element()

    refused = kind.ask(element.but(bytes=length))
    twin = kind.ask(element)

    assert refused.failed
    assert twin.succeeded


@requirement("HDR-003")
@pytest.mark.parametrize("length", ("none", "whole"))
def test_a_null_buffer_fails(kind, length):
    element = kind.element()

    refused = kind.ask(element, buffer="null", length=kind.length if length == "whole" else 0)
    twin = kind.ask(element)

    assert refused.failed
    assert twin.succeeded


@requirement("HDR-004")
def test_the_size_constant_of_revision_1_is_accepted(kind):
    element = kind.element(size=kind.size)

    assert kind.ask(element).succeeded
    assert kind.holds(element)


@requirement("HDR-005")
def test_the_sizeof_of_the_structure_is_accepted(kind):
    element = kind.element(size=kind.sizeof)

    assert kind.ask(element).succeeded
    assert kind.holds(element)


@requirement("HDR-006")
def test_a_larger_size_is_accepted(kind):
    assert kind.refused("size", (kind.sizeof + 1, 200, 256, 1024, 4096)) == []

    element = kind.element(size=200)
    assert kind.ask(element).succeeded
    assert kind.holds(element)


@requirement("HDR-007")
def test_a_smaller_size_fails(kind):
    accepted = kind.accepted("size", lengths(below=kind.size))

    assert accepted == []
    assert kind.ask(kind.element()).succeeded


@requirement("HDR-008")
@HIGHER
def test_a_higher_revision_is_handled_as_the_first(kind, rev):
    element = kind.element(rev=rev, size=kind.size)

    assert kind.ask(element).succeeded
    assert kind.holds(element)


@requirement("HDR-008", "HDR-006")
@HIGHER
def test_a_higher_revision_may_be_longer(kind, rev):
    element = kind.element(rev=rev, size=kind.sizeof + 24)

    assert kind.ask(element).succeeded
    assert kind.holds(element)


@requirement("HDR-009")
@HIGHER
def test_a_higher_revision_with_a_smaller_size_fails(kind, rev):
    accepted = kind.accepted("size", lengths(below=kind.size), rev=rev)

    assert accepted == []
    assert kind.ask(kind.element()).succeeded


@requirement("HDR-010")
@pytest.mark.parametrize("more", (0, 24))
def test_revision_0_fails(kind, more):
    element = kind.element(size=kind.sizeof + more)

    refused = kind.ask(element.but(rev=0))
    twin = kind.ask(element)

    assert refused.failed
    assert twin.succeeded


@requirement("HDR-011")
@pytest.mark.parametrize("size", ("its own", 0xFFFF))
def test_a_size_never_makes_up_for_a_short_buffer(kind, size):
    size = kind.size if size == "its own" else size
    accepted = kind.accepted("bytes", lengths(at_least=4, below=kind.length), size=size)

    assert accepted == []
    assert kind.ask(kind.element()).succeeded


@requirement("HDR-012", "HDR-011")
def test_a_size_beyond_the_buffer_is_refused_or_clamped(kind):
    beyond = (kind.length + 1, 200, 256, 1024, 4096, 0x7FFF, 0xFFFF)

    kind.accepted("size", beyond, bytes=kind.length)

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-012")
def test_a_size_beyond_a_later_element_is_refused_or_clamped(listing):
    first, second = listing.element(), listing.element(size=4096, bytes=listing.length)

    listing.ask(first, second)

    assert listing.ask(listing.element()).succeeded


CHANGES = {
    "size": {"size": 4096},
    "smaller size": {"size": 8},
    "revision": {"rev": 0},
    "revision and size": {"rev": 255, "size": 0xFFFF},
}


@requirement("HDR-012", "HDR-011")
@pytest.mark.parametrize("change", CHANGES)
def test_a_header_that_changes_while_it_is_read_is_read_once(kind, change):
    kind.shake(bytes=kind.length, **CHANGES[change])

    assert kind.ask(kind.element()).succeeded


HEADERS = {
    "as it should be": {},
    "of a higher revision": {"rev": 2},
    "with a larger size": {"size": 200},
    "with a smaller size": {"size": 8},
    "of revision 0": {"rev": 0},
    "of another type": {"type": 0x7F},
}


@requirement("HDR-013", "UPD-024", "DEL-029")
@pytest.mark.parametrize("header", HEADERS)
def test_the_callers_structure_stays_as_it_is(kind, header):
    kind.ask(kind.element(**HEADERS[header]))

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-014")
@pytest.mark.parametrize("type_", (0, 0x7F, 0x81, 0x96, 0xA7, 0xFF), ids=hex)
def test_another_type_is_ignored_or_refused_cleanly(kind, type_):
    element = kind.element(type=type_)

    answer = kind.ask(element)

    assert answer.succeeded == kind.holds(element)


BAD = {
    "size": {"size": 8},
    "size, and it is short": {"size": 8, "bytes": 8},
    "size zero": {"size": 0},
    "revision 0": {"rev": 0},
    "higher revision, size": {"rev": 2, "size": 8},
}


@requirement("HDR-015")
@pytest.mark.parametrize("header", BAD)
def test_the_header_of_every_element_is_checked(listing, header):
    first, second = listing.element(), listing.element(**BAD[header])

    listing.ask(first, second)

    assert not listing.holds(second)


@requirement("HDR-016")
def test_the_supported_revision_is_1_after_success(kind):
    assert kind.ask(kind.element()).number("revision") == 1


@requirement("HDR-017")
@HIGHER
def test_the_supported_revision_is_1_for_a_higher_revision(kind, rev):
    answer = kind.ask(kind.element(rev=rev))

    assert answer.succeeded
    assert answer.number("revision") == 1


@requirement("HDR-018")
@pytest.mark.parametrize("missing", (1, 8, 20, "all"))
def test_the_bytes_needed_are_enough(kind, missing):
    element = kind.element()
    length = 0 if missing == "all" else kind.length - missing

    short = kind.ask(element.but(bytes=length))
    if short.status in ("BUFFER_TOO_SHORT", "INVALID_LENGTH"):
        element = element.but(bytes=short.number("needed"))

    assert kind.ask(element).succeeded


@requirement("HDR-019")
@pytest.mark.parametrize("more", (0, 64))
def test_the_bytes_read_lie_within_the_buffer(kind, more):
    answer = kind.ask(kind.element(bytes=kind.length + more))

    assert answer.succeeded
    assert 0 < answer.number("read") <= kind.length + more


@requirement("HDR-016", "HDR-019")
def test_a_pended_request_has_its_outputs_when_it_completes(kind, dut):
    element = kind.element()
    dut.event("hold")

    asked = kind.pend(element)
    released = dut.event("release")

    assert released.done == {asked.request: "SUCCESS"}


@requirement("HDR-020")
@kinds("add_sa", "add_sa_ex")
def test_every_member_is_read_from_its_natural_place(kind, dut, peer):
    dut.needs(esn=1)
    incoming = link(peer, dut, 0x1A2B3C4D, add=kind.ask, esn=True, hi=0x01020304)
    outgoing = link(dut, peer, 0x5E6F7081, add=kind.ask, esn=True, hi=0x11121314)
    assert incoming.works()
    assert outgoing.works()

    assert incoming.update(0x05060708).succeeded
    assert incoming.works()
    assert dut.delete(incoming.into, outgoing.out).succeeded

    assert dut.receive(incoming.send()).packet.is_untouched
    assert dut.send(outgoing.out).frames == []

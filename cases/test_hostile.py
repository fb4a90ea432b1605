"""Lists that no driver can check.

They run with --hostile only, and never decide: a kernel that hands over such a list is broken
itself.  What a driver does with them may still be worth knowing."""

import pytest

from ov2 import kinds, node, requirement

pytestmark = pytest.mark.hostile

PLACES = ("freed", "unmapped", "noncanonical", "0x1000", "0xdeadbeefdeadbeef", "0xfffff80000000000")
LISTS = ("add_sa", "delete_sa")


@requirement("HDR-015")
@kinds(*LISTS)
@pytest.mark.parametrize("place", PLACES)
def test_a_list_leads_to_where_there_is_nothing(kind, place):
    kind.ask(kind.element())

    kind.ask(kind.element(next=place))

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-015")
@kinds(*LISTS)
@pytest.mark.parametrize("place", PLACES)
def test_a_list_leads_there_behind_good_elements(kind, place):
    kind.ask(kind.element())

    kind.ask(kind.element(), kind.element(), kind.element(next=place))

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-015")
@kinds(*LISTS)
@pytest.mark.parametrize("offset", (1, 4, 8, 15, 17, 20))
def test_a_list_leads_into_the_end_of_an_element(kind, offset):
    kind.ask(kind.element(next=f"a+{offset}"))

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-015")
@kinds("add_sa")
def test_a_list_leads_into_the_end_of_keys(kind):
    kind.ask(kind.element(next=f"a+{kind.length - 8}"))

    assert kind.ask(kind.element()).succeeded


@requirement("HDR-015")
@kinds(*LISTS)
def test_a_list_ends_in_an_element_that_promises_more_than_there_is(kind):
    kind.ask(kind.element(), kind.element(bytes=16))

    assert kind.ask(kind.element()).succeeded


@requirement("DEL-011")
@pytest.mark.parametrize("twin", ("a", "a+8"))
def test_a_list_leads_into_a_request_that_is_completed(dut, twin):
    dut.delete(node("null"), node("null"))

    dut.delete(node("null").named("first"), node("null", next=twin).named("second"))

"""The interface of direct OID requests: registration, doors, kinds, revisions, answers at once."""

import pytest

from ov2 import kinds, node, requirement

DIRECT_AND_CANCEL = 3
NOT_THERE = ("NOT_SUPPORTED", "INVALID_OID")


@requirement("OID-001")
def test_both_direct_handlers_are_registered(dut):
    assert dut.can("characteristics") >= 2
    assert dut.can("handlers") & DIRECT_AND_CANCEL == DIRECT_AND_CANCEL


@requirement("OID-001")
@pytest.mark.parametrize("system", ("6.85", "6.83", "6.50", "6.30", "6.20", "6.1"))
def test_both_direct_handlers_are_registered_on_every_system(configurable, system):
    dut = configurable.open(system_ndis=system)

    assert dut.can("characteristics") >= 2
    assert dut.can("handlers") & DIRECT_AND_CANCEL == DIRECT_AND_CANCEL


@requirement("OID-002")
def test_the_oids_are_served_on_the_direct_path(kind):
    element = kind.element()

    assert kind.ask(element, door="direct").succeeded
    assert kind.holds(element)


@requirement("OID-002")
def test_a_request_at_the_other_door_is_served_or_refused(kind):
    element = kind.element()

    answer = kind.ask(element, door="normal")

    assert answer.succeeded == kind.holds(element)


@requirement("OID-003")
@pytest.mark.parametrize("irql", (0, 1, 2))
def test_requests_are_served_at_every_irql_up_to_dispatch(kind, irql):
    element = kind.element()

    assert kind.ask(element, irql=irql).succeeded
    assert kind.holds(element)


@requirement("OID-003")
@pytest.mark.parametrize("irql", (0, 2))
def test_requests_are_refused_at_every_irql_up_to_dispatch(kind, irql):
    assert kind.ask(kind.element(rev=0), irql=irql).failed


@requirement("OID-008")
def test_a_request_answered_at_once_is_not_completed(kind):
    element = kind.element()

    kind.ask(element.but(bytes=3))
    kind.ask(element.but(bytes=kind.length - 1))
    kind.ask(element, kind="query")
    kind.ask(element)

    assert kind.dut.drain().done == {}


@requirement("OID-013")
@pytest.mark.parametrize("family", ("ipv4", "ipv6"))
@kinds("add_sa", "add_sa_ex")
def test_an_sa_outlives_the_memory_of_its_request(kind, family):
    kind.dut.needs(ipv6=int(family == "ipv6"))
    element = kind.element(ipv6=family == "ipv6")

    assert kind.ask(element).succeeded
    assert kind.ask(kind.element()).succeeded

    assert kind.holds(element)


@requirement("OID-020", "OID-019")
@pytest.mark.parametrize("length", ("none", "header", "most", "all"))
def test_a_failure_is_an_ndis_failure(kind, length):
    lengths = {"none": 0, "header": 4, "most": kind.length - 1, "all": kind.length}

    refused = kind.ask(kind.element(rev=0, bytes=lengths[length]))
    short = kind.ask(kind.element(bytes=lengths[length]))

    assert refused.failed
    assert short.succeeded == (length == "all")


@requirement("OID-021")
@pytest.mark.parametrize("code", (0xFC0302FF, 0xFC030280), ids=hex)
@pytest.mark.parametrize("kind_", ("set", "query", "method"))
def test_an_unknown_direct_oid_is_not_supported(dut, code, kind_):
    assert dut.oid(code, kind=kind_, buffer="24*00").status in NOT_THERE


@requirement("OID-022")
@pytest.mark.parametrize("form", ("query", "stats"))
def test_the_oids_cannot_be_queried(kind, form):
    element = kind.element()

    refused = kind.ask(element, kind=form)

    assert refused.failed
    assert not kind.holds(element)
    assert kind.ask(kind.element()).succeeded


@requirement("OID-023")
@pytest.mark.parametrize("out", (0, 4, 0x7FFFFFFF, 0xFFFFFFFF), ids=hex)
@pytest.mark.parametrize("length", ("header", "whole"))
def test_the_oids_have_no_methods(kind, out, length):
    element = kind.element()

    length = 4 if length == "header" else kind.length
    refused = kind.ask(element, kind="method", length=length, out=out)

    assert refused.failed
    assert not kind.holds(element)
    assert kind.ask(kind.element()).succeeded


@requirement("OID-024")
def test_other_types_of_request_fail(kind):
    accepted = kind.accepted("kind", (*range(3, 12), 13, 255, 0x7FFFFFFF, 0x80000001, 0xFFFFFFFF))

    assert accepted == []
    assert kind.ask(kind.element()).succeeded


@requirement("OID-025")
@pytest.mark.parametrize("verb", ("add_sa", "add_sa_ex", "update_sa", "delete_sa"))
def test_a_miniport_without_ipsecov2_does_not_have_the_oids(without_ipsec, verb):
    element = node("null") if verb in ("update_sa", "delete_sa") else node(spi=0x1001)

    assert without_ipsec.request(verb, element).status in NOT_THERE


@requirement("OID-028", "OID-029")
@pytest.mark.parametrize("revision", (1, 2))
def test_requests_of_both_revisions_are_served_for_the_default_port(kind, revision):
    element = kind.element()

    assert kind.ask(element, revision=revision, port=0).succeeded
    assert kind.holds(element)


@requirement("OID-028")
@pytest.mark.parametrize("port", (1, 0x7FFFFFFF, 0xFFFFFFFF), ids=hex)
def test_another_port_gets_a_definite_answer(kind, port):
    element = kind.element()

    answer = kind.ask(element, port=port)

    assert answer.succeeded == kind.holds(element)


@requirement("OID-033")
@kinds("add_sa", "add_sa_ex")
def test_an_add_to_a_full_table_is_answered(kind):
    kind.dut.resize(4)
    added = [kind.ask(kind.element()).succeeded for _ in range(kind.dut.capacity)]

    surplus = kind.ask(kind.element())

    assert all(added)
    assert not surplus.pending

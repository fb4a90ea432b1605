"""Direct OID requests that stay pended: completion, cancel, reset, pause and removal."""

import pytest

from ov2 import kinds, requirement, sas

IN_RESET = ("NOT_ACCEPTED", "REQUEST_ABORTED", "RESET_IN_PROGRESS")


@requirement("OID-004", "OID-009", "OID-010", "OID-011")
def test_no_handler_waits_for_the_hardware(kind, dut):
    element = kind.element()
    dut.event("hold")

    asked = kind.ask(element, nowait=True)
    released = dut.event("release")

    assert released.done.get(asked.request, asked.status) == "SUCCESS"
    assert kind.holds(element)


@requirement("OID-007", "OID-009", "OID-010", "OID-011")
def test_a_pended_request_is_completed_once(kind, dut):
    elements = [kind.element() for _ in range(3)]
    dut.event("hold")

    asked = [kind.pend(element).request for element in elements]
    released = dut.event("release")

    assert released.done == dict.fromkeys(asked, "SUCCESS")
    assert dut.drain().done == {}
    assert all(map(kind.holds, elements))


@requirement("OID-012")
def test_completed_requests_are_left_alone(kind, dut):
    elements = [kind.element() for _ in range(3)]
    dut.event("hold")
    asked = [kind.pend(element, id=7).request for element in elements]

    ended = dut.cancel(7).done | dut.event("release").done
    twin = kind.ask(kind.element())

    assert sorted(ended) == asked
    assert twin.succeeded
    assert dut.drain().done == {}


@requirement("OID-012")
@kinds("delete_sa")
def test_deleted_lists_are_left_alone(kind, dut):
    elements = [kind.element() for _ in range(3)]

    assert kind.ask(*elements).succeeded
    assert dut.drain().done == {}
    assert all(map(kind.holds, elements))


@requirement("OID-014")
def test_cancel_finishes_a_pended_request(kind, dut):
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element, id=7)

    status = dut.cancel(7).done.get(asked.request)
    dut.event("release")

    assert status in ("REQUEST_ABORTED", "SUCCESS")
    assert kind.holds(element) == (status == "SUCCESS")


@requirement("OID-015")
def test_cancel_finishes_all_requests_with_the_id_and_no_others(kind, dut):
    elements = [kind.element() for _ in range(4)]
    dut.event("hold")
    asked = [kind.pend(each, id=at).request for each, at in zip(elements, (7, 8, 7, 0x700000007))]

    cancelled = dut.cancel(7)
    released = dut.event("release")

    assert sorted(cancelled.done) == [asked[0], asked[2]]
    assert released.done == {asked[1]: "SUCCESS", asked[3]: "SUCCESS"}
    assert kind.holds(elements[1])
    assert kind.holds(elements[3])


@requirement("OID-016")
def test_cancel_of_an_unknown_id_does_nothing(kind, dut):
    element = kind.element()
    before = dut.cancel(7)
    dut.event("hold")
    asked = kind.pend(element, id=7)

    cancelled = dut.cancel(8)
    released = dut.event("release")

    assert before.done == cancelled.done == {}
    assert released.done == {asked.request: "SUCCESS"}
    assert kind.holds(element)


@requirement("OID-016")
def test_cancel_of_a_completed_request_does_nothing(kind, dut):
    first, second = kind.element(), kind.element()
    assert kind.ask(first, id=6).succeeded
    dut.event("hold")
    kind.pend(second, id=7)
    dut.event("release")

    assert dut.cancel(6).done == {}
    assert dut.cancel(7).done == {}

    assert kind.holds(first)
    assert kind.holds(second)


@requirement("OID-016", "OID-017")
def test_cancelling_twice_finishes_once(kind, dut):
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element, id=7)

    first = dut.cancel(7)
    second = dut.cancel(7)

    assert list(first.done) == [asked.request]
    assert second.done == {}


@requirement("OID-017")
@kinds("add_sa", "add_sa_ex")
def test_a_cancelled_add_leaves_no_sa(kind, dut):
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element, id=7)

    status = dut.cancel(7).done.get(asked.request)
    dut.event("release")

    assert kind.holds(element) == (status == "SUCCESS")


@requirement("OID-017")
@kinds("add_sa", "add_sa_ex")
def test_a_cancelled_add_takes_no_room(kind, dut):
    count = dut.resize(4)
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element, id=7)

    status = dut.cancel(7).done.get(asked.request)
    dut.event("release")

    room = count - (status == "SUCCESS")
    assert [dut.add(each).succeeded for each in sas(room, spi=0x5001)] == [True] * room


@requirement("OID-018")
@pytest.mark.parametrize("timeout", (1, 10, 0xFFFFFFFF))
def test_a_request_with_a_timeout_completes_without_a_cancel(kind, dut, timeout):
    element = kind.element()
    dut.event("hold")

    asked = kind.pend(element, timeout=timeout)
    released = dut.event("release")

    assert released.done == {asked.request: "SUCCESS"}
    assert kind.holds(element)


@requirement("OID-019")
def test_a_slow_request_does_not_promise_an_indication(kind, dut):
    element = kind.element()
    dut.event("hold")

    asked = kind.ask(element, nowait=True)
    released = dut.event("release")

    assert asked.status in ("PENDING", "SUCCESS")
    assert released.done.get(asked.request, asked.status) == "SUCCESS"


@requirement("OID-026")
@pytest.mark.parametrize("revision", (1, 2))
def test_only_the_miniports_part_of_a_request_is_written_to(kind, dut, revision):
    elements = [kind.element() for _ in range(2)]
    dut.event("hold")

    asked = [kind.pend(element, revision=revision).request for element in elements]
    released = dut.event("release")

    assert released.done == dict.fromkeys(asked, "SUCCESS")


@requirement("OID-027")
def test_a_request_id_of_zero_is_as_good_as_any(kind, dut):
    first, second = kind.element(), kind.element()
    assert kind.ask(first, id=0).succeeded
    dut.event("hold")

    asked = kind.ask(second, id=0, nowait=True)
    released = dut.event("release")

    assert released.done.get(asked.request, asked.status) == "SUCCESS"
    assert kind.holds(first)
    assert kind.holds(second)


@requirement("OID-028", "OID-029")
@pytest.mark.parametrize("revision", (1, 2))
def test_requests_of_both_revisions_may_be_pended(kind, dut, revision):
    element = kind.element()
    dut.event("hold")

    asked = kind.pend(element, revision=revision)
    released = dut.event("release")

    assert released.done == {asked.request: "SUCCESS"}
    assert kind.holds(element)


@requirement("OID-030")
def test_requests_after_surprise_removal_are_not_accepted(kind, dut):
    element = kind.element()
    dut.event("surprise-removal")

    assert kind.ask(element).status == "NOT_ACCEPTED"


@requirement("OID-030")
def test_requests_after_the_removal_of_held_hardware_are_not_accepted(kind, dut):
    element = kind.element()
    dut.event("hold")
    dut.event("surprise-removal")

    assert kind.ask(element, nowait=True).status == "NOT_ACCEPTED"


@requirement("OID-030")
def test_what_is_pended_at_surprise_removal_is_completed(kind, dut):
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element)

    removed = dut.event("surprise-removal")

    assert list(removed.done) == [asked.request]


@requirement("OID-031")
def test_what_is_pended_at_a_reset_is_done_or_not(kind, dut):
    element = kind.element()
    dut.event("hold")
    asked = kind.pend(element)

    done = dut.event("reset").done | dut.event("release").done
    status = done.get(asked.request)

    assert status in (*IN_RESET, "SUCCESS")
    assert kind.holds(element) == (status == "SUCCESS")


@requirement("OID-031")
def test_what_comes_during_a_reset_is_done_or_not(kind, dut):
    element = kind.element()
    dut.event("reset", nowait=True)

    asked = kind.ask(element, nowait=True)
    status = dut.drain().done.get(asked.request, asked.status)

    assert status in (*IN_RESET, "SUCCESS")
    assert kind.holds(element) == (status == "SUCCESS")


@requirement("OID-032")
def test_requests_are_answered_while_paused(kind, dut):
    element = kind.element()
    dut.event("pause")

    asked = kind.ask(element)
    dut.event("restart")

    assert not asked.pending
    assert kind.holds(element) == asked.succeeded


@requirement("OID-033", "OID-007")
@kinds("add_sa", "add_sa_ex")
def test_many_pended_requests_are_all_completed(kind, dut):
    count = min(dut.capacity, 32)
    dut.event("hold")

    asked = [kind.pend(kind.element(), id=at).request for at in range(count)]
    released = dut.event("release")

    assert released.done == dict.fromkeys(asked, "SUCCESS")

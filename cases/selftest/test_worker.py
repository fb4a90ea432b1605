"""The client of the worker, against a worker that does what it is told."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from ov2.worker import AdapterBroken, Answer, Broken, CaseDied, Worker, WorkerFailed

STUB = [sys.executable, str(Path(__file__).parent / "stub_worker.py")]


@pytest.fixture
def worker():
    with Worker([*STUB, "adapter.so"]) as worker:
        worker.begin_case()
        yield worker


def test_options_flags_and_quotes():
    answer = Answer(r'status=SUCCESS pended text="a \"b\" \\ {c}" n=0x1F empty=')

    assert answer["status"] == "SUCCESS"
    assert answer["pended"] is True
    assert answer["text"] == 'a "b" \\ {c}'
    assert answer.number("n") == 31
    assert answer["empty"] == ""
    assert "other" not in answer
    assert answer.get("other", "x") == "x"


def test_elements_keep_order_and_index():
    answer = Answer("handles=2 a{handle=#1} b[7]{handle=0 failed} a{handle=#2}")

    assert [element.name for element in answer.elements] == ["a", "b[7]", "a"]
    assert answer.element("b[7]").fields == {"handle": "0", "failed": True}
    assert answer.options == {"handles": "2"}


def test_laws_and_readings_stand_apart():
    law = 'break{rule=ADD-010 element=b got="x y" want=z}'
    answer = Answer(f"ok {law} reading=A-06:success reading=A-07:y")

    assert answer.breaks == [Broken("ADD-010", "b", "x y", "z")]
    assert answer.readings == ["A-06:success", "A-07:y"]
    assert answer.elements == []


def test_an_unreadable_answer_says_where():
    with pytest.raises(ValueError, match="column 3"):
        Answer('ok "').options


def test_greeting(worker):
    assert worker.hello["name"] == "stub 1"
    assert worker.hello["mode"] == "plain"


def test_one_answer_for_each_request(worker):
    assert [worker.ask(f"say n={n}").number("n") for n in range(100)] == list(range(100))
    assert worker.end_case().verdict == "done"


def test_long_lines_cross(worker):
    text = "x" * 900_000

    assert worker.ask(f"say t={text}")["t"] == text


def test_a_dead_case_is_reported_and_the_next_one_runs(worker):
    with pytest.raises(CaseDied) as died:
        worker.ask('die crash signal=SEGV access=write address=0x10 lies="element b"')
    again = worker.end_case()
    worker.begin_case()

    assert died.value.report.describe() == "crashed at line 1: SIGSEGV, write at 0x10 (element b)"
    assert again is died.value.report
    assert worker.ask("say ok").text == "ok"


def test_a_request_after_the_death_repeats_it(worker):
    with pytest.raises(CaseDied):
        worker.ask("die hang")

    with pytest.raises(CaseDied, match="did not come back"):
        worker.ask("say ok")


def test_an_adapter_that_is_broken_is_no_failure_of_the_driver(worker):
    with pytest.raises(AdapterBroken, match="there is no verb fly"):
        worker.ask("fly")

    assert worker.ask("say ok").text == "ok"


def test_leaks_are_in_the_report(worker):
    worker.ask("leak")

    assert worker.end_case().leaks == "2 allocations left, 344 bytes"


def test_the_worker_itself_may_die(worker):
    with pytest.raises(CaseDied, match="took the worker with it") as died:
        worker.ask("exit")
    worker.begin_case()

    assert died.value.report.verdict == "crash"
    assert worker.ask("say ok").text == "ok"


def test_the_worker_itself_may_be_stuck():
    with Worker([*STUB, "adapter.so"], patience=0.2) as worker:
        worker.begin_case()
        with pytest.raises(CaseDied) as died:
            worker.ask("sleep")
        worker.begin_case()

        assert died.value.report.verdict == "hang"
        assert worker.ask("say ok").text == "ok"


def test_an_adapter_that_does_not_load_is_one_sentence():
    with pytest.raises(WorkerFailed, match="^this adapter does not load$"):
        Worker([*STUB, "missing.so"]).start()


def test_a_file_that_is_no_worker_is_one_sentence():
    with pytest.raises(WorkerFailed, match="is not a worker"):
        Worker(["/bin/echo", "hello"]).start()
    with pytest.raises(WorkerFailed, match="No such file"):
        Worker(["/nowhere/worker"]).start()

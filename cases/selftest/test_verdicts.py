"""A whole run on a stub: verdicts, results, traces."""

from __future__ import annotations

import json
from pathlib import Path

import pytest


def only(results: dict) -> dict:
    assert len(results["cases"]) == 1
    return results["cases"][0]


def verdict_of(suite, *lines: str, **more: str) -> dict:
    suite.add("it", *lines, **more)
    return only(suite.run())


def test_pass(suite):
    case = verdict_of(suite, 'assert case.ask("say status=SUCCESS")["status"] == "SUCCESS"')

    assert case["id"] == "test_add::test_it"
    assert case["verdict"] == "pass"
    assert case["trace"] is None
    assert suite.code == 0


def test_a_failed_assertion_shows_got_want_and_the_trace(suite):
    case = verdict_of(suite, 'got = case.ask("say status=FAILURE")', 'assert got["status"] == "X"')

    assert case["verdict"] == "fail"
    assert case["message"].splitlines() == [
        'assert got["status"] == "X"',
        "got   'FAILURE'",
        "want  'X'",
    ]
    assert case["where"] == "cases/test_add.py:15"
    assert "> say status=FAILURE\n< status=FAILURE\n" in suite.trace(case)
    assert "# ADD-001: Adds.\n" in suite.trace(case)
    assert "# replay: ./ov2 replay T=out/traces/" in suite.trace(case)
    assert suite.code == 1


def test_a_law_counts_against_its_own_requirement_only(suite):
    suite.add("it", "case.ask('say break{rule=ADD-003 element=b got=x want=y}')")
    results = suite.run()

    assert only(results)["verdict"] == "pass"
    assert only(results)["trace"]
    assert only(results)["broken"][0]["sentence"] == "Adds anything."
    assert results["requirements"]["ADD-001"]["verdict"] == "pass"
    assert results["requirements"]["ADD-003"]["verdict"] == "fail"
    assert results["conforms"] is True
    assert results["robust"] is False


@pytest.mark.parametrize("death", ["crash", "hang", "left"])
def test_a_case_that_dies(suite, death):
    verdict = "hang" if death == "hang" else "crash"
    assert verdict_of(suite, f'case.ask("die {death}")')["verdict"] == verdict


def test_a_case_that_dies_in_a_fixture(suite):
    assert verdict_of(suite, "pass", args="dead")["verdict"] == "crash"


def test_a_death_that_the_test_ignores_is_seen(suite):
    body = ("try:", "    case.ask('die crash')", "except Exception:", "    pass")

    assert verdict_of(suite, *body)["verdict"] == "crash"


def test_a_leak(suite):
    case = verdict_of(suite, 'case.ask("leak")')

    assert case["verdict"] == "leak"
    assert "2 allocations left" in case["message"]


def test_a_leak_at_a_close_in_the_middle(suite):
    case = verdict_of(suite, 'case.ask("close")')

    assert case["verdict"] == "leak"
    assert case["message"] == "leaked: 1 allocations left after a close"


def test_a_death_that_does_not_recur_is_flaky_and_both_traces_are_kept(suite):
    case = verdict_of(suite, f'case.ask("once {suite.folder}/f crash")')

    assert case["verdict"] == "flaky"
    assert "< survived" in suite.trace({"trace": case["trace"].replace(".trace", ".second.trace")})


def test_a_look_behind_the_element_fails(suite):
    case = verdict_of(suite, 'case.ask("slack")')

    assert case["verdict"] == "fail"
    assert "answers differ with the bytes behind the element" in case["message"]


def test_a_device_may_be_random_in_the_bytes_of_its_packets(suite):
    assert verdict_of(suite, f'case.ask("random {suite.folder}/f")')["verdict"] == "pass"


def test_answers_that_differ_anyway_are_flaky(suite):
    assert verdict_of(suite, f'case.ask("count {suite.folder}/f")')["verdict"] == "flaky"


@pytest.mark.parametrize("line, message", [("fly", "there is no verb fly"),
                                           ("broken", "no such thing here")])
def test_the_adapters_own_errors_are_errors(suite, line, message):
    case = verdict_of(suite, f'case.ask("{line}")')

    assert (case["verdict"], case["message"]) == ("error", message)


def test_the_suites_own_errors_are_errors(suite):
    case = verdict_of(suite, '{}["x"]')

    assert case["verdict"] == "error"
    assert case["message"] == "KeyError: 'x'"


def test_an_error_after_the_case_is_an_error(suite):
    suite.add("it", "pass", args="late")
    with open(suite.folder / "cases/conftest.py", "a", encoding="utf-8") as file:
        file.write("@pytest.fixture\ndef late(case):\n    yield\n    raise OSError('late')\n")
    results = suite.run()

    assert only(results)["verdict"] == "error"
    assert results["requirements"]["ADD-001"]["verdict"] == "error"


def test_a_skip_has_its_reason(suite):
    case = verdict_of(suite, "pytest.skip('no AH')")

    assert (case["verdict"], case["reason"]) == ("skip", "no AH")


def test_a_broken_recommendation_is_a_warning(suite):
    suite.add("it", "assert case is None", ids='"ADD-002"')
    suite.add("other", "pass")
    results = suite.run()

    assert results["requirements"]["ADD-002"]["verdict"] == "warning"
    assert results["conforms"] is True


def test_a_must_without_a_case_is_incomplete(suite):
    suite.add("it", "pass", ids='"ADD-003"')
    results = suite.run()

    assert results["conforms"] is None
    assert results["summary"]["conforms"] == "incomplete: 1 MUST requirement has no case yet"
    assert results["robust"] is True


def test_a_choice_of_cases_is_incomplete(suite):
    suite.add("it", "pass")
    suite.add("other", "pass", ids='"ADD-003"')
    results = suite.run("--requirement", "ADD-0*1")

    assert only(results)["id"] == "test_add::test_it"
    assert results["conforms"] is None
    assert "only some of the cases" in results["summary"]["conforms"]


def test_a_sample_of_the_others_is_added(suite):
    for name in "abcdef":
        suite.add(name, "pass", ids='"ADD-003"')
    suite.add("it", "pass")

    assert len(suite.run("--requirement", "ADD-001", "--sample", "3")["cases"]) == 4


def test_of_each_test_a_few_cases_are_left(suite):
    suite.add("alone", "pass")
    for number in range(3):
        suite.add(f"of_many_{number}", "pass", args="case, n")
    with open(suite.folder / "cases/conftest.py", "a", encoding="utf-8") as file:
        file.write("\n\n@pytest.fixture(params=range(7))\ndef n():\n    pass\n")

    tests = [case["id"].partition("[")[0] for case in suite.run("--thin", "2")["cases"]]

    assert sorted(tests) == ["test_add::test_alone"] + [
        f"test_add::test_of_many_{number}" for number in (0, 0, 1, 1, 2, 2)
    ]


def test_words_for_the_open_line(suite):
    suite.add("it", 'assert case.ask("open a=1")["words"] == "GCM_KEY=key a=1 fault=X"')
    suite.add("peer", 'assert case.ask("peer open").get("words") is None')

    verdicts = suite.run("--profile", "GCM_KEY=key", "--open-words", "fault=X")["cases"]
    assert verdicts[0]["verdict"] == "pass"
    assert suite.folder.joinpath("out", verdicts[1]["trace"]).read_text().count("GCM_KEY") == 0


def test_warnings_are_told_once_and_decide_nothing(suite):
    suite.add("it", 'case.warnings += ["lso works", "lso works"]')
    suite.add("other", 'case.warnings.append("lso works")')
    suite.add("worse", 'case.warnings.append("tunnel works"); assert case is None', ids='"ADD-002"')
    results = suite.run()

    assert results["warnings"] == [
        {"text": "lso works", "cases": ["test_add::test_it", "test_add::test_other"]}
    ]
    assert results["conforms"] is True


def test_readings_make_the_fingerprint(suite):
    suite.add("it", 'case.ask("say reading=A-06:success")')
    suite.add("other", 'case.ask("say reading=A-06:failure reading=A-07:x")')

    assert suite.run()["fingerprint"] == {"A-06": ["failure", "success"], "A-07": ["x"]}


@pytest.mark.parametrize("text", ["def test_it(case):\n    pass\n",
                                  '@requirement("ADD-999")\ndef test_it(case):\n    pass\n'])
def test_a_case_of_nothing_is_an_error_of_collection(suite, text):
    with open(suite.folder / "cases/test_add.py", "a", encoding="utf-8") as file:
        file.write(text)
    results = suite.run()

    assert results["conforms"] is None
    assert "1 test files could not be read" in results["summary"]["conforms"]
    assert suite.code == 2


def test_an_adapter_that_does_not_load_is_one_sentence(suite):
    suite.add("it", "pass")
    suite.run("--dut", "missing.so")

    assert suite.code == 4
    assert "this adapter does not load" in suite.said


def test_results_are_the_same_whatever_the_number_of_processes(suite):
    for name in "abcdefgh":
        suite.add(name, f'assert case.ask("say {name}") is not None')
    suite.add("bad", 'case.ask("die crash")')
    one, two = suite.run(), suite.run("-n", "2")

    assert suite.timeless(one) == suite.timeless(two)
    assert [case["id"] for case in one["cases"]] == sorted(case["id"] for case in one["cases"])


def test_every_case_is_in_the_file_as_soon_as_it_has_ended(suite):
    suite.add("a", "pass")
    suite.add("b", "raise KeyboardInterrupt")
    results = suite.run()
    lines = (suite.folder / "out/results.jsonl").read_text().splitlines()

    assert [json.loads(line).get("id") for line in lines] == [None, "test_add::test_a"]
    assert results["conforms"] is None
    assert "stopped before its end" in results["summary"]["conforms"]

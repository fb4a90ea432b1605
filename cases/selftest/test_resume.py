"""A run that was killed goes on where it was, and ends as if nothing had been."""

from __future__ import annotations

import pytest

# Kills the whole process once, as the out-of-memory killer would.
KILL = (
    "import os, pathlib, signal",
    "once = pathlib.Path('once')",
    "once.exists() or once.touch() or os.kill(os.getpid(), signal.SIGKILL)",
)


@pytest.fixture
def killed(suite):
    """A run of which the first cases have ended, the third killed it."""
    suite.add("a", "case.ask('count ran-a')")
    suite.add("b", "case.ask('die crash')")
    suite.add("c", *KILL, "case.ask('say so')")
    suite.add("d", "case.ask('say break{rule=ADD-003 got=x want=y} shape=rho reading=A-06:fail')")
    assert suite.run("--slack-replay", "no") == {}
    return suite


def ran(suite):
    return (suite.folder / "ran-a").stat().st_size


def test_a_killed_run_goes_on(killed):
    resumed = killed.run("--slack-replay", "no", "--resume")
    assert ran(killed) == 1

    whole = killed.run("--slack-replay", "no", out="other")
    assert killed.timeless(resumed) == killed.timeless(whole)
    assert resumed["conforms"] is False
    assert [case["verdict"] for case in resumed["cases"]] == ["pass", "crash", "pass", "pass"]


def test_a_killed_run_goes_on_in_several_processes(killed):
    resumed = killed.run("--slack-replay", "no", "--resume", "-n", "2")

    assert ran(killed) == 1
    assert [case["verdict"] for case in resumed["cases"]] == ["pass", "crash", "pass", "pass"]


def test_a_line_that_was_torn_is_run_again(killed):
    file = killed.folder / "out/results.jsonl"
    file.write_text(file.read_text()[:-20])

    resumed = killed.run("--slack-replay", "no", "--resume")
    assert [case["verdict"] for case in resumed["cases"]] == ["pass", "crash", "pass", "pass"]


def test_a_run_that_had_ended_is_told_again(killed):
    killed.run("--slack-replay", "no", "--resume")

    again = killed.run("--slack-replay", "no", "--resume")
    assert len(again["cases"]) == 4
    assert ran(killed) == 1


@pytest.mark.parametrize(
    "options, what", [(("--seed", "2"), "seed"), (("--profile", "small=1"), "profile")]
)
def test_another_run_cannot_go_on(killed, options, what):
    assert killed.run("--resume", *options) == {}
    assert killed.code == 4
    assert f"is a run with another {what}: it cannot be resumed" in killed.said
    assert len((killed.folder / "out/results.jsonl").read_text().splitlines()) == 3


def test_another_driver_cannot_go_on(killed):
    (killed.folder / "dut.so").write_text("another driver")

    assert killed.run("--resume") == {}
    assert "is a run with another adapter" in killed.said


def test_nothing_to_go_on_with_is_one_sentence(suite):
    suite.add("a", "pass")

    assert suite.run("--resume") == {}
    assert suite.code == 4
    assert "out/results.jsonl: No such file or directory; nothing was stopped there" in suite.said


def test_an_error_is_run_again(suite):
    suite.add("a", "assert case.ask('count ran-a').number('count') > 1 or 1 / 0")
    assert suite.run("--slack-replay", "no")["cases"][0]["verdict"] == "error"

    resumed = suite.run("--slack-replay", "no", "--resume")
    assert resumed["cases"][0]["verdict"] == "pass"

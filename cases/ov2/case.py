"""A case while it runs, and the judgement when it has ended.

A case is judged by four witnesses: the test function (its assertions), the laws of the harness
(`break{...}` in any answer), the end of its process (crash, hang, leak), and a second run of the
same lines in another process.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from .catalogue import sentence
from .worker import AdapterBroken, Answer, CaseDied, Report, Worker, WorkerFailed

_DATA = re.compile(r"(?<= data=)[0-9a-f]+")  # of a packet

# From the worst to the best; the verdict of a requirement is the worst of its cases.
ORDER = "error crash hang leak fail flaky unexpected-pass warning waived pass skip".split()
BAD = frozenset(ORDER[: ORDER.index("unexpected-pass")])

DEVICES = frozenset(("dut", "dut2", "dut3", "dut4"))


def worst(verdicts: list[str]) -> str:
    return min(verdicts, key=ORDER.index)


class Case:
    """One run of one test: a fresh process of the worker.

    profile words go right behind `open` of each device under test, so that words of the case's own
    stand above them; open_words go to the end and stand above everything.
    """

    def __init__(self, worker: Worker, profile: str = "", open_words: str = "") -> None:
        self.worker = worker
        self.profile = dict(word.partition("=")[::2] for word in profile.split())
        self._profile_words = profile
        self._open_words = open_words
        self.lines: list[tuple[str, Answer | None]] = []
        self.warnings: list[str] = []  # sentences that decide nothing
        self.report: Report | None = None

    def begin(self, slack: int = 0) -> None:
        self.worker.begin_case(slack=slack)

    def ask(self, request: str) -> Answer:
        """One act of the stack: a request line; returns its answer."""
        if self.report is not None:
            raise WorkerFailed("the case has ended; its devices are closed by then")
        request = self._completed(request) if "open" in request[:11] else request.strip()
        if not request or request[0] in "#<>" or "\n" in request or request.startswith("quit"):
            raise ValueError(f"not one request line: {request[:80]!r}")
        try:
            answer = self.worker.ask(request)
        except CaseDied:
            self.lines.append((request, None))
            raise
        except AdapterBroken as broken:
            self.lines.append((request, broken.answer))
            raise
        self.lines.append((request, answer))
        return answer

    def _completed(self, request: str) -> str:
        words = request.strip().split(" ", 2)
        at = 1 if words[0].startswith(("dut", "peer")) else 0
        if words[at : at + 1] != ["open"] or words[0].startswith("peer"):
            return " ".join(words)
        head, rest = words[: at + 1], words[at + 1 :]
        return " ".join(w for w in (*head, self._profile_words, *rest, self._open_words) if w)

    def end(self) -> Report:
        """Ends the process; may be called twice."""
        if self.report is None:
            self.report = self.worker.end_case()
        return self.report

    @property
    def answers(self) -> list[str]:
        """Everything that was said, for comparing two runs."""
        said = [answer.text if answer else "" for _, answer in self.lines]
        if self.report and self.report.end:
            said.append(self.report.end.text)
        return said

    @property
    def words(self) -> list[str]:
        """The same without the bytes of packets: an IV may be random (P-ALG-002)."""
        return [_DATA.sub("", said) for said in self.answers]

    @property
    def depends_on_time(self) -> bool:
        """Whether requests went off at once, or were not waited for although the hardware answers:
        then two runs may differ."""
        is_held = False
        for line, _ in self.lines:
            words = line.split()
            if "race" in words or ("nowait" in words and not is_held):
                return True
            if "event" in words:
                is_held = (is_held or "hold" in words) and "release" not in words
        return False

    @property
    def ending(self) -> str:
        """How the process ended: pass, crash, hang, leak or error."""
        report = self.end()
        if report.verdict == "done":
            return "leak" if self.leaks else "pass"
        return {"left": "crash"}.get(report.verdict, report.verdict)

    @property
    def leaks(self) -> str:
        """What was left over when a device closed, in words; empty if nothing was."""
        assert self.report is not None
        closed = [answer for request, answer in self.lines if answer and request.endswith("close")]
        left = sum(answer.number("leaks") for answer in closed)
        return self.report.leaks or (f"{left} allocations left after a close" if left else "")

    def describe_end(self) -> str:
        """How it ended, in one sentence."""
        assert self.report is not None
        return f"leaked: {self.leaks}" if self.ending == "leak" else self.report.describe()

    def again(self, slack: int) -> Case:
        """The same lines in another process."""
        other = Case(self.worker)
        other.begin(slack)
        for request, _ in self.lines:
            try:
                other.ask(request)
            except AdapterBroken:
                pass
            except CaseDied:
                break
        other.end()
        return other

    def trace(self, comment: str) -> str:
        """The case as a trace, with a comment above it."""
        text = [f"# {line}".rstrip() for line in comment.splitlines()]
        for request, answer in self.lines:
            text.append(f"> {request}")
            if answer is not None:
                text.append(f"< {answer.text}")
        if self.report is not None:
            if self.report.end is not None:
                text.append(f"< {self.report.end.text}")
            if self.report.verdict != "done":
                text.append(f"# {self.report.death}")
                text += [f"#   {line}".rstrip() for line in self.report.log.splitlines()]
        return "\n".join(text) + "\n"


@dataclass
class Judgement:
    """What is known of a case that has ended."""

    verdict: str
    message: str = ""
    reason: str = ""  # of a skip
    broken: list[dict[str, Any]] = field(default_factory=list)
    blame: dict[str, str] = field(default_factory=dict)  # a requirement and its verdict here
    report: dict[str, Any] = field(default_factory=dict)
    readings: list[str] = field(default_factory=list)
    shapes: list[tuple[str, str]] = field(default_factory=list)  # of each list, with its verb
    second: Case | None = None  # a second run that went another way


def judge(
    case: Case | None,
    requirements: list[str],
    raised: BaseException | None,
    confirm: bool = True,
    slack_replay: bool = True,
) -> Judgement:
    """The judgement of a case whose test function has returned, raised, or skipped."""
    own = _of_the_test(raised)
    if case is None:
        own.blame = dict.fromkeys(requirements, own.verdict)
        return own

    ending = case.ending
    assert case.report is not None
    _collect_laws(own, case)
    is_ours = isinstance(raised, AdapterBroken | WorkerFailed)
    if own.broken and own.verdict == "error" and not is_ours:
        own.verdict = "fail"  # what came was not even what the test could take
    if ending != "pass":
        own.message = "\n".join(filter(None, (own.message, case.describe_end())))
        own.report = _fields(case.report)
        if confirm and ending != "error":
            ending = _confirmed(own, ending, case, slack=0)
        own.verdict = worst([own.verdict, ending])
    elif own.verdict == "pass" and slack_replay and case.lines and not own.broken:
        _compare_slack(own, case, confirm)

    # A law counts against its own requirement, in whatever case it was broken; the case fails if
    # that is one of its own.
    own.blame = dict.fromkeys(requirements, own.verdict)
    laws = {law["rule"] for law in own.broken}
    own.blame.update((law, worst([own.blame.get(law, "fail"), "fail"])) for law in laws)
    if not laws.isdisjoint(requirements):
        own.verdict = worst([own.verdict, "fail"])
    return own


def _of_the_test(raised: BaseException | None) -> Judgement:
    if isinstance(raised, pytest.skip.Exception):
        return Judgement("skip", reason=str(raised.msg))
    if raised is None or isinstance(raised, CaseDied):
        return Judgement("pass")
    if isinstance(raised, AssertionError | pytest.fail.Exception):
        text = re.sub(r" at 0x[0-9a-f]+>", ">", str(raised))  # Python's own addresses are chance
        lines = text.removeprefix("assert ").splitlines()
        return Judgement("fail", message="\n".join(line.strip() for line in lines))
    if isinstance(raised, AdapterBroken | WorkerFailed):
        return Judgement("error", message=str(raised))
    return Judgement("error", message=f"{type(raised).__name__}: {raised}")


def _collect_laws(own: Judgement, case: Case) -> None:
    """The laws broken, the readings taken and the shapes met, by devices under test only."""
    said = [(at, line[0], line[1]) for at, line in enumerate(case.lines, 1)]
    if case.report and case.report.end:
        said.append((0, "", case.report.end))
    readings: set[str] = set()
    for at, request, answer in said:
        if answer is None:
            continue
        if not request.startswith("peer"):
            readings.update(answer.readings)
            verb = next((word for word in request.split() if word not in DEVICES), "")
            own.shapes += [(name, verb) for name in re.findall(r" shape=(\S+)", answer.text)]
        for law in answer.breaks:
            entry = {"line": at, **law._asdict(), "sentence": sentence(law.rule)}
            own.broken.append(entry)
    own.readings = sorted(readings)


def _fields(report: Report) -> dict[str, Any]:
    chance = ("pc", "where", "lies") if report.verdict == "hang" else ()
    fields: dict[str, Any] = {k: v for k, v in report.fields.items() if k not in chance}
    if report.log:
        fields["log"] = report.log
    return fields


def _confirmed(own: Judgement, ending: str, case: Case, slack: int) -> str:
    """A crash, a hang or a leak has to happen again in another process; else it is flaky."""
    second = case.again(slack)
    if second.ending == ending:
        return ending
    own.message += f"\nbut a second run of the same lines ended as {second.ending}"
    own.second = second
    return "flaky"


def _compare_slack(own: Judgement, case: Case, confirm: bool) -> None:
    """A device that looks behind the end of an element answers otherwise when other bytes lie
    there."""
    second = case.again(slack=0xFF)
    if second.ending == "pass" and (case.depends_on_time or second.answers == case.answers):
        return
    own.second = second
    if second.ending != "pass":
        assert second.report is not None
        own.message = f"with other bytes behind the elements it {second.describe_end()}"
        own.report = _fields(second.report)
        own.verdict = second.ending
        if confirm and second.ending != "error":
            own.verdict = _confirmed(own, second.ending, case, slack=0xFF)
        return
    third = case.again(slack=0)
    if second.words == case.words == third.words and third.answers != case.answers:
        return  # the device is random, in the bytes of its packets only
    if third.answers == case.answers:
        own.verdict = "fail"
        own.message = "answers differ with the bytes behind the element\n"
        own.message += _difference(case, second)
    else:
        own.verdict = "flaky"
        own.message = "two runs of the same lines differ\n" + _difference(case, third)
        own.second = third


def _difference(first: Case, second: Case) -> str:
    requests = [request for request, _ in first.lines] + ["end"]
    for request, one, other in zip(requests, first.answers, second.answers):
        if one != other:
            return f"asked  {request[:500]}\nonce   {one[:500]}\nagain  {other[:500]}"
    return f"{len(first.answers)} answers once, {len(second.answers)} again"

"""A worker: a process that holds one adapter and speaks lines of text.

    worker = Worker(["build/plain/worker", "--peer", peer, dut])
    worker.begin_case()
    answer = worker.ask("open capacity=4")
    report = worker.end_case()

Each case runs in a fresh process of the worker.  If that process dies in the middle, ask() raises
CaseDied with the report of its death, and the worker is ready for the next case.  If the worker
itself dies or stops answering, it is ended with everything it started, and started again.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from typing import NamedTuple

Value = str | bool

# One word of an answer: the end of an element, the beginning of one, or an option.
_WORD = re.compile(
    r"""\s*(?:
        (?P<end>\})
      | (?P<name>[^\s{}="]+)\{
      | (?P<key>[^\s{}="]+)(?P<given>=(?P<value>"(?:[^"\\]|\\.)*"|[^\s{}"]*))?
    )""",
    re.VERBOSE,
)
_ESCAPE = re.compile(r"\\(.)")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")  # they could steer a terminal

LINE_MAX = 4 << 20  # bytes of an answer; no worker says more
LOG_MAX = 64 << 20  # bytes of a log, then it begins anew


class Element(NamedTuple):
    """One `name{key=value ...}` of an answer; name keeps its index: "b[7]"."""

    name: str
    fields: dict[str, Value]

    def get(self, key: str, default: Value | None = None) -> Value | None:
        return self.fields.get(key, default)


class Broken(NamedTuple):
    """A law that a line broke, as the harness saw it."""

    rule: str
    element: str
    got: str
    want: str


class Answer:
    """One answer line, taken apart when first looked into.

    answer["status"], answer.get("pended"), "pended" in answer: the options; a flag is True.
    answer.elements, answer.breaks, answer.readings, answer.text: the rest.
    """

    __slots__ = ("text", "_options", "_elements", "_readings")

    def __init__(self, text: str) -> None:
        self.text = text
        self._options: dict[str, Value] | None = None
        self._elements: list[Element] = []
        self._readings: list[str] = []

    def _parse(self) -> dict[str, Value]:
        options: dict[str, Value] = {}
        fields = options
        text, at = self.text.rstrip(), 0
        while at < len(text):
            word = _WORD.match(text, at)
            if word is None:
                raise ValueError(f"column {at + 1} of an answer is unreadable: {self.text[:200]}")
            at = word.end()
            if word["end"]:
                fields = options
            elif word["name"] is not None:
                fields = {}
                self._elements.append(Element(word["name"], fields))
            else:
                value: Value = True
                if word["given"] is not None:
                    value = word["value"]
                    if value.startswith('"'):
                        value = _ESCAPE.sub(r"\1", value[1:-1])
                fields[word["key"]] = value
                if word["key"] == "reading" and fields is options:
                    self._readings.append(str(value))
        self._options = options
        return options

    @property
    def options(self) -> dict[str, Value]:
        return self._parse() if self._options is None else self._options

    @property
    def elements(self) -> list[Element]:
        """Every element but the laws broken, in order."""
        if self._options is None:
            self._parse()
        return [e for e in self._elements if e.name != "break"]

    def element(self, name: str) -> Element:
        """The element of that name; KeyError if the answer has none."""
        for element in self.elements:
            if element.name == name:
                return element
        raise KeyError(name)

    @property
    def breaks(self) -> list[Broken]:
        """The laws that the line broke."""
        if "break{" not in self.text:
            return []
        if self._options is None:
            self._parse()
        return [
            Broken(*(str(e.fields.get(key, "")) for key in Broken._fields))
            for e in self._elements
            if e.name == "break"
        ]

    @property
    def readings(self) -> list[str]:
        """The readings taken: "A-06:success"."""
        if "reading=" not in self.text:
            return []
        if self._options is None:
            self._parse()
        return self._readings

    def __getitem__(self, key: str) -> Value:
        return self.options[key]

    def __contains__(self, key: object) -> bool:
        return key in self.options

    def get(self, key: str, default: Value | None = None) -> Value | None:
        return self.options.get(key, default)

    def number(self, key: str, default: int = 0) -> int:
        """The value of a numeric option, decimal or 0x."""
        value = self.options.get(key)
        return default if value is None or value is True else int(str(value), 0)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"Answer({self.text!r})"


class Report:
    """How a case's process ended: verdict is done, crash, hang, left or error; end is the answer
    to `end` if it got that far; death is the worker's own line about it, without "= "."""

    def __init__(self, death: str, end: Answer | None = None, log: str = "") -> None:
        self.death = death
        self.end = end
        self.log = log
        self.fields = Answer(death).options

    @property
    def verdict(self) -> str:
        return str(self.fields.get("verdict", "error"))

    @property
    def line(self) -> int:
        return int(str(self.fields.get("line", 0)))

    @property
    def leaks(self) -> str:
        """What was left over, in words; empty if nothing was."""
        found = self.fields.get("leaks")
        if found and found is not True:
            return str(found)
        if self.end is not None and self.end.number("leaks") > 0:
            leaked = self.end.number("leaked")
            return f"{self.end.number('leaks')} allocations left, {leaked} bytes"
        return ""

    def describe(self) -> str:
        """One sentence for people."""
        get = self.fields.get
        at = f" at line {self.line}" if self.line else ""
        if get("where"):
            at += f" in {get('where')}"
        lies = f" ({get('lies')})" if get("lies") else ""
        if self.verdict == "crash":
            what = "a sanitizer's report"
            if get("signal", "sanitizer") != "sanitizer":
                what = f"SIG{get('signal')}"
            if get("address"):
                what += f", {get('access', 'access')} at {get('address')}"
            return f"crashed{at}: {what}{lies}"
        if self.verdict == "hang":  # where it was when its time was over is chance
            return f"did not come back{f' at line {self.line}' if self.line else ''}"
        if self.verdict == "left":
            return f"ended the process{at}: exit code {get('code', '?')}"
        if self.verdict == "error":
            return str(get("lies") or "the case could not be run")
        return f"leaked: {self.leaks}" if self.leaks else "ended"


class CaseDied(Exception):
    """The process of the case died, or did not come back."""

    def __init__(self, report: Report) -> None:
        super().__init__(report.describe())
        self.report = report


class AdapterBroken(Exception):
    """The adapter, or the harness, could not do what was asked; not a failure of the driver."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(str(answer.get("text") or answer.get("log") or answer.text))
        self.answer = answer


class WorkerFailed(Exception):
    """The worker did not start, or is gone; one sentence."""


def steady_addresses() -> list[str]:
    """The command that gives a program the same addresses in every run, where that is allowed."""
    command = ["setarch", "--addr-no-randomize"]
    try:
        done = subprocess.run([*command, "true"], capture_output=True, check=False)
    except OSError:
        return []
    return command if done.returncode == 0 else []


class Worker:
    """The client of one worker process.

    patience is what the worker itself may take over its own deadlines before it is taken for
    stuck; log is the file that gets what the adapter prints; prefix is a command to run it under.
    """

    def __init__(
        self,
        command: list[str],
        log: str | None = None,
        patience: float = 120.0,
        prefix: list[str] | None = None,
    ) -> None:
        worker, *options = command
        self._name = worker
        self._command = [*(prefix or []), worker, *(["--log", log] if log else []), *options]
        self._log = log
        self._log_from = 0
        self._patience_ms = int(patience * 1000)
        self._process: subprocess.Popen[bytes] | None = None
        self._in = self._out = -1
        self._rest = b""
        self._ended = False
        self._death: Report | None = None
        self.in_case = False
        self.hello = Answer("")

    # ---- the worker's own life --------------------------------------------------------------

    def start(self) -> Answer:
        """Starts the process and reads its greeting; WorkerFailed holds its one sentence."""
        try:
            self._process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL if self._log else None,
                bufsize=0,
                start_new_session=True,
            )
        except OSError as error:
            raise WorkerFailed(f"{self._name}: {error.strerror}") from error
        assert self._process.stdin and self._process.stdout
        self._in, self._out = self._process.stdin.fileno(), self._process.stdout.fileno()
        self._poll = select.poll()
        self._poll.register(self._out, select.POLLIN)
        self._rest, self._ended = b"", False
        line = self._line()
        if line is None or not line.startswith("+ ov2-worker 1"):
            self.stop()
            if line and line.startswith("! "):
                raise WorkerFailed(line[2:])
            if not os.access(self._name, os.X_OK):
                raise WorkerFailed(f"there is no worker {self._name}")
            raise WorkerFailed(f"{self._name} is not a worker that this suite can talk to")
        self.hello = Answer(line[len("+ ov2-worker 1") :])
        return self.hello

    def stop(self) -> None:
        """Ends the process and everything it started."""
        process, self._process = self._process, None
        self.in_case = False
        if process is None:
            return
        assert process.stdin and process.stdout
        process.stdin.close()
        for wait, kill in ((0.2, True), (5.0, False)):
            try:
                process.wait(wait)
                break
            except subprocess.TimeoutExpired:
                if kill:
                    self._kill(process.pid)
        self._kill(process.pid)  # whatever the case left running
        process.stdout.close()

    @staticmethod
    def _kill(group: int) -> None:
        try:
            os.killpg(group, signal.SIGKILL)
        except (ProcessLookupError, PermissionError):
            pass

    def __enter__(self) -> Worker:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    # ---- one case ---------------------------------------------------------------------------

    def begin_case(self, slack: int = 0, strict: bool = False) -> None:
        """A fresh process for the next lines; slack is the byte that lies behind each element."""
        if self.in_case:
            self.end_case()
        self._death = None
        request = f"case slack={slack:02x}{' strict' if strict else ''}\n".encode()
        for _ in range(2):  # an earlier case may have taken the worker with it
            if self._process is None:
                self.start()
            self._mark_log()
            self._write(request)
            line = self._line()
            if line == "ready":
                self.in_case = True
                return
            if line is not None and line.startswith("= "):
                raise WorkerFailed(Report(line[2:]).describe())
            self.stop()
        raise WorkerFailed("the worker does not begin a case any more")

    def _mark_log(self) -> None:
        """What comes from here on is of the next case."""
        self._log_from = 0
        if self._log is not None and os.path.isfile(self._log):
            self._log_from = os.path.getsize(self._log)
            if self._log_from > LOG_MAX:
                os.truncate(self._log, 0)
                self._log_from = 0

    def ask(self, request: str) -> Answer:
        """Sends one request line, returns its answer."""
        if not self.in_case:
            if self._death is not None:
                raise CaseDied(self._death)
            raise WorkerFailed("a request was made outside a case")
        self._write(request.encode() + b"\n")
        line = self._line()
        if line is not None and line.startswith("<"):
            answer = Answer(line[2:])
            if line.startswith(("< error", "< broken")):
                raise AdapterBroken(answer)
            return answer
        raise CaseDied(self._died(line))

    def end_case(self) -> Report:
        """Ends the case; how it ended, or how it had died before."""
        if not self.in_case:
            return self._death or Report('verdict=error lies="no case was begun"')
        self._write(b"end\n")
        end = None
        line = self._line()
        if line is not None and line.startswith("< "):
            end = Answer(line[2:])
            line = self._line()
        return self._died(line, end)

    def _died(self, line: str | None, end: Answer | None = None) -> Report:
        """The report in a "= " line; without one, the worker itself is gone or stuck."""
        self.in_case = False
        if line is None:
            line = "= verdict=crash signal=?" if self._ended else "= verdict=hang"
            self.stop()
            line += ' lies="and took the worker with it"'
        if not line.startswith("= "):
            self.stop()
            line = '= verdict=error lies="the worker said what the suite does not understand"'
        report = Report(line[2:], end)
        if report.verdict != "done" or report.leaks:
            report.log = self._log_head()
        self._death = report
        return report

    def _log_head(self) -> str:
        """The first lines that the case's process printed."""
        if self._log is None:
            return ""
        try:
            with open(self._log, "rb") as log:
                log.seek(self._log_from)
                text = log.read(16000).decode(errors="replace")
        except OSError:
            return ""
        text = re.sub(r"==\d+==", "==", _CONTROL.sub("?", text))  # a sanitizer's process id
        return "\n".join(line[:400] for line in text.splitlines()[:40])

    # ---- bytes ------------------------------------------------------------------------------

    def _write(self, data: bytes) -> None:
        try:
            sent = os.write(self._in, data)
            while sent < len(data):
                sent += os.write(self._in, data[sent:])
        except BrokenPipeError:
            pass  # the next _line() finds out

    def _line(self) -> str | None:
        """The next line without its newline; None: the end, or patience is over."""
        rest, self._rest = self._rest, b""
        at = rest.find(b"\n")
        if at < 0:
            parts = [rest] if rest else []
            length = len(rest)
            deadline = 0.0
            while True:
                wait = self._patience_ms
                if parts:
                    deadline = deadline or time.monotonic() + wait / 1000
                    wait = max(0, int((deadline - time.monotonic()) * 1000))
                if not self._poll.poll(wait):
                    return None
                part = os.read(self._out, 1 << 16)
                if not part:
                    self._ended = True
                    return None
                parts.append(part)
                length += len(part)
                if b"\n" in part:
                    break
                if length > LINE_MAX:
                    return ""
            rest = b"".join(parts) if len(parts) > 1 else parts[0]
            at = rest.find(b"\n")
        self._rest = rest[at + 1 :]
        return rest[:at].decode(errors="replace")

"""One run of the suite on one adapter: its worker, its folder, its results so far."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import re
import time
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import catalogue, results
from .case import Case
from .results import Record
from .waivers import Waiver, load
from .worker import Answer, Worker, WorkerFailed, steady_addresses


class CannotWrite(Exception):
    """The folder for the results takes no more; one sentence."""


def machine() -> str:
    """What the run was made on, in a few words; no name of anybody."""
    system = platform.uname()
    return (
        f"{system.system} {system.release} on {system.machine}, {os.cpu_count()} processors, "
        f"Python {platform.python_version()}"
    )


class CannotResume(Exception):
    """The folder holds no run that could go on; one sentence."""


@contextlib.contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise CannotWrite(f"cannot write {path}: {error.strerror}") from error


@dataclass
class Run:
    """What is the same for every case.  Each process of pytest has its own, with its own worker;
    the controlling one also collects."""

    dut: Path
    peer: Path
    worker_file: Path
    out: Path | None
    mode: str
    seed: str
    profile: str = ""
    open_words: str = ""
    process: str = "main"  # among those of this run
    limits: dict[str, str] = field(default_factory=dict)  # options of the worker
    waiver_file: Path | None = None
    hello: Answer = field(default_factory=lambda: Answer(""))
    records: dict[str, Record] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    began: bool = False
    began_at: str = ""  # UTC
    resumed: frozenset[str] = frozenset()  # cases that an earlier process has run
    _worker: Worker | None = None

    def worker(self) -> Worker:
        """The worker of this process, started when first asked for."""
        if self._worker is None:
            command = [str(self.worker_file.absolute()), "--peer", str(self.peer)]
            for option, value in self.limits.items():
                command += [option, value]
            command.append(str(self.dut))
            log = None
            if self.out is not None:
                with _writing(self.out):
                    (self.out / "log").mkdir(parents=True, exist_ok=True)
                log = str(self.out / "log" / f"{self.process}.txt")
            worker = Worker(command, log=log, prefix=steady_addresses())
            self.hello = worker.start()
            self._worker = worker
        return self._worker

    def stop(self) -> None:
        if self._worker is not None:
            self._worker.stop()
            self._worker = None

    @property
    def is_plain(self) -> bool:
        """Whether nothing but a second run can see a look behind an element's end."""
        return self.hello.get("mode", "plain") in ("plain", "win64")

    # ---- the folder -------------------------------------------------------------------------

    def begin(self, resume: bool = False) -> None:
        """Makes sure that the adapter can be had, and empties the folder; or goes on with the run
        that was stopped there."""
        refusal = catalogue.refusal(self.profile)
        if refusal:
            raise WorkerFailed(refusal)
        if self.waiver_file is not None:
            self.waivers = load(self.waiver_file)
        self.worker()
        self.stop()
        self.began = True
        self.began_at = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime())
        if self.out is None:
            return
        kept = self._kept() if resume else []
        self.records = {record["id"]: record for record in kept}
        self.resumed = frozenset(self.records)
        traces = self.out / "traces"
        with _writing(self.out):
            traces.mkdir(parents=True, exist_ok=True)
            for old in [*(() if resume else traces.glob("*.trace")),
                        *self.out.glob("results.json*")]:
                old.unlink()
        self._append({"run": self.about(), "requirements_digest": catalogue.digest()})
        for record in kept:
            self._append(record)

    def _kept(self) -> list[Record]:
        """What the stopped run of the same thing in this folder has left, but for its errors; its
        last line may be torn."""
        assert self.out is not None
        path = self.out / "results.jsonl"
        try:
            head, *lines = path.read_text(encoding="utf-8").split("\n")[:-1]
            began = json.loads(head)
            records = [json.loads(line) for line in lines]
        except OSError as error:
            raise CannotResume(f"{path}: {error.strerror}; nothing was stopped there") from error
        except ValueError as error:
            raise CannotResume(f"{path} is no run that was stopped: {error}") from error
        about = {**self.about(), "began": began["run"]["began"]}
        if began != {"run": about, "requirements_digest": catalogue.digest()}:
            other = [key for key, value in about.items() if began["run"].get(key) != value]
            what = other[0] if other else "catalogue of requirements"
            raise CannotResume(f"{path} is a run with another {what}: it cannot be resumed")
        self.began_at = about["began"]
        return [record for record in records if record["verdict"] != "error"]

    def about(self) -> dict[str, Any]:
        return {
            "adapter": {
                "name": str(self.hello.get("name", "")),
                "file": self.dut.name,
                "sha256": hashlib.sha256(self.dut.read_bytes()).hexdigest(),
            },
            "profile": self.profile,
            "open_words": self.open_words,
            "mode": str(self.hello.get("mode", self.mode)),
            "seed": self.seed,
            "machine": machine(),
            "began": self.began_at,
        }

    def add(self, record: Record) -> None:
        """One more case; its line is in the file when this returns."""
        before = self.records.get(record["id"])
        if before is not None:  # the case had ended, then something went wrong
            blame = dict.fromkeys(before["blame"], record["verdict"])
            record = {**before, **{k: record[k] for k in ("verdict", "message")}, "blame": blame}
        self.records[record["id"]] = record
        self._append(record)

    def _append(self, line: dict[str, Any]) -> None:
        if self.out is not None:
            path = self.out / "results.jsonl"
            with _writing(path), open(path, "a", encoding="utf-8") as file:
                file.write(json.dumps(line, sort_keys=True) + "\n")

    def close(self, filtered: bool, stopped: str) -> None:
        """Writes results.json."""
        if self.out is None or not self.began:
            return
        errors = [self.errors[name] for name in sorted(self.errors)]
        closed = results.close(
            list(self.records.values()), self.about(), filtered, stopped, errors, self.waivers
        )
        part = self.out / "results.json.part"
        with _writing(self.out / "results.json"):
            part.write_text(json.dumps(closed, indent=1, sort_keys=True) + "\n", encoding="utf-8")
            part.replace(self.out / "results.json")

    # ---- a case for people ------------------------------------------------------------------

    def write_traces(self, record: Record, case: Case, second: Case | None) -> None:
        """Writes the case's trace, and that of a second run that went another way."""
        if self.out is None:
            return
        name = re.sub(r"[^A-Za-z0-9_.=+-]+", "_", record["id"]).strip("_")
        if len(name) > 120 or name != record["id"].replace("::", "_"):
            name = f"{name[:110]}-{zlib.crc32(record['id'].encode()):08x}"
        path = self.out / "traces" / f"{name}.trace"
        record["trace"] = f"traces/{path.name}"
        try:
            path.write_text(case.trace(self.explain(record)), encoding="utf-8")
            if second is not None:
                note = f"the second run of {record['id']}"
                path.with_suffix(".second.trace").write_text(second.trace(note), encoding="utf-8")
        except OSError as error:
            record["trace"] = None
            record["message"] += f"\nits trace cannot be written: {error.strerror}"

    def explain(self, record: Record) -> str:
        """What the case proves, what came, what was expected, how to see it again."""
        text = [f"{record['verdict']}: {record['id']} ({record['where']})"]
        for key in record["requirements"]:
            text.append(f"{key}: {catalogue.sentence(key)}")
        for law in record["broken"]:
            where = f"line {law['line']}" if law["line"] else "the end"
            element = f", element {law['element']}" if law["element"] else ""
            text.append(f"breaks {law['rule']} at {where}{element}: {law['sentence']}")
            text.append(f"  got   {law['got']}")
            text.append(f"  want  {law['want']}")
        text += record["message"].splitlines()
        if record["trace"]:
            text.append(f"replay: ./ov2 replay T={self.out}/{record['trace']} DUT={self.dut}")
        return "\n".join(text)

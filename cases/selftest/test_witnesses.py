"""Each fault's witness tells the faulty reference from the clean one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ov2.worker import AdapterBroken, CaseDied, Worker

ROOT = Path(__file__).parent.parent.parent
WITNESSES = sorted((ROOT / "fuzz" / "witnesses").glob("*.trace"))
FAULTS = (ROOT / "reference" / "faults.def").read_text(encoding="utf-8")


# What a race's lines are answered depends on who comes first, so a faulty device tells itself only
# by an answer that the clean one never gives, and not each time.
RACE_TRIES = 10


def only_asan(fault):
    return re.search(rf"FAULT_ASAN\(\s*{fault}\b", FAULTS) is not None


@pytest.fixture(scope="module")
def workers():
    """A worker for each mode, started when first asked for."""
    started = {}

    def worker(mode):
        if mode not in started:
            build = ROOT / "build" / mode
            peer = str(build / "reference-clean.so")
            command = [str(build / "worker"), "--peer", peer, str(build / "reference.so")]
            started[mode] = Worker(command, log="/dev/null")
            started[mode].start()
        return started[mode]

    yield worker
    for one in started.values():
        one.stop()


def said(worker, requests, slack):
    """Everything the device answered, and how it ended."""
    answers = []
    worker.begin_case(slack)
    for request in requests:
        try:
            answers.append(worker.ask(request).text)
        except AdapterBroken as broken:
            answers.append(broken.answer.text)
        except CaseDied:
            break
    report = worker.end_case()
    return answers, report.verdict, report.end.text if report.end else "", bool(report.leaks)


@pytest.mark.skipif(not (ROOT / "build/asan/worker").exists(), reason="MODE=asan is not built")
@pytest.mark.parametrize("file", WITNESSES, ids=[file.stem for file in WITNESSES])
def test_a_witness_tells_the_fault_from_the_clean_device(file, workers):
    lines = file.read_text(encoding="utf-8").splitlines()
    faulty = [line[2:] for line in lines if line.startswith("> ")]
    clean = [re.sub(r" fault=\w+", "", line) for line in faulty]
    worker = workers("asan" if only_asan(file.stem) else "plain")

    assert any(f"fault={file.stem}" in line for line in faulty)
    slacks = (0, 0xFF) * (RACE_TRIES if any(" race " in line for line in faulty) else 1)
    innocent = [said(worker, clean, slack) for slack in slacks]
    assert any(said(worker, faulty, slack) not in innocent for slack in slacks)

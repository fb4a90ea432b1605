"""Whatever an adapter does, its verdict is right, no other case suffers, and nothing survives.

Each file of hostile/ is one adapter.  It does wrong what its comment says, most of them only when
they are asked to delete: then the cases that delete nothing must pass as if nothing were."""

from __future__ import annotations

import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
BUILD = ROOT / "build" / "plain"

DELETES = [
    "test_del_handles::test_a_repeated_handle_gives_back_room_once",
    "test_del::test_every_element_of_a_list_is_deleted[2]",
    "test_del_handles::test_the_same_handle_twice_in_a_list_is_removed_once",
]
OTHERS = [
    "test_add::test_a_plain_sa_is_added[add_sa]",
    "test_add::test_a_plain_sa_is_added[add_sa_ex]",
    "test_add::test_add_sa_ex_adds_one_sa",
]
LOG_MOST = 16 << 20  # bytes: a dozen processes, a MiB of each

# The verdicts of the cases that delete; the others pass.
VERDICTS = {
    "sound": "pass",
    "is_our_namesake": "pass",
    "has_a_strange_name": "pass",
    "moves_away": "pass",
    "limits_addresses": "pass error",  # we may need more than it leaves us
    "limits_files": "pass",
    "floods_its_output": "pass",
    "floods_the_log": "pass",
    "leaves_a_child": "pass",
    "leaves_daemons": "pass",
    "leaves_a_thread": "pass crash flaky",  # whether it is caught at it is chance
    "writes_near_null": "crash",
    "aborts": "crash",
    "recurses": "crash",
    "exits": "crash",
    "exits_as_a_sanitizer": "crash",
    "executes": "crash",
    "kills_itself": "crash",
    "kills_its_group": "crash",
    "kills_its_parent": "crash",
    "resets_faults": "crash",
    "exits_on_faults": "crash",
    "locates_badly": "crash",
    "overruns_a_block": "crash",
    "releases_twice": "crash",
    "releases_nonsense": "crash",
    "hands_over_garbage": "crash",
    "calls_nobody": "crash",
    "leaks": "leak",
    "allocates_without_end": "leak",
    "hands_over_nothing": "error",
    "answers_nonsense": "error",
    "supports_nothing": "error",
    "closes_descriptors": "error",
    "writes_to_descriptors": "error",
    "kills_the_peers": "pass error",  # an error of the case that needs one
    "tramples_shared_memory": "pass fail crash error flaky",
}

# The same for those that take their time: fewer cases.
SLOW = {
    "stops": "hang",
    "spins": "hang",
    "spins_deaf": "hang",
    "sleeps": "hang",
    "swallows_faults": "hang",
    "fills_memory": "hang crash",
    "shares_memory": "hang",
    "tramples_the_heap": "crash",
    "locates_for_ever": "crash",
}

# The verdict of every case.
EVERYWHERE = {
    "crashes_when_opened": "crash",
    "crashes_when_closed": "crash",
    "crashes_when_unloaded": "crash",
    "registers_garbage": "crash",
    "completes_too_late": "crash",
    "hangs_when_closed": "hang",
    "opens_nothing": "error",
    "is_broken": "error",
    "breaks_later": "error",
}

# The requirement that fails, whatever the cases say.
LAWS = {
    "completes_at_once": "OID-008",
    "completes_twice": "OID-007",
    "never_completes": "OID-007",
    "accuses": "no?such?rule??x",
}

# What is said of an adapter that cannot be loaded.
REFUSALS = {
    "crashes_when_loaded": "crashes while it is loaded: SIGSEGV",
    "exits_when_loaded": "ends the process while it is loaded",
    "hangs_when_loaded": "does not come to an end",
    "closes_descriptors_when_loaded": "closes what is not its own",
    "has_a_garbage_name": "crashes while it is loaded",
    "is_nowhere": "crashes while it is loaded",
    "has_no_name": "has no name",
    "is_too_small": "16 bytes, at least",
    "lacks_close": "has no close()",
    "knows_no_version": "does not speak version 1",
    "speaks_another_version": "speaks version 2",
    "exports_nothing": "does not export ov2_adapter_get",
}


class Result(NamedTuple):
    """What a run of pytest has left: its exit code, its words, its results."""

    code: int
    said: str
    out: Path
    document: dict

    @property
    def verdicts(self) -> dict[str, str]:
        return {case["id"]: case["verdict"] for case in self.document.get("cases", [])}


class Bench:
    """Builds adapters and runs cases on them, several at a time."""

    def __init__(self, folder: Path, names: set[str]) -> None:
        self.folder = folder
        self._pool = ThreadPoolExecutor(os.cpu_count() or 2)
        self._runs = {name: self._pool.submit(self._run, name) for name in sorted(names)}

    def adapter(self, name: str) -> Path:
        """The library of an adapter of hostile/."""
        library = self.folder / f"{name}.so"
        if not library.exists():
            command = ["cc", "-std=gnu11", "-O1", "-fno-builtin", "-shared", "-fPIC", "-pthread"]
            command += ["-I", ROOT / "include", "-o", library, HERE / "hostile" / f"{name}.c"]
            subprocess.run(command, check=True)
        return library

    def result(self, name: str) -> Result:
        return self._runs[name].result()

    def _run(self, name: str) -> Result:
        cases = [DELETES[0], OTHERS[0]] if name in SLOW else [*DELETES, *OTHERS]
        # Some that come back by themselves work hard until then.
        cpu, wall = ("300", "800") if name in SLOW else ("3000", "9000")
        limits = ["--cpu-ms", cpu, "--wall-ms", wall]
        return self.run(self.adapter(name), self.folder / f"{name}.out", cases, *limits)

    def run(self, adapter: Path, out: Path, cases: list[str], *options: str, **more) -> Result:
        files = sorted({f"cases/{case.partition('::')[0]}.py" for case in cases})
        chosen = [word for case in cases if "::" in case for word in ("--case", case)]
        command = pytest_command(adapter, out, *files, *chosen, *options)
        done = subprocess.run(
            command, cwd=ROOT, capture_output=True, text=True, errors="replace", check=False,
            stdin=subprocess.DEVNULL, timeout=120, **more,
        )
        return Result(done.returncode, done.stdout + done.stderr, out, document_of(out))

    def close(self) -> None:
        self._pool.shutdown(cancel_futures=True)


def pytest_command(adapter: Path, out: Path, *words: str) -> list[str]:
    """The files come first: beside them pytest finds the conftest.py that has our options."""
    command = [sys.executable, "-m", "pytest", *words, "-q", "--no-header", "--tb=no"]
    command += [f"--worker={BUILD / 'worker'}", f"--peer={BUILD / 'reference-clean.so'}"]
    return [*command, "--no-summary", f"--dut={adapter}", f"--out={out}"]


def document_of(out: Path) -> dict:
    file = out / "results.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.exists() else {}


def jsonl_of(out: Path) -> list[dict]:
    """The lines of results.jsonl: every one can be read."""
    file = out / "results.jsonl"
    text = file.read_text(encoding="utf-8") if file.exists() else ""
    return [json.loads(line) for line in text.splitlines()]


def survivors(word: object, patience: float = 3.0) -> list[str]:
    """The processes that name this word, once they have had time to end."""
    end = time.monotonic() + patience
    while True:
        found = [pid for pid in os.listdir("/proc") if pid.isdigit() and names(pid, str(word))]
        if not found or time.monotonic() > end:
            return found
        time.sleep(0.02)


def names(pid: str, word: str) -> bool:
    try:
        return word.encode() in Path("/proc", pid, "cmdline").read_bytes()
    except OSError:
        return False


@pytest.fixture(scope="module")
def bench(request, tmp_path_factory):
    if not (BUILD / "worker").exists() or not shutil.which("cc"):
        pytest.skip("needs build/plain/worker and cc: run make")
    chosen = [item for item in request.session.items if item.path == request.path]
    calls = [item.callspec.params for item in chosen if hasattr(item, "callspec")]
    wanted = {params["name"] for params in calls if "name" in params}
    bench = Bench(tmp_path_factory.mktemp("hostile"), wanted - set(REFUSALS))
    yield bench
    bench.close()


def assert_contained(bench: Bench, result: Result, cases: list[str]) -> None:
    """No case is lost, nothing survives, the logs are bounded, the documents can be read."""
    assert sorted(result.verdicts) == sorted(cases), result.said
    assert len(jsonl_of(result.out)) >= len(cases) + 1
    assert not survivors(bench.folder / f"{result.out.stem}.so")
    assert sum(file.stat().st_size for file in (result.out / "log").iterdir()) <= LOG_MOST
    assert result.code in (0, 1)


# ---- verdicts ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", VERDICTS)
def test_only_the_cases_that_meet_it_suffer(bench, name):
    result = bench.result(name)

    assert_contained(bench, result, [*DELETES, *OTHERS])
    assert {result.verdicts[case] for case in DELETES} <= set(VERDICTS[name].split())
    assert {result.verdicts[case] for case in OTHERS} == {"pass"}
    assert result.document["conforms"] is (None if VERDICTS[name] == "pass" else False) or (
        " " in VERDICTS[name]
    )


@pytest.mark.parametrize("name", SLOW)
def test_what_takes_too_long_is_ended(bench, name):
    result = bench.result(name)

    assert_contained(bench, result, [DELETES[0], OTHERS[0]])
    assert result.verdicts[DELETES[0]] in SLOW[name].split()
    assert result.verdicts[OTHERS[0]] == "pass"
    assert result.document["conforms"] is False


@pytest.mark.parametrize("name", EVERYWHERE)
def test_what_no_case_can_avoid_is_the_verdict_of_all(bench, name):
    result = bench.result(name)

    assert_contained(bench, result, [*DELETES, *OTHERS])
    assert set(result.verdicts.values()) == {EVERYWHERE[name]}
    assert result.document["conforms"] is (None if EVERYWHERE[name] == "error" else False)


@pytest.mark.parametrize("name", LAWS)
def test_a_law_is_broken(bench, name):
    result = bench.result(name)

    assert_contained(bench, result, [*DELETES, *OTHERS])
    assert result.document["requirements"][LAWS[name]]["verdict"] == "fail"
    assert {result.verdicts[case] for case in OTHERS} == {"pass"}
    assert result.document["conforms"] is False


@pytest.mark.parametrize("name", ["floods_the_log", "has_a_strange_name", "accuses"])
def test_nothing_that_it_says_steers_a_terminal(bench, name):
    result = bench.result(name)
    texts = [file.read_text(encoding="utf-8") for file in result.out.glob("traces/*")]

    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f]", "".join([*texts, result.said]))
    assert len(result.document["adapter"]["name"]) < 300


# ---- what cannot be run --------------------------------------------------------------------


@pytest.mark.parametrize("name", REFUSALS)
def test_an_adapter_that_cannot_be_loaded_is_one_sentence(bench, name):
    command = [BUILD / "worker", "--log", bench.folder / f"{name}.log", "--wall-ms", "1000"]
    done = subprocess.run([*command, bench.adapter(name)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60, check=False)

    assert done.returncode == 2
    assert done.stdout.startswith("! ")
    assert done.stdout.count("\n") == 1
    assert REFUSALS[name] in done.stdout
    assert not survivors(bench.folder / f"{name}.so")


def test_what_is_printed_while_it_is_loaded_is_bounded(bench):
    out = bench.folder / "prints.out"
    adapter = bench.adapter("prints_when_loaded")
    result = bench.run(adapter, out, [OTHERS[0]], "--wall-ms", "20000")

    assert result.verdicts == {OTHERS[0]: "pass"}
    assert (out / "log" / "main.txt").stat().st_size < 200 << 20


def ov2(*words: object) -> subprocess.CompletedProcess:
    environment = {**os.environ, "OV2_INSTALL": "0"}
    return subprocess.run([ROOT / "ov2", *map(str, words)], cwd=ROOT, env=environment, text=True,
                          capture_output=True, stdin=subprocess.DEVNULL, check=False, timeout=120,
                          errors="replace")


@pytest.mark.parametrize("what, sentence", [
    ("nowhere.so", "there is no adapter"),
    ("README.md", "invalid ELF header"),
    ("exports_nothing", "does not export ov2_adapter_get()"),
    ("speaks_another_version", "speaks version 2 of the interface, this is version 1"),
    ("crashes_when_loaded", "crashes while it is loaded: SIGSEGV"),
])
def test_certify_says_what_it_cannot_run(bench, what, sentence):
    path = bench.adapter(what) if (HERE / "hostile" / f"{what}.c").exists() else ROOT / what
    done = ov2("certify", f"DUT={path}", f"OUT={bench.folder / 'never'}")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert done.stderr.count("\n") == 1
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("code, adapter", [(1, "writes_near_null"), (2, "is_broken"), (2, "sound")])
def test_certify_exits_with(bench, code, adapter):
    out = bench.folder / f"{adapter}.certified"
    dut = bench.adapter(adapter)
    done = ov2("certify", f"DUT={dut}", f"C={DELETES[0]}", f"OUT={out}", "JOBS=1")

    assert done.returncode == code, done.stdout + done.stderr
    assert document_of(out)["cases"]


@pytest.mark.parametrize("profile, sentence", [
    ("FOO=bar", "the profile has no word FOO"),
    ("GCM_KEY=nonsense", "GCM_KEY is one of key+salt, key"),
])
def test_certify_refuses_a_profile_that_is_none(bench, profile, sentence):
    done = ov2("certify", f"PROFILE={profile}", f"OUT={bench.folder / 'never'}", "JOBS=1")

    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.parametrize("trace, sentence", [
    ("> open\n> fly\n", "a line cannot be read"),
    ("\x00\xff\n", "a line cannot be read"),
    (None, "there is no trace"),
])
def test_replay_says_what_it_cannot_read(bench, trace, sentence):
    file = bench.folder / "wrong.trace"
    file.unlink(missing_ok=True)
    if trace is not None:
        file.write_text(trace, encoding="latin-1")
    done = ov2("replay", f"T={file}", f"DUT={bench.adapter('sound')}")

    assert done.returncode == 2
    assert sentence in done.stdout + done.stderr


def test_certify_refuses_a_baseline_before_it_runs(bench):
    out = bench.folder / "never"
    done = ov2("certify", f"BASELINE={ROOT / 'README.md'}", f"OUT={out}", "JOBS=1")

    assert done.returncode == 2
    assert "README.md is not JSON" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (out / "results.json").exists()


# ---- the end of the run itself -------------------------------------------------------------


class Running:
    """A run of all cases that goes on while we look at it."""

    def __init__(self, adapter: Path, out: Path, *options: str) -> None:
        self.out = out
        self.process = subprocess.Popen(
            pytest_command(adapter, out, "cases", *options), cwd=ROOT, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True, preexec_fn=self._listens,
        )

    @staticmethod
    def _listens() -> None:
        """A shell lets what it runs in the background ignore Ctrl-C, and so would its children."""
        signal.signal(signal.SIGINT, signal.SIG_DFL)

    def wait_for(self, cases: int) -> None:
        file = self.out / "results.jsonl"
        end = time.monotonic() + 60
        while not file.exists() or file.read_bytes().count(b"\n") <= cases:
            assert self.process.poll() is None, self.process.stdout.read()
            assert time.monotonic() < end
            time.sleep(0.02)


@pytest.fixture
def adapter_alone(tmp_path):
    """A copy of the reference: processes can be told by its name."""
    return Path(shutil.copy(BUILD / "reference.so", tmp_path / "alone.so"))


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_ctrl_c_keeps_the_results_so_far(bench, adapter_alone, tmp_path, jobs):
    running = Running(adapter_alone, tmp_path / "out", "-n", jobs)
    running.wait_for(cases=20)
    os.killpg(running.process.pid, signal.SIGINT)
    said, _ = running.process.communicate(timeout=60)
    document = document_of(running.out)

    assert running.process.returncode == 2, said
    assert len(document["cases"]) >= 20
    assert document["conforms"] is None
    assert "stopped before its end" in document["summary"]["conforms"]
    assert not survivors(adapter_alone)


@pytest.mark.parametrize("jobs", ["0", "2"])
def test_a_killed_run_leaves_readable_lines_and_no_worker(bench, adapter_alone, tmp_path, jobs):
    running = Running(adapter_alone, tmp_path / "out", "-n", jobs)
    running.wait_for(cases=20)
    running.process.kill()
    running.process.communicate(timeout=60)

    assert len(jsonl_of(running.out)) >= 20
    assert not survivors(adapter_alone)


def test_a_hanging_driver_does_not_outlive_a_killed_run(bench, tmp_path):
    adapter = Path(shutil.copy(bench.adapter("spins"), tmp_path / "spins_alone.so"))
    limits = ["--cpu-ms", "600000", "--wall-ms", "600000"]
    running = Running(adapter, tmp_path / "out", *limits, "--case", DELETES[0])
    end = time.monotonic() + 60
    while len(survivors(adapter, patience=0)) < 4:  # pytest, the worker, the peers, the case
        assert time.monotonic() < end
        time.sleep(0.02)
    running.process.kill()
    running.process.communicate(timeout=60)

    assert not survivors(adapter)


def assert_full(result: Result) -> None:
    assert result.code == 2, result.said
    assert "cannot write" in result.said
    assert "Traceback" not in result.said
    assert "INTERNALERROR" not in result.said
    assert not result.document


@pytest.mark.parametrize("size", [1000, 20000])
def test_a_file_that_takes_no_more_ends_the_run(bench, tmp_path, size):
    def limit():
        most = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, most))

    result = bench.run(BUILD / "reference.so", tmp_path / "out", ["test_hdr"], preexec_fn=limit)

    assert_full(result)
    assert not survivors(tmp_path)


def test_a_full_disk_ends_the_run(bench, tmp_path):
    out = tmp_path / "disk"
    out.mkdir()
    command = pytest_command(BUILD / "reference.so", out, "cases/test_hdr.py")
    mount = f'mount -t tmpfs -o size=64k none "{out}" || exit 77; exec "$@"'
    done = subprocess.run(["unshare", "-m", "sh", "-c", mount, "sh", *command], cwd=ROOT,
                          capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False,
                          timeout=120)
    if done.returncode in (1, 77) and re.search("mount|unshare", done.stderr + done.stdout):
        pytest.skip("only root may mount a small disk, and not everywhere")

    assert_full(Result(done.returncode, done.stdout + done.stderr, out, {}))

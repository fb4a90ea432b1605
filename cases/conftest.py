"""Runs the cases on an adapter: options, the fixture `case`, verdicts, results.

    python3 -m pytest cases --dut build/plain/reference.so -k delete

`./ov2 certify` is this with the build before it and the report behind it.
"""

from __future__ import annotations

import fnmatch
import inspect
import json
import time
import zlib
from pathlib import Path

import pytest

pytest.register_assert_rewrite("ov2")

from ov2 import catalogue, results  # noqa: E402
from ov2.case import Case, Judgement, judge  # noqa: E402
from ov2.runner import CannotResume, CannotWrite, Run  # noqa: E402
from ov2.waivers import BadWaivers  # noqa: E402
from ov2.worker import WorkerFailed  # noqa: E402

HERE = Path(__file__).parent
pytest_plugins = ["ov2.device"]  # the vocabulary's own fixtures: dut, peer

RUN = pytest.StashKey[Run]()
CASE = pytest.StashKey[Case]()
BEGAN = pytest.StashKey[float]()


def pytest_addoption(parser):
    add = parser.getgroup("ov2").addoption
    add("--mode", default="plain", help="which build to use: plain, asan, tsan, cov")
    add("--dut", help="the adapter under test [build/MODE/reference.so]")
    add("--peer", help="the adapter at the other end of the wire [build/MODE/reference-clean.so]")
    add("--worker", help="the worker [build/MODE/worker]")
    add("--out", help="folder for results and traces [none]")
    add("--profile", default="", help="words for the open line, such as 'GCM_KEY=key'")
    add("--open-words", default="", help="words that stand above a case's own, such as fault=NAME")
    add("--seed", default="1", help="of every random choice")
    add("--requirement", action="append", default=[], help="only cases of these (ids, globs)")
    add("--case", action="append", default=[], help="only cases whose id is like or contains this")
    add("--sample", type=int, default=0, help="with a choice: so many of the others, too")
    add("--thin", type=int, metavar="N", help="of each test, at most so many of its cases")
    add("--slack-replay", choices=("yes", "no"), help="run each twice [yes, if MODE is plain]")
    add("--confirm", choices=("yes", "no"), default="yes", help="repeat a crash, hang or leak")
    add("--hostile", action="store_true", help="also lists that no driver can check; never decides")
    add("--traces", choices=("failing", "all"), default="failing", help="which cases leave one")
    add("--resume", action="store_true", help="go on with the run that was stopped in --out")
    add("--waivers", type=Path, help="known failures of the device: a TOML file")
    add("--cpu-ms", help="CPU time that one line may take")
    add("--wall-ms", help="wall time that one line may take")


# ---- the run -------------------------------------------------------------------------------


def pytest_configure(config):
    option = config.getoption
    build = HERE.parent / "build" / option("--mode")
    limits = {name: option(name) for name in ("--cpu-ms", "--wall-ms") if option(name)}
    config.stash[RUN] = run = Run(
        dut=Path(option("--dut") or build / "reference.so"),
        peer=Path(option("--peer") or build / "reference-clean.so"),
        worker_file=Path(option("--worker") or build / "worker"),
        out=Path(option("--out")) if option("--out") else None,
        mode=option("--mode"),
        seed=option("--seed"),
        profile=option("--profile"),
        open_words=option("--open-words"),
        process=getattr(config, "workerinput", {}).get("workerid", "main"),
        limits=limits,
        waiver_file=option("--waivers"),
    )
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Collector(run), "ov2-collector")


class Collector:
    """The part of the process that controls the others: collects what they report."""

    def __init__(self, run):
        self.run = run

    def pytest_sessionstart(self, session):
        words = session.config.args
        if session.config.option.collectonly or any("selftest" in str(word) for word in words):
            return
        try:
            self.run.begin(session.config.option.resume)
        except (WorkerFailed, CannotWrite, CannotResume, BadWaivers) as error:
            raise pytest.UsageError(str(error)) from None
        except OSError as error:
            raise pytest.UsageError(f"{error.filename}: {error.strerror}") from None
        for glob in wanted(session.config):
            if not fnmatch.filter(catalogue.requirements(), glob):
                raise pytest.UsageError(f"requirements.toml has no {glob}")

    def pytest_report_header(self):
        return f"ov2 {results.__version__}, {self.run.dut}, requirements {catalogue.digest()[:12]}"

    def pytest_collectreport(self, report):
        if report.failed:
            lines = str(report.longrepr).strip().splitlines() or ["?"]
            self.run.errors[report.nodeid] = f"{report.nodeid}: {lines[-1]}"

    def pytest_collection_finish(self, session):
        """With --collect-only, OUT/cases.json says which case proves what, and what is left."""
        if session.config.option.collectonly and self.run.out is not None:
            proves = {
                case_id(item.nodeid): catalogue.requirements_of(item.iter_markers())
                for item in session.items
            }
            self.run.out.mkdir(parents=True, exist_ok=True)
            later = [k for k, entry in catalogue.requirements().items() if "later" in entry]
            members = {"cases": proves, "requirements": list(catalogue.requirements())}
            members |= {"later": later, "finished": catalogue.finished()}
            text = json.dumps(members, indent=1, sort_keys=True) + "\n"
            (self.run.out / "cases.json").write_text(text, encoding="utf-8")

    def pytest_runtest_logreport(self, report):
        record = getattr(report, "ov2", None)
        if record is None and report.when == "???":  # a process of pytest died
            record = new_record(case_id(report.nodeid), [], "error", str(report.longrepr))
        if record is None:
            return
        try:
            self.run.add(record)
        except CannotWrite as error:
            self.run.began = False  # nothing more can be written
            pytest.exit(str(error), returncode=2)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session, exitstatus):
        option = session.config.getoption
        chosen = any("::" in word or word.endswith(".py") for word in session.config.args)
        filtered = chosen or any(map(option, ("keyword", "markexpr", "requirement", "case")))
        early = session.shouldstop or session.shouldfail
        early = early or exitstatus == pytest.ExitCode.INTERRUPTED and not self.run.errors
        try:
            self.run.close(bool(filtered), "the run was stopped before its end" if early else "")
        except CannotWrite as error:
            pytest.exit(str(error), returncode=2)


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node):
    """A process of xdist is told what need not run again."""
    node.workerinput["resumed"] = sorted(node.config.stash[RUN].resumed)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session):
    session.config.stash[RUN].stop()


# ---- which tests are cases, and which of them run ------------------------------------------


def is_case(path):
    """Whether the file lies in cases/, but not among the suite's tests of itself."""
    return HERE in path.parents and "selftest" not in path.relative_to(HERE).parts


def case_id(nodeid):
    """cases/test_add.py::test_x[y] is test_add::test_x[y]."""
    file, _, rest = nodeid.partition("::")
    return f"{Path(file).stem}::{rest}"


def pytest_pycollect_makeitem(collector, name, obj):
    """Every case is a case of something."""
    if name.startswith("test") and inspect.isroutine(obj) and is_case(collector.path):
        marks = [*getattr(obj, "pytestmark", []), *collector.iter_markers()]
        values = [value for mark in marks if mark.name == "parametrize" for value in mark.args[1]]
        marks += [mark for value in values for mark in getattr(value, "marks", ())]
        if not catalogue.requirements_of(marks):
            raise collector.CollectError(f"{name} proves no requirement: give it @requirement()")


def wanted(config):
    """The requirements, ids or globs, whose cases are asked for."""
    return " ".join(config.getoption("--requirement")).replace(",", " ").split()


def pytest_collection_modifyitems(config, items):
    hostile = [item for item in items if item.get_closest_marker("hostile")]
    if hostile and not config.getoption("--hostile"):
        config.hook.pytest_deselected(items=hostile)
        items[:] = [item for item in items if item not in hostile]
    told = getattr(config, "workerinput", {})
    resumed = frozenset(told.get("resumed", config.stash[RUN].resumed))
    if resumed:
        config.hook.pytest_deselected(items=[i for i in items if case_id(i.nodeid) in resumed])
        items[:] = [item for item in items if case_id(item.nodeid) not in resumed]
    if config.getoption("--thin"):
        thin(config, items)
    globs = wanted(config)
    ids = config.getoption("--case")
    if not globs and not ids:
        return

    def is_chosen(item):
        own = catalogue.requirements_of(item.iter_markers())
        name = case_id(item.nodeid)
        return (not globs or any(fnmatch.filter(own, glob) for glob in globs)) and (
            not ids or any(text in name or fnmatch.fnmatchcase(name, text) for text in ids)
        )

    chosen = {item.nodeid for item in items if is_chosen(item)}
    others = sorted((item for item in items if item.nodeid not in chosen), key=by_chance)
    chosen.update(item.nodeid for item in others[: config.getoption("--sample")])
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid not in chosen])
    items[:] = [item for item in items if item.nodeid in chosen]


def thin(config, items):
    """Leaves of each test at most --thin cases."""
    tests = {}
    for item in sorted(items, key=by_chance):
        tests.setdefault(item.nodeid.partition("[")[0], []).append(item)
    kept = {item for cases in tests.values() for item in cases[: config.getoption("--thin")]}
    config.hook.pytest_deselected(items=[item for item in items if item not in kept])
    items[:] = [item for item in items if item in kept]


def by_chance(item):
    """A place in an order that has nothing to do with what the cases are, the same each time."""
    return zlib.crc32(item.nodeid.encode())


# ---- one case ------------------------------------------------------------------------------


@pytest.fixture
def case(request):
    """A fresh process of the worker: case.ask("open"), case.ask("add_sa a{...}")."""
    run = request.config.stash[RUN]
    case = Case(run.worker(), run.profile, run.open_words)
    request.node.stash[CASE] = case
    case.begin()
    yield case
    case.end()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    item.stash[BEGAN] = time.monotonic()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """Turns what pytest saw into a verdict, and the verdict into what pytest reports."""
    report = (yield).get_result()
    if not is_case(item.path):
        return
    raised = call.excinfo.value if call.excinfo else None
    case = item.stash.get(CASE, None)
    own = catalogue.requirements_of(item.iter_markers())
    run = item.config.stash[RUN]
    option = item.config.getoption
    if call.when == "call" or (call.when == "setup" and raised is not None):
        slack = option("--slack-replay") or ("yes" if run.is_plain else "no")
        try:
            judgement = judge(case, own, raised, option("--confirm") == "yes", slack == "yes")
        except Exception as error:  # whatever a driver made the worker say: the others go on
            judgement = Judgement("error", f"cannot be judged: {type(error).__name__}: {error}")
    elif call.when == "teardown" and raised is not None:
        judgement = Judgement("error", f"after the case: {type(raised).__name__}: {raised}")
    else:
        return

    record = new_record(case_id(item.nodeid), own, judgement.verdict, judgement.message)
    record["seconds"] = round(time.monotonic() - item.stash[BEGAN], 4)
    at = item.location[1] + 1
    if isinstance(raised, AssertionError):
        own_lines = [entry for entry in call.excinfo.traceback if entry.path == item.path]
        if own_lines:
            at = own_lines[-1].lineno + 1
            record["message"] = f"{str(own_lines[-1].statement).strip()}\n{record['message']}"
    record["where"] = f"cases/{item.path.name}:{at}"
    known = ("broken", "reason", "report", "readings", "shapes")
    record |= {key: getattr(judgement, key) for key in known}
    record["blame"] = judgement.blame or record["blame"]
    record["hostile"] = item.get_closest_marker("hostile") is not None
    is_good = judgement.verdict in ("pass", "skip")
    if case is not None and judgement.verdict == "pass":
        record["warnings"] = sorted(set(case.warnings))
    if case is not None and (not is_good or judgement.broken or option("--traces") == "all"):
        run.write_traces(record, case, judgement.second)
    if not is_good:
        report.outcome = "failed"
        report.longrepr = run.explain(record)
    report.ov2 = record


def pytest_assertrepr_compare(op, left, right):
    """What a failed comparison says."""
    return [f"got   {left!r}", f"want  {'' if op == '==' else op + ' '}{right!r}"]


def new_record(name, requirements, verdict, message):
    record = {"id": name, "requirements": requirements, "verdict": verdict, "message": message}
    record |= {"seconds": 0.0, "trace": None, "broken": [], "reason": "", "report": {}}
    record |= {"shapes": [], "hostile": False, "warnings": []}
    record |= {"where": "", "readings": [], "blame": dict.fromkeys(requirements, verdict)}
    return record

"""What speaks against the device, on the page: the laws first, then the cases by their function."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from findings import Document, against, and_in_more, laws, place, replay_command
from markup import Markup, tag
from page_charts import badge
from page_trace import annotated, shortened

Case = dict[str, Any]
MESSAGE_LINES = 14
LOG_LINES = 8


def function_of(case_id: str) -> str:
    """"test_del::test_x[2]" is a case of "test_del::test_x"."""
    return case_id.partition("[")[0]


def sentence_of(case_id: str) -> str:
    """The name of a case is the sentence that is true of a good device."""
    name = function_of(case_id).partition("::")[2].removeprefix("test_").replace("_", " ")
    return name[:1].upper() + name[1:] or case_id


def by_function(document: Document) -> dict[str, list[Case]]:
    """The cases that speak against the device, by their function, the worst first."""
    found: dict[str, list[Case]] = {}
    for case in against(document):
        found.setdefault(function_of(case["id"]), []).append(case)
    return found


def anchor(function: str) -> str:
    return "f-" + re.sub(r"[^A-Za-z0-9]+", "-", function)


def requirement_line(document: Document, key: str) -> Markup:
    row = document["requirements"].get(key, {"text": ""})
    return tag("li", _link(key), _level(document, key), f" {row['text']}")


def law_list(document: Document, out: Path, dut: str) -> Iterator[Markup]:
    """Each law that was broken in cases about something else, with the first such case; what is
    broken most often stands first."""
    for entry in sorted(laws(document), key=lambda entry: (-len(entry["ids"]), entry["rule"])):
        law, case, more = entry["law"], entry["case"], and_in_more(len(entry["ids"]) - 1)
        yield tag(
            "article",
            tag("h3", badge(_verdict(document, entry["rule"])), " ", law["sentence"]),
            tag("p", _link(entry["rule"]), _level(document, entry["rule"])),
            tag("p", f"Broken at {place(law)} of ", tag("code", case["id"]), more, "."),
            _got_want(law),
            _trace(document, case, out, dut),
            class_="finding", id=f"l-{entry['rule']}",
        )


def case_list(document: Document, out: Path, dut: str) -> Iterator[Markup]:
    """Each function with such cases: the first case, and the others folded away."""
    total: dict[str, int] = {}
    for case in document["cases"]:
        total[function_of(case["id"])] = total.get(function_of(case["id"]), 0) + 1
    for function, cases in by_function(document).items():
        first, others = cases[0], cases[1:]
        of = f"{len(cases)} of {total[function]} variants" if total[function] > 1 else None
        keys = list(dict.fromkeys(key for case in cases for key in case["requirements"]))
        more = tag("details", tag("summary", f"{len(others)} more"),
                   (_case(document, case, out, dut) for case in others), class_="more")
        yield tag(
            "article",
            tag("h3", badge(first["verdict"]), " ", sentence_of(function)),
            tag("p", "not so", f" in {of}" if of else None, ": ", tag("code", first["where"]),
                class_="quiet"),
            tag("ul", (requirement_line(document, key) for key in keys), class_="requirements"),
            _case(document, first, out, dut),
            more if others else None,
            class_="finding", id=anchor(function),
        )


def _case(document: Document, case: Case, out: Path, dut: str) -> Markup:
    own = [law for law in case["broken"] if law["rule"] in case["requirements"]]
    others = sorted({law["rule"] for law in case["broken"]} - {law["rule"] for law in own})
    message = [shortened(line) for line in case["message"].splitlines()[:MESSAGE_LINES]]
    log = [line for line in case["report"].get("log", "").splitlines() if line.strip("= ")]
    once = {law["rule"]: law for law in reversed(own)}
    return tag(
        "section",
        tag("h4", badge(case["verdict"]), " ", tag("code", case["id"])),
        tag("pre", "\n".join(message)) if message else None,
        (_own_law(law, len([one for one in own if one["rule"] == law["rule"]]))
         for law in reversed(once.values())),
        tag("p", "also broken here: ", [_link(rule) for rule in others]) if others else None,
        tag("pre", "\n".join(map(shortened, log[:LOG_LINES])), class_="log") if log else None,
        _trace(document, case, out, dut),
        class_="case",
    )


def _own_law(law: dict[str, Any], times: int) -> Markup:
    element = f", element {law['element']}" if law["element"] else ""
    also = f", and {times - 1} times more" if times > 1 else ""
    where = f" is broken at {place(law)}{element}{also}"
    return tag("div", tag("p", _link(law["rule"]), where), _got_want(law))


def _got_want(law: dict[str, Any]) -> Markup:
    return tag(
        "dl",
        tag("dt", "got"), tag("dd", tag("code", shortened(law["got"]))),
        tag("dt", "want"), tag("dd", tag("code", shortened(law["want"]))), class_="got-want",
    )


def _level(document: Document, key: str) -> Markup:
    level = document["requirements"].get(key, {"level": "?"})["level"]
    return tag("span", level, class_="level")


def _link(rule: str) -> Markup:
    return tag("span", tag("a", rule, href=f"#r-{rule}"), " ")


def _trace(document: Document, case: Case, out: Path, dut: str) -> Markup | None:
    if not case["trace"]:
        return None
    return tag(
        "div",
        tag("p", "replay ", tag("code", replay_command(out, case, dut), class_="command")),
        tag("details", tag("summary", "trace"), annotated(case, out) or "its file is not there"),
    )


def _verdict(document: Document, rule: str) -> str:
    return str(document["requirements"].get(rule, {"verdict": "fail"})["verdict"])

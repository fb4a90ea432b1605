"""report.html: one page that needs no network and runs nothing but its own few lines.

Its style and script are page.css and page.js, inside the page; a policy in its head names their
hashes and forbids everything else.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from pathlib import Path

from baseline import Since
from campaigns import Campaign, campaigns
from findings import (
    Document, against, laws, of_cases, verdict_word, waiver_words, warning_lines,
)
from markup import Markup, escaped, raw, tag
from page_charts import groups, legend, shapes, slowest, time_by_group
from page_findings import case_list, law_list
from page_fuzz import count_of, fuzzing
from page_requirements import filters, table
from page_speed import load_speed, speed

HERE = Path(__file__).parent
KINDS = {True: "good", False: "bad", None: "open"}


def page(document: Document, out: Path, dut: str, since: Since | None = None) -> str:
    """The whole page; out is the folder whose traces/ it reads, dut what replays are made on."""
    style, script = ((HERE / name).read_text("utf-8") for name in ("page.css", "page.js"))
    name = document["adapter"]["name"] or document["adapter"]["file"]
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("title", f"{name}: {verdict_word(document).lower()}"),
        raw("style", style),
    )
    fuzzed = campaigns(out)
    main = tag("main", parts(document, out, dut, since), fuzz_part(fuzzed))
    body = tag("body", verdict(document, since), contents(document, fuzzed), main,
               raw("script", script))
    return f"<!DOCTYPE html>\n{tag('html', head, body, lang='en')}\n"


def policy(style: str, script: str) -> str:
    return (
        f"default-src 'none'; style-src {mark(style)}; script-src {mark(script)}; "
        "base-uri 'none'; form-action 'none'"
    )


def mark(text: str) -> str:
    """What a policy calls a text that is allowed."""
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    return f"'sha256-{digest}'"


# ---- the head of the page: the verdict, and what it is about ---------------------------------


def verdict(document: Document, since: Since | None) -> Markup:
    summary = document["summary"]
    adapter = document["adapter"]
    waived = summary["requirements"].get("waived", 0)
    return tag(
        "header",
        tag("p", "IPsec Task Offload Version 2: conformance of ",
            tag("b", adapter["name"] or adapter["file"])),
        tag("h1", verdict_word(document)),
        tag("p", _capital(summary["conforms"])),
        tag("p", _capital(summary["robust"])),
        tag("p", tag("b", "1 requirement is" if waived == 1 else f"{waived} requirements are",
                     " waived"), ": ", tag("a", "known failures", href="#waivers"), ".")
        if waived else None,
        tag("p", tag("b", _capital(since.verdict))) if since else None,
        legend(Counter(summary["requirements"])),
        facts(document),
        class_=KINDS[document["conforms"]],
    )


def _capital(sentence: str) -> str:
    return f"{sentence[:1].upper()}{sentence[1:]}."


def facts(document: Document) -> Markup:
    adapter, counts = document["adapter"], document["summary"]["cases"]
    seconds = sum(case["seconds"] for case in document["cases"])
    readings = (
        tag("span", f"{point} ", tag("b", "/".join(names)), " ", class_="reading")
        for point, names in document["fingerprint"].items()
    )
    rows = {
        "adapter": (tag("code", adapter["file"]), " SHA-256 ", tag("code", adapter["sha256"])),
        "profile": document["profile"] or "the default one",
        "open words": document["open_words"] or None,
        "readings": list(readings) or "none was seen",
        "suite": f"ov2 {document['suite']}",
        "requirements": (f"{len(document['requirements'])}, digest ",
                         tag("code", document["requirements_digest"])),
        "cases": (f"{len(document['cases'])} in {seconds:.1f} s: ",
                  ", ".join(f"{count} {word}" for word, count in counts.items())),
        "build, seed": f"{document['mode']}, seed {document['seed']}",
        "machine": document["machine"],
        "began": f"{document['began']} UTC",
    }
    pairs = ((tag("dt", label), tag("dd", text)) for label, text in rows.items() if text)
    return tag("dl", pairs, class_="facts")


def contents(document: Document, fuzzed: list[Campaign]) -> Markup:
    links = [("groups", "groups"), ("findings", f"findings ({len(against(document))})"),
             ("requirements", "requirements"), ("shapes", "lists"), ("time", "time"),
             ("skips", "not asked")]
    links += [("fuzzing", f"fuzzing ({count_of(fuzzed)})")] if fuzzed else []
    return tag("nav", (tag("a", text, href=f"#{name}") for name, text in links))


# ---- the parts -------------------------------------------------------------------------------


def part(name: str, title: str, *children: object) -> Markup:
    return tag("section", tag("h2", title), children, id=name)


def parts(document: Document, out: Path, dut: str, since: Since | None) -> Markup:
    broken, figures = laws(document), load_speed(out)
    return escaped(
        part("groups", "Requirements by group", groups(document)),
        part("since", f"What changed since {since.name}", differences(since)) if since else None,
        part("waivers", "Known failures", waivers(document)) if document["waivers"] else None,
        part("warnings", "Warnings, which decide nothing", warnings(document))
        if warning_lines(document) else None,
        part("findings", "What speaks against the device",
             None if broken or against(document) else tag("p", "Nothing."),
             tag("p", "These laws were broken in cases about something else: mend them first.")
             if broken else None,
             law_list(document, out, dut), case_list(document, out, dut)),
        part("requirements", "All requirements", filters(document), table(document)),
        part("shapes", "Lists that the device was given",
             tag("p", "How often each request met a list of each shape."),
             tag("div", shapes(document), class_="scroll")),
        part("time", "Time by group", tag("div", time_by_group(document), class_="scroll"),
             tag("p", "The slowest cases:"), slowest(document)),
        part("speed", "What a packet costs", tag("div", speed(figures), class_="scroll"))
        if figures else None,
        part("skips", "What was not asked, and why", skips(document)),
    )


def fuzz_part(fuzzed: list[Campaign]) -> Markup | None:
    return part("fuzzing", "What fuzzing found", fuzzing(fuzzed)) if fuzzed else None


def differences(since: Since) -> Markup:
    if not since.changes:
        return tag("p", "Nothing.")
    ordered = sorted(since.changes, key=lambda change: not change.is_worse)
    rows = (tag("li", tag("b", "worse: ") if change.is_worse else None, change.text)
            for change in ordered)
    return tag("ul", rows)


def waivers(document: Document) -> Markup:
    """Each with its reason, its link, and the cases that it waived."""
    rows = []
    for waiver in document["waivers"]:
        link = waiver["link"]
        is_link = link.startswith(("https://", "http://"))
        ids = tag("ul", (tag("li", tag("code", case)) for case in waiver["cases"]))
        rows.append(tag(
            "li", waiver_words(waiver), " ",
            tag("a", link, href=link, rel="noreferrer") if is_link else link,
            f" until {waiver['until']}" if waiver["until"] else None,
            tag("details", tag("summary", of_cases(len(waiver["cases"]))), ids)
            if waiver["cases"] else None,
        ))
    return tag("ul", rows)


def warnings(document: Document) -> Markup:
    return tag("ul", (tag("li", text) for text in warning_lines(document)))


def skips(document: Document) -> Markup:
    reasons = Counter(case["reason"] for case in document["cases"] if case["verdict"] == "skip")
    if not reasons:
        return tag("p", "Every case was run.")
    rows = (tag("li", f"{reason}: {count}") for reason, count in reasons.most_common())
    return tag("ul", rows)

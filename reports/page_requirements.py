"""The table of requirements, which a reader filters by group, level, verdict and text."""

from __future__ import annotations

from collections import Counter
from typing import Any

from document import AGAINST
from findings import Document
from groups import GROUPS, group_of, in_order
from markup import Markup, tag
from page_charts import ORDER, badge
from page_findings import anchor, function_of


def filters(document: Document) -> Markup:
    rows = document["requirements"]
    groups = dict.fromkeys(group_of(key) for key in sorted(rows, key=in_order))
    levels = [word for word in ("MUST", "SHOULD", "ROBUST")
              if any(row["level"] == word for row in rows.values())]
    verdicts = Counter(row["verdict"] for row in rows.values())
    return tag(
        "form",
        tag("label", "text ", tag("input", type="search", id="f-text", autocomplete="off",
                                  placeholder="press / to search")),
        _select("group", [(name, f"{name}  {GROUPS.get(name, '')}") for name in groups]),
        _select("level", [(word, word) for word in levels]),
        _select("verdict", [("against", "speaks against the device")]
                + [(word, f"{word} ({verdicts[word]})") for word in ORDER if verdicts[word]]),
        tag("button", "show all", type="button", id="f-clear"),
        tag("output", f"{len(rows)} requirements", id="f-count", aria_live="polite"),
        id="filter", hidden=True, aria_label="filter the requirements",
    )


def _select(name: str, options: list[tuple[str, str]]) -> Markup:
    return tag(
        "label", f"{name} ",
        tag("select", tag("option", "any", value=""),
            (tag("option", text, value=value) for value, text in options), id=f"f-{name}"),
    )


def table(document: Document) -> Markup:
    heads = ("requirement", "level", "verdict", "what it says", "cases")
    verdicts = {case["id"]: case["verdict"] for case in document["cases"]}
    entries = document["requirements"]
    rows = (_row(key, entries[key], verdicts) for key in sorted(entries, key=in_order))
    return tag(
        "table", tag("thead", tag("tr", (tag("th", head, scope="col") for head in heads))),
        tag("tbody", rows), class_="requirement-table", id="requirement-table",
    )


def _row(key: str, row: dict[str, Any], verdicts: dict[str, str]) -> Markup:
    speaks = row["verdict"] in AGAINST or row["verdict"] == "warning"
    return tag(
        "tr",
        tag("th", key, scope="row"),
        tag("td", row["level"], class_="level"),
        tag("td", badge(row["verdict"])),
        tag("td", row["text"], class_="text"),
        tag("td", _cases(row["cases"], verdicts)),
        id=f"r-{key}", data_group=group_of(key), data_level=row["level"],
        data_verdict=row["verdict"], data_against=speaks,
    )


def _cases(ids: list[str], verdicts: dict[str, str]) -> Markup | None:
    """The cases of a requirement, folded: each function with the verdicts of its variants."""
    if not ids:
        return None
    functions: dict[str, Counter[str]] = {}
    for case in ids:
        functions.setdefault(function_of(case), Counter())[verdicts.get(case, "?")] += 1
    items = (tag("li", _name(function, counts), " ", _words(counts))
             for function, counts in sorted(functions.items()))
    return tag("details", tag("summary", str(len(ids))), tag("ul", items))


def _name(function: str, counts: Counter[str]) -> Markup:
    if any(word in AGAINST or word == "warning" for word in counts):
        return tag("a", tag("code", function), href=f"#{anchor(function)}")
    return tag("code", function)


def _words(counts: Counter[str]) -> str:
    return ", ".join(f"{counts[word]} {word}" for word in ORDER if counts[word])

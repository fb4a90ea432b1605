"""The pictures of the page: verdicts and time by group, and which list met which request."""

from __future__ import annotations

import re
from collections import Counter

from findings import Document, by_group
from groups import GROUPS, group_of
from markup import Markup, tag

# From good to bad, as they stand in a bar.
ORDER = ("pass", "waived", "unexpected-pass", "skip", "unit", "untestable", "later", "not-run",
         "warning", "flaky", "fail", "leak", "hang", "crash", "error")

REQUESTS = ("add_sa", "add_sa_ex", "update_sa", "delete_sa")

# Lists that no driver can check for; they run with HOSTILE=1 only.
WILD = ("freed", "unmapped", "noncanonical")


def badge(verdict: str) -> Markup:
    return tag("span", verdict, class_=f"badge v-{verdict}")


def legend(verdicts: Counter[str]) -> Markup:
    words = (tag("li", badge(word), f" {verdicts[word]}") for word in ORDER if verdicts[word])
    return tag("ul", words, class_="legend")


def bar(counts: dict[str, int], title: str) -> Markup:
    """One bar of 100 units, a piece for each verdict."""
    total, x, pieces = sum(counts.values()), 0.0, []
    for word in ORDER:
        if counts.get(word):
            width = 100 * counts[word] / total
            pieces.append(
                tag("rect", x=f"{x:.2f}", y=0, width=f"{width:.2f}", height=10, class_=f"v-{word}")
            )
            x += width
    return tag(
        "svg", tag("title", title), pieces, viewBox="0 0 100 10", preserveAspectRatio="none",
        role="img", class_="bar",
    )


def groups(document: Document) -> Markup:
    """A row for each group; its name filters the table of requirements."""
    rows = []
    for name, counts in by_group(document).items():
        words = ", ".join(f"{counts[word]} {word}" for word in ORDER if counts.get(word))
        name_cell = tag("button", name, type="button", data_group=name, title="show them below")
        title = tag("span", GROUPS.get(name, ""), class_="quiet")
        rows.append(
            tag("tr", tag("th", name_cell, " ", title, scope="row"),
                tag("td", bar(counts, f"{name}: {words}"), class_="wide"), tag("td", words))
        )
    return tag("table", tag("tbody", rows), class_="groups")


def time_by_group(document: Document) -> Markup:
    """How long the cases of each group took, by the group of their first requirement."""
    seconds: Counter[str] = Counter()
    cases: Counter[str] = Counter()
    for case in document["cases"]:
        group = group_of(next(iter(case["requirements"]), "")) or "none"
        seconds[group] += case["seconds"]
        cases[group] += 1
    most = max([*seconds.values(), 0.001])
    row, left, width = 22, 90, 360
    parts = []
    for at, (group, total) in enumerate(seconds.most_common()):
        y = at * row
        noun = "case" if cases[group] == 1 else "cases"
        length = max(1.0, width * total / most)
        parts += [
            tag("text", group, x=left - 8, y=y + 15, class_="name"),
            tag("rect", x=left, y=y + 3, width=f"{length:.1f}", height=row - 6),
            tag("text", f"{total:.2f} s, {cases[group]} {noun}", x=f"{left + length + 6:.1f}",
                y=y + 15),
        ]
    return tag(
        "svg", tag("title", "seconds of all cases, by group"), parts, class_="time", role="img",
        viewBox=f"0 0 {left + width + 150} {row * len(seconds) + 4}",
    )


def slowest(document: Document, count: int = 5) -> Markup:
    cases = sorted(document["cases"], key=lambda case: (-case["seconds"], case["id"]))[:count]
    rows = (
        tag("li", tag("code", case["id"]), f" {case['seconds']:.2f} s") for case in cases
    )
    return tag("ol", rows)


def shapes(document: Document) -> Markup:
    """Shapes down, requests across; a cell says how many such lists the request was given."""
    used = sorted({verb for counts in document["shapes"].values() for verb in counts})
    verbs = [*REQUESTS, *(verb for verb in used if verb not in REQUESTS)]
    head = tag("tr", tag("th", "shape", scope="col"), (tag("th", v, scope="col") for v in verbs))
    rows = []
    for name in sorted(document["shapes"], key=_natural):
        counts = document["shapes"][name]
        cells = (_cell(counts.get(verb, 0), name in WILD) for verb in verbs)
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    return tag("table", tag("thead", head), tag("tbody", rows), class_="shapes")


def _natural(name: str) -> list[tuple[int, str]]:
    """A key that sorts 2^9 before 2^10."""
    return [(int(part), "") if part.isdigit() else (0, part) for part in re.split(r"(\d+)", name)]


def _cell(count: int, is_wild: bool) -> Markup:
    if count:
        return tag("td", str(count), class_="met" if count < 10 else "met often")
    return tag("td", "–", class_="unmet", title="only with HOSTILE=1" if is_wild else None)

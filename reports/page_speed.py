"""How fast the device is, if `./ov2 bench` has left its figures beside the results."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from markup import Markup, tag

WAYS = ("send", "receive")


def load_speed(out: Path) -> dict[str, Any]:
    """OUT/bench.json; empty if there is none, or none that can be read."""
    try:
        figures = json.loads((out / "bench.json").read_text(encoding="utf-8"))
        packets, bare = figures["packets"], dict(figures["cryptography"])
        bare_crowd = bare.pop("crowd", {})
        bare = {suite: alone for suite, alone in bare.items() if suite in packets}
        for suite, of_sizes in bare.items():
            for size, alone in of_sizes.items():
                for way in WAYS:
                    if not (packets[suite][size][way] > 0 and alone[way] >= 0):
                        return {}
        crowd = {str(count): float(each) for count, each in packets["crowd"].items()}
        bare_crowd = {str(count): float(bare_crowd[count]) for count in crowd if bare_crowd}
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}
    if not (bare and crowd):
        return {}
    return {"packets": packets, "cryptography": bare, "crowd": crowd, "bare_crowd": bare_crowd}


def speed(figures: dict[str, Any]) -> Markup:
    """A bar for each suite, size and way, and what many SAs make of a packet."""
    packets, bare = figures["packets"], figures["cryptography"]
    rows = []
    for suite, of_sizes in bare.items():
        for size, alone in of_sizes.items():
            most = max(packets[each][size][way] for each in bare for way in WAYS)
            rows += [_row(suite, size, way, packets[suite][size][way], alone[way], most)
                     for way in WAYS]
    heads = ("suite", "bytes", "way", "ns for a packet; dark: its cryptography by itself", "of it")
    table = tag(
        "table", tag("thead", tag("tr", (tag("th", head, scope="col") for head in heads))),
        tag("tbody", rows), class_="groups",
    )
    crowd = (tag("li", f"under one of {int(count):,} SAs: {each:.0f} ns, ",
                 f"{_times(figures['crowd'], count)} times as long", _alone(figures, count))
             for count, each in figures["crowd"].items())
    return tag("div", table, tag("p", "A packet of 256 bytes, sent in chains:"), tag("ul", crowd))


def _times(of_counts: dict[str, float], count: str) -> str:
    return f"{of_counts[count] / next(iter(of_counts.values())):.1f}"


def _alone(figures: dict[str, Any], count: str) -> str:
    if not figures["bare_crowd"]:
        return ""
    return f"; its cryptography by itself {_times(figures['bare_crowd'], count)} times"


def _row(suite: str, size: str, way: str, cost: float, alone: float, most: float) -> Markup:
    """One figure; the packets of one size have one scale."""
    width = 100 * cost / most
    share = alone / cost
    title = f"{suite}, {size} bytes, {way}: {cost:.0f} ns, of which {share:.2f} are cryptography"
    pieces = (
        tag("rect", x=0, y=0, width=f"{width:.2f}", height=10, class_="v-skip"),
        tag("rect", x=0, y=0, width=f"{width * min(share, 1):.2f}", height=10, class_="v-pass"),
    )
    picture = tag(
        "svg", tag("title", title), pieces, viewBox="0 0 100 10", preserveAspectRatio="none",
        role="img", class_="bar",
    )
    return tag(
        "tr", tag("th", suite, scope="row"), tag("td", size), tag("td", way),
        tag("td", picture, f" {cost:.0f}", class_="wide"), tag("td", f"{share:.2f}"),
    )

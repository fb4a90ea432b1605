"""The part of the page about fuzzing: what each campaign reached over time, and what it found."""

from __future__ import annotations

from campaigns import Campaign
from markup import Markup, tag

WIDTH, HEIGHT, LEFT = 420, 90, 60


def fuzzing(campaigns: list[Campaign]) -> Markup:
    return tag("div", (_campaign(campaign) for campaign in campaigns))


def count_of(campaigns: list[Campaign]) -> int:
    return sum(len(campaign["finds"]) for campaign in campaigns)


def _campaign(campaign: Campaign) -> Markup:
    hit = sum(1 for count in campaign["shapes"] if count)
    edges = f"{campaign['edges']:,} edges" if campaign["edges"] else "edges not counted"
    words = (f"{campaign['engine']}, {campaign['seconds']:.0f} s: {campaign['executions']:,} "
             f"executions, {campaign['requests']:,} requests, {edges}, "
             f"{hit} of {len(campaign['shapes'])} shapes, {campaign['behaviours']:,} behaviours; "
             f"the chance that the next execution shows a new one is {campaign['chance']:.2g}.")
    return tag("article", tag("h3", campaign["target"]), tag("p", words),
               tag("div", curve(campaign), class_="scroll"), _finds(campaign))


def curve(campaign: Campaign) -> Markup:
    """Behaviours over time, as a line; edges, where the engine sees any, as another."""
    points = campaign["course"]
    seconds = max([*(point["seconds"] for point in points), 1])
    lines = []
    for row, (name, dashes) in enumerate((("behaviours", None), ("edges", "4 3"))):
        most = max((point[name] for point in points), default=0)
        if most == 0:
            continue
        spots = " ".join(
            f"{LEFT + WIDTH * point['seconds'] / seconds:.1f},"
            f"{HEIGHT - (HEIGHT - 10) * point[name] / most:.1f}" for point in points)
        lines += [
            tag("polyline", points=spots, fill="none", stroke="currentColor",
                stroke_dasharray=dashes),
            tag("text", f"{most:,} {name}", x=LEFT + WIDTH + 6, y=16 + 16 * row),
        ]
    return tag("svg", tag("title", f"what {campaign['target']} reached over time"), lines,
               tag("text", f"{seconds:.0f} s", x=LEFT + WIDTH, y=HEIGHT + 14, class_="name"),
               class_="time", role="img", viewBox=f"0 0 {LEFT + WIDTH + 150} {HEIGHT + 18}")


def _finds(campaign: Campaign) -> Markup:
    if not campaign["finds"]:
        return tag("p", "Nothing was found.")
    rows = (
        tag("li", tag("b", find["kind"]), f", {find['count']} times: {find['sentence']} ",
            tag("code", f"{campaign['folder']}/{find['trace']}"))
        for find in campaign["finds"])
    return tag("ol", rows)

"""The names of shapes are those of the harness."""

from __future__ import annotations

import re
from pathlib import Path

from ov2.shapes import SHAPES, WILD

SOURCE = Path(__file__).parent.parent.parent / "harness" / "shape.c"


def test_the_names_are_those_of_the_harness():
    table = SOURCE.read_text(encoding="utf-8").split("names[SHAPE_COUNT] = {")[1].split("};")[0]

    assert sorted(re.findall(r'"([^"]+)"', table)) == sorted(SHAPES)
    assert set(WILD) < set(SHAPES)
    assert len(set(SHAPES)) == len(SHAPES)

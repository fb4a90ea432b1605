"""Each malformed list of the matrix has one defect: the reference takes it once that is repaired,
and refuses it again when any other field is broken that no driver may overlook."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ov2.device import Device
from ov2.matrix import OIDS, SHAPES, Combination, Shaped, combinations
from ov2.reply import final

MALFORMED = [c for oid in OIDS for c in combinations(oid) if SHAPES[c.shape].is_defect]
STRICT = {
    "add": ({"rev": 0}, {"size": 8}, {"ext": 3}),
    "update": ({"rev": 0}, {"size": 8}, {"op": 9}),
    "delete": ({"rev": 0}, {"size": 8}),
}


@pytest.fixture
def taken(case):
    """Whether a fresh device takes a list, its spot included."""

    def is_taken(what, **second):
        dut = Device(case).open(UPDATE_LAYOUT="linked")
        peer = Device(case, "peer").open()
        shaped = Shaped(what, dut, peer, 20)
        answer = shaped.submit(**second)
        status = final(answer, shaped.released) if what.when == "pended" else answer.status
        given = shaped.released.done_handles if answer.pending else answer.handles
        laws = [law for _, answer in case.lines for law in answer.breaks]
        assert not laws
        for device in (dut, peer):
            device.close()
        return status == "SUCCESS" and (what.oid != "add" or given[shaped.at] is not None)

    return is_taken


def has_room(what: Combination) -> bool:
    """An element behind the end of the table is refused however good it is."""
    return not (what.oid == "add" and "capacity" in what.length and what.place == "tail")


@pytest.mark.parametrize("what", filter(has_room, MALFORMED), ids=lambda c: f"{c.oid}-{c}")
def test_a_malformed_list_has_one_defect(taken, what):
    twin = what.repaired

    assert taken(twin)
    assert [second for second in STRICT[what.oid] if taken(twin, **second)] == []


@pytest.mark.parametrize("oid", OIDS)
def test_every_defect_is_tried_where_there_is_room(oid):
    defects = {name for name, shape in SHAPES.items() if shape.is_defect and oid in shape.laws}

    assert {c.shape for c in MALFORMED if c.oid == oid and has_room(c)} == defects


def test_a_list_that_is_as_it_should_be_is_taken(taken):
    plain = next(c for c in combinations("delete") if c.shape == "plain")

    assert taken(plain)
    assert not taken(replace(plain, shape="wrong-size"))

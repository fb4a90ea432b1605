"""Lists of every shape: whatever becomes of a list, nothing else suffers."""

import pytest

from ov2 import requirement, sa, setting
from ov2.matrix import every_shape


@requirement("ADD-061")
@every_shape("add")
def test_a_list_to_add(dut, shaped):
    answer = shaped.submit()
    shaped.probe(answer)

    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded


@setting(UPDATE_LAYOUT="linked")
@requirement("UPD-016")
@every_shape("update")
def test_a_list_to_update(dut, shaped):
    answer = shaped.submit()
    shaped.probe(answer)

    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded


@requirement("DEL-014")
@every_shape("delete")
def test_a_list_to_delete(dut, shaped):
    answer = shaped.submit()
    shaped.probe(answer)

    assert shaped.familiar.works()
    assert dut.delete(shaped.familiar.near).succeeded
    assert dut.add(sa(0x9002)).succeeded

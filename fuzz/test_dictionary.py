"""fuzz/ov2.dict is what the header of the interface says."""

from __future__ import annotations

from dictionary import FILE, HEADER, constants, dictionary


def test_the_dictionary_is_current():
    assert FILE.read_text(encoding="utf-8") == dictionary(HEADER.read_text(encoding="utf-8"))


def test_a_constant_is_there_as_a_number_and_as_bytes():
    made = dictionary("#define NDIS_ONE 0x1F2u /* of something */\n#define TWO_WAYS(x) ((x) + 2)\n")

    assert made.splitlines()[1:] == ["# NDIS_ONE", '"0x1f2"', '"f2010000"']


def test_all_four_oids_and_the_sizes_are_there():
    names = {name for group in constants(HEADER.read_text(encoding="utf-8")).values()
             for name in group}

    assert {"OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA", "OID_TCP_TASK_IPSEC_OFFLOAD_V2_DELETE_SA",
            "OID_TCP_TASK_IPSEC_OFFLOAD_V2_UPDATE_SA", "OID_TCP_TASK_IPSEC_OFFLOAD_V2_ADD_SA_EX",
            "NDIS_SIZEOF_IPSEC_OFFLOAD_V2_DELETE_SA_REVISION_1"} <= names

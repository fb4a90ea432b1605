"""Key material: where keys lie, how long they are, what becomes of them."""

import pytest

from ov2 import bad, door, every_suite, kinds, link, node, requirement, sa, setting
from ov2.keys import every_key
from ov2.suites import capabilities
from ov2.wire import accepted, cut_short

# Two keys in one area: in the other order, with gaps, at odd places.
PAIRS = {
    "encryption first": ("enc", "auth"),
    "authentication first": ("auth", "enc"),
    "a gap between": ("enc", 7, "auth"),
    "gaps everywhere": (3, "auth", 20, "enc", 9),
}
TRIPLES = {
    "in order": ("enc", "auth", "ah"),
    "in reverse": ("ah", "auth", "enc"),
    "AH in between": ("auth", 1, "ah", "enc", 2),
}
# KeyLength of an area of 16 or 20 bytes: in 32 bits, many of these wrap around behind the
# structure.
TOO_LONG = (
    *(21, 24, 40, 64, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000),
    *(0xFFFFFF50, 0xFFFFFF58, 0xFFFFFF6C, 0xFFFFFF80, 0xFFFFFFF0, 0xFFFFFFFF),
)
# KeyOffset of ADD_SA_EX
TOO_FAR = (0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFEC, 0xFFFFFFF0, 0xFFFFFFFC, 0xFFFFFFFF)
TWO_KEYS = ({"esp": "aes-cbc-128+sha1"}, {"esp": "3des-cbc+md5"}, {"esp": "aes-cbc-256+sha256"})
# Keys of a cipher and of a MAC, by their places, that share bytes.
SHARED = {
    "the same place": {"enc": 0, "auth": 0},
    "one inside the other": {"enc": 2, "auth": 0},
    "the end of one": {"enc": 0, "auth": 5},
}
# AdditionalInfo of AES-GCM that is an ICV length in neither unit.
ODD_ICVS = (1, 4, 7, 13, 17, 63, 65, 104, 136, 0x7FFFFFFF, 0xFFFFFFF0, 0xFFFFFFFF)
TOO_SHORT_ICVS = (0, 1, 4, 7, 9, 13, 15)
# Where AdditionalInfo has no meaning.
MEANINGLESS = (
    ("sa0_auth_info", {"esp": "null+sha1"}),
    ("sa0_auth_info", {"esp": "null+md5"}),
    ("sa0_auth_info", {"esp": "aes-cbc-128+sha256"}),
    ("sa0_enc_info", {"esp": "aes-cbc-128+sha1"}),
    ("sa0_enc_info", {"esp": "3des-cbc+sha1"}),
    ("sa0_enc_info", {"esp": "null+sha1"}),
    ("sa0_auth_info", {"esp": "aes-gcm-128"}),
    ("sa0_auth_info", {"ah": "ah-sha1"}),
    ("sa1_auth_info", {"esp": "aes-gcm-128", "ah": "ah-sha256"}),
)
# Keys of 3DES that are one of DES, the second: two that are equal side by side cancel each other.
ONE, TWO = bytes(range(0x11, 0x19)), bytes(range(0x41, 0x49))
DES_AS_3DES = {
    "the first two": ONE + ONE + TWO,
    "the last two": TWO + ONE + ONE,
    "but for parity": ONE + bytes(byte ^ 1 for byte in ONE) + TWO,
}
# OIDs that might answer with more than they should.
QUERIES = (
    *("add-sa", "add-sa-ex", "update-sa", "delete-sa", "offload-current-config"),
    *("offload-hardware-capabilities", "offload-parameters", "v1-add-sa"),
)


@requirement("KEY-001")
@every_key
def test_a_key_that_ends_behind_the_key_area_fails(keys, key):
    accepted = keys.accepted(key.outside())
    twin = keys.accepted([key.at()])

    assert accepted == []
    assert twin


@requirement("KEY-002")
def test_a_key_area_that_ends_behind_the_buffer_fails(keys):
    accepted = keys.accepted(keys.each("key_len", TOO_LONG))
    twin = keys.accepted([keys.element()])

    assert accepted == []
    assert twin


@requirement("KEY-002")
def test_a_key_that_lies_behind_the_buffer_is_not_read(keys):
    accepted = keys.accepted(keys.each("key_len", TOO_LONG, sa0_enc_off=256))

    assert accepted == []


@requirement("KEY-002")
def test_a_buffer_length_within_the_key_area_fails(keys):
    element = keys.element(key="64?5")
    whole = 240 if keys.is_ex else 232

    accepted = keys.accepted([element], length=whole - 1)
    twin = keys.accepted([element], length=whole)

    assert accepted == []
    assert twin


@requirement("KEY-002")
@door("add_sa_ex")
def test_a_key_offset_behind_the_buffer_fails(keys):
    accepted = keys.accepted(keys.each("key_at", TOO_FAR))
    twin = keys.accepted([keys.element()])

    assert accepted == []
    assert twin


@requirement("KEY-003")
@door("add_sa_ex")
@pytest.mark.parametrize("at", (0, 4, 100, 160, 169))
def test_keys_inside_the_structure_leave_it_as_it_is(keys, at):
    added = keys.adding(keys.element(key_at=at))

    assert "HDR-013" not in added.laws
    assert keys.carries("enc", esp="aes-gcm-128")


@requirement("KEY-004")
@door("add_sa_ex")
@pytest.mark.parametrize("at", (170, 171, 173, 175, 177, 178, 183, 255))
def test_keys_may_begin_anywhere_behind_the_structure(keys, at):
    assert keys.carries("enc", esp="aes-gcm-128", key_at=at)


@requirement("KEY-005")
@door("add_sa")
@pytest.mark.parametrize("size", (169, 170, 176, 177, 200))
def test_keys_lie_behind_the_structure_whatever_its_size_says(keys, size):
    assert keys.carries("enc", 80, esp="aes-gcm-128", size=size)


@requirement("KEY-006")
@every_suite("cbc")
@pytest.mark.parametrize("parts", PAIRS.values(), ids=PAIRS)
def test_each_key_is_taken_from_its_own_place(keys, suite, parts):
    assert keys.carries(*parts, **suite)


@requirement("KEY-006")
@every_suite("gcm", "null", "ah")
@pytest.mark.parametrize("gap", (1, 4, 7))
def test_a_key_need_not_be_the_first_thing_in_the_key_area(keys, suite, gap):
    key = keys.usual(suite)

    assert keys.carries(gap, *key, gap, **suite)


@requirement("KEY-007")
@pytest.mark.parametrize("parts", TRIPLES.values(), ids=TRIPLES)
def test_two_operations_share_one_key_area(keys, parts):
    bundle = {"esp": "aes-cbc-128+sha1", "ah": "ah-sha1"}
    keys.dut.needs(**capabilities(*bundle.values()))

    assert keys.carries(*parts, **bundle)


@requirement("KEY-007")
@every_suite("esp+ah")
def test_the_last_key_of_a_bundle_may_lie_first(keys, suite):
    first, *others = reversed(keys.usual(suite))

    assert keys.carries(first, 5, *others, **suite)


@requirement("KEY-008")
@pytest.mark.parametrize("suite", TWO_KEYS, indirect=True, ids=lambda suite: suite["esp"])
@pytest.mark.parametrize("places", SHARED.values(), ids=SHARED)
def test_two_keys_may_share_bytes(keys, suite, places):
    assert keys.harmless(places, **suite)


@requirement("KEY-008")
def test_both_operations_may_have_the_same_key(keys):
    bundle = {"esp": "null+sha1", "ah": "ah-sha1"}
    keys.dut.needs(**capabilities(*bundle.values()))

    assert keys.harmless({"auth": 0, "ah": 0}, **bundle)


@requirement("KEY-009")
@every_key
def test_a_key_of_another_length_fails(keys, key):
    accepted = keys.accepted(key.misfits())
    twin = keys.accepted([key.at()])

    assert accepted == []
    assert twin


@requirement("KEY-010")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_the_key_lengths_of_each_suite_are_accepted(keys, suite):
    assert keys.carries(**suite)


@requirement("KEY-012")
@every_suite("gcm")
@pytest.mark.parametrize("icv", (8, 12, 16))
def test_an_icv_is_as_long_as_additional_info_says(keys, suite, icv):
    incoming = keys.offers(icv=icv, **suite)
    outgoing = keys.offers(icv=icv, inbound=False, **suite)
    keys.may_refuse(icv != 16, incoming, outgoing)

    assert incoming.works()
    assert outgoing.works()
    assert len(outgoing.send().bytes) == len(incoming.send().bytes)


@requirement("KEY-012")
def test_an_icv_length_of_zero_is_the_whole_icv(keys):
    incoming = keys.offers(icv=0, esp="aes-gcm-128")
    outgoing = keys.offers(icv=0, inbound=False, esp="aes-gcm-128")
    keys.may_refuse(True, incoming, outgoing)

    assert incoming.works()
    assert outgoing.works()


@requirement("KEY-012")
@pytest.mark.parametrize("info", ODD_ICVS)
def test_no_other_icv_length_does_any_harm(keys, info):
    incoming, outgoing = keys.element(sa0_enc_info=info), keys.element(False, sa0_enc_info=info)
    keys.adding(incoming)
    out = keys.adding(outgoing).handle

    keys.dut.send(out)
    keys.dut.receive(keys.frame_for(incoming))

    assert keys.carries(esp="aes-gcm-128")


@requirement("P-GCM-008")
@pytest.mark.parametrize("info", ODD_ICVS)
def test_no_frame_ends_with_an_icv_of_another_length(keys, info):
    outgoing = keys.element(False, sa0_enc_info=info)
    handle = keys.adding(outgoing).handle

    assert handle is None or keys.has_whole_icv(keys.dut.send(handle), outgoing)


@requirement("P-GCM-008")
@pytest.mark.parametrize("info", ODD_ICVS)
def test_no_frame_is_good_with_a_part_of_its_icv(keys, info):
    incoming = keys.element(sa0_enc_info=info)
    keys.adding(incoming)
    frame = keys.frame_for(incoming)

    assert accepted(keys.dut, [cut_short(frame, 16 - n) for n in TOO_SHORT_ICVS]) == []


@requirement("KEY-013")
@pytest.mark.parametrize("info", (1, 4, 16, 17, 96, 0xFFFFFFFF))
@pytest.mark.parametrize("member, suite", MEANINGLESS)
def test_additional_info_without_a_meaning_is_ignored(keys, member, suite, info):
    keys.dut.needs(**capabilities(*suite.values()))

    assert keys.carries(**suite, **{member: info})


@requirement("KEY-014")
@every_key
def test_an_algorithm_without_its_key_fails(keys, key):
    assert keys.carries(**key.fields)

    accepted = keys.accepted(key.absent())

    assert accepted == []


@requirement("KEY-015")
@every_suite("gcm", "null", "ah")
@pytest.mark.parametrize("surplus", (1, 45, 300))
def test_bytes_that_no_key_uses_are_ignored(keys, suite, surplus):
    assert keys.carries(*keys.usual(suite), surplus, **suite)


@requirement("KEY-016")
@every_suite("gcm", "null", "cbc", "ah", "esp+ah")
def test_no_copy_of_a_key_is_left_when_its_sas_are_gone(keys, suite):
    incoming, outgoing = keys.offers(**suite), keys.offers(inbound=False, **suite)
    assert incoming.works()
    assert outgoing.works()

    keys.dut.delete(incoming.into)
    keys.dut.delete(outgoing.out)

    assert "live" not in keys.found(suite).values()


@requirement("KEY-017")
def test_no_output_holds_a_key(dut, peer):
    incoming = link(peer, dut, key="20?7")
    frame = incoming.send()

    refused = dut.add(bad(sa(0x2001, key="20?8")))
    dut.add(bad(sa(0x2002, key="20?7")))
    dut.receive(frame, frame.flip("icv"), frame.shorten(20))
    dut.send(incoming.into)
    asked = [dut.oid(code, kind="query", buffer="600*ee") for code in QUERIES]
    dut.delete(incoming.into)
    dut.update(node(incoming.into, spi=0x1001, hi=1))

    assert refused.failed
    assert len(asked) == len(QUERIES)


# It is for whoever chooses keys not to choose these (RFC 2451 2.3); a device that refuses them is
# right, and so is one that computes what they mean.
@requirement("P-ALG-004")
@setting(IV_BY="stack")
@pytest.mark.parametrize("key", DES_AS_3DES.values(), ids=DES_AS_3DES)
def test_3des_that_is_only_des_is_refused_or_is_des(dut, peer, key):
    dut.needs(**capabilities("3des-cbc+sha1"))
    peer.reopen(IV_BY="stack")
    mac, packet = bytes(range(20)), {"data": b"attack at dawn", "iv": bytes(8), "seq": 1}
    des = peer.add(sa(0x1001, esp="des-cbc+sha1", key=TWO + mac)).handle

    added = dut.add(sa(0x1001, esp="3des-cbc+sha1", key=key + mac))
    twin = dut.add(sa(0x1002, esp="3des-cbc+sha1", key=ONE + TWO + ONE + mac))

    expected = peer.send(des, **packet).frame.bytes
    assert added.failed or dut.send(added.handle, **packet).frame.bytes == expected
    assert twin.succeeded


# ---- Members that change ---------------------------------------------------------------------


@requirement("KEY-001", "KEY-002")
@kinds("add_sa", "add_sa_ex")
@pytest.mark.parametrize("length", (21, 64, 2048, 0xFFFFFFFF), ids=hex)
@pytest.mark.parametrize("member", ("key_len", "sa0_enc_len", "sa0_enc_off"))
def test_a_length_that_changes_while_it_is_read_leads_nowhere(kind, member, length):
    kind.shake(**{member: length})

    assert kind.ask(kind.element()).succeeded


@requirement("KEY-001", "KEY-002")
@kinds("add_sa_ex")
@pytest.mark.parametrize("offset", (0, 1024, 4096, 0xFFFFFFFC), ids=hex)
def test_a_key_offset_that_changes_while_it_is_read_leads_nowhere(kind, offset):
    steady = kind.element(key_at=176)

    kind.shake(key_at=offset)

    assert kind.ask(steady).succeeded

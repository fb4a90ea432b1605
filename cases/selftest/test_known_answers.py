"""The known answers are all there, and say of themselves what their packets say."""

from __future__ import annotations

import hashlib
import hmac
import json
from pathlib import Path

import pytest
from ov2 import suites
from ov2.vectors import FOLDER, ipv4, published

COUNTS = {
    "mcgrew-gcm-test-01": 17,
    "rfc3602": 8,
    "scapy-2.5.0": 252,
    "tcpdump-captures": 24,
    "wycheproof-packets": 64,
}
ALL = [pytest.param(v, id=f"{source}-{v}") for source in COUNTS for v in published(source)]
HASHES = {"md5": hashlib.md5, "sha1": hashlib.sha1, "sha256": hashlib.sha256}
PRIMITIVES = {"cipher": 80, "aead": 404, "mac": 324}


def test_no_file_has_lost_a_vector():
    found = {file.stem: len(published(file.stem)) for file in FOLDER.glob("*.json")}

    print(f"{sum(found.values())} packets that others have made")
    assert found == COUNTS
    assert sum(found.values()) == 365


def test_no_primitive_is_lost():
    lines = Path(FOLDER / "primitives.txt").read_text(encoding="utf-8").splitlines()
    kinds = [line.split()[0] for line in lines if not line.startswith("#")]

    assert {kind: kinds.count(kind) for kind in set(kinds)} == PRIMITIVES


@pytest.mark.parametrize("source", COUNTS)
def test_each_file_says_where_it_is_from(source):
    members = json.loads((FOLDER / f"{source}.json").read_text(encoding="utf-8"))

    assert len(members["source"]) > 20
    assert members["oddities"]


@pytest.mark.parametrize("source", COUNTS)
def test_each_vector_is_there_once(source):
    vectors = published(source)

    assert len({vector.id for vector in vectors}) == len(vectors)
    assert len({(vector.packet, vector.hi, vector.suite) for vector in vectors}) == len(vectors)


@pytest.mark.parametrize("vector", ALL)
def test_a_vector_agrees_with_its_packet(vector):
    cipher, mac = suites.algorithms(vector.suite)
    keys = sum(each.key for each in (cipher, mac) if each)
    length = int.from_bytes(vector.packet[4:6] if vector.ipv6 else vector.packet[2:4], "big")

    assert len(vector.key) == keys
    assert len(vector.salt) == (mac or cipher).salt
    assert len(vector.packet) == length + (40 if vector.ipv6 else 0)
    assert vector.is_ah or len(vector.packet) == (
        vector.at + 8 + len(vector.iv) + len(vector.text) + vector.icv_len
    )


@pytest.mark.parametrize("vector", ALL)
def test_the_text_of_a_vector_is_whole(vector):
    assert vector.is_ah or len(vector.text) % suites.block(vector.suite) == 0
    assert vector.is_ah or vector.pad + 2 <= len(vector.text)


def test_eleven_of_mcgrew_have_extended_sequence_numbers():
    assert sum(vector.hi is not None for vector in published("mcgrew-gcm-test-01")) == 11


def has_our_icv(vector):
    """Whether the ICV behind the ciphertext is what Python's hmac says, of the key's end."""
    name = vector.suite.partition("+")[2]
    key = vector.key[-suites.AUTHENTICATION[name].key :]
    covered = vector.packet[vector.at : vector.icv_at]
    tag = hmac.new(key, covered, HASHES[name]).digest()
    return tag[: vector.icv_len] == vector.packet[vector.icv_at :]


def has_hash(vector):
    return vector.suite.endswith(tuple(HASHES)) and not vector.is_ah


@pytest.mark.parametrize("vector", [each for each in ALL if has_hash(each.values[0])])
def test_an_icv_is_that_of_a_third_implementation(vector):
    assert has_our_icv(vector)


def test_an_ipv4_header_has_its_checksum():
    packet = ipv4("192.168.0.1", "192.168.0.199", 17, bytes(95))

    assert packet[:20].hex() == "4500007300000000" "4011f861" "c0a80001" "c0a800c7"

"""The known answers are all there, and say of themselves what their packets say."""

from __future__ import annotations

import pytest
from ov2 import suites
from ov2.vectors import FOLDER, ipv4, published

COUNTS = {"mcgrew-gcm-test-01": 17}


def test_no_file_has_lost_a_vector():
    assert {file.stem: len(published(file.stem)) for file in FOLDER.glob("*.json")} == COUNTS


@pytest.mark.parametrize("source", COUNTS)
def test_each_vector_is_there_once(source):
    vectors = published(source)

    assert len({vector.id for vector in vectors}) == len(vectors)
    assert len({vector.esp for vector in vectors}) == len(vectors)


@pytest.mark.parametrize("vector", published("mcgrew-gcm-test-01"), ids=str)
def test_a_vector_agrees_with_its_packet(vector):
    cipher, mac = suites.algorithms(vector.suite)
    header = vector.spi.to_bytes(4, "big") + vector.seq.to_bytes(4, "big") + vector.iv
    trailer = (len(vector.payload) + vector.pad + 2) % 4

    assert (len(vector.key), len(vector.salt)) == (mac or cipher)[1:]
    assert vector.esp.startswith(header)
    assert len(vector.esp) == len(header) + len(vector.payload) + vector.pad + 2 + 16
    assert trailer == 0


def test_eleven_of_them_have_extended_sequence_numbers():
    assert sum(vector.hi is not None for vector in published("mcgrew-gcm-test-01")) == 11


def test_an_ipv4_header_has_its_checksum():
    packet = ipv4("192.168.0.1", "192.168.0.199", 17, bytes(95))

    assert packet[:20].hex() == "4500007300000000" "4011f861" "c0a80001" "c0a800c7"

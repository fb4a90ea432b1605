"""Which finds are one bucket and which are not, on bugs that are planted in the reference."""

from __future__ import annotations

from pathlib import Path

import pytest
from seen import HEAD, MAGIC, read_seen
from triage import Triage, sort_finds, without_numbers, write_trace

ROOT = Path(__file__).parent.parent
PROGRAM = ROOT / "build/asan/triage"
REFERENCE = ROOT / "build/asan/reference.so"
built = pytest.mark.skipif(not PROGRAM.exists(), reason="build/asan/triage is not built")

ADD = "add_sa a{in src=192.0.2.2 dst=192.0.2.1 spi=0x1001}"
TRIAGE = Triage(PROGRAM, REFERENCE, [])


def write(folder, *texts):
    folder.mkdir(exist_ok=True)
    files = [folder / f"find-{number}" for number in range(len(texts))]
    for file, text in zip(files, texts, strict=True):
        file.write_text(text, encoding="utf-8")
    return files


@built
def test_one_cause_under_many_inputs_is_one_bucket(tmp_path):
    noise = ["drain\n" * n + f"event reset\nadd_sa b[{n}]{{spi=0x2000}}\n" for n in range(1, 11)]
    texts = [f"open fault=COPIES_SIZE_BYTES\n{more}delete_sa a{{size={n + 99} bytes=24}}\n"
             for n, more in enumerate(noise)]
    buckets, lost = sort_finds(TRIAGE, write(tmp_path / "finds", *texts))

    assert [bucket.count for bucket in buckets] == [10]
    assert len(buckets[0].best.trace) < 80
    assert lost == []


@built
def test_two_causes_in_one_function_are_two_buckets(tmp_path):
    texts = ["open fault=COPIES_SIZE_BYTES\ndelete_sa a{size=99 bytes=24}\n",
             "open fault=COPIES_SIZE_BYTES\nadd_sa a{size=999 bytes=188}\n"]
    buckets, _ = sort_finds(TRIAGE, write(tmp_path / "finds", *texts))

    assert len(buckets) == 2


@built
def test_a_broken_law_keeps_its_trace_and_says_what_it_is(tmp_path):
    text = "open fault=ADDS_HEAD_ONLY\n" + ADD + " b{spi=0x1002}\ndelete_sa a{handle=#1}\n"
    buckets, _ = sort_finds(TRIAGE, write(tmp_path / "finds", text))
    trace = write_trace(buckets[0], tmp_path, REFERENCE)

    assert buckets[0].best.kind == "law"
    assert trace.read_text(encoding="utf-8").startswith("# LAW: ")
    assert "> open fault=ADDS_HEAD_ONLY\n" in trace.read_text(encoding="utf-8")


@built
def test_a_recommendation_that_is_not_kept_is_a_warning(tmp_path):
    text = "open A-07=failure\n" + ADD + "\nupdate_sa a{handle=9 hi=1}\n"
    buckets, _ = sort_finds(TRIAGE, write(tmp_path / "finds", text))

    assert [bucket.best.kind for bucket in buckets] == ["warning"]
    assert buckets[0].sentence.startswith("update_sa breaks UPD-030: ")


@built
def test_what_is_clean_is_no_find(tmp_path):
    files = write(tmp_path / "finds", "open\n" + ADD + "\n", "nonsense\n")

    assert sort_finds(TRIAGE, files) == ([], files)


def test_numbers_and_addresses_tell_no_causes_apart():
    assert without_numbers("got 60c00001abf0 after 0x12, #3") == "got N after N, N"


def test_which_element_it_was_tells_no_causes_apart():
    lies = "8 bytes past the end of {} (24 bytes)"
    assert without_numbers(lies.format("a")) == without_numbers(lies.format("b[7]"))


@built
def test_a_find_says_what_the_sanitizer_said(tmp_path):
    text = "open fault=COPIES_SIZE_BYTES\n> delete_sa a{size=99 bytes=24}\n"
    buckets, _ = sort_finds(TRIAGE, write(tmp_path / "finds", text))

    assert "overflow" in buckets[0].sentence or "poison" in buckets[0].sentence
    trace = write_trace(buckets[0], tmp_path, REFERENCE).read_text(encoding="utf-8")
    assert [line[:4] for line in trace.splitlines()[-2:]] == ["> op", "> de"]


def test_a_campaign_that_has_not_begun_has_seen_nothing(tmp_path):
    assert read_seen(tmp_path / "stats").executions == 0


def test_the_record_of_a_campaign_is_read(tmp_path):
    head = HEAD.pack(MAGIC, 2, 100, 400, 7, 5, 90, 0, 0, *[3, 0, *[0] * 62])
    (tmp_path / "stats").write_bytes(head)
    seen = read_seen(tmp_path / "stats")

    assert (seen.executions, seen.chance, seen.shapes_hit, len(seen.shapes)) == (100, 0.05, 1, 2)


def test_something_else_is_no_record(tmp_path):
    (tmp_path / "stats").write_bytes(bytes(HEAD.size))
    with pytest.raises(ValueError, match="is not the record"):
        read_seen(tmp_path / "stats")



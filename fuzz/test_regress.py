"""How finds become regressions."""

from __future__ import annotations

import pytest
from regress import KEPT, Refused, keep, lines_of, same_as, waiting

TRACE = "# CRASH: SIGSEGV\n# seen with my.so, 3 times\n> open\n> delete_sa a{}\n"


@pytest.fixture
def find(tmp_path):
    folder = tmp_path / "out/fuzz_list"
    folder.mkdir(parents=True)
    (folder / "crash-0123456789.trace").write_text(TRACE, encoding="utf-8")
    (folder / "crash-0123456789.c").write_text("int main;\n", encoding="utf-8")
    return folder / "crash-0123456789.trace"


def test_a_find_moves_under_its_name(tmp_path, find):
    kept = keep(find, "deleted_out_of_nothing", tmp_path / "kept")

    assert kept.read_text(encoding="utf-8") == TRACE
    assert list(find.parent.iterdir()) == []


def test_the_same_lines_are_not_kept_twice(tmp_path, find):
    keep(find, "deleted_out_of_nothing", tmp_path / "kept")
    find.write_text("# LAW: another comment\nopen  # here\ndelete_sa a{}\n".replace("  # here", ""),
                    encoding="utf-8")

    with pytest.raises(Refused, match="asks for the same"):
        keep(find, "deleted_again", tmp_path / "kept")
    assert waiting(tmp_path / "out", tmp_path / "kept") == []


def test_a_name_is_taken_once(tmp_path, find):
    keep(find, "deleted_out_of_nothing", tmp_path / "kept")
    find.write_text("open\n", encoding="utf-8")

    with pytest.raises(Refused, match="already"):
        keep(find, "deleted_out_of_nothing", tmp_path / "kept")


def test_a_find_is_told_what_it_broke(tmp_path, find):
    kept = keep(find, "deleted_out_of_nothing", tmp_path / "kept", "DEL-011 DEL-014")

    assert kept.read_text(encoding="utf-8").splitlines()[:2] == [
        "# CRASH: SIGSEGV", "# breaks DEL-011 DEL-014",
    ]


def test_what_it_broke_is_a_requirement(tmp_path, find):
    with pytest.raises(Refused, match="has no DEL-999"):
        keep(find, "deleted_out_of_nothing", tmp_path / "kept", "DEL-999")
    assert find.exists()


@pytest.mark.parametrize("name", ["crash", "Deleted_Twice", "a b", "../up_there", "deleted_"])
def test_a_name_is_made_of_words(tmp_path, find, name):
    with pytest.raises(Refused, match="is no name"):
        keep(find, name, tmp_path / "kept")


def test_what_is_not_kept_is_waiting(tmp_path, find):
    assert waiting(tmp_path / "out", tmp_path / "kept") == [find]


def test_no_regression_is_there_twice():
    files = sorted(KEPT.glob("*.trace"))

    assert [file for file in files if same_as(file, KEPT) != file] == []
    assert [file for file in files if not lines_of(file)] == []

"""The page, against golden files, and against drivers that say hostile things."""

from __future__ import annotations

import copy
import html.parser
import json
from pathlib import Path

import markup
import page
import page_trace
import pytest
from markup import Markup, tag
from test_report import DOCUMENT, GOLDEN, is_golden

HOSTILE = (
    "</script></style><script>window.ran=1</script><img src=x onerror=window.ran=1>"
    "\u202e\x1b[2J'\""
)


class Reader(html.parser.HTMLParser):
    """What a page is made of."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes, self.ids, self.links = [], [], [], []
        self.feed(text)

    def handle_starttag(self, name, attributes):
        self.tags.append(name)
        for key, value in attributes:
            self.attributes.append((key, value))
            if key == "id":
                self.ids.append(value)
            if name == "a" and key == "href":
                self.links.append(value)


def spoiled(value):
    """The document with every text of a driver replaced by a hostile one."""
    document = copy.deepcopy(DOCUMENT)
    document["adapter"] |= {"name": value, "file": value}
    document["profile"] = document["open_words"] = document["machine"] = value
    document["fingerprint"] = {value: [value]}
    document["shapes"] = {value: {value: 1}}
    document["summary"] |= {"conforms": value, "robust": value}
    for case in document["cases"]:
        case |= {"message": value, "reason": value, "where": value, "id": f"test::{value}"}
        case["report"] = {"log": value, "line": value}
        case["broken"] = [
            {"rule": value, "element": value, "got": value, "want": value, "line": 1,
             "sentence": value}
        ]
    return document


@pytest.fixture
def beside(monkeypatch):
    """The golden folder is where a run would have left its results."""
    monkeypatch.chdir(GOLDEN.parent)
    return Path("golden")


def bare(text: str) -> str:
    """The page with the names of its style and its script where they stand, and of their marks."""
    for name in ("page.css", "page.js"):
        part = (Path(page.__file__).parent / name).read_text(encoding="utf-8")
        assert text.count(part) == 1
        text = text.replace(part, name).replace(page.mark(part).strip("'"), name)
    return text


def test_the_page(beside):
    assert is_golden("report.html", bare(page.page(DOCUMENT, beside, "driver.so")))


def test_the_page_of_a_sound_driver(beside):
    sound = json.loads((GOLDEN / "sound.json").read_text(encoding="utf-8"))

    assert is_golden("sound.html", bare(page.page(sound, beside, "")))


def test_nothing_that_a_driver_says_is_an_element(beside):
    good = Reader(page.page(DOCUMENT, beside, "driver.so"))
    bad = Reader(page.page(spoiled(HOSTILE), beside, HOSTILE))

    assert bad.tags.count("script") == good.tags.count("script") == 1
    assert set(bad.tags) <= set(good.tags)
    assert not [key for key, _ in bad.attributes if key.startswith("on") or key == "style"]
    assert not [key for key, _ in bad.attributes if key in ("src", "action", "formaction")]


def test_nothing_that_a_driver_says_turns_the_text_around(beside):
    text = page.page(spoiled(HOSTILE), beside, HOSTILE)

    assert "\u202e" not in text and "\x1b" not in text
    assert "\\u202e" in text and "\\x1b" in text


def test_every_link_leads_somewhere_on_the_page(beside):
    reader = Reader(page.page(DOCUMENT, beside, "driver.so"))

    known = {f"#{name}" for name in reader.ids}
    assert {link for link in reader.links if link[0] == "#"} - known == set()
    assert len(reader.ids) == len(set(reader.ids))


def test_the_page_needs_no_network(beside):
    text = page.page(DOCUMENT, beside, "driver.so")

    reader = Reader(text)
    assert "url(" not in text and "@import" not in text
    assert not [value for key, value in reader.attributes if key in ("src", "srcset", "action")]
    assert [link for link in reader.links if link[0] != "#"] == ["https://bugs.example/1"]
    assert reader.attributes[3][1].startswith("default-src 'none'; style-src 'sha256-")


def test_a_trace_that_is_gone_is_said_to_be(beside, tmp_path):
    text = page.page(DOCUMENT, tmp_path, "driver.so")

    assert "its file is not there" in text


# ---- markup --------------------------------------------------------------------------------


def test_only_markup_is_markup():
    assert tag("p", "<b>", tag("i", "&")) == "<p>&lt;b&gt;<i>&amp;</i></p>"
    assert tag("p", ["a", None, ("b", Markup("<br>"))]) == "<p>ab<br></p>"
    assert tag("a", "x", href='"><script>', hidden=True, id=None) == (
        '<a href="&quot;&gt;&lt;script&gt;" hidden>x</a>'
    )


def test_a_script_cannot_end_early():
    with pytest.raises(ValueError):
        markup.raw("script", "let a = '</SCRIPT>'")


# ---- traces --------------------------------------------------------------------------------


def test_a_long_trace_keeps_its_ends_and_its_marks():
    found = [(number, "send", "ok") for number in range(1, 101)]

    shown = page_trace.chosen(found, {50})
    assert {0, 3, 48, 49, 50, 99} <= shown
    assert 30 not in shown


def test_a_line_loses_what_nobody_reads():
    line = f'status=SUCCESS data={"0a" * 40} break{{rule=A got="}}" want="x"}} shape=length-1'

    assert page_trace.shortened(line) == (
        "status=SUCCESS data=0a0a0a0a0a0a0a0a0a0a0a0a…(40 bytes) shape=length-1"
    )


def test_a_cut_line_says_how_long_it_was():
    assert page_trace.shortened("x" * 5000).endswith("…(5000 characters)")


# ---- What ./ov2 bench has left beside the results ------------------------------------------

FIGURES = {
    "packets": {
        "aes-gcm-128": {
            "64": {"send": 250, "receive": 400}, "1408": {"send": 500, "receive": 625},
        },
        "crowd": {"1": 300, "1000000": 1200},
    },
    "cryptography": {
        "aes-gcm-128": {
            "64": {"send": 200, "receive": 200}, "1408": {"send": 450, "receive": 500},
        },
        "crowd": {"1": 200, "1000000": 420},
    },
}


def bench_page(folder, text):
    (folder / "bench.json").write_text(text, encoding="utf-8")
    return page.page(DOCUMENT, folder, "driver.so")


def test_the_speed_is_shown_beside_that_of_the_cryptography(tmp_path):
    text = bench_page(tmp_path, json.dumps(FIGURES))

    assert "aes-gcm-128, 1408 bytes, receive: 625 ns, of which 0.80 are cryptography" in text
    assert 'width="62.50" height="10" class="v-skip"' in text  # 250 of 400
    assert 'width="50.00" height="10" class="v-pass"' in text  # 200 of 400
    assert "under one of 1,000,000 SAs: 1200 ns, 4.0 times as long" in text
    assert "; its cryptography by itself 2.1 times" in text


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{", '{"packets": {}, "cryptography": {}}', '{"packets": 1, "cryptography": {}}',
     json.dumps(FIGURES).replace("625", "0"), json.dumps(FIGURES).replace("625", '"x"')],
)
def test_figures_that_cannot_be_read_are_not_shown(tmp_path, text):
    assert 'id="speed"' not in bench_page(tmp_path, text)

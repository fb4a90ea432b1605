"""The page in a real browser: hostile strings do nothing, the filter works, also by keyboard."""

from __future__ import annotations

import json

import browser
import page
import pytest
from test_page import HOSTILE, spoiled
from test_report import DOCUMENT, GOLDEN

pytestmark = pytest.mark.skipif(browser.PROGRAM is None, reason="chromium is not installed")

SHOWN = (
    "[...document.querySelectorAll('#requirement-table tbody tr')]"
    ".filter(row => row.offsetParent).map(row => row.id)"
)
COUNT = "document.getElementById('f-count').textContent"
FOCUS = "document.activeElement.id"
KEYS = [
    *(f"r-OID-00{number}" for number in range(1, 6)),
    *("r-ADD-001", "r-ADD-002", "r-DEL-001", "r-DEL-002"),
]


@pytest.fixture(scope="module")
def chromium(tmp_path_factory):
    with browser.Browser(tmp_path_factory.mktemp("chromium")) as running:
        yield running


@pytest.fixture
def shown(chromium, tmp_path):
    """The golden page in the browser."""
    file = tmp_path / "report.html"
    file.write_text(page.page(DOCUMENT, GOLDEN, "driver.so"), encoding="utf-8")
    chromium.open(file)
    return chromium


def complaints(chromium):
    """What the browser says against the page, and what the page asked the network for."""
    bad = ("Runtime.exceptionThrown", "Log.entryAdded", "Network.requestWillBeSent")
    urls = [e["params"].get("request", {}).get("url", "") for e in chromium.events
            if e["method"] in bad]
    return [url for url in urls if not url.startswith("file:")]


def test_hostile_strings_do_nothing(chromium, tmp_path):
    file = tmp_path / "hostile.html"
    file.write_text(page.page(spoiled(HOSTILE), GOLDEN, HOSTILE), encoding="utf-8")

    chromium.open(file)

    assert chromium.ask("window.ran === undefined")
    assert chromium.ask("document.scripts.length") == 1
    assert chromium.ask("document.images.length") == 0
    assert complaints(chromium) == []


def test_a_script_of_a_driver_would_not_run_either(chromium, tmp_path):
    """Even if a tag slipped through, the policy forbids it."""
    text = page.page(DOCUMENT, GOLDEN, "driver.so")
    file = tmp_path / "slipped.html"
    slipped = "<script>window.ran=1</script><p onclick='window.ran=1' id=slipped>x</p></main>"
    file.write_text(text.replace("</main>", slipped), encoding="utf-8")

    chromium.open(file)
    chromium.ask("document.getElementById('slipped').click()")

    assert chromium.ask("window.ran === undefined")
    assert chromium.ask(COUNT) == f"{len(KEYS)} requirements"


def test_the_page_runs_without_complaint(shown):
    assert shown.ask(SHOWN) == KEYS
    assert shown.ask(COUNT) == f"{len(KEYS)} requirements"
    assert complaints(shown) == []


@pytest.mark.parametrize(
    "field, value, rows",
    [
        ("group", "DEL", ["r-DEL-001", "r-DEL-002"]),
        ("level", "SHOULD", ["r-OID-001", "r-ADD-002"]),
        ("verdict", "crash", ["r-DEL-001"]),
        ("verdict", "against",
         ["r-OID-001", "r-OID-002", "r-ADD-001", "r-ADD-002", "r-DEL-001", "r-DEL-002"]),
        ("text", "  PENDED cancel", ["r-OID-002"]),
        ("text", "no such words", []),
    ],
)
def test_the_table_is_filtered(shown, field, value, rows):
    element = f"document.getElementById('f-{field}')"

    shown.ask(f"{element}.value = {json.dumps(value)}")
    shown.ask(f"{element}.dispatchEvent(new Event('input', {{bubbles: true}}))")

    assert shown.ask(SHOWN) == rows
    assert shown.ask(COUNT) == f"{len(rows)} of {len(KEYS)} requirements"


def test_the_table_is_filtered_with_the_keyboard_alone(shown):
    shown.type("/")
    assert shown.ask(FOCUS) == "f-text"
    shown.type("list ends")
    assert shown.ask(SHOWN) == ["r-DEL-001"]

    shown.press("Escape")
    assert shown.ask(SHOWN) == KEYS

    shown.press("Tab")
    assert shown.ask(FOCUS) == "f-group"
    shown.type("D")
    assert shown.ask(SHOWN) == ["r-DEL-001", "r-DEL-002"]


def test_a_group_is_chosen_by_its_name(shown):
    shown.ask("document.querySelector('button[data-group=ADD]').focus()")
    shown.press("Enter")

    assert shown.ask(SHOWN) == ["r-ADD-001", "r-ADD-002"]
    assert shown.ask(FOCUS) == "f-group"


def test_a_link_to_a_hidden_row_shows_it(shown):
    shown.type("/")
    shown.type("list ends")
    shown.ask("location.hash = '#r-OID-003'")

    shown.ask("new Promise(done => setTimeout(done, 50))", wait=True)
    assert "r-OID-003" in shown.ask(SHOWN)


@pytest.mark.parametrize("width, height", [(360, 740), (390, 844), (800, 1100), (1280, 900)])
def test_nothing_is_wider_than_the_screen(shown, width, height):
    shown.ask("document.querySelectorAll('details').forEach(d => { d.open = true; })")
    shown.size(width, height)

    assert shown.ask("document.documentElement.scrollWidth") <= width


def test_the_page_is_read_without_its_script(chromium, tmp_path):
    text = page.page(DOCUMENT, GOLDEN, "driver.so")
    file = tmp_path / "still.html"
    file.write_text(text[: text.rindex("<script>")], encoding="utf-8")

    chromium.open(file)

    assert chromium.ask(SHOWN) == KEYS
    assert chromium.ask("document.getElementById('filter').offsetParent === null")

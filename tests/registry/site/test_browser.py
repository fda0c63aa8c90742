"""The page in headless Chromium: it fits a phone, loads nothing, and the keyboard gets everywhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.registry.site.page import render_page
from tests.registry.site.browser import Tab, open_browser
from tests.registry.site.sample import HOSTILE, hostile_site, long_site, usual_site

PHONE, NARROWEST, DESKTOP, PAPER = 390, 320, 1280, 718
"""Widths in CSS pixels. NARROWEST: WCAG 2.2, 1.4.10. PAPER: A4 less its margins, at 96 pixels an inch."""
TAB, ENTER = ("Tab", 9), ("Enter", 13)
REACHABLE = """
[...document.querySelectorAll('a[href], summary, [tabindex="0"]')]
    .filter(one => one.checkVisibility()).map((one, place) => { one.dataset.place = place; return place }).length
"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("pages")
    sites = {"usual": usual_site(), "long": long_site(), "hostile": hostile_site(" ".join(HOSTILE) * 3)}
    for name, site in sites.items():
        (folder / f"{name}.html").write_text(render_page(site))
    return {name: folder / f"{name}.html" for name in sites}


@pytest.fixture(scope="module")
def tab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Tab]:
    with open_browser(tmp_path_factory.mktemp("browser")) as opened:
        yield opened


def unfold(tab: Tab) -> None:
    tab.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true })")


@pytest.mark.parametrize(
    ("name", "width"),
    [("usual", NARROWEST), ("usual", PHONE), ("usual", DESKTOP), ("long", PHONE), ("hostile", PHONE)],
)
def test_nothing_is_wider_than_the_screen(tab: Tab, pages: dict[str, Path], name: str, width: int) -> None:
    tab.open(pages[name], width=width)
    unfold(tab)

    assert width == tab.evaluate("document.documentElement.scrollWidth")


@pytest.mark.parametrize("name", ["usual", "hostile"])
def test_nothing_is_loaded_and_nothing_is_complained_of(tab: Tab, pages: dict[str, Path], name: str) -> None:
    tab.open(pages[name])
    unfold(tab)
    tab.screenshot()

    assert [pages[name].as_uri()] == [address for address in tab.requests if not address.startswith("data:image/")]
    assert [] == tab.complaints
    assert 0 == tab.evaluate("document.querySelectorAll('script, iframe, object, embed, form, input, base').length")


def test_the_policy_stops_what_would_come_in_all_the_same(tab: Tab, pages: dict[str, Path], tmp_path: Path) -> None:
    inside = "<script>document.title = 'taken'</script><p onclick='x' style='color: red'></p><img src='http://127.0.0.1:9/x'>"
    page = tmp_path / "index.html"
    page.write_text(pages["usual"].read_text().replace("</main>", f"{inside}</main>"))
    tab.open(page)

    assert "Models of acme/bottles" == tab.evaluate("document.title")
    assert {"script-src", "style-src", "img-src"} <= {
        policy for policy in ("script-src", "style-src", "img-src") if any(policy in one for one in tab.complaints)
    }


def test_the_style_is_applied_under_the_policy(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["usual"])
    light = tab.evaluate("getComputedStyle(document.body).backgroundColor")
    tab.open(pages["usual"], dark=True)

    assert "rgb(255, 255, 255)" == light
    assert "rgb(18, 22, 27)" == tab.evaluate("getComputedStyle(document.body).backgroundColor")


def test_pictures_of_cards_are_shown(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["usual"])
    unfold(tab)

    assert [320] == tab.evaluate("[...document.images].map(one => one.naturalWidth)")


def test_the_tab_key_reaches_everything_in_its_order_and_shows_where_it_is(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["usual"], width=PHONE)
    count = tab.evaluate(REACHABLE)
    found = []
    for _ in range(count):
        tab.press(*TAB)
        found.append(
            tab.evaluate(
                "[+document.activeElement.dataset.place, getComputedStyle(document.activeElement).outlineStyle]"
            )
        )

    assert 50 < count
    assert [[place, "solid"] for place in range(count)] == found


def test_the_first_link_is_seen_once_it_has_the_focus_and_skips_to_the_content(
    tab: Tab, pages: dict[str, Path]
) -> None:
    tab.open(pages["usual"])
    top = "document.querySelector('.skip').getBoundingClientRect().bottom"
    before = tab.evaluate(top)
    tab.press(*TAB)
    after = tab.evaluate(top)
    tab.press(*ENTER)
    tab.press(*TAB)

    assert before < 0 < after
    assert tab.evaluate("document.querySelector('main').contains(document.activeElement)")


def test_a_card_opens_by_the_keyboard(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["usual"])
    tab.evaluate("document.querySelector('.model-card summary').focus()")
    tab.press(*ENTER)

    assert tab.evaluate("document.querySelector('.model-card').open")


def test_a_link_to_an_old_version_opens_its_fold(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["long"])
    tab.evaluate("location.hash = '#detector@v1.3.0'")

    assert tab.evaluate("document.getElementById('detector@v1.3.0').closest('details').open")


def test_it_can_be_printed(tab: Tab, pages: dict[str, Path]) -> None:
    tab.open(pages["usual"], width=PAPER)
    tab.call("Emulation.setEmulatedMedia", media="print")

    assert PAPER == tab.evaluate("document.documentElement.scrollWidth")
    assert "none" == tab.evaluate("getComputedStyle(document.querySelector('nav')).display")
    assert tab.evaluate("document.images[0].getBoundingClientRect().height") > 0
    assert tab.pdf().startswith(b"%PDF-")

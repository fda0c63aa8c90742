"""The page: what it says, that nothing in it is anybody else's markup, and that it can be walked through."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest

import headway.registry.site
from headway.registry.site.markup import printable
from headway.registry.site.page import render_page
from tests.registry.site.parsed import Page
from tests.registry.site.sample import HOSTILE, History, hostile_site, long_site, usual_site

ALLOWED = {
    "html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "footer", "h1", "h2", "h3",
    "h4", "h5", "h6", "p", "div", "span", "a", "ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "code",
    "pre", "em", "strong", "blockquote", "br", "hr", "img", "time", "details", "summary", "figure", "figcaption", "svg",
    "path", "line", "text", "circle",
}  # fmt: skip
ATTRIBUTES = {
    "lang", "charset", "http-equiv", "content", "name", "id", "class", "href", "rel", "src", "alt", "title", "scope",
    "tabindex", "role", "datetime", "aria-label", "aria-labelledby", "d", "transform", "viewbox", "x", "y", "x1", "x2",
    "y1", "y2", "cx", "cy", "r",
}  # fmt: skip


@pytest.fixture(scope="module")
def usual() -> Page:
    return Page(render_page(usual_site()))


@pytest.fixture(scope="module")
def long() -> Page:
    return Page(render_page(long_site()))


def stage_boxes(page: Page) -> list[str]:
    return [tag.said for tag in page.tags if "stage" in tag.classes]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_text_wherever_it_stands(text: str) -> None:
    page = Page(render_page(hostile_site(text)))

    assert ALLOWED >= {tag.name for tag in page.tags}
    assert ATTRIBUTES >= {name for tag in page.tags for name in tag.attributes}
    assert 1 == len(page.all("style"))
    assert [] == [href for href in page.values("href") if not href.startswith(("#", "https://github.com/acme/"))]
    assert [] == [src for src in page.values("src") if not src.startswith("data:image/")]
    assert 20 < page.text.count(printable(text))


@pytest.mark.parametrize(
    "site", [usual_site(), hostile_site(HOSTILE[1]), History().site()], ids=["usual", "hostile", "none"]
)
def test_links_lead_somewhere_and_names_are_given_once(site: headway.registry.site.content.Site) -> None:
    page = Page(render_page(site))
    ids = page.values("id")

    assert sorted(set(ids)) == sorted(ids)
    assert [] == [href for href in page.values("href") if href.startswith("#") and href[1:] not in ids]
    assert set(page.values("aria-labelledby")) <= set(ids)


def test_headings_go_down_one_level_at_a_time(usual: Page) -> None:
    levels = [int(tag.name[1]) for tag in usual.tags if re.fullmatch("h[1-6]", tag.name)]

    assert 1 == levels.count(1) == levels[0]
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_box_that_scrolls_has_a_name_of_its_own_and_a_place_in_the_tab_order(long: Page) -> None:
    boxes = [tag for tag in long.tags if "wide" in tag.classes]
    names = [tag.attributes["aria-label"] for tag in boxes]

    assert {("0", "region")} == {(tag.attributes["tabindex"], tag.attributes["role"]) for tag in boxes}
    assert len(set(names)) == len(names) > 20
    assert len(long.all("table")) == len(boxes)


def test_equal_content_gives_equal_bytes() -> None:
    assert render_page(usual_site()) == render_page(usual_site())


def test_the_browser_may_load_nothing(usual: Page) -> None:
    policy = next(tag for tag in usual.all("meta") if tag.attributes.get("http-equiv") == "Content-Security-Policy")

    assert (policy.attributes["content"] or "").startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in (policy.attributes["content"] or "")


def test_each_stage_says_what_it_has_since_when_and_what_is_odd_about_it(usual: Page) -> None:
    assert [
        "staging v2.3.0 since 2026-04-02 09:14 UTC expedited better on the night shift",
        "production v2.2.0 since 2026-03-30 19:14 UTC a week in staging without complaints",
        "staging v0.1.0 since 2026-04-11 10:14 UTC unattested not tagged rolled back reads upside-down labels again",
        "production nothing since 2026-04-10 03:14 UTC",
    ] == stage_boxes(usual)


def test_what_does_not_agree_stands_in_the_stage(usual: Page) -> None:
    site = usual_site()
    slot = site.entries[-1].event.slot
    page = Page(render_page(replace(site, differences={slot: ("no tag says so yet",)})))

    assert 1 == len([box for box in stage_boxes(page) if "no tag says so yet" in box])


def test_the_time_line_is_newest_first_and_tells_rollbacks_empties_and_holds(usual: Page) -> None:
    told = [tag.text for tag in usual.all("div", "what")]

    assert "staging takes v2.3.0 after v2.2.0" == told[0]
    assert "staging takes v1.0.0" in told
    assert "production was rolled back to v1.4.0 from v2.0.0" in told
    assert "production was emptied; it held v0.1.0" in told
    assert "Held against v2.0.0, set by grace: misses bottles behind glass" in usual.text


def test_lanes_go_on_between_changes(usual: Page) -> None:
    lanes = [tag for tag in usual.all("td", "lane") if "stop" not in tag.classes]
    newest_staging, newest_production = lanes[0], lanes[1]

    assert ["lane", "above-held", "below-held"] == newest_staging.classes
    assert ["lane", "above-held", "below-held"] == newest_production.classes
    assert ["lane", "above-none", "below-none"] == lanes[25].classes
    assert 1 <= len([tag for tag in lanes if {"above-hold", "below-held"} <= set(tag.classes)])


def test_every_version_has_a_row_with_its_numbers_and_its_champion(usual: Page) -> None:
    row = next(tag for tag in usual.all("tr") if tag.attributes.get("id") == "detector@v2.0.0")

    assert 14 == len([tag for tag in usual.all("tr") if "@" in (tag.attributes.get("id") or "")])
    for said in ("accept", "0.559", "0.779", "0.810", "v1.4.1", "major: class 'crushed can' was added"):
        assert said in row.text


def test_a_version_whose_manifest_cannot_be_read_says_so() -> None:
    site = usual_site()
    first, *others = site.versions["detector"]
    broken = replace(first, manifest=None, fault="it is not the manifest that the tag names")
    page = Page(render_page(replace(site, versions={**site.versions, "detector": (broken, *others)})))

    assert "it is not the manifest that the tag names" in page.text


def test_cards_are_shown_with_their_pictures_and_missing_ones_are_named(usual: Page) -> None:
    assert ["Card of detector@v2.3.0", "Card of label-reader@v0.2.0"] == [tag.text for tag in usual.all("summary")]
    assert ["What it finds"] == [tag.attributes["alt"] for tag in usual.all("img")]
    assert "cannot be shown: neither DVC's cache nor its remote has" in usual.text


def test_tags_that_count_for_nothing_are_named(usual: Page) -> None:
    assert "detector#production#9: it is no annotated tag" in usual.text


def test_an_empty_registry_is_a_page_too() -> None:
    assert "There is no version and no stage file yet." in render_page(History().site())


def test_a_shallow_clone_is_told() -> None:
    site = usual_site()

    assert "shallow clone" in render_page(replace(site, state=replace(site.state, complete=False)))


def test_a_thousand_versions_are_folded_and_all_there(long: Page) -> None:
    rows = {
        kind: [tag for tag in long.all("tr") if (tag.attributes.get("id") or "").startswith(kind)]
        for kind in ("declared.", "detector@")
    }

    assert [2000, 1000] == [len(found) for found in rows.values()]
    assert [30, 20] == [len([tag for tag in found if not tag.folded]) for found in rows.values()]
    assert 3_000_000 > len(long.source.encode())


def test_colours_have_the_contrast_that_wcag_asks_for() -> None:
    style = Path(headway.registry.site.__file__).with_name("style.css").read_text()
    blocks = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    schemes = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in blocks[:2]]
    text = [(front, back) for front in ("text", "quiet", "accent", "hold", "warn") for back in ("page", "raised")]
    text += [
        ("warn", "warn-back"),
        ("quiet", "warn-back"),
        ("hold", "hold-back"),
        ("accent", "hold-back"),
        ("text", "warn-back"),
        ("accent", "warn-back"),
    ]

    for colours in schemes:
        assert [] == [(front, back) for front, back in text if contrast(colours[front], colours[back]) < 4.5]
        assert [] == [back for back in ("page", "raised") if contrast(colours["edge"], colours[back]) < 3.0]


def contrast(one: str, other: str) -> float:
    """Return WCAG 2.2's contrast ratio: https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio."""

    def luminance(colour: str) -> float:
        parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)

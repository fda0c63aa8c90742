"""Puts the page together. Equal content gives equal bytes: nothing here knows the clock."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from importlib.resources import files
from xml.etree.ElementTree import Element

from headway.registry.site.card_view import draw_card
from headway.registry.site.content import Site
from headway.registry.site.markup import Child, element, write_document
from headway.registry.site.parts import badge, commit_link, model_id, moment, wide
from headway.registry.site.stages_view import draw_stages
from headway.registry.site.timeline_view import draw_timeline
from headway.registry.site.versions_view import draw_charts, draw_versions

_CARD_LEVEL = 5
_DISTRUSTED_SHOWN = 100


def render_page(site: Site) -> str:
    """Return the whole page."""
    return write_document(element("html", _head(site), _body(site), lang="en"))


def _head(site: Site) -> Element:
    style = files("headway.registry.site").joinpath("style.css").read_text(encoding="utf-8")
    return element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=_policy(style)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="generator", content="headway site"),
        element("title", site.title),
        element("style", style),
    )


def _policy(style: str) -> str:
    """Return what the browser may load: this style sheet, and pictures that are in the page."""
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    return f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"


def _body(site: Site) -> Element:
    return element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        element("header", element("h1", site.title), element("p", _origin(site)), class_="top"),
        _contents(site),
        element(
            "main",
            _section("now", "What each stage shall have", _now(site)),
            (_model(site, model) for model in site.models),
            _section("distrusted", "Tags that count for nothing", _distrusted(site)) if site.state.distrusted else None,
            id="main",
            tabindex=-1,
        ),
        element("footer", element("p", _foot())),
    )


def _origin(site: Site) -> Iterator[Child]:
    yield from (f"Branch {site.branch} at ", commit_link(site, site.state.head), ", ", moment(site.head_at), " UTC")
    if not site.state.complete:
        yield from (" ", badge("shallow clone: older history is missing", "warn"))


def _contents(site: Site) -> Element:
    links = [("#now", "now"), *((f"#{model_id(model)}", model) for model in site.models)]
    links += [("#distrusted", "distrusted tags")] if site.state.distrusted else []
    return element(
        "nav",
        element("ul", (element("li", element("a", text, href=href)) for href, text in links)),
        aria_label="Contents",
    )


def _section(anchor: str, title: str, content: Iterator[Child]) -> Element:
    heading = f"{anchor}.title"
    return element("section", element("h2", title, id=heading), content, id=anchor, aria_labelledby=heading)


def _now(site: Site) -> Iterator[Child]:
    if not site.models:
        yield element("p", "There is no version and no stage file yet.")
        return
    yield element(
        "p", "As the reviewed stage files declare it; whether devices run it is not known here.", class_="note"
    )
    yield from draw_stages(site)


def _model(site: Site, model: str) -> Element:
    parts = (
        ("timeline", "Time line", draw_timeline(site, model)),
        ("scores", "Scores over versions", draw_charts(site, model)),
        ("versions", "Versions", draw_versions(site, model)),
        ("cards", "Model cards", _cards(site, model)),
    )
    return _section(model_id(model), model, (child for part in parts for child in _part(model, *part)))


def _part(model: str, part: str, title: str, content: Iterator[Child]) -> Iterator[Child]:
    yield element("h3", title, id=model_id(model, part))
    yield from content


def _cards(site: Site, model: str) -> Iterator[Element]:
    cards = site.cards.get(model, ())
    if not cards:
        yield element("p", "No card was asked for.")
    for card in cards:
        title = element("h4", f"Card of {card.version}")
        yield element("details", element("summary", title), draw_card(card, _CARD_LEVEL), class_="model-card")


def _distrusted(site: Site) -> Iterator[Element]:
    found = site.state.distrusted
    rows = (
        element(
            "tr", element("th", one.tag.name, scope="row", class_="text"), element("td", one.sentence, class_="text")
        )
        for one in found[:_DISTRUSTED_SHOWN]
    )
    head = element("tr", element("th", "tag", scope="col"), element("th", "why", scope="col"))
    yield wide("Tags that count for nothing", element("table", element("thead", head), element("tbody", rows)))
    if len(found) > _DISTRUSTED_SHOWN:
        yield element("p", f"{len(found) - _DISTRUSTED_SHOWN} more; headway audit names them all.", class_="note")


def _foot() -> Iterator[Child]:
    yield (
        "Times are those of the merge, as the forge says; unattested ones are the committer's clock. Order is that of "
        "the branch, never that of the times. Made by "
    )
    yield from (element("code", "headway site"), ".")

"""The versions of a model: the table of all their numbers, the charts, and the classes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from xml.etree.ElementTree import Element

from headway.contracts.registry.tags import Slot
from headway.registry.site.charts import Point, line_chart, sparkline
from headway.registry.site.content import SCORES, Measured, Site
from headway.registry.site.markup import Child, element
from headway.registry.site.parts import badge, commit_link, in_folds, model_id, version_link, wide

SHOWN = 20
CLASSES_SHOWN = 30
_HEAD = ("version", "decision", *SCORES, "test set", "compared with", "why this number", "commit", "identity")
_DIGEST_LENGTH = 12


def draw_versions(site: Site, model: str) -> Iterator[Element]:
    """Yield the table of versions, newest first; older ones are folded."""
    found = site.versions.get(model, ())
    if not found:
        yield element("p", "No version is registered.")
        return
    yield from in_folds(found[::-1], SHOWN, "versions", lambda some, name: _table(site, model, some, name))


def draw_charts(site: Site, model: str) -> Iterator[Element]:
    """Yield one chart for each score, then the newest version's classes."""
    found = site.versions.get(model, ())
    if not found:
        yield element("p", "No version is registered.")
        return
    yield element(
        "div",
        (
            line_chart(name, [Point(_number(one), one.scores[place], one.version.record.test_set) for one in found])
            for place, name in enumerate(SCORES)
        ),
        class_="charts",
    )
    yield element(
        "p",
        "Oldest version on the left; axes do not begin at 0. Numbers on different test sets do not compare: the line "
        "ends and the dots change their shape. Every number stands in the ",
        element("a", "table of versions", href=f"#{model_id(model, 'versions')}"),
        ".",
        class_="note",
    )
    yield from _draw_classes(model, found)


def _number(one: Measured) -> str:
    return str(one.version.number)


def _table(site: Site, model: str, found: Sequence[Measured], name: str) -> Element:
    return wide(
        f"Versions of {model}: {name}",
        element(
            "table",
            element("thead", element("tr", (_title(title) for title in _HEAD))),
            element("tbody", (_row(site, one) for one in found)),
            class_="versions",
        ),
    )


def _row(site: Site, one: Measured) -> Element:
    record = one.version.record
    return element(
        "tr",
        element("th", _number(one), _stages_now(site, one), scope="row"),
        element("td", record.decision, title=record.summary),
        (element("td", rate(value), class_="number") for value in one.scores),
        element("td", _digest(record.test_set)),
        element("td", _champion(site, one)),
        element(
            "td", record.reason, element("span", f" {one.fault}", class_="fault") if one.fault else None, class_="text"
        ),
        element("td", commit_link(site, one.version.commit)),
        element("td", _digest(record.identity)),
        id=str(one.version),
    )


def _stages_now(site: Site, one: Measured) -> Iterator[Child]:
    for stage in site.stages:
        entry = site.newest.get(Slot(stage, one.version.model))
        if entry is not None and entry.said.version == _number(one):
            yield from (" ", badge(stage))


def _champion(site: Site, one: Measured) -> Child:
    identity = one.version.record.compared_with
    if identity is None:
        return "nothing"
    for other in site.versions[one.version.model]:
        if other.version.record.identity == identity:
            return version_link(site, one.version.model, _number(other))
    return _digest(identity)


def _draw_classes(model: str, found: Sequence[Measured]) -> Iterator[Element]:
    newest = found[-1]
    if not newest.per_class:
        return
    recent = [one for one in found if one.per_class]
    names = sorted(
        newest.per_class, key=lambda name: (newest.per_class[name] is None, newest.per_class[name] or 0.0, name)
    )
    yield element("h4", f"Classes of {_number(newest)}, weakest first")
    yield wide(
        f"Classes of {model}",
        element(
            "table",
            element(
                "thead",
                element(
                    "tr",
                    map(_title, ("class", "mAP50-95", "change", "over versions")),
                ),
            ),
            element("tbody", (_class_row(name, newest, recent) for name in names[:CLASSES_SHOWN])),
            class_="classes",
        ),
    )
    if len(names) > CLASSES_SHOWN:
        yield element("p", f"The {CLASSES_SHOWN} weakest of {len(names)} classes.", class_="note")


def _class_row(name: str, newest: Measured, recent: Sequence[Measured]) -> Element:
    points = [Point(_number(one), one.per_class.get(name), one.version.record.test_set) for one in recent]
    return element(
        "tr",
        element("th", name, scope="row", class_="text"),
        element("td", rate(newest.per_class[name]), class_="number"),
        element("td", describe_change(points), class_="number"),
        element("td", sparkline(name, points)),
    )


def describe_change(points: Sequence[Point]) -> str:
    """Return how the last number differs from the one before it, where the two compare."""
    if len(points) < 2 or points[-1].value is None or points[-2].value is None:
        return "-"
    if points[-1].test_set != points[-2].test_set:
        return "new test set"
    return f"{points[-1].value - points[-2].value:+.3f}"


def rate(value: float | None) -> str:
    """Return a number between 0 and 1 with three decimals."""
    return "-" if value is None else f"{value:.3f}"


def _title(text: str) -> Element:
    return element("th", text, scope="col", class_="number" if text in (*SCORES, "change") else None)


def _digest(digest: str) -> Element:
    return element("code", digest[:_DIGEST_LENGTH], title=digest)

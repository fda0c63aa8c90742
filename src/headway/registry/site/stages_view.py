"""What each stage has now, model by model."""

from __future__ import annotations

from collections.abc import Iterator
from xml.etree.ElementTree import Element

from headway.contracts.registry.tags import Slot
from headway.registry.site.content import Entry, Site
from headway.registry.site.markup import Child, element
from headway.registry.site.parts import (
    badge,
    declaration_id,
    kind_of,
    marks,
    model_id,
    moment,
    version_link,
    with_before,
)


def draw_stages(site: Site) -> Iterator[Element]:
    """Yield one row of boxes for each model, one box a stage, in the stages' order."""
    newest = {entry.event.slot: (entry, before) for entry, before in with_before(site.entries)}
    for model in site.models:
        boxes = []
        for stage in site.stages:
            found = newest.get(Slot(stage, model))
            boxes.append(_box(site, stage, *found) if found else _never(stage))
        yield element("h3", element("a", model, href=f"#{model_id(model)}"))
        yield element("ol", boxes, class_="stages", aria_label=f"Stages of {model}")


def _never(stage: str) -> Element:
    return element("li", element("h4", stage), element("p", "nothing", class_="version none"), class_="stage empty")


def _box(site: Site, stage: str, entry: Entry, before: Entry | None) -> Element:
    said, event = entry.said, entry.event
    if said.fault:
        shown: Child = "unreadable"
    elif said.version is None:
        shown = "nothing"
    else:
        shown = version_link(site, event.slot.model, said.version)
    since = element("a", "since ", moment(event.at), " UTC", href=f"#{declaration_id(event.declaration)}")
    return element(
        "li",
        element("h4", stage),
        element("p", shown, class_="version" if said.version else "version none"),
        element("p", since, class_="since"),
        _badges(entry, before),
        element("p", said.reason, class_="said") if said.reason else None,
        (element("p", sentence, class_="fault") for sentence in site.differences.get(event.slot, ())),
        class_="stage" if said.version else "stage empty",
    )


def _badges(entry: Entry, before: Entry | None) -> Element | None:
    signs = [*marks(entry.event)]
    if kind_of(entry, before) == "rolled back":
        signs.append(badge("rolled back", "hold"))
    if entry.said.hold:
        signs.append(badge(f"hold against {entry.said.hold.against}", "hold"))
    if entry.said.expedited:
        signs.append(badge("expedited", "warn"))
    return element("p", (child for sign in signs for child in (sign, " ")), class_="badges") if signs else None

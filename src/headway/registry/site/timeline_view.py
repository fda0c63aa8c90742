"""The time line: a table whose rows are declarations, newest first, and whose first columns are the stages' lanes.

Order is that of the default branch's own line; times stand beside it and order nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from xml.etree.ElementTree import Element

from headway.registry.site.content import Entry, Site
from headway.registry.site.markup import Child, element
from headway.registry.site.parts import (
    badge,
    commit_link,
    declaration_id,
    in_folds,
    kind_of,
    marks,
    moment,
    pull_request_link,
    version_link,
    wide,
    with_before,
)

SHOWN = 30
_SIGNS = {"rolled back": "↩ ", "faulty": "", "emptied": "", "declared": "", "declared again": ""}


@dataclass(frozen=True)
class Row:
    """One declaration, and how its lanes look: stage -> what holds below (before it) and above (after it).

    What holds is "none", "held" or "hold", which is a version that no automation may replace.
    """

    entry: Entry
    before: Entry | None
    lanes: Mapping[str, tuple[str, str]]

    @property
    def kind(self) -> str:
        return kind_of(self.entry, self.before)


def draw_timeline(site: Site, model: str) -> Iterator[Element]:
    """Yield the time line of a model."""
    rows = list_rows(site.entries_of(model), site.stages)
    if not rows:
        yield element("p", "Nothing was ever declared for it.")
        return
    used = [stage for stage in site.stages if any(stage == row.entry.event.slot.stage for row in rows)]
    newest_first = rows[::-1]
    yield from in_folds(newest_first, SHOWN, "declarations", lambda some, name: _table(site, model, used, some, name))


def list_rows(entries: Sequence[Entry], stages: Sequence[str]) -> list[Row]:
    """Return the rows, oldest first."""
    holding = dict.fromkeys(stages, "none")
    rows = []
    for entry, before in with_before(entries):
        after = {**holding, entry.event.slot.stage: _holding(entry, holding[entry.event.slot.stage])}
        rows.append(Row(entry, before, {stage: (holding[stage], after[stage]) for stage in stages}))
        holding = after
    return rows


def _holding(entry: Entry, before: str) -> str:
    if entry.said.fault:
        return before
    if entry.said.version is None:
        return "none"
    return "held" if entry.said.hold is None else "hold"


def _table(site: Site, model: str, stages: Sequence[str], rows: Sequence[Row], name: str) -> Element:
    head = (element("th", stage, scope="col", class_="lane") for stage in stages)
    return wide(
        f"Time line of {model}: {name}",
        element(
            "table",
            element("thead", element("tr", head, element("th", "declared, newest first; times in UTC", scope="col"))),
            element("tbody", (_row(site, stages, row) for row in rows)),
            class_="timeline",
        ),
    )


def _row(site: Site, stages: Sequence[str], row: Row) -> Element:
    return element(
        "tr",
        (_lane(site, stage, row) for stage in stages),
        element("td", _story(site, row), class_="story"),
        id=declaration_id(row.entry.event.declaration),
    )


def _lane(site: Site, stage: str, row: Row) -> Element:
    below, above = row.lanes[stage]
    changed = stage == row.entry.event.slot.stage
    return element("td", _stop(site, row) if changed else None, class_=f"lane above-{above} below-{below}")


def _stop(site: Site, row: Row) -> Element:
    """Return the mark on the lane that the declaration is about."""
    said, event = row.entry.said, row.entry.event
    looks = " ".join(("stop", row.kind.replace(" ", "-"), *(["unattested"] if not event.attested else [])))
    if said.fault:
        return element("span", "?", class_=looks)
    if said.version is None:
        return element("span", "empty", class_=looks)
    return element("span", _SIGNS[row.kind], version_link(site, event.slot.model, said.version), class_=looks)


def _story(site: Site, row: Row) -> Iterator[Element]:
    said, event = row.entry.said, row.entry.event
    signs = [*marks(event), *([badge("hold", "hold")] if said.hold else [])]
    signs += [badge("expedited", "warn")] if said.expedited else []
    yield element("div", moment(event.at), (child for sign in signs for child in (" ", sign)), class_="when")
    yield element("div", _headline(row), class_="what")
    yield element("div", said.reason, class_="said") if said.reason else element("div", said.fault, class_="said fault")
    if said.hold:
        yield element(
            "div", f"Held against {said.hold.against}, set by {said.hold.set_by}: {said.hold.reason}", class_="said"
        )
    if said.expedited:
        yield element("div", f"Expedited: {said.expedited}", class_="said")
    yield element("div", _sources(site, row), class_="source")


def _headline(row: Row) -> str:
    stage = row.entry.event.slot.stage
    version, before = row.entry.said.version, row.before.said.version if row.before else None
    if row.kind == "faulty":
        return f"{stage}: the stage file cannot be read"
    if row.kind == "emptied":
        return f"{stage} was emptied" + (f"; it held {before}" if before else "")
    if row.kind == "rolled back":
        return f"{stage} was rolled back to {version}" + (f" from {before}" if before and before != version else "")
    if row.kind == "declared again":
        return f"{stage} keeps {version}, declared anew"
    return f"{stage} takes {version}" + (f" after {before}" if before else "")


def _sources(site: Site, row: Row) -> Iterator[Child]:
    event, record = row.entry.event, row.entry.event.echo.record if row.entry.event.echo else None
    yield from ("commit ", commit_link(site, event.declaration.commit))
    if record and record.pull_request is not None:
        yield from (", pull request ", pull_request_link(site, record.pull_request))
    if row.entry.said.declared_by:
        yield f", asked by {row.entry.said.declared_by}"
    if record and record.approved_by:
        yield f", approved by {', '.join(record.approved_by)}"

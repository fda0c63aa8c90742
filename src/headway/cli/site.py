"""`headway site`: the registry as one static HTML page."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import click

from headway.cli.progress import say, show_progress
from headway.cli.project import find_project
from headway.cli.registry.opening import Opened, open_local
from headway.cli.registry.statement import read_statement
from headway.contracts.atomic import write_bytes
from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import CARD, CARD_FOLDER, PROVENANCE, BundleProvenance, FileDigest
from headway.contracts.registry.tags import Slot
from headway.errors import YES, InputError
from headway.registry.site.card_view import LARGEST_PICTURE_BYTES
from headway.registry.site.content import Card, Entry, Measured, Site
from headway.registry.site.page import render_page
from headway.registry.state import Version
from headway.registry.timeline import Event, Statement, git_time, list_events

PAGE = "index.html"
_PICTURE = re.compile(rf"{CARD_FOLDER}/[\w-]+\.\w+", re.ASCII)
_WITH_CLASSES = 30
"""So many of a model's newest versions are shown class by class; a scorecard takes long to read."""


@click.command()
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), default=Path("site"), help="Folder of index.html."
)
@click.option("--title", help="Of the page.")
@click.option("--no-cards", is_flag=True, help="Leave the model cards out: nothing is asked of DVC's remote.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
def site(out: Path, title: str | None, no_cards: bool, as_json: bool) -> int:
    """Write the registry as one static page: stages, time line, scores over versions, model cards.

    The page holds no script and loads nothing. It is written whole or not at all, and equal input gives equal bytes.
    Tags are read as this clone has them; model cards come from DVC's cache, or else its remote.
    """
    opened = open_local(find_project(Path.cwd()))
    if not opened.state.complete:
        say("warning: this clone is shallow, so older history is missing: git fetch --unshallow")
    found = gather_site(opened, title=title, cards=not no_cards)
    page = render_page(found).encode()
    write_bytes(out / PAGE, page)
    missing = [card for cards in found.cards.values() for card in cards if card.content is None]
    for card in missing:
        say(f"warning: {card.version} is shown without its model card: {card.fault}")
    click.echo(json.dumps(_values(out, page, found), indent=2) if as_json else f"{out / PAGE}  {len(page):,} bytes")
    return YES


def gather_site(
    opened: Opened, *, title: str | None = None, cards: bool = True, environment: Mapping[str, str] = os.environ
) -> Site:
    """Return what the page shows.

    Raises:
        InputError: the branch has no stages.yaml that can be read; or markdown-it-py is not installed.
        OutsideError: DVC's remote cannot be reached.
    """
    from headway.cli.status import read_status
    from headway.integrations.git.command import tell
    from headway.integrations.git.origin import remote_url
    from headway.integrations.github.account import find_repository_url

    status = read_status(opened, lambda _: None)
    entries = tuple(Entry(event, _read(opened, event)) for event in list_events(opened.state))
    web = find_repository_url(environment, remote_url(opened.root))
    head_at = git_time(int(tell(opened.root, "show", "--no-patch", "--format=%ct", opened.state.head)))
    name = "/".join(web.rsplit("/", 2)[1:]) if web else ""
    return Site(
        title=title or (f"Models of {name}" if name else "Models"),
        branch=opened.branch,
        head_at=head_at,
        web=web,
        state=opened.state,
        stages=tuple(dict.fromkeys(slot.stage for slot in status.slots)),
        entries=entries,
        versions={model: tuple(_measure(opened, versions)) for model, versions in opened.state.versions.items()},
        cards=_read_cards(opened, entries) if cards else {},
        differences={Slot(slot.stage, slot.model): slot.differences for slot in status.slots},
    )


def _read(opened: Opened, event: Event) -> Statement:
    """Return what a declaration says; of a slot's newest by its file alone, as a tag may say what no file does."""
    newest = opened.state.declarations[event.slot][-1] == event.declaration
    return read_statement(opened, event.declaration, event.echo, by_file=newest)


def _measure(opened: Opened, versions: tuple[Version, ...]) -> Iterator[Measured]:
    from headway.cli.registry.gathering import find_scorecard

    for place, version in enumerate(versions):
        try:
            manifest = opened.manifest(version)
        except InputError as error:
            yield Measured(version, None, error.message)
            continue
        scorecard = find_scorecard(opened, version, manifest) if len(versions) - place <= _WITH_CLASSES else None
        yield Measured(
            version,
            manifest,
            per_class={score.name: score.map50_95 for score in scorecard.per_class} if scorecard else {},
        )


def _read_cards(opened: Opened, entries: tuple[Entry, ...]) -> dict[str, tuple[Card, ...]]:
    """Return model -> cards of what a stage shall have now and of the newest version, newest first."""
    newest = {entry.event.slot: entry.said for entry in entries}
    wanted: dict[str, set[Version]] = {model: {found[-1]} for model, found in opened.state.versions.items()}
    for slot, said in newest.items():
        version = opened.state.named(slot.model, said.version)
        if version is not None:
            wanted[slot.model].add(version)
    cards: dict[str, list[Card]] = {model: [] for model in sorted(wanted)}
    listed = [one for model in cards for one in sorted(wanted[model], key=lambda one: one.number, reverse=True)]
    for version in show_progress(listed, label="model cards"):
        cards[version.model].append(_read_card(opened.root, version))
    return {model: tuple(found) for model, found in cards.items()}


def _read_card(root: Path, version: Version) -> Card:
    from headway.integrations.markdown_it import read_markdown

    try:
        found = _read_bundle(root, version, [CARD, PROVENANCE])
        files = BundleProvenance.model_validate_json(found[PROVENANCE]).files
        content = read_markdown(_sound(files, CARD, found[CARD]).decode("utf-8", errors="replace"))
        named = sorted({node.address for top in content for node in top.walk() if _PICTURE.fullmatch(node.address)})
        fitting = [name for name in named if name in files and files[name].size_bytes <= LARGEST_PICTURE_BYTES]
        pictures = _read_bundle(root, version, fitting) if fitting else {}
        return Card(version, content, pictures={name: _sound(files, name, one) for name, one in pictures.items()})
    except InputError as error:
        return Card(version, None, error.message)
    except ValueError:
        return Card(version, None, f"its {PROVENANCE} is none of this schema")


def _read_bundle(root: Path, version: Version, names: list[str]) -> dict[str, bytes]:
    from headway.cli.registry.bytes import bundle_missing
    from headway.integrations.dvc.tracked import read_tracked

    try:
        return read_tracked(root, version.commit, ModelFiles(version.model).bundle, names)[1]
    except InputError:
        # A client says "not there" also where no server answers: only the remote itself can tell.
        with suppress(InputError):
            bundle_missing(root, version.commit, version.model)
        raise


def _sound(files: Mapping[str, FileDigest], name: str, content: bytes) -> bytes:
    if name not in files or hashlib.sha256(content).hexdigest() != files[name].sha256:
        raise InputError(f"its {name} is not the one that its {PROVENANCE} names", hint="run: headway audit")
    return content


def _values(out: Path, page: bytes, found: Site) -> dict[str, object]:
    cards = [card for cards in found.cards.values() for card in cards]
    return {
        "path": str(out / PAGE),
        "size_bytes": len(page),
        "sha256": hashlib.sha256(page).hexdigest(),
        "head": found.state.head,
        "complete": found.state.complete,
        "models": len(found.models),
        "versions": sum(map(len, found.versions.values())),
        "declarations": len(found.entries),
        "cards": [str(card.version) for card in cards if card.content is not None],
        "cards_missing": [str(card.version) for card in cards if card.content is None],
    }

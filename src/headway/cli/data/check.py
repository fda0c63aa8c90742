"""`headway data check`: everything that is wrong with a data set. `headway data codes`: what that can be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import get_args

import click

from headway.cli.data.opening import Opened, open_data, read_prepare_params
from headway.cli.progress import say, show_progress
from headway.contracts.atomic import directory
from headway.contracts.canonical import canonical_json, readable_json
from headway.contracts.params.prepare import Format
from headway.contracts.problem import problem_values
from headway.data.boxes import cut
from headway.data.check_report import (
    Checked,
    by_kind,
    check_markdown,
    check_text,
    check_values,
    codes_text,
    codes_values,
)
from headway.data.examples import choose_examples, image_ids_of, make_examples
from headway.data.findings import Findings
from headway.data.mend import fixing_policies, write_mended
from headway.data.readers.detect import open_source
from headway.data.readers.records import Record
from headway.data.scan import ImageFacts
from headway.data.source import SourceImage
from headway.data.suspects import MIN_SCORE, Predictions, Suspect, find_suspects, join_predictions, read_predictions
from headway.errors import NO, YES, InputError
from headway.integrations.globox import read_foreign
from headway.integrations.pillow.drawing import encode_image
from headway.integrations.pillow.sheets import contact_sheet

_PAGE = "report.md"
_PROBLEMS = "problems.jsonl"


@click.command()
@click.argument("path", required=False, type=click.Path(path_type=Path))
@click.option("--format", type=click.Choice(get_args(Format)), help="How PATH is read, instead of looking at it.")
@click.option("--json", "as_json", is_flag=True, help="Print everything as JSON.")
@click.option("--fix", is_flag=True, help="Write mended records to data/NAME-mended.jsonl; originals stay as they are.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for a report with pictures of examples.")
@click.option(
    "--predictions",
    multiple=True,
    type=click.Path(path_type=Path),
    help="Evidence of a model (models/NAME/evidence): also list labels that it disagrees with. Once for each fold.",
)
@click.option(
    "--min-score", type=click.FloatRange(0, 1), default=MIN_SCORE, show_default=True, help="What is confident."
)
def check(
    path: Path | None,
    format: str | None,
    as_json: bool,
    fix: bool,
    out: Path | None,
    predictions: tuple[Path, ...],
    min_score: float,
) -> int:
    """Report everything that is wrong with the data set at PATH, or with the one that params.yaml names.

    Exits 0 when nothing fails, 1 when a problem's policy is to fail, 2 when nothing can be read.
    """
    params = read_prepare_params()
    if fix:
        params = params.model_copy(update={"policy": fixing_policies(params.policy)})
    if out is not None:
        _refuse_foreign(out)
    predicted = join_predictions([_open_predictions(folder) for folder in predictions]) if predictions else None
    with open_data(params, path, format, new_ledger=True) as opened:
        seen = _look(opened, predicted, min_score, keep=fix)
        if out is not None:
            _write_report(out, opened, seen)
        mended = write_mended(opened.path, opened.source, opened.findings, seen.records, seen.classes) if fix else None
        checked, findings = seen.checked, opened.findings
    if as_json:
        values = check_values(checked, findings) | ({} if mended is None else {"mended": mended.values()})
        click.echo(readable_json(values), nl=False)
    else:
        click.echo("\n".join([*check_text(checked, findings), *(mended.text() if mended else ())]))
    if out is not None:
        say(f"report with pictures: {out / _PAGE}")
    return NO if findings.failing() else YES


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print them as JSON.")
def codes(as_json: bool) -> None:
    """List every kind of problem: code, default policy, the policies that prepare.policy may set, and what it is."""
    click.echo(readable_json(codes_values()) if as_json else "\n".join(codes_text()), nl=not as_json)


@dataclass
class _Seen:
    """What passed by while a source was looked at.

    Attributes:
        checked: counts of all that was listed.
        classes: class names in the order of their ids.
        records: the images that the policies keep; filled only for mending.
        suspects: labels that a model disagrees with.
    """

    checked: Checked
    classes: tuple[str, ...] = ()
    records: list[Record] = field(default_factory=list)
    suspects: list[Suspect] = field(default_factory=list)


def _look(opened: Opened, predicted: Predictions | None, min_score: float, *, keep: bool) -> _Seen:
    """Look at every image, note everything in the findings, and return what else is wanted of the images."""
    questioned: list[SourceImage] = []
    counts = Counter[str]()
    seen = _Seen(Checked(str(opened.path), opened.source.format, 0, 0))

    def watched() -> Iterator[SourceImage]:
        for image in opened.source.images:
            counts.update(images=1, boxes=len(image.boxes))
            if predicted is not None and image.image_id in predicted.found:
                questioned.append(image)
            yield image

    def take(image: SourceImage, facts: ImageFacts) -> None:
        if keep:
            boxes = tuple(cut(box, facts.width, facts.height) for box in image.boxes)
            seen.records.append(Record(replace(image, boxes=boxes), facts.sha256, facts.width, facts.height))

    seen.classes = replace(opened, source=replace(opened.source, images=watched())).examine(take).classes
    seen.checked = replace(seen.checked, images=counts["images"], boxes=counts["boxes"])
    if predicted is not None:
        if not questioned:
            raise InputError("the predictions are of none of these images", hint="name the evidence of this data set")
        seen.suspects = find_suspects(questioned, predicted, min_score=min_score)
        opened.findings.problems += [suspect.problem for suspect in seen.suspects]
    return seen


def _open_predictions(folder: Path) -> Predictions:
    """Read a model's evidence.

    Raises:
        InputError: it is none, or what reads it is not installed.
    """
    try:
        from headway.integrations.pyarrow import ParquetStore
    except ImportError as error:
        raise InputError(f"{error.name} is not installed", hint='run: pip install "headway[train]"') from error
    return read_predictions(folder, ParquetStore())


def _refuse_foreign(out: Path) -> None:
    """Refuse to replace a folder that no check wrote.

    Raises:
        InputError: it holds something else.
    """
    if out.exists() and not (out / _PROBLEMS).is_file() and (not out.is_dir() or any(out.iterdir())):
        raise InputError(f"{out} is not a report of an earlier check", hint="name a folder that does not exist yet")


def _write_report(out: Path, opened: Opened, seen: _Seen) -> None:
    """Write the page, every problem as a line of JSON, and a contact sheet for each kind that images can show."""
    kinds = by_kind(opened.findings)
    chosen = {code: choose_examples(problems) for code, problems in kinds.items()}
    wanted = {image_id for problems in chosen.values() for problem in problems for image_id in image_ids_of(problem)}
    images = {image.image_id: image for image in _look_again(opened) if image.image_id in wanted}
    detected = {one.problem: one.detected for one in seen.suspects if one.detected is not None}
    examples = {code: make_examples(problems, images, detected) for code, problems in chosen.items()}
    sheets = {code: f"sheets/{code}.jpg" for code, shown in examples.items() if shown}
    with directory(out) as folder:
        (folder / "sheets").mkdir()
        for code, file in show_progress(sheets.items(), label="drawing contact sheets", total=len(sheets)):
            (folder / file).write_bytes(encode_image(contact_sheet(examples[code]), ".jpg"))
        lines = [canonical_json(problem_values(problem)) + "\n" for problems in kinds.values() for problem in problems]
        (folder / _PROBLEMS).write_text("".join(lines), encoding="utf-8")
        (folder / _PAGE).write_text(check_markdown(seen.checked, opened.findings, sheets), encoding="utf-8")


def _look_again(opened: Opened) -> Iterable[SourceImage]:
    """Return the source's images once more: a reader streams, so that memory stays flat, and forgets."""
    if isinstance(opened.source.images, Sequence):
        return opened.source.images
    return open_source(
        opened.path,
        opened.source.format,
        read_image_size=opened.scanner.size,
        findings=Findings(),
        read_foreign=read_foreign,
    ).images

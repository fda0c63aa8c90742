"""`headway data import`: a data set of any format becomes canonical records; images stay where they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, get_args

import click

from headway.cli.data.opening import Opened, open_data, read_prepare_params, refuse_rewritten_registry
from headway.cli.progress import show_progress
from headway.contracts import atomic
from headway.contracts.canonical import readable_json
from headway.contracts.params.prepare import Format
from headway.contracts.problem import Problem, problem_values
from headway.contracts.problems import KINDS
from headway.data.archive import is_archive, unpack_archive
from headway.data.classes import extend_registry
from headway.data.ledger import HEADER
from headway.data.readers.records import (
    Record,
    is_records,
    label_digest,
    name_of,
    root_for,
    unseen_problems,
    write_records,
)
from headway.data.scan import ImageFacts
from headway.data.source import SourceImage
from headway.errors import NO, YES, InputError

_LATER = ("split-empty", "class-not-in-train")
"""About splits, not the data: `headway data split` settles them, or refuses them where the source gives splits."""


@click.command(name="import")
@click.argument("path", type=click.Path(path_type=Path))
@click.option("--format", type=click.Choice(get_args(Format)), help="How PATH is read, instead of looking at it.")
@click.option("--out", type=click.Path(path_type=Path), help="File of records; data/NAME.jsonl if left out.")
@click.option("--unpack", type=click.Path(path_type=Path), help="New folder that PATH, a zip or tar, is unpacked into.")
@click.option("--add-classes", is_flag=True, help="Give classes that the registry lacks the next ids.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON.")
def import_(
    path: Path, format: str | None, out: Path | None, unpack: Path | None, add_classes: bool, as_json: bool
) -> int:
    """Read the data set at PATH, check it, and write records, class registry and split ledger.

    Images and labels stay as they are and where they are. Exits 0 when the records were written, 1 when a problem's
    policy is to fail (nothing is written then), 2 when nothing can be read.
    """
    path = _unpacked(path, unpack)
    out = out or Path("data") / f"{name_of(path)}.jsonl"
    written = out.resolve() == path.resolve()  # records already: the registry and the ledger beside them are made
    if out.exists() and not is_records(out):
        raise InputError(f"{out} holds something else than records", hint="name another file with --out")
    registry, ledger = out.with_suffix(".classes.yaml"), out.with_suffix(".splits.csv")
    with _open(path, format, registry, ledger) as opened:
        records, classes = _look(opened)
        failing = [one for one in opened.findings.failing() if not _is_settled(one, add_classes=add_classes)]
        values = _values(opened, records, failing)
        if not failing:
            refuse_rewritten_registry(registry, classes)
            classes = list(extend_registry(registry, classes))
            if not written:
                problems = unseen_problems(opened.findings, records)
                write_records(out, opened.source, records, classes, problems, root=root_for(opened.source.root, out))
            if not ledger.exists():
                atomic.write_text(ledger, f"{HEADER}\n")
            params = {"source": out.as_posix(), "classes": registry.as_posix(), "ledger": ledger.as_posix()}
            values |= {"classes": classes, "label_digest": label_digest(records), "params": params}
    click.echo(readable_json(values) if as_json else _render(path, values, failing), nl=False)
    return NO if failing else YES


def _unpacked(path: Path, folder: Path | None) -> Path:
    """Return the folder that an archive was unpacked into; `path` itself where it is none."""
    if not is_archive(path):
        if folder is not None:
            raise InputError(f"{path} is no zip or tar archive", hint="leave out --unpack")
        return path
    if folder is None:
        stem = path.name.partition(".")[0]
        raise InputError(f"{path} is an archive", hint=f"unpack it into a new folder: --unpack data/{stem}")
    unpack_archive(path, folder, progress=show_progress)
    return folder


def _open(path: Path, format: str | None, registry: Path, ledger: Path) -> AbstractContextManager[Opened]:
    """Open `path`: as the set that params.yaml would name if it has a registry, so that the registry counts."""
    params = read_prepare_params()
    if not registry.exists():
        return open_data(params, path, format)
    own = {"source": str(path), "format": format or "auto", "classes": str(registry), "ledger": str(ledger)}
    return open_data(params.model_copy(update=own), new_ledger=True)


def _look(opened: Opened) -> tuple[list[Record], list[str]]:
    """Look at every image; return those that the policies keep, and the class names in the order of their ids.

    Raises:
        InputError: there is none, or the images are drawn by Headway itself.
    """
    if opened.source.format == "shelves":
        raise InputError(f"{opened.path} is drawn when it is prepared", hint=f"set prepare.source to {opened.path}")
    records: list[Record] = []

    def take(image: SourceImage, facts: ImageFacts) -> None:
        records.append(Record(image, facts.sha256, facts.width, facts.height))

    found = opened.examine(take)
    if not records and not opened.findings.problems:
        raise InputError(f"{opened.path}: no image was found", hint="name the folder of the data set")
    present = {box.class_name for record in records for box in record.image.boxes}
    return records, list(dict.fromkeys((*found.classes, *opened.source.classes, *sorted(present))))


def _is_settled(problem: Problem, *, add_classes: bool) -> bool:
    return problem.code in _LATER or (add_classes and problem.code == "class-new")


def _values(opened: Opened, records: Sequence[Record], failing: Sequence[Problem]) -> dict[str, Any]:
    boxes = Counter(box.class_name for record in records for box in record.image.boxes)
    splits = Counter(record.image.split or "none" for record in records)
    return {
        "imported": not failing,
        "format": opened.source.format,
        "images": len(records),
        "boxes": boxes.total(),
        "boxes_per_class": dict(sorted(boxes.items())),
        "given_splits": dict(sorted(splits.items())),
        "problems": opened.findings.counts(),
        "failing": [problem_values(problem) for problem in failing],
    }


def _render(path: Path, values: Mapping[str, Any], failing: Sequence[Problem]) -> str:
    lines = [f"{path} ({values['format']}): {values['images']:,} images, {values['boxes']:,} boxes"]
    lines += [f"  {name}: {count:,} boxes" for name, count in values["boxes_per_class"].items()]
    lines += [f"  split {name}: {count:,} images" for name, count in values["given_splits"].items()]
    lines += [f"  {code}: {count:,} [{KINDS[code].title}]" for code, count in values["problems"].items()]
    if failing:
        lines += [f"nothing was written: {len(failing):,} problems are to be mended, or their policy set", ""]
        lines += [f"{problem} [{problem.code}]" for problem in failing]
        if any(problem.code == "class-new" for problem in failing):
            lines.append("hint: --add-classes gives new classes the next ids")
        lines.append("hint: mend the data, or set prepare.policy in params.yaml; headway data codes lists the policies")
    else:
        params = values["params"]
        lines += [f"label digest {values['label_digest']}", f"wrote {', '.join(params.values())}", ""]
        lines += ["in params.yaml:", "prepare:", *(f"  {name}: {file}" for name, file in params.items())]
    return "\n".join(lines) + "\n"

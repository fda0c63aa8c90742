"""`headway data split`: gives new images their split, for good."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from headway.cli.data.opening import open_data, read_prepare_params
from headway.contracts.canonical import readable_json
from headway.contracts.dataset import ALL_SPLITS, Split
from headway.contracts.problem import problem_values
from headway.contracts.problems import sorted_problems
from headway.data.examine import Examination
from headway.data.findings import SHOWN_PROBLEMS, Findings
from headway.data.ledger import append_ledger, frozen_rows

_COUNT_WIDTH = 9


@click.command()
@click.option("--dry-run", is_flag=True, help="Show what would be written, and write nothing.")
@click.option("--freeze", is_flag=True, help="Move the fresh test images into the frozen test set.")
@click.option("--json", "as_json", is_flag=True, help="Report as JSON instead of a table.")
def split(dry_run: bool, freeze: bool, as_json: bool) -> None:
    """Assign the images that the ledger lacks, and append them to it. Images that it names keep their split."""
    params = read_prepare_params()
    with open_data(params, new_ledger=True) as opened:
        found = opened.examine()
    added = found.assignment.rows
    frozen = frozen_rows({**opened.records.ledger, **added}) if freeze else {}
    if not dry_run and (added or frozen):
        opened.findings.refuse_failing(opened.path)
        append_ledger(Path(params.ledger), {**added, **frozen})
    values = report(found, opened.findings, params.ledger, frozen, dry_run=dry_run)
    click.echo(readable_json(values) if as_json else render(values), nl=False)


def report(
    found: Examination, findings: Findings, ledger: str, frozen: Mapping[str, Split], *, dry_run: bool
) -> dict[str, Any]:
    """Return images and boxes of each split, and what is new, frozen, topped up and quarantined.

    Args:
        found: the examination.
        findings: with its problems.
        ledger: where the ledger lies.
        frozen: SHA-256 -> split of what is moved to the frozen test set.
        dry_run: whether the ledger stays as it is.
    """
    images, new = Counter[str](), Counter[str]()
    boxes: dict[str, Counter[str]] = {name: Counter() for name in ALL_SPLITS}
    for one in found.seen:
        name = frozen.get(one.sha256, found.splits[one.image_id])
        images[name] += 1
        new[name] += one.sha256 in found.assignment.rows
        boxes[name].update(dict(one.boxes))
    quarantined = [problem for problem in findings.problems if problem.code == "split-quarantined"]
    return {
        "ledger": ledger,
        "dry_run": dry_run,
        "splits": {
            name: {
                "images": images[name],
                "new": new[name],
                "boxes": boxes[name].total(),
                "boxes_per_class": {class_name: boxes[name][class_name] for class_name in found.classes},
            }
            for name in ALL_SPLITS
        },
        "added": len(found.assignment.rows),
        "frozen": len(frozen),
        "topped_up": {
            image_id: {"from": hashed, "to": found.splits[image_id]}
            for image_id, hashed in sorted(found.assignment.topped_up.items())
        },
        "quarantined": [problem_values(problem) for problem in sorted_problems(quarantined)],
    }


def render(values: Mapping[str, Any]) -> str:
    """Return a report as a table and a few sentences."""
    splits = values["splits"]
    shown = [name for name in ALL_SPLITS if name != "fresh" or splits[name]["images"]]
    rows = [(label, [splits[name][label] for name in shown]) for label in ("images", "new", "boxes")]
    rows += [
        (f"  {class_name}", [splits[name]["boxes_per_class"][class_name] for name in shown])
        for class_name in splits["train"]["boxes_per_class"]
    ]
    width = max(len(label) for label, _ in rows)
    lines = [" " * width + "".join(f"{name:>{_COUNT_WIDTH}}" for name in shown)]
    lines += [f"{label:<{width}}" + "".join(f"{count:>{_COUNT_WIDTH}}" for count in counts) for label, counts in rows]
    return "\n".join([*lines, "", *_sentences(values)]) + "\n"


def _sentences(values: Mapping[str, Any]) -> list[str]:
    lines = []
    if values["topped_up"]:
        lines.append(f"topped up: {_images(len(values['topped_up']))}, so that rare classes are in every split")
    if values["quarantined"]:
        lines.append(f"quarantined: {_images(len(values['quarantined']))}, left out because the others of a group are")
        lines[-1] += " in another split"
        lines += [f"  {problem['message']}" for problem in values["quarantined"][:SHOWN_PROBLEMS]]
        if len(values["quarantined"]) > SHOWN_PROBLEMS:
            lines.append(f"  ... and {len(values['quarantined']) - SHOWN_PROBLEMS} more (--json lists all)")
    if values["frozen"]:
        lines.append(f"frozen: {_images(values['frozen'])} from fresh to test")
    if not (values["added"] or values["frozen"]):
        return [*lines, f"nothing to do: {values['ledger']} has every image that has a split"]
    if values["dry_run"]:
        return [*lines, f"would add {_images(values['added'])} to {values['ledger']}; nothing was written"]
    return [*lines, f"added {_images(values['added'])} to {values['ledger']}; commit it"]


def _images(count: int) -> str:
    return "1 image" if count == 1 else f"{count} images"

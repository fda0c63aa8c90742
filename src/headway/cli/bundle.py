"""`headway bundle`: is this bundle what its manifest says?"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import click

from headway.errors import NO, YES, InputError
from headway.packaging.verify import Checks, Verification, verify_bundle


@click.group()
def bundle() -> None:
    """Inspect what the package stage made."""


@bundle.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the answer as JSON.")
def verify(folder: Path, as_json: bool) -> int:
    """Check every file of the bundle in FOLDER, and run its golden images.

    Exits 0 when all is well, 1 with every reason when it is not, 2 when FOLDER is no bundle.
    """
    answer = verify_bundle(folder, installed_checks())
    if as_json:
        click.echo(json.dumps({"sound": answer.sound, **asdict(answer)}))
    else:
        click.echo(_sentence(folder, answer))
    return YES if answer.sound else NO


def installed_checks() -> Checks:
    """Return the checks, with the programs that they need.

    Raises:
        InputError: one of them is not installed.
    """
    try:
        from headway.integrations.cyclonedx import check_bom
        from headway.integrations.onnx import check_model_file
        from headway.integrations.onnxruntime import open_model
        from headway.integrations.pillow.reading import read_image
    except ImportError as error:
        raise InputError(f"{error.name} is not installed", hint='run: pip install "headway[train]"') from error
    return Checks(check_model_file, open_model, check_bom, read_image)


def _sentence(folder: Path, answer: Verification) -> str:
    if answer.sound:
        return f"{folder} is sound: {answer.files} files, identity {answer.identity}"
    count = "1 thing is" if len(answer.faults) == 1 else f"{len(answer.faults)} things are"
    return "\n  ".join([f"{folder} is not sound, {count} wrong:", *answer.faults])

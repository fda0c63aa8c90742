"""`headway repro`: check params.yaml, run the pipeline, and end with the failure's own sentence and exit code."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import click

from headway.cli.failure import FAILURE_FILE, read_failure
from headway.contracts.layout import PARAMS, PREPARED
from headway.contracts.params.document import read_document
from headway.contracts.params.whole import Params, check_params
from headway.errors import InputError, OutsideError
from headway.integrations.dvc.running import find_obstacle, reproduce


@click.command(context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False})
@click.argument("arguments", metavar="[DVC REPRO ARGUMENTS]...", nargs=-1, type=click.UNPROCESSED)
def repro(arguments: tuple[str, ...]) -> int:
    """Run `dvc repro`, after params.yaml was checked as a whole.

    DVC ends every failure with 255; here a stage's failure keeps its own exit
    code, and its sentence and hint are the last thing shown.
    """
    check_source(check_params(PARAMS))
    with tempfile.TemporaryDirectory(prefix="headway-") as folder:
        failure_file = Path(folder) / "failure.json"
        code = reproduce(arguments, environment=stage_environment(os.environ, failure_file))
        failure = read_failure(failure_file)
    if code == 0:
        return 0
    failure = failure or find_obstacle(Path())
    if failure:
        raise failure
    if code < 0:
        raise OutsideError(f"dvc was ended by signal {-code}", hint="run this again: finished stages are kept")
    click.echo(f"error: dvc repro ended with exit code {code}; what it said is above", err=True)
    return code


def check_source(params: Params) -> None:
    """Refuse a data source that is not there or is an output as well: DVC would end with a message of its own.

    Raises:
        InputError: nothing lies where `prepare.source` points, or what the prepare stage writes.
    """
    source = Path(params.prepare.source)
    where = f"{PARAMS}:{read_document(PARAMS).line_of(('prepare', 'source'))}: prepare.source: {source}"
    if not source.exists():
        raise InputError(
            f"{where} does not exist",
            hint="put the data there, or name another folder; a folder that DVC tracks comes with: dvc pull",
        )
    if _overlap(source.resolve(), PREPARED.resolve()):
        raise InputError(
            f"{where} and {PREPARED}, which the prepare stage writes, overlap",
            hint=f"put the data into a folder of its own, for example {PREPARED.with_name('raw')}, and name that",
        )


def _overlap(one: Path, other: Path) -> bool:
    return one.is_relative_to(other) or other.is_relative_to(one)


def stage_environment(environment: Mapping[str, str], failure_file: Path) -> dict[str, str]:
    """Return what the stages run with: this Python first on PATH, their lines unbuffered, DVC silent to its makers."""
    here = str(Path(sys.executable).parent)
    return {
        **environment,
        FAILURE_FILE: str(failure_file),
        "DVC_NO_ANALYTICS": "1",
        "PATH": os.pathsep.join([here, environment.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
    }

"""`headway params`: can this params.yaml be used?"""

from __future__ import annotations

import json
from pathlib import Path

import click

from headway.contracts.canonical import readable_json
from headway.contracts.params.document import ParamsError
from headway.contracts.params.whole import check_params, params_schema
from headway.errors import INPUT


@click.group()
def params() -> None:
    """Check params.yaml, or print its schema."""


@params.command()
@click.argument("file", type=click.Path(path_type=Path), default=Path("params.yaml"))
@click.option("--json", "as_json", is_flag=True, help="Print the faults as JSON.")
def check(file: Path, as_json: bool) -> int:
    """Report everything in FILE that cannot be used, with line numbers."""
    try:
        check_params(file)
    except ParamsError as error:
        if not as_json:
            raise
        click.echo(json.dumps({"usable": False, "faults": [vars(fault) for fault in error.faults]}))
        return INPUT
    click.echo(json.dumps({"usable": True, "faults": []}) if as_json else f"{file} can be used")
    return 0


@params.command()
def schema() -> None:
    """Print the JSON Schema of params.yaml (published as docs/params.schema.json)."""
    click.echo(readable_json(params_schema()), nl=False)

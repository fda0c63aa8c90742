"""prepare: raw images and labels -> checked, deterministic splits."""

from __future__ import annotations

import click

from headway.cli.data.opening import open_data
from headway.cli.progress import show_progress
from headway.cli.stage import run_stage
from headway.contracts.atomic import write_text
from headway.contracts.canonical import readable_json
from headway.contracts.dataset import FACTS, read_problems
from headway.contracts.layout import DATASET_REPORT, PREPARED, ModelFiles
from headway.contracts.params.prepare import PrepareParams
from headway.data.prepare import prepare, report


def main(params: PrepareParams, _model: ModelFiles) -> None:
    with open_data(params) as opened:
        dataset = prepare(
            opened.source, params, opened.records, opened.scanner, opened.findings, PREPARED, progress=show_progress
        )
    problems = read_problems(PREPARED)
    write_text(DATASET_REPORT, readable_json(report(dataset, problems)))
    if problems:
        click.echo(
            f"problems in the data: {len(problems)} (all in {PREPARED / FACTS}), the first: {problems[0]}", err=True
        )


if __name__ == "__main__":
    run_stage("prepare", PrepareParams, main)

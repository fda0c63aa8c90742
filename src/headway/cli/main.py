"""The `headway` command: a table of verbs, each imported only when it is called."""

from __future__ import annotations

import gc
import os
import sys
from typing import Any

import click

from headway import __version__
from headway.cli.failure import guarded
from headway.cli.lazy import LazyGroup

os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")
"""Whatever else is installed has no say in what is valid; and pydantic need not look through all packages for it."""

VERBS = {
    "adopt": ("headway.cli.adopt:adopt", "Take the branch of a fork's pull request into this repository."),
    "audit": ("headway.cli.audit:audit", "List what in the registry no reviewed change explains."),
    "bundle": ("headway.cli.bundle:bundle", "Inspect what the package stage made."),
    "comment": ("headway.cli.comment:comment", "Keep exactly one current report on a pull request."),
    "data": ("headway.cli.data:data", "Bring data in, check it, split it, and see what changed."),
    "doctor": ("headway.cli.doctor:doctor", "Say what a repository still lacks for the pull request loop."),
    "engine": ("headway.cli.engine:engine", "Build a TensorRT plan for this machine's GPU."),
    "gate": ("headway.cli.gate:gate", "Judge the candidate against the model in production."),
    "history": ("headway.cli.history:history", "Say who declared what for which stage, when and why."),
    "init": ("headway.cli.init:init", "Make or extend a team's own repository."),
    "lock": ("headway.cli.lock:lock", "Merge dvc.lock stage by stage."),
    "params": ("headway.cli.params:params", "Check params.yaml, or print its schema."),
    "pr": ("headway.cli.pr:pr", "The steps of the pull request workflows, one verb each."),
    "predict": ("headway.cli.predict:predict", "Draw what a bundle's model finds in images."),
    "promote": ("headway.cli.promote:promote", "Propose a version for a stage; the merge promotes it."),
    "pull": ("headway.cli.pull:pull", "Fetch a version's bundle by digest, and verify it."),
    "reconcile": ("headway.cli.reconcile:reconcile", "Make the registry's tags follow the stage files."),
    "register": ("headway.cli.register:register", "Make versions of what the default branch ships."),
    "report": ("headway.cli.report:report", "Write the report that reviewers read."),
    "repro": ("headway.cli.repro:repro", "Run the pipeline; a failure's sentence and hint come last."),
    "rollback": ("headway.cli.rollback:rollback", "Propose that a stage goes back to what it held before."),
    "site": ("headway.cli.site:site", "Write the registry as one static page."),
    "status": ("headway.cli.status:status", "Show what each stage shall have, and what differs."),
    "summary": ("headway.cli.summary:summary", "Print the scorecard, and where the results lie."),
    "track": ("headway.cli.track:track", "Mirror the last run to MLflow."),
    "verify": ("headway.cli.verify:verify", "Say whether code, params, data, dvc.lock and remote agree."),
}
"""Verb -> (module:command, one-line help). The help stands here so that `headway --help` imports no verb."""

_BETWEEN_COLLECTIONS = 50_000
"""New objects between two searches for cycles. Verbs read thousands of records that live to the end; with Python's 700,
a third of that time is the search."""


@click.group(cls=LazyGroup, verbs=VERBS, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of a failure.")
@click.version_option(__version__)
@click.pass_context
def cli(ctx: click.Context, debug: bool) -> None:
    """Git-driven training, judging and shipping of YOLO models.

    Exit codes: 0 yes, 1 no, 2 fix your input, 3 outside trouble (try again),
    4 inconclusive, 70 our bug, 130 interrupted.
    """
    ctx.obj = {"debug": debug}


def main(arguments: list[str] | None = None) -> Any:
    """Run the command line; the process exits with the verb's code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    gc.set_threshold(_BETWEEN_COLLECTIONS)
    with guarded(debug="--debug" in arguments):
        sys.exit(cli.main(arguments, prog_name="headway", standalone_mode=False) or 0)

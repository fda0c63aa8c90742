"""The `headway` command: a table of verbs, each imported only when it is called."""

from __future__ import annotations

import importlib
import sys
from typing import Any

import click

from headway import __version__
from headway.cli.failure import guarded

VERBS = {
    "bundle": ("headway.cli.bundle:bundle", "Inspect what the package stage made."),
    "engine": ("headway.cli.engine:engine", "Build a TensorRT plan for this machine's GPU."),
    "params": ("headway.cli.params:params", "Check params.yaml, or print its schema."),
    "predict": ("headway.cli.predict:predict", "Draw what a bundle's model finds in images."),
    "repro": ("headway.cli.repro:repro", "Run the pipeline; a failure's sentence and hint come last."),
    "summary": ("headway.cli.summary:summary", "Print the scorecard, and where the results lie."),
    "track": ("headway.cli.track:track", "Mirror the last run to MLflow."),
}
"""Verb -> (module:command, one-line help). The help stands here so that `headway --help` imports no verb."""


class LazyGroup(click.Group):
    """A group that knows its verbs by name and imports one only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return sorted(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        if cmd_name not in VERBS:
            return None
        module, _, attribute = VERBS[cmd_name][0].partition(":")
        command = getattr(importlib.import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl([(name, help_text) for name, (_, help_text) in sorted(VERBS.items())])


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
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
    with guarded(debug="--debug" in arguments):
        sys.exit(cli.main(arguments, prog_name="headway", standalone_mode=False) or 0)

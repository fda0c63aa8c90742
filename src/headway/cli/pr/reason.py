"""Why a step did not get through, handed on to the step that sets the status."""

from __future__ import annotations

from typing import Any

import click

from headway.cli.actions import set_output
from headway.cli.lazy import LazyGroup
from headway.errors import HeadwayError


class TellingGroup(LazyGroup):
    """A group whose verbs leave their failure's sentence as the output `reason`."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HeadwayError as error:
            tell_finish(error.message)
            raise


def tell_finish(reason: str) -> None:
    """Leave a sentence for `headway pr finish`."""
    from headway.pull_request.outcome import shorten

    set_output("reason", shorten(reason))

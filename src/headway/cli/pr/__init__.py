"""`headway pr`: the steps of the pull request workflows; in Actions they read the event, by hand they take --pr."""

from __future__ import annotations

import click

from headway.cli.pr.reason import TellingGroup

_VERBS = {
    "begin": ("headway.cli.pr.begin:begin", "Say on the head that work has begun."),
    "claim": ("headway.cli.pr.claim:claim", "Write what a fork's run found as one small file."),
    "delivery": ("headway.cli.pr.delivery:delivery", "Say what is delivered, and that it was."),
    "dispatch": ("headway.cli.pr.dispatch:dispatch", "Start the checks on the bot's commit."),
    "finish": ("headway.cli.pr.finish:finish", "Set the final commit status; ends with the verdict's exit code."),
    "plan": ("headway.cli.pr.plan:plan", "Decide whether to train, to judge, or neither."),
    "promotion": ("headway.cli.pr.promotion:promotion", "Say whether what is declared may be merged."),
    "push": ("headway.cli.pr.push:push", "Commit the results and push them to the branch, never by force."),
    "relay": ("headway.cli.pr.relay:relay", "Post what a fork claims, with this repository's own code."),
    "status": ("headway.cli.pr.status:status", "End with a job's result, and post it where the run was dispatched."),
    "store": ("headway.cli.pr.store:store", "Push the results to the DVC remote."),
    "update": ("headway.cli.pr.update:update", "Merge the base branch into what is checked out."),
}


@click.group(cls=TellingGroup, verbs=_VERBS)
def pr() -> None:
    """Bring a pull request from its push to its verdict, one step a verb."""

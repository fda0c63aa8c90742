"""A plan as text: what `headway init --dry-run` shows."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from headway.adoption.plan import OPEN, Plan, Step


def plan_lines(plan: Plan) -> Iterator[str]:
    """Yield one line for each file that something happens to, or that somebody has to look at."""
    for step in plan.steps:
        if step.writes or step.outcome in OPEN or step.outcome == "left out":
            yield f"{step.outcome:<9} {step.path}" + (f": {step.reason}" if step.reason else "")


def plan_diff(plan: Plan) -> Iterator[str]:
    """Yield a unified diff of every file that is changed, or that differs from what it would be."""
    for step in plan.steps:
        if step.before != step.after:
            yield from step_diff(step)


def step_diff(step: Step) -> Iterator[str]:
    """Yield the lines of one file's unified diff, without line ends."""
    before, after = (
        [] if side is None else side.decode(errors="replace").splitlines() for side in (step.before, step.after)
    )
    old = "/dev/null" if step.before is None else f"a/{step.path}"
    new = "/dev/null" if step.after is None else f"b/{step.path}"
    yield from difflib.unified_diff(before, after, old, new, lineterm="")

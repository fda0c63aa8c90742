"""What GitHub Actions tells a step, and what a step tells it: event, outputs, job summary.

Event data comes from the event's file and never from a command line, so that no branch name reaches a shell.
https://docs.github.com/actions/reference/workflows-and-actions/variables
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from headway.errors import InputError

Environment = Mapping[str, str]


@dataclass(frozen=True)
class Event:
    """The event that started the workflow.

    Attributes:
        name: "pull_request", "merge_group", "workflow_run", "push" ...
        payload: its JSON.
    """

    name: str
    payload: Mapping[str, Any]

    @property
    def pull_request(self) -> int | None:
        """Number of the pull request that it is about."""
        number = self.payload.get("pull_request", {}).get("number")
        return number if isinstance(number, int) else None

    @property
    def default_branch(self) -> str | None:
        """Default branch of the repository."""
        name = self.payload.get("repository", {}).get("default_branch")
        return name if isinstance(name, str) else None


def read_event(environment: Environment = os.environ) -> Event | None:
    """Return the event; None outside Actions.

    Raises:
        InputError: the event's file cannot be read.
    """
    name, path = environment.get("GITHUB_EVENT_NAME"), environment.get("GITHUB_EVENT_PATH")
    if not name or not path:
        return None
    try:
        payload = json.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"GITHUB_EVENT_PATH: {path} is no event: {error}", hint="unset GITHUB_EVENT_PATH") from error
    return Event(name, payload)


def set_output(name: str, value: str, environment: Environment = os.environ) -> None:
    """Give later steps `steps.<id>.outputs.<name>`; nothing happens outside Actions.

    Raises:
        ValueError: the value has several lines, which would let it set other outputs.
    """
    if "\n" in value or "\r" in value:
        raise ValueError(f"output {name} has several lines")
    _append(environment.get("GITHUB_OUTPUT"), f"{name}={value}\n")


def add_summary(markdown: str, environment: Environment = os.environ) -> None:
    """Add to the page of the workflow run; nothing happens outside Actions."""
    _append(environment.get("GITHUB_STEP_SUMMARY"), markdown + "\n")


def run_url(environment: Environment = os.environ) -> str | None:
    """Return the address of this workflow run; None outside Actions."""
    names = "GITHUB_SERVER_URL", "GITHUB_REPOSITORY", "GITHUB_RUN_ID"
    server, repository, run = (environment.get(name) for name in names)
    return f"{server}/{repository}/actions/runs/{run}" if server and repository and run else None


def base_revision(environment: Environment = os.environ) -> str | None:
    """Return the remote branch that the pull request goes to, as this clone knows it; None outside one."""
    base = environment.get("GITHUB_BASE_REF")
    return f"origin/{base}" if base else None


def _append(path: str | None, text: str) -> None:
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(text)

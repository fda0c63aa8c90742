"""The commit that a pull request, or a merge queue, is compared with."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from headway.cli.actions import read_event
from headway.cli.gate.policy import default_base


def find_base(root: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return what a merge queue builds on, or the base branch as this clone knows it.

    Raises:
        InputError: neither is known.
    """
    event = read_event(environment)
    if event and event.name == "merge_group":
        return str(event.payload["merge_group"]["base_sha"])
    return default_base(root, environment)

"""Which files a run makes, and what becomes of one that both sides of a merge changed."""

from __future__ import annotations

from fnmatch import fnmatchcase
from pathlib import PurePosixPath

from headway.contracts.layout import LOCK, REPORTS

RESULTS = (LOCK.as_posix(), f"{REPORTS.as_posix()}/**", "models/*/manifest.json")
"""Git's globs of what the bot commits: what a run leaves in Git, and nothing else."""

LOCK_TRAILER, BASE_TRAILER = "Headway-Lock", "Headway-Base"
TRAILERS = (LOCK_TRAILER, BASE_TRAILER)
"""What the bot's own commits bear: the SHA-256 of the lock that the results belong to; the base that was merged in."""


def is_result(path: str) -> bool:
    """Return whether a run makes this file anew, so that either side of a merge will do."""
    parts = PurePosixPath(path).parts
    if parts[:1] == (REPORTS.as_posix(),):
        return len(parts) > 1
    return len(parts) == 3 and fnmatchcase(path, "models/*/manifest.json")

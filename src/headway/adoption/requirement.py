"""How a team's requirements.txt names Headway."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from headway.errors import InputError

EXTRA = "headway[train]"


def choose_requirement(asked: str | None, kept: str | None, installed: str | None, version: str) -> str:
    """Return the line for requirements.txt.

    Args:
        asked: on the command line; counts first.
        kept: what `kept_requirement` says.
        installed: what `installed_from` says.
        version: of the running Headway; its release in a package index is the last resort.

    Raises:
        InputError: `asked` is no requirement for Headway.
    """
    if asked is not None:
        return _checked(asked)
    return kept or installed or f"{EXTRA}=={version}"


def kept_requirement(recorded: str | None, written: str | None, *, update: bool, movable: bool) -> str | None:
    """Return the line that a repository keeps, None where this Headway's own place is wanted.

    Args:
        recorded: the line that the last `headway init` wrote.
        written: the line as it stands in requirements.txt.
        update: whether the repository is brought to this version. A line that the team has changed since then says
            itself which one that is.
        movable: whether this Headway knows where it was installed from.
    """
    if not update or recorded is None:
        return recorded
    if written not in {None, recorded}:
        return written
    return None if movable or is_release(recorded) else recorded


def installed_from(direct_url: str | None) -> str | None:
    """Return a requirement for the place that pip installed Headway from.

    Args:
        direct_url: text of the installation's direct_url.json (PEP 610), which holds no credentials; None where
            it came from a package index.

    Returns:
        None for a package index, and for a folder or file of this machine, which no other machine can install from.
    """
    values = json.loads(direct_url) if direct_url else {}
    url = values.get("url", "file:")
    if url.startswith("file:"):
        return None
    version_control = values.get("vcs_info")
    if not version_control:
        return f"{EXTRA} @ {url}"
    return f"{EXTRA} @ {version_control['vcs']}+{url}@{version_control['commit_id']}"


def is_release(line: str) -> bool:
    """Return whether a requirement names one release in a package index."""
    return re.fullmatch(r"headway(\[[\w,\s-]+\])?\s*===?\s*[\w.!+-]+", line) is not None


def find_requirement(lines: Iterable[str]) -> str | None:
    """Return the line of a requirements.txt that names Headway, without its comment."""
    bare = (re.split(r"\s+#|^#", line)[0].strip() for line in lines)
    return next((line for line in bare if re.match(r"headway(?![\w.-])", line)), None)


def is_pinned(line: str) -> bool:
    """Return whether a requirement always means the same code: one release, a full commit hash, or one wheel."""
    return (
        is_release(line)
        or re.search(r"@[0-9a-f]{40}(#\S*)?$", line) is not None
        or re.search(r"@ \S+\.whl(#\S*)?$", line) is not None
    )


def _checked(line: str) -> str:
    line = line.strip()
    if "\n" in line or not re.match(r"headway(?![\w.-])", line):
        raise InputError(
            f"--requirement {line!r} does not name Headway",
            hint=f'for example "{EXTRA} @ git+https://HOST/OWNER/headway@COMMIT"',
        )
    return line

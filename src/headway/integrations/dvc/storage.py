"""DVC: the default remote, as a person set it up."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

from headway.contracts.commit import StageOutput
from headway.errors import HeadwayError, InputError
from headway.integrations.dvc.store import Remote, default_remote

_NO_OBJECT = "0" * 32


def read_storage(root: Path, *, ask: bool) -> tuple[str, str, str | None] | None:
    """Return the default remote's name, its URL, and why it cannot be reached; None where there is no such remote.

    Args:
        root: the repository.
        ask: whether to ask the remote for an object that nobody has; else the reason is None.

    Raises:
        InputError: DVC is not installed, or `root` is no DVC repository.
    """
    try:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
    except ImportError as error:
        raise InputError("DVC is not installed here", hint='pip install "headway[train]"') from error
    try:
        repository = Repo(str(root))
    except DvcException as error:
        raise InputError(f"{root}: {error}", hint="headway init . makes one") from error
    with closing(repository):
        name = default_remote(repository)
        if name is None:
            return None
        url = str(repository.config["remote"].get(name, {}).get("url", ""))
        return name, url, _fault(repository, name) if ask else None


def _fault(repository: object, name: str) -> str | None:
    try:
        Remote(repository, name).find_missing({_NO_OBJECT: StageOutput(None, "", _NO_OBJECT)})
    except HeadwayError as error:
        return error.message
    return None

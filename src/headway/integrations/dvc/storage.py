"""DVC: the default remote, as a person set it up, and what is put there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from headway.contracts.commit import StageOutput
from headway.errors import HeadwayError, InputError, OutsideError
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
    with _opened(root) as repository:
        name = default_remote(repository)
        if name is None:
            return None
        url = str(repository.config["remote"].get(name, {}).get("url", ""))
        return name, url, _fault(repository, name) if ask else None


def store_results(root: Path) -> int:
    """Push what dvc.lock names and all records of runs to the default remote; return the number of new files.

    `dvc push --run-cache` (3.67) leaves out what a record names and Git keeps (`cache: false`): on another machine such
    a record restores nothing, and its stage runs again. Here that goes first, so that no record is there before it.

    Raises:
        InputError: DVC is not installed, `root` is no DVC repository, or it has no remote that objects can go to.
        OutsideError: the remote cannot be reached, or does not take all.
    """
    with _opened(root) as repository:
        from dvc.config import ConfigError
        from dvc.exceptions import DvcException

        try:
            kept = repository.cloud.push(_kept_by_git(repository))
            if kept.failed:
                raise OutsideError(f"{len(kept.failed)} files could not be pushed", hint="run this again")
            return len(kept.transferred) + int(repository.push(run_cache=True))
        except ConfigError as error:
            raise InputError(str(error), hint="dvc remote add --default NAME URL") from error
        except (DvcException, OSError) as error:
            raise OutsideError(f"the results could not be pushed: {error}", hint="run this again") from error


def _kept_by_git(repository: Any) -> set[Any]:
    """Return the hashes of outputs that Git keeps, of stages whose run left them in the cache as well."""
    found: set[Any] = set()
    for output in repository.index.outs:
        if not output.use_cache and output.hash_info and repository.cache.local.exists(output.hash_info.value):
            output.use_cache = True  # in memory: else DVC names no object of it
            found.update(*output.get_used_objs().values())
    return found


@contextmanager
def _opened(root: Path) -> Iterator[Any]:
    try:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
    except ImportError as error:
        raise InputError("DVC is not installed here", hint='pip install "headway[train]"') from error
    try:
        repository = Repo(str(root))
    except DvcException as error:
        raise InputError(f"{root}: {error}", hint="headway init . makes one") from error
    with repository:
        yield repository


def _fault(repository: object, name: str) -> str | None:
    try:
        Remote(repository, name).find_missing({_NO_OBJECT: StageOutput(None, "", _NO_OBJECT)})
    except HeadwayError as error:
        return error.message
    return None

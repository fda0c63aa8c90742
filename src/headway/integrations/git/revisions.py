"""Git, through GitPython: which commit a name means, and every content that a file ever had."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from headway.errors import InputError

if TYPE_CHECKING:
    import git


def commit_of(folder: Path, revision: str) -> str | None:
    """Return the full hash of the commit that `revision` names in the repository that holds `folder`, or None.

    Git itself is asked: GitPython 3.1 takes the "@" of a tag such as "detector@v1.0.0" for a reflog.

    Raises:
        InputError: there is no repository.
    """
    import git

    repository = _open(folder)
    try:
        found = repository.git.rev_parse("--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    except git.GitCommandError:
        return None
    # Git before 2.30 prints the option, too.
    return str(found).splitlines()[-1]


def contents_of(folder: Path, path: Path) -> Iterator[bytes]:
    """Yield every content that `path` has in any commit that a branch or tag of this clone reaches, each once.

    `path` is relative to `folder`. A shallow clone knows only the commits that it holds.

    Raises:
        InputError: there is no repository.
    """
    repository = _open(folder)
    below = Path(os.path.relpath(folder / path, repository.working_tree_dir or folder)).as_posix()
    if not repository.head.is_valid():
        return
    listed = repository.git.rev_list("--all", "HEAD", "--full-history", "--objects", "--", f":(top,literal){below}")
    for line in listed.splitlines():
        sha, _, name = line.partition(" ")
        if name == below:
            yield bytes(repository.odb.stream(bytes.fromhex(sha)).read())


def commits_that_brought(folder: Path, path: Path, revision: str) -> list[str]:
    """Return the commits of this clone, newest first, that made `path` what it is at `revision`; no merges.

    Git is asked by the object's hash, which equal contents share. `path` is relative to `folder`.

    Raises:
        InputError: there is no repository.
    """
    import git

    repository = _open(folder)
    below = Path(os.path.relpath(folder / path, repository.working_tree_dir or folder)).as_posix()

    def blob_at(commit: str) -> str | None:
        try:
            return str(repository.git.rev_parse("--verify", "--quiet", "--end-of-options", f"{commit}:{below}"))
        except git.GitCommandError:
            return None

    blob = blob_at(revision)
    if blob is None:
        return []
    sought = f"--find-object={blob.splitlines()[-1]}"
    listed = repository.git.log("--all", revision, "--format=%H", sought, "--", f":(top,literal){below}")
    return [commit for commit in listed.splitlines() if blob_at(commit) == blob]


def _open(folder: Path) -> git.Repo:
    try:
        import git
    except ImportError as error:  # GitPython refuses to import where no git program is
        raise InputError("Git is not installed here", hint='install git, then: pip install "headway[git]"') from error
    try:
        return git.Repo(folder, search_parent_directories=True)
    except (git.InvalidGitRepositoryError, git.NoSuchPathError) as error:
        raise InputError(f"{folder} lies in no Git repository", hint="run this in the repository's root") from error

"""Git: merge commits and commits, made under a name that is given and never under the machine's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headway.errors import InputError
from headway.integrations.git.command import ask, names, tell
from headway.integrations.git.history import changed_files
from headway.integrations.git.reading import file_at


@dataclass(frozen=True)
class Identity:
    """Who commits."""

    name: str
    email: str

    @property
    def environment(self) -> dict[str, str]:
        """What git reads it from."""
        return {f"GIT_{role}_{what}": value for role in ("AUTHOR", "COMMITTER") for what, value in self._parts}

    @property
    def _parts(self) -> tuple[tuple[str, str], ...]:
        return ("NAME", self.name), ("EMAIL", self.email)


@dataclass(frozen=True)
class Sides:
    """What one file held before two branches parted, and on each of them; None where it was not there."""

    path: str
    base: bytes | None
    ours: bytes | None
    theirs: bytes | None


@dataclass(frozen=True)
class Resolved:
    """What a file shall hold after the merge; None takes it away."""

    content: bytes | None


Resolve = Callable[[Sides], Resolved | None]
"""Decides on a file that both sides changed; None leaves it to Git."""


@dataclass(frozen=True)
class Merged:
    """How a merge ended.

    Attributes:
        commit: the merge commit; None where there was nothing to merge, or a conflict is left.
        conflicts: files that a person must merge; the working tree is then what it was.
    """

    commit: str | None = None
    conflicts: tuple[str, ...] = ()


def merge(root: Path, revision: str, *, resolve: Resolve, message: str, identity: Identity) -> Merged:
    """Merge `revision` into what is checked out, with one merge commit.

    `resolve` is asked for each file that both sides changed, also where Git would merge it without a word.

    Raises:
        InputError: there is no such revision, no common history, or the working tree has changes in the way.
    """
    theirs = commit_at(root, revision)
    if is_ancestor(root, theirs, "HEAD"):
        return Merged()
    ours = commit_at(root, "HEAD")
    base = _merge_base(root, ours, theirs)
    with _merging(root):
        answer = ask(root, "merge", "--no-commit", "--no-ff", theirs, environment=identity.environment)
        if answer.status != 0 and not _unmerged(root):
            raise InputError(
                f"{revision} cannot be merged: {answer.last_line}", hint="commit or take back what git status shows"
            )
        for path in sorted(set(changed_files(root, base, ours)) & set(changed_files(root, base, theirs))):
            sides = Sides(path, *(file_at(root, commit, root / path) for commit in (base, ours, theirs)))
            _settle(root, path, resolve(sides))
        conflicts = _unmerged(root)
        if conflicts:
            return Merged(conflicts=conflicts)
        tell(root, "commit", "--quiet", "--no-verify", "--message", message, environment=identity.environment)
    return Merged(commit_at(root, "HEAD"))


def commit_files(root: Path, patterns: Sequence[str], message: str, identity: Identity) -> str | None:
    """Commit what changed among the files that `patterns` name, and nothing else.

    Args:
        root: of the working tree.
        patterns: Git's globs, relative to `root`; files that Git ignores are left out.
        message: of the commit.
        identity: who commits.

    Returns:
        The commit, or None where nothing changed.
    """
    globs = [f":(top,glob){pattern}" for pattern in patterns]
    listed = names(tell(root, "ls-files", "-z", "--modified", "--others", "--exclude-standard", "--", *globs))
    staged = names(tell(root, "diff", "-z", "--name-only", "--cached", "--no-renames", "--", *globs))
    found = sorted({*listed, *staged})
    if not found:
        return None
    exact = [f":(top,literal){name}" for name in found]
    tell(root, "add", "--all", "--", *exact)
    if ask(root, "diff", "--cached", "--quiet", "--", *exact).status == 0:
        return None
    tell(
        root, "commit", "--quiet", "--no-verify", "--only", "--message", message, "--", *exact,
        environment=identity.environment,
    )  # fmt: skip
    return commit_at(root, "HEAD")


def commit_at(root: Path, revision: str) -> str:
    """Return the full hash of the commit that `revision` names.

    Raises:
        InputError: it names none.
    """
    answer = ask(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    if answer.status != 0:
        raise InputError(f"{revision!r} names no commit", hint="git log shows the commits; fetch what is missing")
    return answer.output.splitlines()[-1]  # Git before 2.30 prints the option, too


def check_out(root: Path, commit: str) -> None:
    """Check a commit out, on no branch.

    Raises:
        OutsideError: changes in the working tree are in the way.
    """
    tell(root, "checkout", "--quiet", "--detach", commit, "--")


def is_ancestor(root: Path, ancestor: str, commit: str) -> bool:
    """Return whether `commit` holds all of `ancestor`."""
    return ask(root, "merge-base", "--is-ancestor", ancestor, commit).status == 0


def merge_objects(root: Path, ours: str, theirs: str) -> str | None:
    """Return a commit of what Git would make of two commits, without touching the working tree; None on a conflict."""
    answer = ask(root, "merge-tree", "--write-tree", ours, theirs)
    if answer.status != 0:
        return None
    tree = answer.output.splitlines()[0]
    words = "commit-tree", tree, "-p", ours, "-p", theirs, "-m", "merge result, never pushed"
    return tell(root, *words, environment=Identity("headway", "headway@localhost").environment).strip()


@contextmanager
def _merging(root: Path) -> Iterator[None]:
    """Leave no half-done merge behind."""
    try:
        yield
    finally:
        if ask(root, "rev-parse", "--verify", "--quiet", "MERGE_HEAD").status == 0:
            ask(root, "merge", "--abort")


def _settle(root: Path, path: str, resolved: Resolved | None) -> None:
    if resolved is None:
        return
    literal = f":(top,literal){path}"
    if resolved.content is None:
        tell(root, "rm", "--quiet", "--force", "--cached", "--ignore-unmatch", "--", literal)
        (root / path).unlink(missing_ok=True)
        return
    if (root / path).is_symlink():
        (root / path).unlink()
    (root / path).parent.mkdir(parents=True, exist_ok=True)
    (root / path).write_bytes(resolved.content)
    tell(root, "add", "--force", "--", literal)


def _merge_base(root: Path, ours: str, theirs: str) -> str:
    answer = ask(root, "merge-base", ours, theirs)
    if answer.status != 0:
        raise InputError(
            f"{theirs} and {ours} have no common commit in this clone",
            hint="fetch the whole history: git fetch --unshallow",
        )
    return answer.output.strip()


def _unmerged(root: Path) -> tuple[str, ...]:
    return names(tell(root, "diff", "-z", "--name-only", "--diff-filter=U"))

"""What the fake asks of the bare Git repositories that stand behind it."""

from __future__ import annotations

import os
import subprocess
import tempfile
from pathlib import Path

IDENTITY = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_AUTHOR_NAME": "GitHub",
    "GIT_AUTHOR_EMAIL": "noreply@github.com",
    "GIT_COMMITTER_NAME": "GitHub",
    "GIT_COMMITTER_EMAIL": "noreply@github.com",
}


def run(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Git in a bare repository, whatever comes of it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | IDENTITY
    return subprocess.run(
        ["git", "--git-dir", str(path), *arguments], env=environment, capture_output=True, text=True, check=False
    )


def read(path: Path, *arguments: str) -> str:
    """Run Git and return what it printed; a failure is a fault of the test."""
    result = run(path, *arguments)
    assert result.returncode == 0, f"git {' '.join(arguments)}: {result.stderr}"
    return result.stdout.strip()


def resolve(path: Path, revision: str) -> str | None:
    """Return the commit that a branch, a reference or a SHA names; None where there is none."""
    if revision.startswith("-"):
        return None
    for name in (f"refs/heads/{revision}", revision):
        result = run(path, "rev-parse", "--verify", "--quiet", f"{name}^{{commit}}")
        if result.returncode == 0:
            return result.stdout.strip()
    return None


def branches(path: Path) -> dict[str, str]:
    """Return every branch and its head."""
    lines = read(path, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/heads").splitlines()
    return {name: sha for sha, name in (line.split(" ", 1) for line in lines)}


def tags(path: Path) -> dict[str, str]:
    """Return every tag and its object."""
    lines = read(path, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", "refs/tags").splitlines()
    return {name: sha for sha, name in (line.split(" ", 1) for line in lines)}


def is_ancestor(path: Path, ancestor: str, descendant: str) -> bool:
    """Say whether one commit is reached from another."""
    return run(path, "merge-base", "--is-ancestor", ancestor, descendant).returncode == 0


def merge(path: Path, base: str, head: str, message: str) -> str | None:
    """Return the commit that merges two commits as GitHub does, without merge drivers; None on a conflict."""
    tree = run(path, "merge-tree", "--write-tree", base, head)
    if tree.returncode != 0:
        return None
    return read(path, "commit-tree", tree.stdout.split()[0], "-p", base, "-p", head, "-m", message)


def squash(path: Path, base: str, head: str, message: str) -> str:
    """Return the one commit on `base` that holds all that a merge would bring."""
    tree = read(path, "merge-tree", "--write-tree", base, head).split()[0]
    return read(path, "commit-tree", tree, "-p", base, "-m", message)


def rebase(path: Path, base: str, head: str) -> str:
    """Return the last of the commits that `head` has and `base` lacks, made anew on `base`."""
    with tempfile.TemporaryDirectory() as folder:
        clone = Path(folder)
        read(path, "clone", "--quiet", "--shared", "--no-checkout", str(path), folder)
        work = ("--work-tree", folder)
        read(clone / ".git", *work, "checkout", "--quiet", "--detach", head)
        read(clone / ".git", *work, "rebase", "--quiet", "--force-rebase", base)
        made = read(clone / ".git", "rev-parse", "HEAD")
        read(path, "fetch", "--quiet", folder, "HEAD")
    return made


def between(path: Path, old: str, new: str) -> list[str]:
    """Return the commits that `new` has and `old` lacks."""
    return read(path, "rev-list", f"{old}..{new}").splitlines()


def changed_files(path: Path, old: str, new: str) -> list[str]:
    """Return the files that differ between two commits."""
    return read(path, "diff", "--name-only", old, new).splitlines()

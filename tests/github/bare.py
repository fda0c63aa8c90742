"""A bare repository with branches, made without a work tree."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from pathlib import Path

from tests.github import repository as git


def make_bare(path: Path, files: Mapping[str, str] | None = None) -> Path:
    """Make a bare repository whose branch main holds these files."""
    subprocess.run(["git", "init", "--quiet", "--bare", "--initial-branch=main", str(path)], check=True)
    commit(path, "main", files or {"README.md": "A project.\n"}, "Start")
    return path


def commit(path: Path, branch: str, files: Mapping[str, str], message: str, *, parent: str = "main") -> str:
    """Add a commit that writes these files to a branch, which is made from `parent` where it is new."""
    start = git.resolve(path, branch) or git.resolve(path, parent)
    tree = _tree(path, start, files)
    parents = ["-p", start] if start else []
    made = git.read(path, "commit-tree", tree, *parents, "-m", message)
    git.read(path, "update-ref", f"refs/heads/{branch}", made)
    return made


def _tree(path: Path, start: str | None, files: Mapping[str, str]) -> str:
    index = path / "index"
    index.unlink(missing_ok=True)
    if start:
        git.read(path, "read-tree", start)
    for name, text in files.items():
        blob = subprocess.run(
            ["git", "--git-dir", str(path), "hash-object", "-w", "--stdin"],
            input=text, capture_output=True, text=True, check=True,
        ).stdout.strip()  # fmt: skip
        git.read(path, "update-index", "--add", "--cacheinfo", f"100644,{blob},{name}")
    tree = git.read(path, "write-tree")
    index.unlink(missing_ok=True)
    return tree

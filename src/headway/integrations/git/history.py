"""Git: where a branch left another one, and which files changed since."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

from headway.integrations.git.command import ask, names, tell

Change = Literal["added", "changed", "removed"]
_CHANGES: Mapping[str, Change] = {"A": "added", "D": "removed"}


def merge_base(folder: Path, commit: str) -> str | None:
    """Return the newest commit that HEAD and `commit`, a full hash, have in common.

    None where there is none: unrelated histories, a shallow clone that was cut off before it, no commit yet.
    """
    answer = ask(folder, "merge-base", "--end-of-options", commit, "HEAD")
    return answer.output.strip() or None if answer.status == 0 else None


def follows_with_trailers(folder: Path, old: str, new: str, keys: Sequence[str]) -> bool:
    """Return whether `new` holds all of `old`, and each commit that leads there bears a trailer of one of the keys.

    The commits are those on the branch itself: what a merge brought in is not asked about.

    Raises:
        OutsideError: Git failed.
    """
    if ask(folder, "merge-base", "--is-ancestor", old, new).status != 0:
        return False
    wanted = ",".join(f"key={key}" for key in keys)
    listed = tell(folder, "log", "-z", "--first-parent", f"--format=%H%n%(trailers:{wanted})", f"{old}..{new}", "--")
    return all(one.partition("\n")[2].strip() for one in listed.split("\0") if one)


def changes_since(folder: Path, commit: str) -> Mapping[str, Change]:
    """Return what became of files below `folder` between `commit`, a full hash, and the working tree.

    Only files that Git tracks at one of the two; a renamed file was removed
    and another added. Paths are relative to `folder`, with slashes, by path.

    Raises:
        OutsideError: Git failed.
    """
    # core.quotePath does not matter with -z; a diff driver or an external diff could run a program.
    answer = tell(
        folder, "diff", "--name-status", "--no-renames", "--no-ext-diff", "--relative", "-z", "--end-of-options", commit
    )
    words = iter(answer.split("\0"))
    pairs = {path: _CHANGES.get(status, "changed") for status, path in zip(words, words, strict=False)}
    return dict(sorted(pairs.items()))


def changed_files(folder: Path, old: str, new: str) -> tuple[str, ...]:
    """Return the files that differ between two commits, from the repository's root, with slashes.

    Raises:
        OutsideError: Git failed.
    """
    return names(tell(folder, "diff", "-z", "--name-only", "--no-renames", "--no-ext-diff", old, new, "--"))


def changed_below(root: Path, old: str, new: str, folder: str) -> tuple[str, ...]:
    """Return the files below a folder that differ between two commits; both are seen from the project's root.

    Raises:
        OutsideError: Git failed.
    """
    words = "diff", "-z", "--name-only", "--no-renames", "--no-ext-diff", "--relative", old, new, "--", folder
    return names(tell(root, *words))


def contents_below(root: Path, old: str, new: str, folder: str) -> Mapping[str, frozenset[str | None]]:
    """Return file below a folder -> what it holds at `new`, and after each commit that `new` has and `old` lacks.

    Only files that one of these commits changes, by path. Merges among them are left out: a rebase drops them, and
    replays every other commit. Contents are Git's objects; None stands for no file. Paths are seen from the project's
    root.

    Raises:
        OutsideError: Git failed.
    """
    words = "log", "-z", "--format=", "--raw", "--no-abbrev", "--no-merges", "--full-history", "--no-renames"
    listed = tell(
        root, "-c", "log.showRoot=true", *words, "--no-ext-diff", "--relative", f"{old}..{new}", "--", folder
    )  # fmt: skip
    lines = (entry.lstrip("\n") for entry in listed.split("\0"))
    found: dict[str, set[str | None]] = {}
    for facts in (entry for entry in lines if entry.startswith(":")):
        blob = facts.split(" ")[3]
        found.setdefault(next(lines), set()).add(blob if blob.strip("0") else None)
    listed_last = (line.partition("\t") for line in names(tell(root, "ls-tree", "-r", "-z", new, "--", folder)))
    last = {path: facts.split(" ")[2] for facts, _, path in listed_last}
    return {path: frozenset({*blobs, last.get(path)}) for path, blobs in sorted(found.items())}

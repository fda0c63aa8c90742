"""Git: what a clone holds of the registry, read with five questions however many tags there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from headway.contracts.layout import REGISTRY, STAGES
from headway.contracts.registry.files import slot_of
from headway.contracts.registry.ledger import FileChange, Ledger, Tag
from headway.contracts.registry.tags import PATTERNS, parse_tag
from headway.errors import InputError, OutsideError
from headway.integrations.git.command import Answer, ask

_MANIFESTS = ":(glob)models/*/manifest.json"
_AS_STORED = {"GIT_NO_REPLACE_OBJECTS": "1"}
"""What a clone puts in an object's place is no fact about the repository."""
_COMMIT = "commit "
_HEAD = re.compile(rb"object (\w+)\ntype (\w+)\ntag [^\n]*(?:\ntagger [^\n]* (\d{1,18}) [+-]\d{4}$)?", re.MULTILINE)
"""Of a tag object: what it leads to, of which kind, and when it was made. Git makes no other order."""
_NO_FILE = "000000", "160000"
"""Modes of what was taken away, and of a submodule, which has no content here."""


def read_ledger(root: Path, head: str, tags: Mapping[str, str] | None = None) -> Ledger:
    """Return what this clone holds of the registry.

    Args:
        root: of the project, which may lie below the repository's; paths are relative to it.
        head: ref or commit that stands for the default branch.
        tags: name -> object, all of which are here; those of this clone's own refs where it is None.

    Raises:
        InputError: `root` lies in no repository, or `head` names no commit.
        OutsideError: Git fails, or an object is missing.
    """
    answer = ask(root, "rev-parse", "--is-shallow-repository", f"{head}^{{commit}}", environment=_AS_STORED)
    shallow, _, commit = answer.output.partition("\n")
    if answer.status != 0 or not commit or head.startswith("-"):
        raise InputError(f"{head!r} names no commit here", hint="run: git fetch origin; then: git status")
    with ThreadPoolExecutor(1) as beside:  # long lines and many tags take Git two tenths of a second each
        line = beside.submit(_read_line, root, commit)
        named = _read_tags(root, _own_tags(root) if tags is None else tags)
    positions, changes, contents = line.result()
    return Ledger(commit, positions, changes, named, complete=shallow == "false", contents=contents)


def _read_tags(root: Path, objects: Mapping[str, str]) -> Mapping[str, Tag]:
    wanted = {name: oid for name, oid in sorted(objects.items()) if parse_tag(name)}
    found = _read_objects(root, wanted.values())
    return {name: _tag(name, oid, *found[oid]) for name, oid in wanted.items()}


def _read_line(root: Path, head: str) -> tuple[Mapping[str, int], tuple[FileChange, ...], Mapping[str, bytes]]:
    """Return the place of each commit on the line of `head`, what changed on it, and the contents of that."""
    positions, changes = _read_changes(root, head)
    files = {one.blob for one in changes if one.blob is not None and _is_read(one.path)}
    return positions, changes, {oid: content for oid, (_, content) in _read_objects(root, files).items()}


def _is_read(path: str) -> bool:
    """Return whether the content counts: of stage files, their rules and manifests, not of what lies beside them."""
    return slot_of(path) is not None or path == STAGES.as_posix() or not path.startswith(f"{REGISTRY.as_posix()}/")


def _read_changes(root: Path, head: str) -> tuple[Mapping[str, int], tuple[FileChange, ...]]:
    """Return the place of each commit on the first-parent line of `head`, and what changed on it, oldest first."""
    answer = _told(
        ask(
            root, "-c", "log.showRoot=true", "log", "-z", "--first-parent", "--sparse", "--diff-merges=first-parent",
            "--raw", "--no-abbrev", "--no-renames", "--no-ext-diff", "--relative", "--no-show-signature", "--no-notes",
            f"--format={_COMMIT}%H %ct", head, "--", REGISTRY.as_posix(), _MANIFESTS,
            environment=_AS_STORED,
        )
    )  # fmt: skip
    positions: dict[str, int] = {}
    found: list[tuple[str, int, str, str]] = []  # commit, seconds, raw line, path
    words = iter(answer.output.split("\0"))
    for word in words:
        line = word.lstrip("\n")
        if line.startswith(_COMMIT):
            _, commit, seconds = line.split(" ")
            positions[commit] = len(positions)
        elif line.startswith(":"):
            found.append((commit, int(seconds), line, next(words)))
    last = len(positions) - 1
    positions = {commit: last - number for commit, number in reversed(positions.items())}
    changes = (_change(positions[one[0]], *one) for one in reversed(found))
    return positions, tuple(change for change in changes if change is not None)


def _change(position: int, commit: str, committed_at: int, raw: str, path: str) -> FileChange | None:
    """Return what a line such as ":100644 100644 OLD NEW M" says; None where only the file's mode changed."""
    _, mode, old, new, _ = raw.split(" ")
    if old == new:
        return None
    return FileChange(commit, position, committed_at, path, None if mode in _NO_FILE else new)


def _own_tags(root: Path) -> Mapping[str, str]:
    listed = _told(ask(root, "for-each-ref", "--format=%(objectname) %(refname:strip=2)", *PATTERNS)).output
    return {name: oid for oid, _, name in (line.partition(" ") for line in listed.split("\n") if line)}


def _read_objects(root: Path, oids: Iterable[str]) -> Mapping[str, tuple[str, bytes]]:
    """Return object -> kind and content; all are read at once."""
    found = {}
    asked = "".join(f"{oid}\n" for oid in oids).encode()
    answer = _told(ask(root, "cat-file", "--batch", "--buffer", stdin=asked, environment=_AS_STORED)).content
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        oid, kind, *size = answer[at:end].decode().split(" ")
        if not size:
            raise OutsideError(f"Git's object {oid} is {kind}", hint="run: git fetch origin --tags; then: git fsck")
        at = end + 1 + int(size[0])
        found[oid] = kind, answer[end + 1 : at]
        at += 1
    return found


def _tag(name: str, oid: str, kind: str, content: bytes) -> Tag:
    if kind != "tag":
        return Tag(name, oid, oid if kind == "commit" else None, annotated=False, tagged_at=None, message="")
    head, _, message = content.partition(b"\n\n")
    found = _HEAD.match(head)
    commit = found[1].decode() if found and found[2] == b"commit" else None
    tagged_at = int(found[3]) if found and found[3] else None
    return Tag(name, oid, commit, annotated=True, tagged_at=tagged_at, message=message.decode(errors="replace"))


def _told(answer: Answer) -> Answer:
    if answer.status != 0:
        raise OutsideError(f"git failed: {answer.last_line}", hint="run: git fsck")
    return answer

"""What DVC would hash at a path of a commit, found out without its data."""

from __future__ import annotations

import hashlib
import json
import posixpath
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from headway.contracts.commit import FileKind, StageDependency, StageOutput
from headway.pull_request.paths import SortedPaths, folders_above

if TYPE_CHECKING:
    from headway.ports import CommittedFiles, ObjectStore, Pipeline


FOLDER = ".dir"
"""Ends the MD5 of a folder."""

_KINDS: Mapping[FileKind, str] = {"link": "symbolic link", "submodule": "submodule"}
_SHOWN = 3

Digest = Callable[[Mapping[str, str]], str]
"""Makes one hash of path -> MD5."""


@dataclass(frozen=True)
class Found:
    """What Git and DVC's pointers say about a path.

    Attributes:
        md5: its hash; None where it is gone, or cannot be known.
        unverifiable: a sentence where it cannot be known; else "".
        by: the output that says so; None where Git's own files do.
    """

    md5: str | None = None
    unverifiable: str = ""
    by: StageOutput | None = None


def folder_md5(members: Mapping[str, str]) -> str:
    """Return DVC's hash of a folder: path in it -> MD5.

    It is the MD5 of the JSON list of the members, sorted by path: `dvc_data.hashfile.tree.Tree.digest`.
    """
    entries = [{"md5": members[path], "relpath": path} for path in sorted(members)]
    content = json.dumps(entries, sort_keys=True).encode()
    return hashlib.md5(content, usedforsecurity=False).hexdigest() + FOLDER


class Hashes:
    """Finds the hashes of paths at one commit.

    Args:
        files: of the commit.
        pipeline: of the commit.
        stores: where the list of a folder that DVC tracks may be: cache, remote.
    """

    def __init__(self, files: CommittedFiles, pipeline: Pipeline, stores: Sequence[ObjectStore]) -> None:
        self._files, self._pipeline, self._stores = files, pipeline, stores
        self._outputs = {
            output.path: output
            for stage in (*pipeline.pointers, *pipeline.stages)
            for output in stage.outputs
            if output.path is not None
        }
        self._places = SortedPaths(self._outputs)

    def find_dependency(self, dependency: StageDependency) -> Found:
        """Return the hash that a stage would find at a dependency."""
        path = dependency.path
        if path is None or path == ".":
            return Found(unverifiable=f"{dependency.name} lies outside of the project's folders")
        if path in self._outputs:
            return Found(self._outputs[path].md5, by=self._outputs[path])
        above = next((self._outputs[one] for one in folders_above(path) if one in self._outputs), None)
        if above is not None and not self._files.kinds(path):
            return self._find_in_output(path, above)
        return self.find_in_git(path, dependency.md5, old=dependency.old)

    def find_in_git(self, path: str, expected: str | None, *, old: bool) -> Found:
        """Return the hash of what Git holds at a path, and DVC below it.

        Where a checkout may write other ends of lines, or DVC 2 hashed without regard to them, the reading that gives
        `expected` counts.
        """
        kinds = self._files.kinds(path)
        if obstacle := self._obstacle(path, kinds):
            return Found(unverifiable=obstacle)
        if path in kinds:
            return self._choose([path], expected, lambda md5s: md5s[path], old=old)
        tracked, unlisted = self._tracked_below(path)
        if unlisted:
            return Found(unverifiable=unlisted)
        own = [name for name in kinds if not self._pipeline.ignores(name)]
        if not own and not tracked:
            if self._files.was_there(path):
                return Found()
            return Found(unverifiable=f"{path} is neither in Git nor tracked by DVC")

        def digest(md5s: Mapping[str, str]) -> str:
            return folder_md5({posixpath.relpath(name, path): md5 for name, md5 in {**tracked, **md5s}.items()})

        return self._choose(own, expected, digest, old=old)

    def was_deleted(self, path: str) -> bool:
        """Return whether a path that the commit lacks was in Git once, and is not DVC's today."""
        tracked = any(one in self._outputs for one in (path, *folders_above(path)))
        return not tracked and self._files.was_there(path)

    def _choose(self, paths: Sequence[str], expected: str | None, digest: Digest, *, old: bool) -> Found:
        stored = dict(zip(paths, self._files.md5s(paths), strict=True))
        md5 = digest(stored)
        if expected is None or md5 == expected:
            return Found(md5)
        if old and expected == digest(dict(zip(paths, self._files.md5s(paths, line_ends="unix"), strict=True))):
            return Found(expected)
        altered = self._files.changed_by_checkout(paths)
        if filtered := sorted(path for path, what in altered.items() if what == "filter"):
            return Found(unverifiable=f"Git's attributes filter the bytes of {_names(filtered)}")
        dos = zip(altered, self._files.md5s(list(altered), line_ends="dos"), strict=True)
        if altered and expected == digest({**stored, **dict(dos)}):
            return Found(unverifiable=f"{_names(sorted(altered))}: recorded with CRLF, kept in Git with LF")
        return Found(md5)

    def _obstacle(self, path: str, kinds: Mapping[str, FileKind]) -> str:
        """Return a sentence about what says nothing of the bytes behind it: a link, a submodule; else ""."""
        seen = kinds or {one: kind for one in folders_above(path) for kind in self._kind(one)}
        odd = [name for name, kind in seen.items() if kind != "file" and not self._pipeline.ignores(name)]
        return f"{path}: {_names(odd)} is a {_KINDS[seen[odd[0]]]}" if odd else ""

    def _kind(self, path: str) -> Iterator[FileKind]:
        """Yield the kind of a path that is no folder and is there."""
        yield from (kind for name, kind in self._files.kinds(path).items() if name == path)

    def _tracked_below(self, path: str) -> tuple[dict[str, str], str]:
        """Return path -> MD5 of what DVC tracks in a folder and Git does not, or a sentence about what hides it."""
        tracked: dict[str, str] = {}
        for place in self._places.below(path):
            output = self._outputs[place]
            if self._files.kinds(place) or output.md5 is None:
                continue
            members = self._members(output)
            if members is None:
                return {}, _unlisted(path, output)
            tracked |= {posixpath.join(place, name).rstrip("/"): md5 for name, md5 in members.items()}
        return tracked, ""

    def _find_in_output(self, path: str, output: StageOutput) -> Found:
        members = self._members(output)
        if members is None:
            return Found(unverifiable=_unlisted(path, output))
        name = posixpath.relpath(path, output.path)
        below = {one.removeprefix(f"{name}/"): md5 for one, md5 in members.items() if one.startswith(f"{name}/")}
        return Found(folder_md5(below) if below else members.get(name), by=output)

    def _members(self, output: StageOutput) -> Mapping[str, str] | None:
        """Return path -> MD5 of the files in an output; of one that is a file itself, the path is empty."""
        if output.md5 is None:
            return None
        if not output.md5.endswith(FOLDER):
            return {"": output.md5}
        lists = (store.read_folder(output) for store in self._stores)
        return next((members for members in lists if members is not None), None)


def _unlisted(path: str, output: StageOutput) -> str:
    return f"{path}: what DVC keeps as {output.path} is listed neither in the cache nor in a remote that was asked"


def _names(paths: Sequence[str]) -> str:
    rest = len(paths) - _SHOWN
    return ", ".join(paths[:_SHOWN]) + (f" and {rest} more" if rest > 0 else "")

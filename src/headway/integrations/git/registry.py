"""Git: the registry's tags and default branch on a remote, read as they are there and pushed without overwriting."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.tags import PATTERNS, parse_tag
from headway.errors import InputError, OutsideError
from headway.integrations.git.command import ask, tell
from headway.integrations.git.ledger import read_ledger
from headway.integrations.git.lost import lost_ref
from headway.integrations.git.remote import MOVED, Access, ask_remote, raise_if_refused, run_with_access
from headway.integrations.git.repository import read_blob
from headway.integrations.git.tag_objects import TagObjects
from headway.integrations.git.writing import Identity
from headway.ports import NewTag

_TAGS = "refs/tags/"
_GONE = "not our ref", "unadvertised object"
_FETCHES = 3
"""How often a fetch is tried that fails because an object went away between the question and the fetch."""

_TAG_RULES = "let who runs Headway create tags of the registry; signed tags need a signing key"

Refs = Mapping[str, str]
"""Full name -> object."""


class GitRegistry:
    """A clone and its remote. Implements `ports.RegistryRepository`.

    The clone's registry tags and its remote-tracking branch become the remote's; other tags, local branches, the
    working tree and submodules stay as they are. Tags that go or change are kept below refs/headway/lost/.
    """

    def __init__(self, root: Path, access: Access, branch: str, identity: Identity, *, sign: bool = False) -> None:
        """Open the clone at `root`.

        Args:
            root: of the project.
            access: of the remote.
            branch: the default one, without "refs/heads/".
            identity: who makes tags.
            sign: sign every tag, also where `tag.gpgSign` does not ask for it.
        """
        self._root = root
        self._access = access
        self._branch = f"refs/heads/{branch}"
        self._tracking = f"refs/remotes/{access.name}/{branch}"
        self._tag_objects = TagObjects(root, identity, sign=sign)

    def refresh(self) -> Ledger:
        for _ in range(_FETCHES):
            remote = self._read_remote()
            if self._follow(remote):
                tags = {ref.removeprefix(_TAGS): oid for ref, oid in remote.items() if ref.startswith(_TAGS)}
                return read_ledger(self._root, remote[self._branch], tags)
        raise OutsideError(f"{self._access.name} changes faster than it can be fetched", hint="run this again")

    def read(self, blob: str) -> bytes:
        content = read_blob(self._root, blob)
        if content is None:
            raise OutsideError(f"Git's object {blob} is missing", hint="run: git fetch origin; then: git fsck")
        return content

    def make_tag(self, tag: NewTag) -> str:
        return self._tag_objects.make(tag)

    def publish(self, tags: Mapping[str, str]) -> bool:
        wanted = {f"{_TAGS}{name}": oid for name, oid in tags.items()}
        pushed = run_with_access(
            self._root, self._access, "push", "--atomic", "--porcelain", "--no-verify", "--no-follow-tags",
            "--recurse-submodules=no", *(f"--force-with-lease={ref}:" for ref in wanted), self._access.name,
            *(f"{oid}:{ref}" for ref, oid in wanted.items()),
        )  # fmt: skip
        there = {ref: oid for ref, oid in self._read_remote().items() if ref in wanted}
        if there == wanted:
            self._update_refs(wanted)
            return True
        if mixed := [ref.removeprefix(_TAGS) for ref, oid in there.items() if oid == wanted[ref]]:
            raise OutsideError(
                f"{self._access.name} took only a part of an atomic push: {_listed(mixed)}",
                hint="run this again: what is missing is made then",
            )
        if there:
            return False
        said, named = f"{pushed.output}\n{pushed.complaint}", _listed(tags)
        raise_if_refused(said, named, hint=_TAG_RULES)
        if any(mark in said for mark in MOVED):
            return False
        raise OutsideError(f"{named} cannot be pushed: {pushed.last_line}", hint="run this again")

    def _read_remote(self) -> Refs:
        """Return the default branch and the registry's tags as the remote has them now: the one question."""
        answer = ask_remote(self._root, self._access, "ls-remote", "--refs", self._access.name, self._branch, *PATTERNS)
        found = _read_refs(answer.output, "\t")
        if self._branch not in found:
            raise InputError(
                f"{self._access.name} has no branch {self._branch.removeprefix('refs/heads/')!r}",
                hint="git remote set-head origin --auto",
            )
        return {ref: oid for ref, oid in found.items() if ref == self._branch or _is_of_registry(ref)}

    def _read_local(self) -> Refs:
        """Return the same of this clone, under the same names."""
        words = "--format=%(objectname) %(refname)", self._tracking, *PATTERNS
        found = _read_refs(tell(self._root, "for-each-ref", *words), " ")
        tags = {ref: oid for ref, oid in found.items() if _is_of_registry(ref)}
        return tags | ({self._branch: found[self._tracking]} if self._tracking in found else {})

    def _follow(self, remote: Refs) -> bool:
        """Make this clone's refs what the remote's are; False where something went away meanwhile."""
        local = self._read_local()
        new = {ref: oid for ref, oid in remote.items() if local.get(ref) != oid}
        gone = [ref for ref in local if ref not in remote]
        if new and not self._fetch(new.values()):
            return False
        if new or gone:
            kept = {
                _keep(ref, local[ref]): local[ref] for ref in (*new, *gone) if ref in local and _is_of_registry(ref)
            }
            self._update_refs({**new, **kept}, gone)
        return True

    def _fetch(self, objects: Iterable[str]) -> bool:
        """Bring objects; False where the remote has one no longer.

        They are asked for by their own names: Git takes minutes to look ten thousand names of refs up.
        """
        answer = run_with_access(
            self._root, self._access, "fetch", "--quiet", "--stdin", "--no-tags", "--no-prune", "--no-write-fetch-head",
            "--no-recurse-submodules", "--no-auto-maintenance", self._access.name,
            stdin="".join(f"{oid}\n" for oid in sorted(set(objects))).encode(),
        )  # fmt: skip
        if answer.status == 0:
            return True
        if any(mark in answer.complaint for mark in _GONE):
            return False
        raise OutsideError(f"{self._access.name} cannot be fetched: {answer.last_line}", hint="run this again")

    def _update_refs(self, new: Refs, gone: Iterable[str] = ()) -> None:
        """Change this clone's refs, all or none."""
        updates = (f"update {self._here(ref)}\0{oid}\0\0" for ref, oid in new.items())
        deletions = (f"delete {self._here(ref)}\0\0" for ref in gone)
        answer = ask(self._root, "update-ref", "-z", "--stdin", stdin=os.fsencode("".join((*updates, *deletions))))
        if answer.status != 0:
            raise OutsideError(f"tags of this clone cannot be changed: {answer.last_line}", hint="run this again")

    def _here(self, ref: str) -> str:
        return self._tracking if ref == self._branch else ref


def _read_refs(listing: str, separator: str) -> Refs:
    return {ref: oid for oid, _, ref in (line.partition(separator) for line in listing.split("\n") if line)}


def _keep(ref: str, oid: str) -> str:
    """Return the ref under which a tag's object stays when the tag goes, for `headway audit`."""
    return lost_ref(ref.removeprefix(_TAGS), oid)


def _is_of_registry(ref: str) -> bool:
    return ref.startswith(_TAGS) and parse_tag(ref.removeprefix(_TAGS)) is not None


def _listed(names: Iterable[str]) -> str:
    first, *more = sorted(names)
    return f"{first} and {len(more)} more" if more else first

"""Opens the registry: as this clone knows it, or as the remote has it now."""

from __future__ import annotations

import json
import os
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from headway.cli.actions import read_event
from headway.contracts.canonical import sha256_of
from headway.contracts.layout import STAGES, ModelFiles
from headway.contracts.registry.files import glance_at_stages
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.tags import Slot
from headway.errors import InputError, OutsideError
from headway.integrations.git.blobs import Blobs
from headway.integrations.git.command import ask
from headway.integrations.git.ledger import read_ledger
from headway.registry.reading import read_state
from headway.registry.state import Declaration, State, Version

if TYPE_CHECKING:
    from headway.contracts.manifest import Manifest
    from headway.contracts.registry.desired import Desired
    from headway.contracts.registry.stages import Stages
    from headway.integrations.git.registry import GitRegistry

_ORIGIN_HEAD = "refs/remotes/origin/HEAD"


@dataclass(frozen=True)
class Opened:
    """One reading of the registry, and the contents that it names.

    Attributes:
        root: of the project.
        branch: the default one.
        ledger: what Git holds.
        state: what that means.
    """

    root: Path
    branch: str
    ledger: Ledger
    state: State

    def read(self, blob: str) -> bytes:
        """Return the content of one of Git's objects that the ledger names.

        Raises:
            OutsideError: this clone does not hold it, or it is no file.
        """
        content = self._blobs.find(blob.encode())
        if content is None:
            raise OutsideError(f"Git's object {blob} is missing or no file", hint="run: git fsck")
        return content

    def file(self, commit: str, path: str) -> bytes | None:
        """Return what a file of the project, from its root, held at a commit; None where there was none."""
        return None if "\n" in path else self._blobs.find(os.fsencode(f"{commit}:./{path}"))

    def stages(self) -> Stages:
        """Return the stages of the default branch.

        Raises:
            InputError: they are not written down there, or not well; file and line are named.
        """
        from headway.contracts.registry.stages import parse_stages

        return parse_stages(self._stages, STAGES.as_posix())

    def stage_names(self) -> list[str]:
        """Return the names of `stages`, in order; sooner, where the file is a plain one.

        Raises:
            InputError: as for `stages`.
        """
        return glance_at_stages(self._stages) or list(self.stages().stages)

    def desired(self, slot: Slot) -> Desired | None:
        """Return what the default branch's stage file of a slot says; None where there is no such file.

        Raises:
            InputError: it cannot be read, or is of another model; file and line are named.
        """
        declarations = self.state.declarations.get(slot)
        return self.declared(declarations[-1]) if declarations else None

    def declared(self, declaration: Declaration) -> Desired | None:
        """Return what a declaration says; None where it leaves the stage empty.

        Raises:
            InputError: it cannot be read, or is of another model; file and line are named.
        """
        from headway.contracts.registry.desired import parse_stage_file

        blob = declaration.change.blob
        return None if blob is None else parse_stage_file(self.read(blob), declaration.slot)

    def manifest(self, version: Version) -> Manifest:
        """Return the manifest at a version's commit, whose identity is the one that its tag names.

        Raises:
            InputError: there is none, or it is another.
        """
        from headway.contracts.manifest import identity_of, parse_manifest

        path = ModelFiles(version.model).manifest.as_posix()
        content = self.file(version.commit, path)
        if content is None:
            raise InputError(f"{version}: its commit {version.commit[:10]} has no {path}", hint=_AUDIT)
        manifest = parse_manifest(content, f"{version.commit[:10]}:{path}")
        if not version.record.identity == manifest.identity == identity_of(manifest):
            raise InputError(f"{version}: {path} at its commit is not the manifest that the tag names", hint=_AUDIT)
        return manifest

    def vouches(self, version: Version) -> bool:
        """Return whether the manifest at a version's commit has the identity that its tag names.

        The same as `manifest` without its models, whose import takes longer than everything else here.
        """
        content = self.file(version.commit, ModelFiles(version.model).manifest.as_posix())
        try:
            values = json.loads(content or b"")
            return bool(values.pop("identity") == version.record.identity == sha256_of(values))
        except (ValueError, RecursionError, KeyError, TypeError, AttributeError):
            return False

    @property
    def _stages(self) -> bytes:
        blob = self.ledger.blob_of(STAGES.as_posix())
        if blob is None:
            raise InputError(
                f"{self.branch} has no {STAGES.as_posix()}", hint="write one; docs/registry.md shows an example"
            )
        return self.read(blob)

    @cached_property
    def _blobs(self) -> Blobs:
        blobs = Blobs(self.root)
        weakref.finalize(self, blobs.close)
        return blobs


_AUDIT = "run: headway audit"


def find_branch(root: Path, environment: Mapping[str, str] = os.environ) -> str:
    """Return the default branch of `origin`; the current branch where there is no such remote.

    Raises:
        InputError: neither this clone nor the event of GitHub Actions says which it is.
    """
    known = ask(root, "symbolic-ref", "--quiet", _ORIGIN_HEAD)
    if known.status == 0:
        return known.output.removeprefix(_ORIGIN_HEAD.removesuffix("HEAD"))
    if ask(root, "config", "--get", "remote.origin.url").status == 0:
        event = read_event(environment)
        if event is None or event.default_branch is None:
            raise InputError(
                "this clone does not know the default branch of origin", hint="git remote set-head origin --auto"
            )
        return event.default_branch
    current = ask(root, "symbolic-ref", "--quiet", "--short", "HEAD")
    if current.status != 0:
        raise InputError(f"{root} is on no branch, or in no repository", hint="run: git switch main")
    return current.output


def open_local(root: Path) -> Opened:
    """Return the registry as this clone knows it: no network, and no older than its last fetch.

    Raises:
        InputError: there is no default branch here, or no commit on it.
    """
    branch = find_branch(root)
    remote = f"refs/remotes/origin/{branch}"
    known = ask(root, "rev-parse", "--verify", "--quiet", remote).status == 0
    ledger = read_ledger(root, remote if known else f"refs/heads/{branch}")
    return Opened(root, branch, ledger, read_state(ledger))


def open_remote(root: Path, *, branch: str | None = None) -> GitRegistry:
    """Return the clone and its remote, with the token and the identity of the environment.

    Tags are the user's that Git knows, in a workflow the bot's; also where Git knows nobody, so that all may read.
    """
    from headway.cli.pr.target import find_access, find_committer, find_identity
    from headway.integrations.git.registry import GitRegistry

    sign = bool(os.environ.get("HEADWAY_SIGN_TAGS"))
    try:
        tagger = find_committer(root)
    except InputError:
        tagger = find_identity()
    return GitRegistry(root, find_access(), branch or find_branch(root), tagger, sign=sign)


def fresh(root: Path) -> Opened:
    """Return the registry as the remote has it now.

    Raises:
        InputError: the token may not read it.
        OutsideError: the remote cannot be reached.
    """
    branch = find_branch(root)
    ledger = open_remote(root, branch=branch).refresh()
    return Opened(root, branch, ledger, read_state(ledger))

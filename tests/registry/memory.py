"""A registry's remote in memory, and reconcilers that take turns at it in any order: threads, one step at a time."""

from __future__ import annotations

import hashlib
import itertools
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache

from headway.contracts.layout import STAGES, ModelFiles
from headway.contracts.registry.desired import Desired, desired_path, desired_yaml
from headway.contracts.registry.ledger import FileChange, Ledger, Tag
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.stages import Rollout, Wave
from headway.contracts.registry.tags import Slot, StageTag
from headway.ports import NewTag
from headway.registry.reading import read_state
from headway.registry.reconcile import Outcome, reconcile
from headway.registry.state import Declaration, State

NOW_S = 1_800_000_000
MODEL = "detector"


def identity_of(version: str, model: str = MODEL) -> str:
    return hashlib.sha256(f"{model}@{version}".encode()).hexdigest()


@cache
def stage_file(slot: Slot, version: str, **values: object) -> bytes:
    rollout = Rollout(waves=(Wave(percent=100.0, hours=0.0),))
    facts = {
        "rollout": rollout,
        "identity": identity_of(version, slot.model),
        "reason": "it is better",
        "asked_by": "ada",
        **values,
    }
    return desired_yaml(Desired(model=slot.model, version=version, **facts)).encode()  # type: ignore[arg-type]


@dataclass
class Remote:
    """The default branch's line as a count of commits, what changed on it, and the tags."""

    commits: int = 0
    changes: list[FileChange] = field(default_factory=list)
    contents: dict[str, bytes] = field(default_factory=dict)
    tags: dict[str, Tag] = field(default_factory=dict)
    complete: bool = True
    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        self.write(STAGES.as_posix(), b"schema_version: 1\nstages: {staging: {}, production: {}}\n")

    def new_name(self) -> str:
        """Return the name of a new object."""
        return f"{next(self.numbers):040x}"

    def declare(self, slot: Slot, content: bytes | None) -> str:
        """Add a commit that writes a stage file, or takes it away, and return it."""
        return self.write(desired_path(slot), content)

    def write(self, path: str, content: bytes | None) -> str:
        """Add a commit that writes a file, or takes it away, and return it."""
        blob = None if content is None else self.new_name()
        if blob is not None and content is not None:
            self.contents[blob] = content
        commit = f"{self.commits:040x}"
        self.changes.append(FileChange(commit, self.commits, 0, path, blob))
        self.commits += 1
        return commit

    def register(self, version: str, model: str = MODEL) -> None:
        """Make a version on a new commit of its own, whose manifest nobody can read."""
        name, commit = f"{model}@{version}", self.write(ModelFiles(model).manifest.as_posix(), b"{}")
        digest = "1" * 64
        record = VersionRecord(
            identity_of(version, model), digest, digest, digest, "accept", None, digest, "major", "first", None, "00"
        )
        self.tags[name] = Tag(name, self.new_name(), commit, annotated=True, tagged_at=0, message=record.message(name))

    def push_foreign(self, name: str, *, tagged_at: int | None = 0) -> None:
        """Push a tag that Headway did not make; a lightweight one where it has no date."""
        annotated = tagged_at is not None
        self.tags[name] = Tag(name, self.new_name(), f"{0:040x}", annotated, tagged_at, "production!\n")

    def push_echo(self, n: int, declaration: Declaration, version: str | None, commit: str) -> None:
        """Push an echo as Headway makes it, with any number; None is for one that empties the stage."""
        slot, file = declaration.slot, declaration.change.blob
        tag = self.tags.get(f"{slot.model}@{version}")
        name = str(StageTag(slot, n, empty=version is None))
        identity = identity_of(version, slot.model) if version else None
        record = EchoRecord(
            declaration.commit, file, version, tag.oid if tag else None, identity, None, "unasked", None, "ada", (),
            "forged", None, None, "00",
        )  # fmt: skip
        self.tags[name] = Tag(
            name, self.new_name(), commit, annotated=True, tagged_at=NOW_S, message=record.message(name)
        )

    def ledger(self) -> Ledger:
        positions = {f"{number:040x}": number for number in range(self.commits)}
        head = f"{self.commits - 1:040x}"
        return Ledger(head, positions, tuple(self.changes), dict(self.tags), complete=self.complete)

    def state(self) -> State:
        return read_state(self.ledger())


@dataclass
class MemoryRepository:
    """One clone of it. Implements `ports.RegistryRepository`; `pause` is called between any two steps."""

    remote: Remote
    pause: Callable[[], None] = lambda: None
    questions: int = 0
    _objects: dict[str, NewTag] = field(default_factory=dict)

    def refresh(self) -> Ledger:
        self.pause()
        self.questions += 1
        return self.remote.ledger()

    def read(self, blob: str) -> bytes:
        return self.remote.contents[blob]

    def make_tag(self, tag: NewTag) -> str:
        name = self.remote.new_name()
        self._objects[name] = tag
        return name

    def publish(self, tags: Mapping[str, str]) -> bool:
        self.pause()
        free = not any(name in self.remote.tags for name in tags)
        if free:
            self.remote.tags |= {name: self._tag(name, oid) for name, oid in tags.items()}
        self.pause()
        return free

    def _tag(self, name: str, oid: str) -> Tag:
        made = self._objects[oid]
        assert made.name == name
        return Tag(name, oid, made.commit, annotated=True, tagged_at=made.tagged_at, message=made.message)


def settle(remote: Remote, pause: Callable[[], None] = lambda: None, **options: object) -> Outcome:
    """Reconcile once."""
    facts = {"attest": None, "now_s": lambda: NOW_S, "new_run": lambda: "ab", "wait": lambda _: None}
    facts["wait_for_forge"] = facts["wait"]
    return reconcile(MemoryRepository(remote, pause), **{**facts, **options})  # type: ignore[arg-type]


class Killed(BaseException):
    """What a reconciler ends with that is killed."""


class Reconciler:
    """A reconciler in a thread of its own, which takes a step only when it is told to."""

    def __init__(self, remote: Remote) -> None:
        self._turn, self._done = threading.Semaphore(0), threading.Semaphore(0)
        self._killed = False
        self.ended = False
        self._thread = threading.Thread(target=self._run, args=(remote,), daemon=True)
        self._thread.start()
        self._done.acquire()

    def step(self) -> None:
        """Let it go on to its next pause, or to its end."""
        if not self.ended:
            self._turn.release()
            self._done.acquire()

    def kill(self) -> None:
        """End it where it is."""
        self._killed = True
        self.step()

    def _run(self, remote: Remote) -> None:
        try:
            settle(remote, self._pause, attempts=1000)
        except Killed:
            pass
        finally:
            self.ended = True
            self._done.release()

    def _pause(self) -> None:
        self._done.release()
        self._turn.acquire()
        if self._killed:
            raise Killed

"""Decides what `headway init` does with each file. Nothing here reads or writes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Literal

from headway.adoption.record import Record, blob_of

BESIDE = ".headway-new"


class Kind(Enum):
    """Whose a rendered file is."""

    MAINTAINED = "maintained"
    """Headway's: an update merges its changes with the team's."""
    BEGUN = "begun"
    """The team's, once it is there and edited: nothing is ever merged into it."""
    LINES = "lines"
    """Lines that the file must hold, wherever: only missing ones are added."""


@dataclass(frozen=True)
class Rendering:
    """A file as this version of Headway would write it."""

    content: bytes
    kind: Kind


Outcome = Literal[
    "created",
    "extended",
    "replaced",
    "merged",
    "removed",
    "unchanged",
    "left out",
    "kept",
    "outdated",
    "conflict",
    "new",
]

OPEN: frozenset[Outcome] = frozenset({"kept", "outdated", "conflict", "new"})
"""What somebody still has to look at."""

REASONS: Mapping[Outcome, str] = {
    "left out": "the team deleted it",
    "kept": "it was here before and differs: compare it with what --dry-run shows",
    "outdated": "this Headway renders it otherwise: headway init --update",
    "conflict": "the team and Headway changed the same lines: mend the conflict markers",
    "new": "the earlier rendering is in no commit here: compare by hand, then delete this file",
}


@dataclass(frozen=True)
class Step:
    """What becomes of one file.

    Attributes:
        path: relative to the repository's root.
        outcome: "created", "extended", "replaced", "merged" and "removed" are changes that are done; "unchanged" and
            "left out" are none; the others, `OPEN`, need somebody.
        before: bytes that are there, None where there is no file.
        after: bytes that are wanted; None to remove the file.
    """

    path: str
    outcome: Outcome
    before: bytes | None
    after: bytes | None

    @property
    def writes(self) -> bool:
        """Whether the file is changed; one that is kept or outdated is not, whatever `after` shows."""
        return self.outcome not in {"kept", "outdated", "unchanged", "left out"} and self.before != self.after

    @property
    def reason(self) -> str:
        """One clause, empty where the outcome says it all."""
        return REASONS.get(self.outcome, "")


@dataclass(frozen=True)
class Plan:
    """All steps, and the record that belongs to them."""

    steps: tuple[Step, ...]
    record: Record

    @property
    def in_place(self) -> bool:
        """Whether nobody needs to look at anything."""
        return not any(step.outcome in OPEN for step in self.steps)


ReadBlob = Callable[[str], bytes | None]
Merge = Callable[[bytes, bytes, bytes], tuple[bytes, bool]]
"""(base, team's, Headway's) -> merged bytes, and whether they hold conflict markers."""


@dataclass(frozen=True)
class Updating:
    """What an update needs of Git.

    Attributes:
        read_blob: returns a blob by its name, None where the repository does not hold it.
        merge: merges three texts.
    """

    read_blob: ReadBlob
    merge: Merge


@dataclass(frozen=True)
class Identity:
    """Version of Headway that renders, and how requirements.txt names it."""

    version: str
    requirement: str


def make_plan(
    renderings: Mapping[str, Rendering],
    present: Mapping[str, bytes],
    record: Record | None,
    identity: Identity,
    updating: Updating | None = None,
) -> Plan:
    """Return what to do so that a repository holds `renderings`.

    Args:
        renderings: path -> rendering.
        present: path -> bytes of the files that are there, of those in `renderings` and in `record`.
        record: of the last time; None the first time.
        identity: of what renders.
        updating: None to add what is missing only.
    """
    known = dict(record.files) if record else {}
    texts = dict(record.texts) if record else {}
    steps = []
    for path, rendering in _wanted(renderings, present, known).items():
        base = _Base(known[path], texts.get(path)) if path in known else None
        step, taken = _decide(path, rendering, present.get(path), base, updating)
        steps.append(step)
        if taken:
            known[path] = blob_of(rendering.content)
            texts.pop(path, None)
            if step.path != path or step.after != rendering.content:
                texts[path] = rendering.content.decode()
    if updating:
        for path in sorted(known.keys() - renderings.keys()):
            steps.extend(_dismiss(path, present.get(path), known.pop(path)))
            texts.pop(path, None)
    outdated = any(step.outcome == "outdated" for step in steps)
    version = record.headway if record and outdated else identity.version
    return Plan(
        tuple(steps),
        Record(headway=version, requirement=identity.requirement, files=dict(sorted(known.items())), texts=texts),
    )


@dataclass(frozen=True)
class _Base:
    """The rendering that a team began with."""

    blob: str
    text: str | None

    def read(self, read_blob: ReadBlob) -> bytes | None:
        return read_blob(self.blob) if self.text is None else self.text.encode()


def _wanted(
    renderings: Mapping[str, Rendering], present: Mapping[str, bytes], known: Mapping[str, str]
) -> Mapping[str, Rendering]:
    """Leave the embedded data set out where a team has params of its own."""
    params = present.get("params.yaml")
    if params is None or "params.yaml" in known or Rendering(params, Kind.BEGUN) == renderings.get("params.yaml"):
        return renderings
    return {path: one for path, one in renderings.items() if not path.startswith("data/")}


def _decide(
    path: str, rendering: Rendering, before: bytes | None, base: _Base | None, updating: Updating | None
) -> tuple[Step, bool]:
    """Return the step, and whether the record is to name this rendering as what the file comes from."""
    wanted = rendering.content
    if rendering.kind is Kind.LINES:
        extended = add_lines(before or b"", wanted)
        outcome: Outcome = "created" if before is None else "unchanged" if extended == before else "extended"
        return Step(path, outcome, before, extended), False
    if before is None:
        return (Step(path, "left out", None, None), False) if base else (Step(path, "created", None, wanted), True)
    if before == wanted:
        return Step(path, "unchanged", before, before), True
    begun = rendering.kind is Kind.BEGUN
    if base is None:
        return Step(path, "unchanged" if begun else "kept", before, before if begun else wanted), False
    edited = blob_of(before) != base.blob
    if base.blob == blob_of(wanted) or (begun and edited):
        return Step(path, "unchanged", before, before), False
    if updating is None:
        return Step(path, "outdated", before, wanted), False
    if not edited:
        return Step(path, "replaced", before, wanted), True
    return _merge(path, wanted, before, base, updating), True


def _merge(path: str, wanted: bytes, before: bytes, base: _Base, updating: Updating) -> Step:
    earlier = base.read(updating.read_blob)
    if earlier is None:
        return Step(path + BESIDE, "new", None, wanted)
    merged, conflict = updating.merge(earlier, before, wanted)
    if conflict:
        return Step(path, "conflict", before, merged)
    return Step(path, "unchanged" if merged == before else "merged", before, merged)


def _dismiss(path: str, before: bytes | None, blob: str) -> Iterator[Step]:
    """Remove a file that Headway no longer renders, if nobody edited it; else it is the team's from now on."""
    if before is not None and blob_of(before) == blob:
        yield Step(path, "removed", before, None)


def add_lines(before: bytes, wanted: bytes) -> bytes:
    """Return `before` with those lines of `wanted` at its end that it lacks; comments come with the first of them."""
    there = {line.strip() for line in before.splitlines()}
    missing = [line for line in wanted.splitlines() if line.strip() not in there]
    if all(not line.strip() or line.startswith(b"#") for line in missing):
        return before
    start = before if not before or before.endswith(b"\n") else before + b"\n"
    return start + b"".join(line + b"\n" for line in missing)

"""What is said of a pull request that changes the registry: file by file, with the evidence."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from headway.contracts.markdown import code, prose
from headway.registry.earned import Refusal
from headway.registry.proposal import Proposal, write_evidence

_LONGEST = 60_000
"""Characters; GitHub takes 65,536 in a comment. Evidence is left out of what is longer."""


@dataclass(frozen=True)
class ReviewedFile:
    """One changed file below models/registry/.

    Attributes:
        path: from the project's root.
        what: it comes to, in plain text.
        refusals: why it may not be merged; nobody has skipped them.
        waived: what it had not earned and skips.
        expedited: why it may.
        notes: what else is to be known, in plain text.
        changes: every key of a stage file that it changes, in plain text.
        proposal: what speaks for the version that it declares; None where it declares no other, or no trusted one.
    """

    path: str
    what: str
    refusals: tuple[Refusal, ...] = ()
    waived: tuple[Refusal, ...] = ()
    expedited: str | None = None
    notes: tuple[str, ...] = ()
    proposal: Proposal | None = None
    changes: tuple[str, ...] = ()


def may_merge(files: Sequence[ReviewedFile]) -> bool:
    return not any(one.refusals for one in files)


def write_verdict(files: Sequence[ReviewedFile]) -> str:
    """Return one plain sentence that fits a commit status."""
    if not files:
        return "Nothing to promote."
    codes = sorted({refusal.code for one in files for refusal in one.refusals})
    return f"May not be merged: {', '.join(codes)}." if codes else "May be merged."


def write_review(files: Sequence[ReviewedFile]) -> str:
    """Return the whole as Markdown, short enough for a comment."""
    whole = "\n".join(_review(files, evidence=True))
    return whole if len(whole) <= _LONGEST else "\n".join(_fitting(_review(files, evidence=False)))


def _fitting(lines: Iterable[str]) -> Iterator[str]:
    left = _LONGEST
    for line in lines:
        left -= len(line) + 1
        if left < 0:
            return
        yield line


def _review(files: Sequence[ReviewedFile], *, evidence: bool) -> Iterator[str]:
    yield f"## Promotion: {'may be merged' if may_merge(files) else 'may **not** be merged'}"
    for one in files:
        yield ""
        yield f"### {code(one.path)}"
        yield ""
        yield prose(one.what)
        yield ""
        yield from (
            f"- **{refusal.code}**: {prose(refusal.sentence)}: {prose(refusal.way)}" for refusal in one.refusals
        )
        if one.waived:
            yield f"- **Expedited**: {prose(one.expedited or '')}"
        yield from (f"- skips **{refusal.code}**: {prose(refusal.sentence)}" for refusal in one.waived)
        yield from (f"- {prose(note)}" for note in one.notes)
        if one.changes:
            yield ""
            yield "Changed keys:"
            yield ""
            yield from (f"- {prose(change)}" for change in one.changes)
        if evidence and one.proposal is not None:
            yield ""
            yield from write_evidence(one.proposal)

"""The pull request that declares a version: its title and what reviewers read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.manifest import MODEL, Manifest
from headway.contracts.markdown import code, folded, prose, table
from headway.contracts.registry.desired import Desired
from headway.contracts.scorecard import Scorecard
from headway.contracts.verdict import Interval, Verdict
from headway.registry.earned import Facts, Refusal, write_hours, write_moment
from headway.registry.state import Version

_NONE = "-"
_DIGITS = 12
_CLASSES_SHOWN = 30
_LONGEST_CLASS = 40
_MIB = 2**20

Figure = tuple[str, Callable[[Manifest], float | None], str]
_FIGURES: Sequence[Figure] = (
    ("mAP50-95", lambda one: one.metrics.quality.map50_95, ".3f"),
    ("mAP50", lambda one: one.metrics.quality.map50, ".3f"),
    ("mAP75", lambda one: one.metrics.quality.map75, ".3f"),
    ("Precision at the operating point", lambda one: one.metrics.operating_point.precision, ".3f"),
    ("Recall at the operating point", lambda one: one.metrics.operating_point.recall, ".3f"),
    ("F1 at the operating point", lambda one: one.metrics.operating_point.f1, ".3f"),
    ("Expected calibration error", lambda one: one.metrics.expected_calibration_error, ".3f"),
    ("Operating threshold", lambda one: one.operating_threshold, ".3f"),
    ("Test images", lambda one: one.metrics.quality.images, ",.0f"),
    ("Classes", lambda one: len(one.classes), ",.0f"),
    ("Input side in pixels", lambda one: one.input.size, ",.0f"),
    ("ONNX file in MiB", lambda one: one.files[MODEL].size_bytes / _MIB if MODEL in one.files else None, ",.2f"),
)


@dataclass(frozen=True)
class Held:
    """What a stage holds now: a trusted version and its manifest."""

    version: Version
    manifest: Manifest


@dataclass(frozen=True)
class Proposal:
    """One declaration as it is put to people.

    Attributes:
        kind: whether it goes forward, or back to what was there.
        desired: the stage file.
        facts: what is known about the version; it is registered.
        manifest: of the version.
        scorecard: of the version; None where it is not at hand.
        held: what the stage holds now; None where that is nothing, or nothing trusted.
        waived: what it has not earned, and skips with `desired.expedited`.
    """

    kind: Literal["promotion", "rollback"]
    desired: Desired
    facts: Facts
    manifest: Manifest
    scorecard: Scorecard | None
    held: Held | None
    waived: Sequence[Refusal]

    @property
    def version(self) -> Version:
        assert self.facts.version is not None
        return self.facts.version


def write_title(proposal: Proposal) -> str:
    """Return the pull request's title, which is the commit's first line as well."""
    slot, version = proposal.facts.slot, proposal.version
    if proposal.kind == "rollback":
        return f"Roll back {slot.model} in {slot.stage} to {version.number}"
    return f"Promote {version} to {slot.stage}"


def write_body(proposal: Proposal) -> str:
    """Return the pull request's text, as Markdown."""
    desired, facts = proposal.desired, proposal.facts
    needed = facts.rules.approvals
    lines = [
        _what(proposal),
        "",
        f"- Why: {prose(desired.reason)}",
        f"- Asked by: {code(desired.asked_by)}",
        *([f"- Needs {needed} approval{'s' if needed > 1 else ''} by others than who asked"] if needed else []),
        *([f"- Sets a hold: {prose(desired.hold.reason)}"] if desired.hold else []),
        "",
        *_waived(proposal),
        *write_evidence(proposal),
        "### Rollout",
        "",
        *_rollout(desired),
        "",
        "### To take it back",
        "",
        "```sh",
        f"headway rollback {facts.slot.stage} --model {facts.slot.model}",
        "```",
    ]
    return "\n".join(lines) + "\n"


def write_evidence(proposal: Proposal) -> Iterator[str]:
    """Yield what speaks for the version: its scores beside those of what is there now, the gate, and the soak."""
    yield "### Scores"
    yield ""
    yield from _scores(proposal)
    yield ""
    if proposal.scorecard is not None:
        yield from folded("Each class", list(_classes(proposal.scorecard)))
        yield ""
    yield "### Gate"
    yield ""
    yield from _gate(proposal)
    yield ""
    if proposal.facts.rules.after is not None and proposal.kind == "promotion":
        yield f"### Soak in {code(proposal.facts.rules.after)}"
        yield ""
        yield from _soak(proposal.facts)
        yield ""


def _what(proposal: Proposal) -> str:
    stage, model = proposal.facts.slot.stage, proposal.facts.slot.model
    present = proposal.facts.present
    now = f"which is declared {code(present.version)} now" if present else "which is empty now"
    verb = "Rolls" if proposal.kind == "rollback" else "Promotes"
    back = " back to" if proposal.kind == "rollback" else ""
    if back:
        return f"{verb} {code(model)} in {code(stage)}, {now},{back} {code(str(proposal.version.number))}."
    return f"{verb} {code(str(proposal.version))} to {code(stage)}, {now}."


def _waived(proposal: Proposal) -> Iterator[str]:
    if not proposal.waived:
        return
    yield "> [!CAUTION]"
    yield f"> **Expedited**: {prose(proposal.desired.expedited or '')}"
    yield ">"
    for refusal in proposal.waived:
        yield f"> - skips **{refusal.code}**: {prose(refusal.sentence)}"
    yield ""


def _scores(proposal: Proposal) -> Iterator[str]:
    held = proposal.held
    both = [proposal.manifest, *([held.manifest] if held else [])]
    rows = []
    for name, read, form in _FIGURES:
        values = [read(one) for one in both]
        cells = [_NONE if value is None else format(value, form) for value in values]
        if held:
            cells.append(_NONE if None in values else format(values[0] - values[1], f"+{form}"))  # type: ignore[operator]
        rows.append([name, *cells])
    head = ["", code(str(proposal.version))]
    yield from table([*head, f"{code(str(held.version))}, there now", "Difference"] if held else head, rows)
    yield ""
    yield _test_sets(proposal)
    yield ""
    yield from table(
        ["", "Identity", "Commit"],
        [_identity_row(one) for one in (proposal.version, *([held.version] if held else []))],
        left=3,
    )


def _identity_row(version: Version) -> list[str]:
    return [code(str(version)), code(version.record.identity), code(version.commit[:_DIGITS])]


def _test_sets(proposal: Proposal) -> str:
    own = proposal.version.record.test_set
    if proposal.held is None:
        return f"Scored on test set {code(own[:_DIGITS])}. There is nothing in the stage to compare with."
    theirs = proposal.held.version.record.test_set
    if own == theirs:
        return f"Both were scored on the same test set, {code(own[:_DIGITS])}."
    return (
        f"**They were scored on different test sets** ({code(own[:_DIGITS])} and {code(theirs[:_DIGITS])}): "
        "a difference may be the data's."
    )


def _classes(scorecard: Scorecard) -> Iterator[str]:
    rows = [
        [code(one.name, _LONGEST_CLASS), f"{one.boxes:,}", *map(_number, (one.map50_95, one.map50)),
         *map(_number, (one.at_threshold.precision, one.at_threshold.recall))]
        for one in scorecard.per_class[:_CLASSES_SHOWN]
    ]  # fmt: skip
    yield from table(["Class", "Boxes", "mAP50-95", "mAP50", "Precision", "Recall"], rows)
    rest = len(scorecard.per_class) - _CLASSES_SHOWN
    if rest > 0:
        yield ""
        yield f"and {rest} more."


def _gate(proposal: Proposal) -> Iterator[str]:
    record, verdict = proposal.version.record, proposal.facts.verdict
    against = f" against {code(record.compared_with[:_DIGITS])}" if record.compared_with else ", with no champion"
    yield f"Registered with {code(record.decision)}{against}: {prose(record.summary)}"
    if verdict is not None:
        yield ""
        yield f"Judged again, against what the stage holds now: {prose(verdict.summary)}"
        yield ""
        yield from _measured(verdict)
    elif proposal.facts.unjudged:
        yield ""
        yield f"It could not be judged again: {prose(proposal.facts.unjudged)}"


def _measured(verdict: Verdict) -> Iterator[str]:
    rows = [
        [code(row.metric), *(_interval(one) for one in (row.candidate, row.champion)), _interval(row.difference, "+")]
        for row in verdict.measured
    ]
    yield from table(["", "Candidate", "In the stage", "Difference"], rows)


def _soak(facts: Facts) -> Iterator[str]:
    soak, after = facts.soak, code(facts.rules.after or "")
    if soak is None:
        yield f"{after} has not held it."
        return
    until = "now" if soak.until is None else write_moment(soak.until)
    since = write_moment(soak.since, attested=soak.attested)
    yield (
        f"{after} held it from {since} until {until}: {write_hours(soak.length(facts.now))} of the "
        f"{facts.soak_hours(soak):.1f} h that are asked for. Tag: {code(soak.tag)}."
    )


def _rollout(desired: Desired) -> Iterator[str]:
    plan = desired.rollout
    rows = [
        [str(place), f"{wave.percent:g} %", f"{wave.min_devices:,}", f"{wave.hours:g} h"]
        for place, wave in enumerate(plan.waves, start=1)
    ]
    yield from table(["Wave", "Devices", "At least", "Watched for"], rows)
    yield ""
    yield (
        f"A wave goes on when {plan.reported_percent:g} % of it have reported; more than {plan.failed_percent:g} % "
        "failures stop the rollout."
    )


def _number(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _interval(interval: Interval | None, sign: str = "") -> str:
    if interval is None:
        return _NONE
    return " ".join(
        [format(interval.estimate, f"{sign}.3f"), f"({interval.low:{sign}.3f} to {interval.high:{sign}.3f})"]
    )

"""Whether what a commit ships may become a version: it agrees, it is all there, and the gate accepts it again."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from headway.cli.gate.champion import find_last_stage
from headway.cli.progress import say
from headway.cli.registry.declared import declared_version
from headway.cli.registry.doubts import find_committed_no
from headway.cli.registry.opening import Opened
from headway.cli.registry.refusals import Refusals, rest_on
from headway.cli.verify import how_to_mend, verify_revision
from headway.contracts.layout import PARAMS, STAGES, VERDICT
from headway.contracts.manifest import Manifest
from headway.contracts.params.document import parse_document
from headway.contracts.params.model import read_model
from headway.contracts.registry.ledger import Ledger
from headway.contracts.registry.tags import Slot
from headway.contracts.verdict import Verdict
from headway.contracts.verification import Verification
from headway.errors import InputError
from headway.registry.candidates import Candidate
from headway.registry.register import Refusal
from headway.registry.state import State, Version

_MERGE_AGAIN = "mend it in a pull request that makes the model anew; the commit that merges it is looked at"


@dataclass
class Acceptance:
    """Judges the candidates of one repository. Implements `registry.register.Judge`.

    Attributes:
        root: of the project.
        branch: the default one.
        refusals: of earlier runs.
    """

    root: Path
    branch: str
    refusals: Refusals
    _answers: dict[tuple[str, str, str | None], Verdict | Refusal] = field(default_factory=dict, init=False)

    def __call__(self, candidate: Candidate, manifest: Manifest, ledger: Ledger, state: State) -> Verdict | Refusal:
        """Return the gate's accepting verdict, or the first reason against it; scores once for each champion.

        Raises:
            OutsideError: DVC's remote cannot be reached.
        """
        opened = Opened(self.root, self.branch, ledger, state)
        try:
            champion = find_champion_version(opened, candidate.model)
        except InputError as error:
            return Refusal(error.message, error.hint)
        key = candidate.model, candidate.commit, champion.commit if champion else None
        if key not in self._answers:
            self._answers[key] = self._answer(opened, candidate, manifest, champion)
        return self._answers[key]

    def _answer(
        self, opened: Opened, candidate: Candidate, manifest: Manifest, champion: Version | None
    ) -> Verdict | Refusal:
        say(f"looking at {candidate.model} of {candidate.commit[:10]}")
        try:
            return (
                _other_model(opened, candidate)
                or _refused_before(opened, candidate, manifest)
                or _disagreement(verify_revision(self.root, candidate.commit))
                or self._judge(candidate, champion)
            )
        except InputError as error:
            return Refusal(error.message, error.hint or _MERGE_AGAIN)

    def _judge(self, candidate: Candidate, champion: Version | None) -> Verdict | Refusal:
        from headway.cli.gate.judging import judge_candidate
        from headway.cli.gate.policy import policy_at, policy_digest

        model, commit, opponent = candidate.model, candidate.commit, champion.commit if champion else "none"
        policy = policy_digest(policy_at(self.root, candidate.base))
        rests_on = rest_on(champion.record.identity if champion else None, policy)
        said = self.refusals.recall(model, commit, rests_on)
        if said is not None:
            return Refusal(f"refused by an earlier run: {said}", "score it once more: headway register --again", True)
        verdict = judge_candidate(self.root, base=candidate.base, candidate=commit, champion=opponent, rescore=True)
        if verdict.decision == "accept":
            return verdict
        self.refusals.keep(model, commit, rests_on, verdict.summary)
        again = f"--base {candidate.base[:10]} --candidate {commit[:10]} --champion {opponent[:10]}"
        return Refusal(verdict.summary, f"see all of it: headway gate --rescore {again}")


def find_champion_version(opened: Opened, model: str) -> Version | None:
    """Return what a new version has to stand up to: the one in the last stage, else the highest, else none.

    That is whom the gate compares a pull request with, so that both come to the same answer.

    Raises:
        InputError: stages.yaml or that stage's file cannot be read, or names no trusted version.
    """
    versions = opened.state.versions.get(model, ())
    last = find_last_stage(opened.file(opened.ledger.head, STAGES.as_posix()))
    return declared_version(opened, Slot(last, model)) or (versions[-1] if versions else None)


def _other_model(opened: Opened, candidate: Candidate) -> Refusal | None:
    """Return why the commit's pipeline did not make this model, if so: dvc.lock vouches for one model at a time."""
    name = f"{candidate.commit[:10]}:{PARAMS}"
    content = opened.file(candidate.commit, PARAMS.as_posix()) or b"{}"
    model = read_model(parse_document(content.decode("utf-8", errors="replace"), name))
    if model == candidate.model:
        return None
    return Refusal(
        f"{name} is about the model {model}, so nothing vouches for what the commit brought of {candidate.model}",
        f"set model: {candidate.model} in {PARAMS}, and let a pull request make it",
    )


def _refused_before(opened: Opened, candidate: Candidate, manifest: Manifest) -> Refusal | None:
    """Return what the verdict in the commit says against this very model."""
    said = find_committed_no(opened, candidate.commit, manifest.identity)
    return Refusal(f"it was merged though its {VERDICT} says: {said}", _MERGE_AGAIN) if said else None


def _disagreement(answer: Verification) -> Refusal | None:
    """Return the first thing that does not agree at the commit."""
    if answer.remote is None:
        say("warning: no DVC remote is set up, so nobody knows whether other machines can get the bytes")
    stages = [stage for stage in answer.stages if stage.disagreements]
    if not stages:
        return None
    first, count = stages[0].disagreements[0], sum(len(stage.disagreements) for stage in stages)
    more = f" (and {count - 1} more)" if count > 1 else ""
    return Refusal(
        f"{stages[0].name}: {first.kind}: {first.subject}{more}",
        f"{how_to_mend(stages[0])}; all of it: headway verify {answer.commit[:10]}. Where that leaves the manifest as "
        "it is, take it away in one pull request and bring it back, with its dvc.lock, in the next: only a commit that "
        "brings it is looked at",
    )

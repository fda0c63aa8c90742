"""Gathers the facts about candidate and champion, and puts the verdict together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from headway.cli.gate.champion import describe, find_champion, name_champion
from headway.cli.gate.contenders import Candidate, Opponent, is_edited, open_candidate, read_opponent
from headway.cli.gate.policy import has_policy, policy_at, policy_digest
from headway.cli.gate.rescoring import score_candidate_again
from headway.cli.gate.speed import time_both
from headway.cli.progress import say
from headway.contracts.canonical import sha256_file
from headway.contracts.layout import LATENCY, LOCK, PARAMS, VERDICT
from headway.contracts.params.gate import GateParams
from headway.contracts.scorecard import read_latency
from headway.contracts.verdict import Contender, JudgedSet, SpeedComparison, Verdict, WorseImage, parse_verdict
from headway.detection.detections import Detections
from headway.errors import InputError
from headway.evaluation.calibration import calibrate
from headway.evaluation.comparison import Comparison, Scored, compare
from headway.evaluation.contenders import Scoring, group_ids
from headway.evaluation.findings import Facts
from headway.evaluation.gate import decide
from headway.evaluation.outcomes import Outcome, judge, pool
from headway.evaluation.slices import slice_masks
from headway.evaluation.worse_images import worse_images
from headway.integrations.git.revisions import contents_of
from headway.integrations.machine import available_cores


def judge_candidate(
    root: Path, *, base: str, candidate: str | None = None, champion: str | None = None, rescore: bool = False
) -> Verdict:
    """Compare the candidate with the champion under the policy of `base`.

    Args:
        root: the repository.
        base: revision that a merge goes to.
        candidate: revision that holds the candidate; the working tree when None.
        champion: revision, bundle or "none"; what `find_champion` says when None.
        rescore: whether to run the candidate's ONNX file anew, rather than believe its scorecard and evidence.

    Raises:
        InputError: something that is needed is not here or does not belong together; or scoring again shows another
            thing than what the candidate's files say.
        OutsideError: DVC's remote cannot be reached.
    """
    with open_candidate(root, candidate) as read:
        subject = score_candidate_again(read) if rescore else read
        own_params = subject.place.file(PARAMS)
        policy = policy_at(root, base, own_params)
        notes = [] if has_policy(root, base) else [f"{base} has no {PARAMS}: the policy is the candidate's own."]
        name = subject.model.name
        chosen = find_champion(root, base, name) if champion is None else name_champion(root, champion, name)
        opponent = read_opponent(root, chosen, subject)
        if opponent is None:
            notes.append(f"There is no champion: {chosen.reason}.")
        edited = not policy.test_set.may_change and is_edited(root, base, subject)
        speed, why_not = time_both(root, subject, chosen)
        notes += [why_not] if why_not else []
        return _verdict(root, policy, subject, opponent, edited=edited, speed=speed, notes=tuple(notes))


def _verdict(
    root: Path,
    policy: GateParams,
    subject: Candidate,
    opponent: Opponent | None,
    *,
    edited: bool,
    speed: SpeedComparison | None,
    notes: tuple[str, ...],
) -> Verdict:
    place, scoring, manifest = subject.place, subject.scoring, subject.manifest
    candidate = describe(manifest, place.source, place.commit)
    champion = opponent.contender if opponent else None
    test_set = _judged_set(root, scoring, candidate, changed=opponent is not None and opponent.changed)
    comparison = _compare(policy, scoring, candidate, opponent)
    errors, worse = _errors(scoring, candidate, opponent)
    facts = Facts(
        candidate=candidate,
        champion=champion,
        scorecard=subject.scorecard,
        comparison=comparison,
        test_set=test_set,
        test_set_edited=edited,
        dropped_classes=tuple(name for name in opponent.classes if name not in scoring.classes) if opponent else (),
        latency=read_latency(place.file(LATENCY)),
        speed=speed,
        calibration_error=errors,
    )
    judgement = decide(policy, facts)
    return Verdict(
        decision=judgement.decision,
        summary=judgement.summary,
        lock_sha256=sha256_file(place.file(LOCK)),
        policy_sha256=policy_digest(policy),
        model=manifest.name,
        metric=policy.metric,
        margin=policy.margin,
        candidate=candidate,
        champion=champion,
        test_set=test_set,
        statistics=comparison.statistics,
        findings=judgement.findings,
        measured=comparison.measured,
        classes=comparison.classes,
        slices=comparison.slices,
        speed=speed,
        calibration_error=errors,
        worse_images=worse,
        notes=notes,
    )


def _judged_set(root: Path, scoring: Scoring, candidate: Contender, *, changed: bool) -> JudgedSet:
    digest, groups = scoring.test_set_digest, group_ids(scoring.images)
    return JudgedSet(
        digest=digest,
        images=len(scoring.images),
        boxes=sum(len(image.labels) for image in scoring.images),
        groups=None if groups is None else len(set(groups.tolist())),
        changed=changed,
        comparisons=len(_judged_before(root, digest) | {_key(candidate)}),
    )


def _judged_before(root: Path, test_set_digest: str) -> set[str]:
    """Return the candidates of every verdict about this test set that Git reaches; those of other schemas are lost."""
    found = set()
    for content in contents_of(root, VERDICT):
        try:
            verdict = parse_verdict(content, str(VERDICT))
        except InputError:
            continue
        if verdict.test_set.digest == test_set_digest:
            found.add(_key(verdict.candidate))
    return found


def _key(contender: Contender) -> str:
    return contender.identity or contender.model_sha256


def _compare(policy: GateParams, scoring: Scoring, candidate: Contender, opponent: Opponent | None) -> Comparison:
    labels = [image.labels for image in scoring.images]
    everything = frozenset(range(len(scoring.classes)))
    mine = Scored([image.found for image in scoring.images], labels, candidate.threshold, everything)
    theirs = None
    if opponent is not None:
        known = frozenset(class_id for class_id in everything if scoring.classes[class_id] in opponent.classes)
        theirs = Scored(opponent.found, labels, opponent.contender.threshold, known)
    say(f"comparing on {policy.resamples} draws of {len(labels)} images")
    return compare(
        mine,
        theirs,
        metric=policy.metric,
        margin=policy.margin,
        alpha=policy.alpha,
        resamples=policy.resamples,
        seed=policy.seed,
        classes=scoring.classes,
        slices=slice_masks(scoring.images, policy.slices.patterns),
        groups=group_ids(scoring.images),
        class_min_boxes=policy.classes.min_boxes,
        slice_min_images=policy.slices.min_images,
        threads=available_cores(),
    )


def _errors(
    scoring: Scoring, candidate: Contender, opponent: Opponent | None
) -> tuple[tuple[float | None, float | None], tuple[WorseImage, ...]]:
    """Return both expected calibration errors, and the images on which the candidate errs more."""
    mine = _outcomes(scoring, [image.found for image in scoring.images])
    error = _calibration_error(mine, scoring)
    if opponent is None:
        return (error, None), ()
    theirs = _outcomes(scoring, opponent.found)
    thresholds = candidate.threshold, opponent.contender.threshold
    worse = worse_images([image.image_id for image in scoring.images], mine, theirs, thresholds)
    return (error, _calibration_error(theirs, scoring)), worse


def _outcomes(scoring: Scoring, found: Sequence[Detections]) -> list[Outcome]:
    pairs = zip(found, scoring.images, strict=True)
    return [judge(detections, image.labels, scoring.match_iou) for detections, image in pairs]


def _calibration_error(outcomes: Sequence[Outcome], scoring: Scoring) -> float | None:
    return calibrate(pool(outcomes, len(scoring.classes))).expected_calibration_error

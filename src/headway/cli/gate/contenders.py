"""Reads candidate and champion, each before the candidate's test images."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from headway.cli.gate.champion import Champion, read_packaged
from headway.cli.gate.places import Place, WorkingTree, open_revision
from headway.cli.progress import show_progress
from headway.contracts.canonical import sha256_file
from headway.contracts.layout import LOCK, PARAMS, SCORECARD, ModelFiles
from headway.contracts.lock import output_digests, read_lock
from headway.contracts.manifest import MODEL, Manifest
from headway.contracts.params.document import read_document, read_section
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.params.model import read_model
from headway.contracts.scorecard import Scorecard, read_scorecard
from headway.contracts.verdict import Contender
from headway.detection.detections import Detections
from headway.errors import InputError
from headway.evaluation.contenders import Scoring, find_again, read_scoring, score_again
from headway.integrations.machine import available_cores
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore


@dataclass(frozen=True)
class Candidate:
    """The model that is judged, and what its stages said of it."""

    place: Place
    model: ModelFiles
    manifest: Manifest
    scorecard: Scorecard
    scoring: Scoring
    params: EvaluateParams

    @property
    def threads(self) -> int:
        return self.params.threads or available_cores()


@dataclass(frozen=True)
class Opponent:
    """The champion before the candidate's test images.

    Attributes:
        contender: what the verdict says of it.
        found: what it finds in each image, in the candidate's class ids.
        classes: that it knows.
        changed: whether it had been scored on another test set.
    """

    contender: Contender
    found: list[Detections]
    classes: tuple[str, ...]
    changed: bool


@contextmanager
def open_candidate(root: Path, revision: str | None) -> Iterator[Candidate]:
    """Yield the candidate of `revision`, or of the working tree.

    Raises:
        InputError: something of it is missing, or its files are about different models.
    """
    if revision is None:
        yield _read_candidate(WorkingTree(root))
        return
    with open_revision(root, revision) as place:
        yield _read_candidate(place)


def read_opponent(root: Path, champion: Champion, subject: Candidate) -> Opponent | None:
    """Return what `champion` finds in the candidate's test images, or None where there is no champion.

    Its own evidence stands for images that it has been scored on; otherwise its ONNX file is run.

    Raises:
        InputError: evidence, model or test images are not at hand.
        OutsideError: DVC's remote cannot be reached.
    """
    scoring, classes = subject.scoring, subject.scoring.classes
    contender = champion.contender
    if champion.manifest is None or contender is None:
        return None
    if champion.model_sha256 == scoring.model_sha256:
        return Opponent(contender, [image.found for image in scoring.images], classes, changed=False)
    if champion.bundle is not None:
        found = _score_again(champion.bundle / MODEL, champion, subject)
        return Opponent(contender, found, champion.manifest.classes, changed=False)
    with open_revision(root, str(champion.commit), source=champion.source) as place:
        theirs = read_scoring(place.evidence(subject.model), ParquetStore())
        if theirs.model_sha256 != champion.model_sha256:
            raise InputError(
                f"{champion.source}: {subject.model.evidence} is about another model", hint="run: dvc fetch"
            )
        known = find_again(theirs, scoring.images, classes)
        changed = theirs.test_set_digest != scoring.test_set_digest
        found = _score_again(place.onnx(subject.model), champion, subject) if known is None else known
        return Opponent(contender, found, theirs.classes, changed)


def is_edited(root: Path, base: str, subject: Candidate) -> bool:
    """Tell whether `base` was scored on another test set; one that was not scored has none."""
    with open_revision(root, base) as place:
        lock = place.file(LOCK)
        if not lock.is_file() or subject.model.evidence.as_posix() not in output_digests(read_lock(lock)):
            return False
        theirs = read_scoring(place.evidence(subject.model), ParquetStore())
        return theirs.test_set_digest != subject.scoring.test_set_digest


def check_model(onnx: Path, sha256: str | None, source: str) -> None:
    """Do nothing if `onnx` has the digest that the manifest of `source` has.

    Raises:
        InputError: it has another.
    """
    if sha256_file(onnx) != sha256:
        raise InputError(f"{onnx} is not the file in the manifest of {source}", hint="run: dvc fetch")


def _read_candidate(place: Place) -> Candidate:
    model = ModelFiles(read_model(read_document(place.file(PARAMS))))
    manifest = read_packaged(place, model)
    scorecard_file = place.file(SCORECARD)
    scorecard = read_scorecard(scorecard_file)
    if sha256_file(scorecard_file) != manifest.scorecard.sha256:
        raise InputError(f"{place.source}: {SCORECARD} is not the one that was packaged", hint="run: headway repro")
    scoring = read_scoring(place.evidence(model), ParquetStore())
    if scoring.model_sha256 != manifest.files[MODEL].sha256:
        raise InputError(f"{place.source}: {model.evidence} is about another model", hint="run: dvc checkout")
    params = read_section(read_document(place.file(PARAMS)), "evaluate", EvaluateParams)
    return Candidate(place, model, manifest, scorecard, scoring, params)


def _score_again(onnx: Path, champion: Champion, subject: Candidate) -> list[Detections]:
    check_model(onnx, champion.model_sha256, champion.source)
    return score_again(
        open_model(onnx, threads=subject.threads),
        subject.place.dataset(),
        subject.scoring.images,
        subject.scoring.classes,
        batch=subject.params.batch,
        read_image=read_image,
        progress=show_progress,
    )

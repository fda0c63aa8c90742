"""Runs the candidate's shipped file anew, in place of what its commit says that it scored."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

from headway.cli.gate.contenders import Candidate, check_model
from headway.cli.progress import say, show_progress
from headway.contracts.manifest import MODEL
from headway.errors import InputError
from headway.evaluation.contenders import Scoring, read_scoring
from headway.evaluation.evaluate import Evaluation
from headway.evaluation.evidence import write_evidence
from headway.evaluation.rescoring import find_disagreement, rescore
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore


def score_candidate_again(subject: Candidate) -> Candidate:
    """Return the candidate with the scorecard and the scoring that its ONNX file comes to here.

    Raises:
        InputError: model or test images are not at hand; or manifest, scorecard or evidence say another thing.
        OutsideError: DVC's remote cannot be reached.
    """
    place, manifest = subject.place, subject.manifest
    onnx = place.onnx(subject.model)
    check_model(onnx, manifest.files[MODEL].sha256, place.source)
    dataset = place.dataset()
    if dataset.digest != manifest.dataset_digest:
        raise InputError(f"{place.source}: {subject.model.manifest} is about another data set", hint="run: dvc repro")
    say(f"scoring {place.source} again")
    again = rescore(
        dataset,
        open_model(onnx, threads=subject.threads),
        subject.params,
        manifest,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=show_progress,
    )
    scoring = _as_scoring(again)
    disagreement = find_disagreement(manifest, subject.scorecard, subject.scoring, again.scorecard, scoring)
    if disagreement is not None:
        raise InputError(f"{place.source}: {disagreement}", hint="run: dvc repro --force evaluate package")
    return replace(subject, scorecard=again.scorecard, scoring=scoring)


def _as_scoring(evaluation: Evaluation) -> Scoring:
    """Return what the evaluate stage's evidence is read as, by the way that it takes."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "evidence"
        write_evidence(evaluation.evidence, folder, ParquetStore())
        return read_scoring(folder, ParquetStore())

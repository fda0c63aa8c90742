"""Whether what a commit says of its model is what the model comes to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from headway.contracts.dataset import PreparedDataset
from headway.contracts.manifest import Manifest
from headway.contracts.params.evaluate import EvaluateParams
from headway.contracts.scorecard import Scorecard
from headway.detection.detections import Detections
from headway.evaluation.contenders import ScoredImage, Scoring, read_scoring
from headway.evaluation.evidence import write_evidence
from headway.evaluation.rescoring import TOLERANCE, find_disagreement, rescore
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import open_model
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import save_blob_detector
from tests.evaluation.silence import silent
from tests.registry.line import make_manifest

Scored = tuple[Manifest, Scorecard, Scoring]


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return make_blob_dataset(tmp_path_factory.mktemp("data") / "prepared", images=6, fresh=2)


@pytest.fixture(scope="module")
def scored(dataset: PreparedDataset, tmp_path_factory: pytest.TempPathFactory) -> Scored:
    """What scoring again comes to, and a manifest that says the same."""
    folder = tmp_path_factory.mktemp("scored")
    manifest = make_manifest(0).model_copy(update={"operating_threshold": 0.4})
    result = rescore(
        dataset,
        open_model(save_blob_detector(folder / "model.onnx", shift=1.0), threads=1),
        EvaluateParams(),
        manifest,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=silent,
    )
    write_evidence(result.evidence, folder / "evidence", ParquetStore())
    metrics = manifest.metrics.model_copy(update={"quality": result.scorecard.quality})
    honest = manifest.model_copy(update={"metrics": metrics})
    return honest, result.scorecard, read_scoring(folder / "evidence", ParquetStore())


def test_the_test_split_alone_is_scored_at_the_manifests_operating_point(
    dataset: PreparedDataset, scored: Scored
) -> None:
    _, card, scoring = scored

    assert (6, None, (), 0.4) == (card.quality.images, card.fresh, card.slices, card.operating_point.threshold)
    assert [record.sha256 for record in dataset.split("test")] == [image.sha256 for image in scoring.images]


def test_who_says_the_same_is_believed(scored: Scored) -> None:
    manifest, card, scoring = scored

    assert find_disagreement(manifest, card, scoring, card, scoring) is None


@pytest.mark.parametrize(("by", "believed"), [(0.9 * TOLERANCE, True), (1.1 * TOLERANCE, False)])
@pytest.mark.parametrize("metric", ["map50_95", "map50"])
def test_the_last_bits_may_differ(scored: Scored, metric: str, by: float, believed: bool) -> None:
    manifest, card, scoring = scored
    other = card.model_copy(update={"quality": raised(card, metric, by)})

    assert believed == (find_disagreement(manifest, other, scoring, card, scoring) is None)


def raised(card: Scorecard, metric: str, by: float) -> Any:
    return card.quality.model_copy(update={metric: getattr(card.quality, metric) - by})


def test_a_manifest_that_boasts_is_named_with_both_figures(scored: Scored) -> None:
    manifest, card, scoring = scored
    quality = card.quality.model_copy(update={"map50_95": 0.999})
    boasting = manifest.model_copy(update={"metrics": manifest.metrics.model_copy(update={"quality": quality})})

    expected = f"manifest.json says mAP50-95 0.999, but the model that ships scores {card.quality.map50_95:.3f}"
    assert expected == find_disagreement(boasting, card, scoring, card, scoring)


def test_a_scorecard_of_fewer_images_is_named(scored: Scored) -> None:
    manifest, card, scoring = scored
    fewer = card.model_copy(update={"quality": card.quality.model_copy(update={"images": 5})})

    expected = "the scorecard is about (images, boxes) (5, {0}), the test split has (6, {0})"
    assert expected.format(card.quality.boxes) == find_disagreement(manifest, fewer, scoring, card, scoring)


def test_evidence_without_the_hard_images_is_named(scored: Scored) -> None:
    manifest, card, scoring = scored
    easy = replace(scoring, images=scoring.images[1:])

    expected = "the evidence is about other images, labels or classes than the data set's test split"
    assert expected == find_disagreement(manifest, card, easy, card, scoring)


def test_evidence_of_a_worse_model_is_named(scored: Scored) -> None:
    """It would make an easy champion later."""
    manifest, card, scoring = scored
    blind = replace(scoring, images=tuple(without_detections(image) for image in scoring.images))

    said = find_disagreement(manifest, card, blind, card, scoring)
    assert f"the evidence says mAP50-95 0.000, but the model that ships scores {card.quality.map50_95:.3f}" == said


def without_detections(image: ScoredImage) -> ScoredImage:
    nothing = Detections(np.empty((0, 4), np.float32), np.empty(0, np.float32), np.empty(0, np.int64))
    return replace(image, found=nothing)

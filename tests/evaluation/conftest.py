"""The blob data set and its detector, made once."""

from __future__ import annotations

import pytest

from headway.contracts.dataset import PreparedDataset
from headway.contracts.params.evaluate import EvaluateParams
from headway.evaluation.evaluate import Evaluation, evaluate
from headway.integrations.faster_coco_eval import FasterCocoEval
from headway.integrations.onnxruntime import OnnxModel, open_model
from headway.integrations.pillow.reading import read_image
from tests.blob_dataset import make_blob_dataset
from tests.blob_detector import save_blob_detector
from tests.evaluation.silence import silent


@pytest.fixture(scope="session")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return make_blob_dataset(tmp_path_factory.mktemp("prepared"))


@pytest.fixture(scope="session")
def model(tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return open_model(save_blob_detector(tmp_path_factory.mktemp("model") / "model.onnx"), threads=1)


@pytest.fixture(scope="session")
def evaluation(dataset: PreparedDataset, model: OnnxModel) -> Evaluation:
    return evaluate(
        dataset,
        model,
        EvaluateParams(),
        model_sha256="0" * 64,
        scorer=FasterCocoEval(),
        read_image=read_image,
        progress=silent,
    )

"""What the trainer refuses, what it leaves alone, and what it hands over."""

from __future__ import annotations

import csv
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import PreparedDataset, read_dataset
from headway.errors import InputError, OutsideError
from headway.integrations.ultralytics.quiet import silence
from headway.training.run import epochs_csv, training_report
from tests.blobs import make_blobs
from tests.conftest import ROOT

QUICK = {"model": "yolo11n.yaml", "epochs": 1, "imgsz": 64, "batch": 4, "nbs": 4, "workers": 0, "device": "cpu"}
CARRIED = {"epochs": 4, "nbs": 12, "warmup_epochs": 0.0, "optimizer": "AdamW"}
"""Gradients of one epoch wait for batches of the next."""


def _quietly(items: Iterable[Any], *, label: str, total: int | None = None) -> Iterable[Any]:
    return items


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> PreparedDataset:
    return make_blobs(tmp_path_factory.mktemp("blobs"), train=6, val=2, test=1)


def _train(dataset: PreparedDataset, folder: Path, **arguments: Any) -> Any:
    silence(folder / "state")
    from headway.integrations.ultralytics.trainer import UltralyticsTrainer

    return UltralyticsTrainer().train(
        dataset, QUICK | arguments, checkpoints=folder / "run", progress=_quietly, say=lambda line: None
    )


def test_unknown_architecture_is_refused(dataset: PreparedDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no architecture 'yolo99n\.yaml'"):
        _train(dataset, tmp_path, model="yolo99n.yaml")


@pytest.mark.parametrize("model", ["yolo11n-seg.yaml", "rtdetr-l.yaml", "yolo11n-cls.yaml"])
def test_an_architecture_of_another_task_is_refused(dataset: PreparedDataset, tmp_path: Path, model: str) -> None:
    with pytest.raises(InputError, match="no YOLO detector"):
        _train(dataset, tmp_path, model=model)


@pytest.mark.parametrize("key", ["pretrained", "distill_model"])
def test_missing_weights_are_told_with_their_key(dataset: PreparedDataset, tmp_path: Path, key: str) -> None:
    with pytest.raises(InputError, match=rf"train\.{key}: 'none\.pt' is neither a file"):
        _train(dataset, tmp_path, **{key: "none.pt"})


def test_a_class_that_the_data_has_not_is_refused(dataset: PreparedDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no class 7"):
        _train(dataset, tmp_path, classes=[0, 7])


def test_weights_that_are_neither_here_nor_published_are_refused(dataset: PreparedDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither a file nor weights"):
        _train(dataset, tmp_path, model="mine.pt")


def test_published_weights_without_a_network_say_what_to_do(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")  # nothing listens on the discard port

    with pytest.raises(OutsideError, match=r"yolo11n\.pt is not here and could not be fetched") as caught:
        _train(dataset, tmp_path, model="yolo11n.pt")

    assert "yolo11n.yaml" in caught.value.hint
    assert [] == list((tmp_path / ".headway/weights").glob("*"))


@pytest.mark.parametrize("content", [b"", b"not a model", b"\x89PNG\r\n\x1a\n" + bytes(100), b"PK\x03\x04" + bytes(50)])
def test_a_file_that_is_no_checkpoint_is_refused(dataset: PreparedDataset, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bad.pt").write_bytes(content)

    with pytest.raises(InputError, match=r"bad\.pt is no model checkpoint"):
        _train(dataset, tmp_path, model=str(tmp_path / "bad.pt"))


@pytest.mark.parametrize("device", [17, "mps", [0, 1]])
def test_a_device_that_is_not_here_is_outside_trouble(dataset: PreparedDataset, tmp_path: Path, device: Any) -> None:
    with pytest.raises(OutsideError, match=r"train\.device: .* is not here") as caught:
        _train(dataset, tmp_path, device=device)

    assert "cpu" in caught.value.hint


def test_a_batch_that_memory_has_no_room_for_is_told_and_not_halved(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(tmp_path / "state")
    import torch

    from headway.integrations.ultralytics.training import ResumableDetection

    preprocess = ResumableDetection.preprocess_batch

    def room_for_two(self: ResumableDetection, batch: dict[str, Any]) -> Any:
        if len(batch["img"]) > 2:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB.")
        return preprocess(self, batch)

    monkeypatch.setattr(ResumableDetection, "preprocess_batch", room_for_two)

    with pytest.raises(InputError, match="Tried to allocate 20") as caught:
        _train(dataset, tmp_path)

    assert "train.batch" in caught.value.hint


def test_one_class_out_of_many_is_refused_before_training(dataset: PreparedDataset, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the data has 2 classes"):
        _train(dataset, tmp_path, single_cls=True)


def test_training_leaves_the_prepared_folder_as_it_was(tmp_path: Path) -> None:
    dataset = make_blobs(tmp_path / "data", train=6, val=2, test=1)
    before = {path: sha256_file(path) for path in (tmp_path / "data").rglob("*") if path.is_file()}

    _train(dataset, tmp_path, cache="disk")

    assert before == {path: sha256_file(path) for path in (tmp_path / "data").rglob("*") if path.is_file()}


def test_the_report_tells_the_kept_epoch_and_the_csv_every_epoch(dataset: PreparedDataset, tmp_path: Path) -> None:
    trained = _train(dataset, tmp_path, epochs=2)

    rows = list(csv.DictReader(epochs_csv(trained.epochs).splitlines()))
    report = training_report(trained)

    assert ["1", "2"] == [row["epoch"] for row in rows]
    assert "time" not in rows[0]
    assert trained.best_epoch == report["best_epoch"]
    assert {"train/box_loss", "metrics/mAP50(B)", "lr/pg0"} <= set(report["validation"])


def test_saved_weights_load_in_ultralytics_and_start_the_next_training(
    dataset: PreparedDataset, tmp_path: Path
) -> None:
    _train(dataset, tmp_path / "first").save(tmp_path / "weights.pt")
    trained = _train(dataset, tmp_path / "second", model=str(tmp_path / "weights.pt"))

    from ultralytics import YOLO

    assert {0: "square", 1: "bar"} == YOLO(tmp_path / "weights.pt").names
    assert ("square", "bar") == trained.classes


def test_a_finished_training_is_not_run_again(dataset: PreparedDataset, tmp_path: Path) -> None:
    first = _train(dataset, tmp_path)
    again = _train(dataset, tmp_path)

    assert (0, 1) == (first.resumed_epochs, again.resumed_epochs)
    assert list(first.epochs) == list(again.epochs)


class _CutShortError(Exception):
    """Ends a training at the end of an epoch, before that epoch is kept."""


def _cut_short(dataset: PreparedDataset, folder: Path, epoch: int, **arguments: Any) -> None:
    from headway.integrations.ultralytics.trainer import UltralyticsTrainer

    def say(line: str) -> None:
        if line.startswith(f"epoch {epoch}/"):
            raise _CutShortError

    with pytest.raises(_CutShortError):
        UltralyticsTrainer().train(dataset, QUICK | arguments, checkpoints=folder / "run", progress=_quietly, say=say)


def _assert_cut_run_ends_like_an_unbroken_one(dataset: PreparedDataset, folder: Path, **arguments: Any) -> None:
    _train(dataset, folder / "unbroken", **arguments).save(folder / "unbroken.pt")
    _cut_short(dataset, folder / "cut", 3, **arguments)
    resumed = _train(dataset, folder / "cut", **arguments)
    resumed.save(folder / "resumed.pt")

    assert 2 == resumed.resumed_epochs
    assert (folder / "unbroken.pt").read_bytes() == (folder / "resumed.pt").read_bytes()


def test_a_run_does_not_go_on_on_another_kind_of_device(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    silence(tmp_path / "state")
    import torch

    _cut_short(dataset, tmp_path, 2, epochs=2)
    state = torch.load(tmp_path / "run/state.pt", weights_only=True)
    torch.save(state | {"device": "cuda"}, tmp_path / "run/state.pt")

    with pytest.raises(OutsideError, match="began on cuda; on cpu it would end with other weights") as caught:
        _train(dataset, tmp_path, epochs=2)

    assert str(tmp_path / "run") in caught.value.hint


def test_mixed_precision_goes_on_with_its_loss_scale_and_the_gradients_under_it(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On the CPU, in bfloat16, with a scale that doubles after every step: the code is that of a GPU."""
    silence(tmp_path / "state")
    import torch

    from headway.integrations.ultralytics import training

    scaler = torch.amp.GradScaler
    monkeypatch.setattr(training, "_is_on_accelerator", lambda model: True)
    monkeypatch.setattr(torch.amp, "GradScaler", lambda _, enabled: scaler("cpu", enabled=enabled, growth_interval=1))
    _assert_cut_run_ends_like_an_unbroken_one(dataset, tmp_path, **CARRIED)

    state = torch.load(tmp_path / "cut/run/state.pt", weights_only=True)
    assert any(gradient is not None and gradient.any() for gradient in state["gradients"])
    assert 65536.0 != state["scaler"]["scale"]


@pytest.mark.gpu
@pytest.mark.parametrize("amp", [False, True])
def test_on_a_gpu_a_cut_run_ends_like_an_unbroken_one(dataset: PreparedDataset, tmp_path: Path, amp: bool) -> None:
    torch = pytest.importorskip("torch")
    if not torch.cuda.is_available():
        pytest.skip("no CUDA device")

    _assert_cut_run_ends_like_an_unbroken_one(dataset, tmp_path, **CARRIED, device=0, amp=amp)


def test_the_process_of_a_gpu_goes_on_from_the_kept_state(
    dataset: PreparedDataset, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One process on the CPU stands in for those of several GPUs: it runs the file that Ultralytics writes for them."""
    silence(tmp_path / "state")
    from headway.integrations.ultralytics.training import ResumableDetection

    _cut_short(dataset, tmp_path, 2, epochs=2)
    (tmp_path / "run/lock").write_text("1")
    build, run = ResumableDetection.__init__, subprocess.run

    def build_for_two(self: ResumableDetection, *arguments: Any, **named: Any) -> None:
        build(self, *arguments, **named)
        self.ddp, self.world_size = True, 2

    def run_one(command: list[str], **options: Any) -> Any:
        file = next(word for word in command if word.endswith(".py"))
        return run([sys.executable, file], env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"}, **options)

    monkeypatch.setattr(ResumableDetection, "__init__", build_for_two)
    monkeypatch.setattr(subprocess, "run", run_one)

    trained = _train(dataset, tmp_path, epochs=2)

    assert (1, 2) == (trained.resumed_epochs, len(trained.epochs))
    assert (tmp_path / "run/lock").exists()


def test_neither_test_nor_fresh_images_are_read(tmp_path: Path) -> None:
    dataset = make_blobs(tmp_path / "blobs", train=4, val=2, test=1, fresh=1)
    for split in ("test", "fresh"):
        shutil.rmtree(dataset.root / "images" / split)

    assert 1 == _train(dataset, tmp_path).best_epoch


def test_the_records_reach_the_trainer_unchanged(dataset: PreparedDataset, tmp_path: Path) -> None:
    silence(tmp_path)
    from ultralytics.utils import DEFAULT_CFG

    from headway.integrations.ultralytics.records import RecordsDataset

    data = {"prepared": read_dataset(dataset.root), "names": {0: "square", 1: "bar"}, "scratch": tmp_path}
    fed = RecordsDataset(img_path="val", imgsz=64, hyp=DEFAULT_CFG, augment=False, data=data, batch_size=2)
    record = dataset.split("val")[0]
    box = record.boxes[0]

    assert len(dataset.split("val")) == len(fed)
    assert [0.0] == fed.labels[0]["cls"][0].tolist()
    assert (box.x_max - box.x_min) / record.width == pytest.approx(fed.labels[0]["bboxes"][0][2])

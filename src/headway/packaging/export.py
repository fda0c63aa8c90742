"""From a checkpoint to the file that ships: trace, convert, check, and hold it against the checkpoint."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.contracts.canonical import sha256_file
from headway.contracts.dataset import ImageRecord, PreparedDataset
from headway.contracts.export_report import ParityReport, SpeedReport
from headway.contracts.model_facts import ExportFacts, Precision
from headway.contracts.params.export import ExportParams
from headway.detection.detections import Detections
from headway.detection.detector import detect, prepare_batch
from headway.detection.matching import labels_of
from headway.errors import InputError
from headway.packaging.parity import build_report, choose_tolerances, find_excesses
from headway.ports import Checkpoint, ImageReader, Progress, Runtime

Item = TypeVar("Item")

_SPEED_RUNS = 30
_WARM_UP_RUNS = 5
_LOOSEN = "set export.parity in params.yaml to what you can accept"
_REMEDIES: dict[Precision, str] = {
    "fp32": _LOOSEN,
    "fp16": f"set export.precision to fp32, or {_LOOSEN}",
    "int8": f"set export.precision to fp16, raise export.calibration_images, or {_LOOSEN}",
}


@dataclass(frozen=True)
class ExportTools:
    """What an export needs from outside.

    Attributes:
        assemble: adds post-processing and metadata to a network (ONNX bytes).
        to_fp16: converts a network to half precision.
        to_int8: converts a network to 8-bit integers, given calibration batches.
        check_file: raises InputError for a file that cannot be trusted.
        open_model: loads an exported file.
        read_image: decodes an image file.
        clock: seconds, from any origin.
        hardware: what the clock measures, in words.
    """

    assemble: Callable[[bytes, ExportFacts], bytes]
    to_fp16: Callable[[bytes], bytes]
    to_int8: Callable[[bytes, Iterable[NDArray[np.float32]]], bytes]
    check_file: Callable[[Path], object]
    open_model: Callable[[Path], Runtime]
    read_image: ImageReader
    clock: Callable[[], float]
    hardware: str


@dataclass(frozen=True)
class Export:
    """The file that ships, and what is known about it."""

    content: bytes
    parity: ParityReport
    speed: SpeedReport


def export_model(
    checkpoint: Checkpoint, dataset: PreparedDataset, params: ExportParams, tools: ExportTools, progress: Progress
) -> Export:
    """Make the ONNX file and measure it; nothing is written to where the file will lie.

    Raises:
        InputError: the weights know other classes than the data, or the file strays too far from the checkpoint.
    """
    facts = describe_export(checkpoint, dataset, params)
    work = _Work(facts, dataset, params, tools, progress)
    network = checkpoint.trace(facts, opset=params.opset)
    content = tools.assemble(work.convert(network), facts)
    with TemporaryDirectory() as folder:
        file = Path(folder) / "model.onnx"
        file.write_bytes(content)
        tools.check_file(file)
        model, digest = tools.open_model(file), sha256_file(file)
        parity = work.measure_parity(checkpoint.runtime(facts), model, digest)
        _hold(parity)
        fp32 = model
        if facts.precision != "fp32":
            file.write_bytes(tools.assemble(network, replace(facts, precision="fp32")))
            fp32 = tools.open_model(file)
    return Export(content, parity, work.measure_speed(model, fp32, digest))


def describe_export(checkpoint: Checkpoint, dataset: PreparedDataset, params: ExportParams) -> ExportFacts:
    """Return what the file will say about itself.

    Raises:
        InputError: the weights were trained for other classes than the data has.
    """
    if checkpoint.classes != dataset.classes:
        raise InputError(
            f"the weights know {', '.join(checkpoint.classes)}; the data has {', '.join(dataset.classes)}",
            hint="run: dvc repro train; what train.single_cls makes can only be scored on data of one class",
        )
    return ExportFacts(
        classes=checkpoint.classes,
        input_size=params.imgsz or checkpoint.train_size,
        score_floor=params.score_floor,
        iou=params.iou,
        max_det=params.max_det,
        precision=params.precision,
        end2end=checkpoint.end2end,
    )


def spread(items: Sequence[Item], count: int) -> list[Item]:
    """Return `count` of the items, evenly spaced and in order; all when there are fewer."""
    count = min(count, len(items))
    return [items[position * len(items) // count] for position in range(count)]


@dataclass(frozen=True)
class _Work:
    """The steps of one export that look at images."""

    facts: ExportFacts
    dataset: PreparedDataset
    params: ExportParams
    tools: ExportTools
    progress: Progress

    def convert(self, network: bytes) -> bytes:
        """Return the network in the precision that was asked for."""
        if self.facts.precision == "fp16":
            return self.tools.to_fp16(network)
        if self.facts.precision == "int8":
            # The train split: ranges learnt from val or test would flatter the file there.
            records = spread(self.dataset.split("train"), self.params.calibration_images)
            inputs = (self._input(record) for record in self.progress(records, label="calibrate"))
            return self.tools.to_int8(network, inputs)
        return network

    def measure_parity(self, reference: Runtime, exported: Runtime, digest: str) -> ParityReport:
        records = spread(self.dataset.split("val"), self.params.parity.images)
        expected: list[Detections] = []
        found: list[Detections] = []
        for record in self.progress(records, label="compare with the checkpoint"):
            image = self.tools.read_image(self.dataset.image_path(record))
            expected += detect(reference.run, [image], self.facts.input_size)
            found += detect(exported.run, [image], self.facts.input_size)
        return build_report(
            expected,
            found,
            [labels_of(self.dataset, record) for record in records],
            class_count=len(self.facts.classes),
            model_sha256=digest,
            precision=self.facts.precision,
            reference_engine=reference.engine,
            engine=exported.engine,
            tolerances=choose_tolerances(self.facts.precision, self.params.parity),
        )

    def measure_speed(self, model: Runtime, fp32: Runtime, digest: str) -> SpeedReport:
        batch = self._input(self.dataset.split("val")[0])
        median_ms = _median_ms(model, batch, self.tools.clock)
        return SpeedReport(
            model_sha256=digest,
            precision=self.facts.precision,
            input_size=self.facts.input_size,
            median_ms=median_ms,
            fp32_median_ms=median_ms if fp32 is model else _median_ms(fp32, batch, self.tools.clock),
            runs=_SPEED_RUNS,
            engine=model.engine,
            hardware=self.tools.hardware,
        )

    def _input(self, record: ImageRecord) -> NDArray[np.float32]:
        image = self.tools.read_image(self.dataset.image_path(record))
        return prepare_batch([image], self.facts.input_size)[0]


def _hold(report: ParityReport) -> None:
    """Refuse a file outside its tolerances: params.yaml asks for what this model does not give."""
    excesses = find_excesses(report)
    if excesses:
        raise InputError(
            f"the {report.precision} file strays too far from the checkpoint on {report.images} images: "
            + "; ".join(excesses),
            hint=_REMEDIES[report.precision],
        )


def _median_ms(model: Runtime, batch: NDArray[np.float32], clock: Callable[[], float]) -> float:
    times = []
    for _ in range(_WARM_UP_RUNS + _SPEED_RUNS):
        started = clock()
        model.run(batch)
        times.append(clock() - started)
    return round(1000 * statistics.median(times[_WARM_UP_RUNS:]), 3)

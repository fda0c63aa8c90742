"""package: the scored model and what is known about it -> the bundle, and the manifest that vouches for it."""

from datetime import UTC, datetime
from pathlib import Path

from headway.cli.bundle import installed_checks
from headway.cli.progress import show_progress
from headway.cli.stage import run_stage
from headway.contracts import atomic
from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import manifest_json
from headway.contracts.params.package import PackageParams
from headway.errors import InputError
from headway.integrations import matplotlib
from headway.integrations.cyclonedx import is_spdx_id
from headway.integrations.git.reading import read_revision
from headway.integrations.machine import package_versions
from headway.integrations.pillow.drawing import draw_detections, encode_image
from headway.integrations.pillow.reading import read_image
from headway.integrations.pyarrow import ParquetStore
from headway.packaging.bundle import Instruments, Origin, write_bundle
from headway.packaging.sources import read_sources
from headway.packaging.verify import verify_bundle

LIBRARIES = ("headway", "numpy", "onnx", "onnxruntime", "torch", "torchvision", "ultralytics-opencv-headless")


def main(params: PackageParams, model: ModelFiles) -> None:
    """Write the bundle, check it as whoever receives it would, then publish it and its manifest."""
    sources = read_sources(model, ParquetStore())
    instruments = Instruments(read_image, draw_detections, encode_image, matplotlib, is_spdx_id, show_progress)
    revision = read_revision(Path.cwd())
    packed_at = datetime.now(UTC).isoformat(timespec="seconds")
    origin = Origin(revision.commit, revision.dirty, packed_at, package_versions(LIBRARIES))
    with atomic.directory(model.bundle) as folder:
        manifest = write_bundle(folder, sources, params, instruments, origin)
        answer = verify_bundle(folder, installed_checks())
        if not answer.sound:
            raise InputError(
                f"the bundle does not pass its own check: {'; '.join(answer.faults)}",
                hint="score the model again: dvc repro --force evaluate package",
            )
    atomic.write_text(model.manifest, manifest_json(manifest))


if __name__ == "__main__":
    run_stage("package", PackageParams, main)

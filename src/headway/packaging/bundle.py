"""Makes the bundle: everything that travels with one model, and the manifest that vouches for it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headway.contracts.canonical import readable_json
from headway.contracts.dataset import ImageRecord, dataset_facts
from headway.contracts.manifest import (
    BOM,
    CARD,
    GOLDEN,
    GOLDEN_FOLDER,
    LABELS,
    MANIFEST,
    MEASUREMENTS,
    MODEL,
    PROFILE,
    PROVENANCE,
    BundleProvenance,
    InputFacts,
    Manifest,
    Metrics,
    digest_file,
    manifest_json,
    seal,
)
from headway.contracts.model_facts import PADDING
from headway.contracts.params.package import PackageParams
from headway.contracts.profile import profile_json
from headway.packaging.bom import bill_of_materials
from headway.packaging.card import CardFacts, card_markdown, find_limits
from headway.packaging.golden import GoldenSet, choose_golden, golden_image
from headway.packaging.pictures import draw_pictures
from headway.packaging.profile import assign_windows, build_profile
from headway.packaging.sources import Sources
from headway.ports import DrawDetections, EncodeImage, ImageReader, Plotter, Progress


@dataclass(frozen=True)
class Instruments:
    """What makes the parts of a bundle from outside programs."""

    read_image: ImageReader
    draw: DrawDetections
    encode: EncodeImage
    plotter: Plotter
    is_spdx_id: Callable[[str], bool]
    progress: Progress


@dataclass(frozen=True)
class Origin:
    """Where and when a bundle is packed; stays outside its identity.

    Attributes:
        commit: that is checked out; None outside a repository.
        dirty: whether tracked files differ from it.
        packed_at: UTC, ISO 8601.
        versions: library -> version.
    """

    commit: str | None
    dirty: bool
    packed_at: str
    versions: Mapping[str, str]


def write_bundle(
    folder: Path, sources: Sources, params: PackageParams, instruments: Instruments, origin: Origin
) -> Manifest:
    """Fill the empty `folder` with the bundle of `sources`.

    The identity's files come first, then the manifest, then what may differ between two runs of one commit.

    Raises:
        InputError: a test image cannot be read.
        OSError: the disk is full.
    """
    golden = _write_identity_files(folder, sources, params, instruments)
    manifest = _manifest(folder, sources)
    _write_text(folder / MANIFEST, manifest_json(manifest))
    covered = {MANIFEST, *manifest.files}
    _write_companions(folder, sources, params, instruments, manifest, golden, origin.versions)
    provenance = BundleProvenance(
        identity=manifest.identity,
        commit=origin.commit,
        dirty=origin.dirty,
        packed_at=origin.packed_at,
        versions=dict(origin.versions),
        files={name: digest_file(folder / name) for name in list_files(folder) if name not in covered},
    )
    _write_text(folder / PROVENANCE, readable_json(provenance.model_dump(mode="json")))
    return manifest


def list_files(folder: Path) -> list[str]:
    """Return the paths, relative to `folder`, of everything below it that is no folder, in order."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_symlink() or not path.is_dir()
    )


def _write_identity_files(
    folder: Path, sources: Sources, params: PackageParams, instruments: Instruments
) -> Sequence[ImageRecord]:
    """Write model, labels, golden images and profile; return the golden images' records."""
    classes = sources.dataset.classes
    shutil.copyfile(sources.model.onnx, folder / MODEL)
    _write_text(folder / LABELS, readable_json(list(classes)))
    found = {image_id: detections.above(sources.threshold) for image_id, detections in sources.found.items()}
    golden = choose_golden(sources.test_images, found, params.golden_images)
    (folder / GOLDEN_FOLDER).mkdir()
    entries = []
    for number, record in enumerate(golden):
        name = f"{GOLDEN_FOLDER}/{number:02d}{Path(record.file).suffix}"
        shutil.copyfile(sources.dataset.image_path(record), folder / name)
        entries.append(golden_image(name, record, found[record.image_id], classes))
    expected = GoldenSet(threshold=sources.threshold, images=tuple(entries))
    _write_text(folder / GOLDEN, readable_json(expected.model_dump(mode="json")))
    windows = assign_windows(sources.test_images, params.profile_windows)
    images = (
        (record.image_id, instruments.read_image(sources.dataset.image_path(record)), found[record.image_id])
        for record in instruments.progress(sources.test_images, label="reference profile")
    )
    _write_text(folder / PROFILE, profile_json(build_profile(images, windows, classes, sources.threshold)))
    return golden


def _manifest(folder: Path, sources: Sources) -> Manifest:
    scorecard = sources.scorecard
    return seal(
        name=sources.model.name,
        classes=sources.dataset.classes,
        input=InputFacts(size=scorecard.input_size, padding=PADDING),
        operating_threshold=sources.threshold,
        files={name: digest_file(folder / name) for name in list_files(folder)},
        dataset_digest=sources.dataset.digest,
        params_digest=sources.params_digest,
        upstream_digest=sources.upstream_digest,
        scorecard=sources.scorecard_digest,
        metrics=Metrics(
            quality=scorecard.quality,
            operating_point=scorecard.operating_point,
            expected_calibration_error=scorecard.calibration.expected_calibration_error,
        ),
    )


def _write_companions(
    folder: Path,
    sources: Sources,
    params: PackageParams,
    instruments: Instruments,
    manifest: Manifest,
    golden: Sequence[ImageRecord],
    versions: Mapping[str, str],
) -> None:
    """Write measurements, pictures, card and bill of materials."""
    _write_text(folder / MEASUREMENTS, readable_json(sources.latency.model_dump(mode="json")))
    plots = {}
    for title, name, png in draw_pictures(
        sources,
        golden,
        plotter=instruments.plotter,
        read_image=instruments.read_image,
        draw=instruments.draw,
        encode=instruments.encode,
    ):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(png)
        plots[title] = name
    data = dataset_facts(sources.dataset)
    card = CardFacts(manifest, sources.scorecard, sources.latency, data, params, sources.architecture, plots)
    _write_text(folder / CARD, card_markdown(card))
    bom = bill_of_materials(
        manifest,
        sources.scorecard,
        architecture=sources.architecture,
        description=params.description,
        licence={"id" if instruments.is_spdx_id(params.licence) else "name": params.licence},
        limits=find_limits(sources.scorecard, data),
        box_counts={split: counts["boxes"] for split, counts in data["splits"].items()},
        versions=versions,
    )
    _write_text(folder / BOM, readable_json(bom))


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")

"""Checks a bundle: that it is whole, unchanged, and finds on this machine what it must find."""

from __future__ import annotations

import json
from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from headway.contracts.manifest import (
    BOM,
    CARD,
    GOLDEN,
    LABELS,
    MANIFEST,
    MEASUREMENTS,
    MODEL,
    PROFILE,
    PROVENANCE,
    BundleProvenance,
    FileDigest,
    Manifest,
    digest_file,
    identity_of,
    manifest_json,
    read_manifest,
)
from headway.contracts.profile import read_profile
from headway.contracts.scorecard import read_latency
from headway.detection.detector import detect
from headway.errors import HeadwayError
from headway.packaging.bom import serial_number
from headway.packaging.bundle import list_files
from headway.packaging.golden import GoldenImage, GoldenSet, compare, expected_detections, read_golden
from headway.ports import ImageReader, Runtime

_REQUIRED = (MODEL, LABELS, GOLDEN, PROFILE)
_COMPANIONS = (CARD, BOM, MEASUREMENTS)


@dataclass(frozen=True)
class Checks:
    """The outside programs that look into a bundle.

    Attributes:
        check_model: raises `InputError` for an ONNX file that is not safe to load.
        open_model: loads an ONNX file that passed.
        check_bom: returns what is wrong with a CycloneDX document.
        read_image: decodes the golden images.
    """

    check_model: Callable[[Path], object]
    open_model: Callable[[Path], Runtime]
    check_bom: Callable[[str], Sequence[str]]
    read_image: ImageReader


@dataclass(frozen=True)
class Verification:
    """The answer: the identity that the bundle claims, how many files were held against it, and what is wrong."""

    identity: str
    files: int
    faults: tuple[str, ...]

    @property
    def sound(self) -> bool:
        return not self.faults


def verify_bundle(folder: Path, checks: Checks) -> Verification:
    """Check everything about the bundle in `folder` and collect every fault.

    A file whose bytes are not the manifest's is not looked into; a model that is unsafe is not loaded.

    Raises:
        InputError: `folder` is no bundle at all.
    """
    manifest = read_manifest(folder)
    uncovered = {name: f"{MANIFEST}: does not cover {name}" for name in _REQUIRED if name not in manifest.files}
    broken = uncovered | dict(_check_files(folder, manifest.files))
    faults = [*_check_manifest(folder, manifest), *broken.values(), *_check_companions(folder, manifest)]
    contents: Mapping[str, Callable[[], Iterator[str]]] = {
        LABELS: lambda: _check_labels(folder, manifest),
        PROFILE: lambda: _check_profile(folder, manifest),
        MODEL: lambda: _check_behaviour(folder, manifest, broken.keys(), checks),
        BOM: lambda: _check_bom(folder, manifest, checks),
        MEASUREMENTS: lambda: _check_measurements(folder, manifest),
    }
    for name, check in contents.items():
        if name not in broken and (folder / name).is_file():
            faults += _collect(check)
    return Verification(manifest.identity, len(manifest.files), tuple(faults))


def _collect(check: Callable[[], Iterator[str]]) -> list[str]:
    """Return the faults of `check`; where it cannot go on, its reason is one."""
    faults: list[str] = []
    try:
        faults.extend(check())
    except HeadwayError as error:
        faults.append(error.message)
    return faults


def _check_manifest(folder: Path, manifest: Manifest) -> Iterator[str]:
    identity = identity_of(manifest)
    if identity != manifest.identity:
        yield f"{MANIFEST}: its content has the identity {identity}, not {manifest.identity}"
    elif (folder / MANIFEST).read_bytes() != manifest_json(manifest).encode():
        yield f"{MANIFEST}: not written as Headway writes it"


def _check_companions(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Hold the files outside the identity against provenance.json; anything else below the folder is a fault, too."""
    others: Mapping[str, FileDigest] = {}
    try:
        provenance = BundleProvenance.model_validate_json((folder / PROVENANCE).read_bytes())
        others = provenance.files
        if provenance.identity != manifest.identity:
            yield f"{PROVENANCE}: about the bundle {provenance.identity}"
    except FileNotFoundError:
        yield f"{PROVENANCE}: missing"
    except ValueError as error:
        yield f"{PROVENANCE}: {error}"
    yield from (fault for _, fault in _check_files(folder, others))
    yield from (f"{PROVENANCE}: does not cover {name}" for name in _COMPANIONS if name not in others)
    known = {MANIFEST, PROVENANCE, *manifest.files, *others}
    yield from (f"{name}: not part of the bundle" for name in list_files(folder) if name not in known)


def _check_files(folder: Path, files: Mapping[str, FileDigest]) -> Iterator[tuple[str, str]]:
    """Yield name and fault of each file that is not what its digest says. Opens nothing outside `folder`."""
    present = set(list_files(folder))
    for name, expected in sorted(files.items()):
        if name not in present or not (folder / name).is_file():
            yield name, f"{name}: missing"
            continue
        found = digest_file(folder / name)
        if found != expected:
            yield name, f"{name}: changed ({_difference(found, expected)})"


def _difference(found: FileDigest, expected: FileDigest) -> str:
    pairs = zip(found.model_dump().items(), expected.model_dump().values(), strict=True)
    return ", ".join(f"{key} is {value}, not {other}" for (key, value), other in pairs if value != other)


def _check_labels(folder: Path, manifest: Manifest) -> Iterator[str]:
    try:
        labels = json.loads((folder / LABELS).read_text(encoding="utf-8"))
    except ValueError as error:
        yield f"{LABELS}: {error}"
        return
    if labels != list(manifest.classes):
        yield f"{LABELS}: {labels}, while the manifest has {list(manifest.classes)}"


def _check_profile(folder: Path, manifest: Manifest) -> Iterator[str]:
    profile = read_profile(folder / PROFILE)
    if profile.classes != manifest.classes or profile.threshold != manifest.operating_threshold:
        yield f"{PROFILE}: counted with other classes or another threshold than the manifest's"


def _check_bom(folder: Path, manifest: Manifest, checks: Checks) -> Iterator[str]:
    text = (folder / BOM).read_text(encoding="utf-8", errors="replace")
    faults = checks.check_bom(text)
    yield from (f"{BOM}: {fault}" for fault in faults)
    if not faults and json.loads(text).get("serialNumber") != serial_number(manifest.identity):
        yield f"{BOM}: about another bundle"


def _check_measurements(folder: Path, manifest: Manifest) -> Iterator[str]:
    measured = read_latency(folder / MEASUREMENTS).model_sha256
    if MODEL in manifest.files and manifest.files[MODEL].sha256 != measured:
        yield f"{MEASUREMENTS}: about another model"


def _check_behaviour(folder: Path, manifest: Manifest, broken: Container[str], checks: Checks) -> Iterator[str]:
    """Load the model, if it is safe, and run the golden images."""
    checks.check_model(folder / MODEL)
    runtime = checks.open_model(folder / MODEL)
    if runtime.classes != manifest.classes:
        yield f"{MODEL}: knows the classes {list(runtime.classes)}, while the manifest has {list(manifest.classes)}"
    elif runtime.input_size != manifest.input.size:
        yield f"{MODEL}: takes {runtime.input_size} pixels, while the manifest has {manifest.input.size}"
    elif GOLDEN not in broken:
        golden = read_golden(folder / GOLDEN)
        if golden.threshold != manifest.operating_threshold:
            yield f"{GOLDEN}: made at another threshold than the manifest's"
        for image in golden.images:
            if image.file in broken or image.file not in manifest.files:
                yield f"{image.file}: not run, its bytes are not vouched for"
            else:
                yield from _check_golden(folder, image, golden, runtime, checks.read_image)


def _check_golden(
    folder: Path, image: GoldenImage, golden: GoldenSet, runtime: Runtime, read_image: ImageReader
) -> Iterator[str]:
    try:
        expected = expected_detections(image, runtime.classes)
    except ValueError as error:
        yield f"{GOLDEN}: {image.file}: {error}"
        return
    floor = golden.threshold - golden.tolerance.score
    (found,) = detect(runtime.run, [read_image(folder / image.file)], runtime.input_size, floor=floor)
    faults = compare(expected, found, golden.threshold, golden.tolerance)
    yield from (f"{image.file}: {fault}" for fault in faults)

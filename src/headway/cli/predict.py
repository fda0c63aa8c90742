"""`headway predict`: what a bundle's model finds in images, in words and drawn. Needs ONNX Runtime and Pillow only."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from headway.contracts.atomic import write_bytes
from headway.contracts.canonical import sha256_file
from headway.contracts.manifest import MODEL, Manifest, read_manifest
from headway.detection.detections import Detections
from headway.detection.detector import detect
from headway.errors import InputError

_JPEG = {".jpg", ".jpeg"}


@click.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@click.argument("images", nargs=-1, required=True, metavar="IMAGE...", type=click.Path(path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), default=Path("predictions"), help="Folder of the drawn images.")
@click.option(
    "--threshold", type=click.FloatRange(0, 1), help="Score from which a box counts, instead of the bundle's."
)
@click.option("--json", "as_json", is_flag=True, help="Print the detections as JSON.")
def predict(bundle: Path, images: tuple[Path, ...], out: Path, threshold: float | None, as_json: bool) -> None:
    """Draw what the model of BUNDLE finds in each IMAGE, and list it."""
    manifest = read_manifest(bundle)
    run, input_size = _open(bundle, manifest)
    floor = manifest.operating_threshold if threshold is None else threshold
    from headway.integrations.pillow.drawing import draw_detections, encode_image
    from headway.integrations.pillow.reading import read_image

    answers = []
    for image, target in zip(images, choose_targets(images, out), strict=True):
        pixels = read_image(image)
        (found,) = detect(run, [pixels], input_size, floor=floor)
        write_bytes(target, encode_image(draw_detections(pixels, found, manifest.classes), target.suffix))
        answers.append({"image": str(image), "drawn": str(target), "detections": _listed(found, manifest.classes)})
        if not as_json:
            click.echo(_sentence(answers[-1]))
    if as_json:
        click.echo(json.dumps({"model": manifest.name, "identity": manifest.identity, "images": answers}))


def choose_targets(images: Sequence[Path], out: Path) -> list[Path]:
    """Return a file below `out` for each image: its stem, or stem-2, stem-3 where that is taken.

    Taken are the images themselves, which are never overwritten, and the targets of the images before.
    """
    taken = {image.resolve() for image in images}
    targets = []
    for image in images:
        suffix = ".jpg" if image.suffix.lower() in _JPEG else ".png"
        target, number = out / f"{image.stem}{suffix}", 2
        while target.resolve() in taken:
            target, number = out / f"{image.stem}-{number}{suffix}", number + 1
        taken.add(target.resolve())
        targets.append(target)
    return targets


def _open(bundle: Path, manifest: Manifest) -> Any:
    """Return the model's `run` and input size, if the file is the one that the manifest vouches for."""
    path = bundle / MODEL
    if not path.is_file() or MODEL not in manifest.files or sha256_file(path) != manifest.files[MODEL].sha256:
        raise InputError(f"{path} is not the file in the manifest", hint=f"run: headway bundle verify {bundle}")
    try:
        from headway.integrations.onnxruntime import open_model
    except ImportError as error:
        raise InputError(f"{error.name} is not installed", hint='run: pip install "headway[edge]"') from error
    model = open_model(path)
    return model.run, model.input_size


def _listed(found: Detections, classes: Sequence[str]) -> list[dict[str, Any]]:
    rows = zip(found.class_ids.tolist(), found.scores.tolist(), found.boxes.tolist(), strict=True)
    return [
        {"class": classes[class_id], "score": round(score, 4), "box": [round(side, 1) for side in box]}
        for class_id, score, box in rows
    ]


def _sentence(answer: dict[str, Any]) -> str:
    found = answer["detections"]
    lines = [f"{answer['image']}: {len(found)} found, drawn in {answer['drawn']}"]
    lines += [
        f"  {row['class']:<20} {row['score']:.2f}  {' '.join(f'{side:g}' for side in row['box'])}" for row in found
    ]
    return "\n".join(lines)

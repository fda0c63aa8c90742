"""The embedded data set: pictures of shop shelves, drawn from a spec and a seed alone."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np

from headway.contracts.dataset import SPLITS, Split
from headway.contracts.params.document import Fault, ParamsError, check_section, read_document, unknown_key
from headway.contracts.params.scene import SceneSpec
from headway.data.shelves.render import Picture, render
from headway.data.shelves.scene import sample_camera, sample_scene, units_of
from headway.data.source import Source, SourceImage
from headway.ports import Progress

JPEG_QUALITY = 92


def read_spec(path: Path) -> SceneSpec:
    """Read the `scene` section of a spec file.

    Raises:
        ParamsError: with everything that is wrong in it, each with its line.
        InputError: the file cannot be read as a YAML mapping.
    """
    document = read_document(path)
    faults = [
        Fault(document.line_of((name,)), name, unknown_key(name, ["scene"]))
        for name in document.values
        if name != "scene"
    ]
    spec, found = check_section(document, "scene", SceneSpec)
    if spec is None or faults:
        raise ParamsError(str(path), [*faults, *found], hint="edit the lines above; docs/shelves.md lists every knob")
    return spec


def generate(spec_file: Path, folder: Path, *, progress: Progress) -> Source:
    """Draw the data set that `spec_file` describes into `folder`, as <split>/<index>.jpg.

    Equal specs give equal bytes. An image depends on the seed, its split and its
    index, so raising a count adds images and changes none. The folder fills up
    image by image: a caller that wants all or nothing passes one that it renames.

    Raises:
        InputError: the spec cannot be used; the sentence names file and line.
        OSError: the images cannot be written.
    """
    spec = read_spec(spec_file)
    places = [(split, index) for split in SPLITS for index in range(getattr(spec.images, split))]
    images = [
        _write_image(spec, spec_file.name, folder, split, index)
        for split, index in progress(places, label="draw shelves", total=len(places))
    ]
    return Source("shelves", spec_file.parent, spec.classes, tuple(images), total=len(images))


def draw_picture(spec: SceneSpec, split: Split, index: int) -> Picture:
    """Return image `index` of a split, with a box for every visible product whose class the spec has.

    Layout, newcomers and camera have random streams of their own: a knob of one leaves the others as they were.
    """
    scene_index = index // spec.views
    scene = sample_scene(
        _stream(spec, split, scene_index, "layout"), _stream(spec, split, scene_index, "newcomers"), spec
    )
    photographer = _stream(spec, split, index, "camera")
    camera = sample_camera(photographer, spec)
    width, height = spec.size
    noise = np.random.default_rng(photographer.getrandbits(64))
    picture = render(scene, camera, (width, height), width / units_of(spec)[0], noise)
    return Picture(picture.image, tuple(box for box in picture.boxes if box.class_name in spec.classes))


def _stream(spec: SceneSpec, split: Split, index: int, purpose: str) -> Random:
    # A text seed goes through SHA-512, so neighbouring indices share nothing and PYTHONHASHSEED plays no part.
    return Random(f"{spec.seed}/{split}/{index}/{purpose}")  # noqa: S311  (drawing, not cryptography)


def _write_image(spec: SceneSpec, spec_name: str, folder: Path, split: Split, index: int) -> SourceImage:
    picture = draw_picture(spec, split, index)
    image_id = f"{split}/{index:04d}"
    path = folder / f"{image_id}.jpg"
    path.parent.mkdir(parents=True, exist_ok=True)
    picture.image.save(path, quality=JPEG_QUALITY)
    return SourceImage(
        image_id=image_id,
        path=path,
        boxes=picture.boxes,
        labels=spec_name,
        lines=(0,) * len(picture.boxes),
        split=split,
        group=f"{split}/scene-{index // spec.views:04d}" if spec.views > 1 else None,
    )

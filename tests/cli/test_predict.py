"""`headway predict`."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from PIL import Image

from headway.cli.predict import choose_targets
from headway.contracts.canonical import sha256_file
from headway.contracts.manifest import GOLDEN, MODEL
from headway.packaging.golden import read_golden
from tests.cli.command import run_headway

ONLY_EDGE = """
import sys
from headway.cli.main import main
try:
    main(["predict", "bundle", "bundle/golden/00.png"])
finally:
    heavy = {"torch", "ultralytics", "onnx", "matplotlib", "cyclonedx", "dvc", "pyarrow", "git"}
    print(sorted(heavy & set(sys.modules)))
"""


def test_detections_are_those_that_the_golden_images_expect(bundle: Path) -> None:
    result = run_headway("predict", "bundle", "bundle/golden/00.png", "--json", folder=bundle.parent)
    expected = read_golden(bundle / GOLDEN).images[0].detections

    assert 0 == result.returncode, result.stderr
    assert [(found.class_name, pytest.approx(found.score, abs=1e-3)) for found in expected] == [
        (found["class"], found["score"]) for found in json.loads(result.stdout)["images"][0]["detections"]
    ]


def test_boxes_are_drawn_into_a_file_of_their_own(bundle: Path) -> None:
    before = sha256_file(bundle / "golden/00.png")
    result = run_headway("predict", "bundle", "bundle/golden/00.png", "--out", "seen", folder=bundle.parent)

    assert "bundle/golden/00.png: 2 found, drawn in seen/00.png" == result.stdout.splitlines()[0]
    with Image.open(bundle.parent / "seen/00.png") as drawn:
        assert max(drawn.size) >= 640
    assert before == sha256_file(bundle / "golden/00.png")


def test_a_threshold_replaces_the_bundles(bundle: Path) -> None:
    arguments = ["predict", "bundle", "bundle/golden/00.png", "--threshold", "0.99", "--json"]
    result = run_headway(*arguments, folder=bundle.parent)

    assert [] == json.loads(result.stdout)["images"][0]["detections"]


def test_nothing_beyond_the_edge_extra_is_imported(bundle: Path) -> None:
    result = subprocess.run(
        [sys.executable, "-c", ONLY_EDGE], cwd=bundle.parent, capture_output=True, text=True, check=False, timeout=60
    )

    assert "[]" == result.stdout.splitlines()[-1]


def test_a_model_that_the_manifest_does_not_vouch_for_is_not_run(bundle: Path) -> None:
    with (bundle / MODEL).open("ab") as file:
        file.write(b"\x00")
    result = run_headway("predict", "bundle", "bundle/golden/00.png", folder=bundle.parent)

    assert 2 == result.returncode
    assert "error: bundle/model.onnx is not the file in the manifest\n" in result.stderr
    assert "hint: run: headway bundle verify bundle\n" in result.stderr


def test_what_is_no_image_is_named(bundle: Path) -> None:
    result = run_headway("predict", "bundle", "bundle/labels.json", folder=bundle.parent)

    assert 2 == result.returncode
    assert "error: bundle/labels.json: not an image" in result.stderr


def test_a_folder_in_place_of_an_image_is_named(bundle: Path) -> None:
    result = run_headway("predict", "bundle", "bundle/golden", folder=bundle.parent)

    assert 2 == result.returncode
    assert "error: bundle/golden is a folder, not an image\nhint: name the image files in it\n" == result.stderr


def test_a_file_in_place_of_the_output_folder_is_named(bundle: Path) -> None:
    result = run_headway("predict", "bundle", "bundle/golden/00.png", "--out", "bundle/card.md", folder=bundle.parent)

    assert 2 == result.returncode
    assert "error: bundle/card.md: File exists\nhint: " in result.stderr


@pytest.mark.parametrize(
    ("images", "out", "targets"),
    [
        (["a/x.jpg", "b/x.JPG"], "out", ["out/x.jpg", "out/x-2.jpg"]),
        (["a/x.png"], "a", ["a/x-2.png"]),
        (["a/x.png", "a/x-2.png"], "a", ["a/x-3.png", "a/x-2-2.png"]),
        (["a/x.webp"], "a", ["a/x.png"]),
    ],
    ids=["same stem", "beside the original", "beside a lookalike", "another kind"],
)
def test_drawn_files_overwrite_neither_originals_nor_one_another(
    images: list[str], out: str, targets: list[str]
) -> None:
    assert [Path(target) for target in targets] == choose_targets([Path(image) for image in images], Path(out))

"""`headway data split` as a user runs it: the ledger, the table, and what a second run does."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from headway.contracts.canonical import sha256_file
from headway.data.ledger import read_ledger
from tests.cli.command import run_headway
from tests.data.sources import voc_object, write_text

COUNT = 40
LEDGER = Path("data/cups.splits.csv")
PARAMS = f"""\
prepare:
  source: data/cups
  classes: data/cups.classes.yaml
  ledger: {LEDGER}
  min_boxes: 2
"""
BOX = voc_object("cup", 10, 10, 50, 40)


def write_photo(folder: Path, stem: str, seed: int, *, brightness: float = 1.0, objects: str = BOX) -> None:
    """Write a soft picture, which keeps its perceptual hash when it gets brighter, and its annotation."""
    pixels = np.random.default_rng(seed).integers(20, 200, (8, 8, 3)) * brightness
    path = folder / "JPEGImages" / f"{stem}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels.astype(np.uint8)).resize((96, 96), Image.Resampling.BICUBIC).save(path)
    size = "<size><width>96</width><height>96</height></size>"
    write_text(
        folder / "Annotations" / f"{stem}.xml",
        f"<annotation>\n<filename>{stem}.png</filename>\n{size}\n{objects}\n</annotation>\n",
    )


def write_project(root: Path, numbers: Iterable[int] = range(COUNT)) -> Path:
    write_text(root / "params.yaml", PARAMS)
    write_text(root / "data/cups.classes.yaml", "schema_version: 1\nclasses:\n  cup: 0\n")
    for number in numbers:
        write_photo(root / "data/cups", f"photo{number:02}", number)
    return root


def run_split(root: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run_headway("data", "split", *options, folder=root, **environment)


def split_json(root: Path, *options: str) -> dict[str, Any]:
    done = run_split(root, "--json", *options)
    assert 0 == done.returncode, done.stderr
    return dict(json.loads(done.stdout))


def split_of(root: Path, stem: str) -> str:
    return read_ledger(root / LEDGER)[sha256_file(root / "data/cups/JPEGImages" / f"{stem}.png")]


def stems_of(root: Path, split: str) -> list[str]:
    return [stem for number in range(COUNT) if split == split_of(root, stem := f"photo{number:02}")]


@pytest.fixture(scope="module")
def split_once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    root = write_project(tmp_path_factory.mktemp("project"))
    done = run_split(root)
    assert 0 == done.returncode, done.stderr
    return root, done.stdout


@pytest.fixture
def project(split_once: tuple[Path, str], tmp_path: Path) -> Path:
    """A project whose images all have their split."""
    return shutil.copytree(split_once[0], tmp_path / "project")


def test_every_image_gets_a_line_and_the_table_counts_them(split_once: tuple[Path, str]) -> None:
    root, output = split_once
    ledger = read_ledger(root / LEDGER)
    digests = {sha256_file(path) for path in (root / "data/cups/JPEGImages").iterdir()}
    assert digests == set(ledger)
    counts = [list(ledger.values()).count(split) for split in ("train", "val", "test")]
    table = [line.split() for line in output.splitlines() if line]
    assert ["train", "val", "test"] == table[0]
    for label, row in zip(("images", "new", "boxes", "cup"), table[1:], strict=False):
        assert [label, *map(str, counts)] == row
    assert f"added 40 images to {LEDGER}; commit it" in output


def test_a_second_run_has_nothing_to_do(project: Path) -> None:
    before = (project / LEDGER).read_bytes()
    done = run_split(project)
    assert 0 == done.returncode
    assert "nothing to do" in done.stdout
    assert before == (project / LEDGER).read_bytes()


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    root = write_project(tmp_path, range(30))
    assert 30 == split_json(root, "--dry-run")["added"]
    assert not (root / LEDGER).exists()


def test_neither_the_order_of_files_nor_the_hash_seed_matters(project: Path, tmp_path: Path) -> None:
    other = write_project(tmp_path / "other", reversed(range(COUNT)))
    done = run_split(other, PYTHONHASHSEED="77")
    assert 0 == done.returncode, done.stderr
    assert (project / LEDGER).read_bytes() == (other / LEDGER).read_bytes()


def test_near_duplicates_follow_their_originals_and_never_reach_train_from_test(project: Path) -> None:
    before = (project / LEDGER).read_bytes()
    for number in range(COUNT):
        write_photo(project / "data/cups", f"bright{number:02}", number, brightness=1.15)

    report = split_json(project)

    assert COUNT == report["added"]
    assert (project / LEDGER).read_bytes().startswith(before)
    expected = {"train": "train", "val": "val", "test": "fresh"}
    for number in range(COUNT):
        assert expected[split_of(project, f"photo{number:02}")] == split_of(project, f"bright{number:02}")


def test_an_image_that_copies_both_sides_is_quarantined(project: Path) -> None:
    # What was added by hand links the two: the ledger says so of the copy's bytes.
    train, test = stems_of(project, "train")[0], stems_of(project, "test")[0]
    number = int(train.removeprefix("photo"))
    write_photo(project / "data/cups", "between", number, brightness=1.1)
    write_photo(project / "data/cups", "new", number, brightness=1.2)
    between = sha256_file(project / "data/cups/JPEGImages/between.png")
    with (project / LEDGER).open("a") as ledger:
        ledger.write(f"{between},{split_of(project, test)}\n")

    report = split_json(project)

    assert ["new"] == [problem["image_id"] for problem in report["quarantined"]]
    assert 0 == report["added"]


def test_freezing_moves_fresh_images_to_test_by_new_lines(project: Path) -> None:
    stem = stems_of(project, "test")[0]
    write_photo(project / "data/cups", "new", int(stem.removeprefix("photo")), brightness=1.15)
    assert 1 == split_json(project)["splits"]["fresh"]["images"]
    before = (project / LEDGER).read_bytes()

    report = split_json(project, "--freeze")

    assert (1, 0) == (report["frozen"], report["splits"]["fresh"]["images"])
    assert "test" == split_of(project, "new")
    assert (project / LEDGER).read_bytes().startswith(before)


def test_data_that_cannot_be_used_are_not_split(project: Path) -> None:
    before = (project / LEDGER).read_bytes()
    write_photo(project / "data/cups", "new", 99, objects=voc_object("cup", 30, 30, 30, 30))
    done = run_split(project)
    assert 2 == done.returncode
    assert "[box-no-area]" in done.stderr
    assert before == (project / LEDGER).read_bytes()


def test_a_ledger_that_was_rewritten_since_the_last_commit_is_refused(project: Path) -> None:
    identity = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    for arguments in (["init", "-q"], ["add", "data/cups.splits.csv"], ["commit", "-qm", "Split"]):
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True)
    text = (project / LEDGER).read_text()
    (project / LEDGER).write_text(text.replace(",test\n", ",train\n"))
    done = run_split(project)
    assert 2 == done.returncode
    assert "may only grow" in done.stderr
    assert "was changed to train" in done.stderr

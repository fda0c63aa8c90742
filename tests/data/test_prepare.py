"""The prepare stage, on real files."""

from __future__ import annotations

import hashlib
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.dataset import SPLITS, PreparedDataset, count_boxes, read_dataset, read_problems
from headway.contracts.params.prepare import PrepareParams
from headway.data.examine import Records
from headway.data.findings import Findings
from headway.data.prepare import file_stem, prepare, report
from headway.data.readers.detect import open_source
from headway.data.readers.yolo import read_yolo
from headway.data.scan import Scanner
from headway.errors import InputError
from headway.integrations.imagehash import hash_image
from headway.integrations.pillow.inspection import make_inspector
from headway.integrations.pillow.reading import read_image_size
from tests.conftest import ROOT
from tests.data.sources import SIZE, quiet, voc_object, write_image, write_voc, write_yolo

ROW = "0 0.5 0.5 0.25 0.5\n"
BOTH = ROW + "1 0.123456789012345 0.5 0.1 0.9\n"
ROWS = {"train/a": BOTH, "train/b": ROW, "train/c": "", "val/a": BOTH, "test/a": BOTH}


def run(source: Path, out: Path, **params: Any) -> PreparedDataset:
    wanted, findings = PrepareParams(**params), Findings(params.get("policy", {}))
    with Scanner(make_inspector(hash_image), read_image_size, cache=None) as scanner:
        found = open_source(source, wanted.format, read_image_size=scanner.size, findings=findings)
        return prepare(found, wanted, Records(None, {}), scanner, findings, out, progress=quiet)


def contents(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_what_is_written_is_what_is_returned(tmp_path: Path) -> None:
    dataset = run(write_yolo(tmp_path / "set", ROWS), tmp_path / "out")
    assert dataset == read_dataset(tmp_path / "out")
    assert [("train", 3), ("val", 1), ("test", 1)] == [(s, len(dataset.split(s))) for s in ("train", "val", "test")]


def test_images_are_copied_byte_for_byte(tmp_path: Path) -> None:
    dataset = run(write_yolo(tmp_path / "set", ROWS), tmp_path / "out")
    for record in dataset.records:
        original = tmp_path / "set/images" / f"{record.image_id}.png"
        assert original.read_bytes() == dataset.image_path(record).read_bytes()
        assert record.sha256 == hashlib.sha256(original.read_bytes()).hexdigest()
        assert SIZE == (record.width, record.height)


def test_prepared_folder_is_a_yolo_data_set_with_the_same_boxes(tmp_path: Path) -> None:
    dataset = run(write_yolo(tmp_path / "set", ROWS), tmp_path / "out")
    again = read_yolo(tmp_path / "out", read_image_size=read_image_size, findings=Findings())
    boxes = {Path(dataset.root / record.file): record.boxes for record in dataset.records}
    assert dataset.classes == again.classes
    for image in again.images:
        for expected, found in zip(boxes[image.path], image.boxes, strict=True):
            assert expected.class_name == found.class_name
            assert (expected.x_min, expected.y_max) == pytest.approx((found.x_min, found.y_max), rel=1e-9)


def test_ultralytics_resolves_the_prepared_folder_wherever_it_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from ultralytics.data.utils import check_det_dataset  # slow to import, and only needed here

    run(write_yolo(tmp_path / "set", ROWS), tmp_path / "out")
    (tmp_path / "out").rename(tmp_path / "moved")
    monkeypatch.chdir(tmp_path / "set")
    found = check_det_dataset(str(tmp_path / "moved/data.yaml"), autodownload=False)
    assert str((tmp_path / "moved/images/val").resolve()) == found["val"]
    assert {0: "cup", 1: "jar"} == found["names"]


def test_equal_inputs_give_equal_bytes_wherever_they_lie(tmp_path: Path) -> None:
    run(write_yolo(tmp_path / "one/set", ROWS), tmp_path / "one/out")
    run(write_yolo(tmp_path / "two/other", ROWS), tmp_path / "two/out")
    assert contents(tmp_path / "one/out") == contents(tmp_path / "two/out")


def test_the_source_is_only_read(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS)
    before = contents(source)
    for path in (source, *source.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    run(source, tmp_path / "out")
    assert before == contents(source)


def test_the_prepared_copy_of_a_read_only_source_can_be_replaced(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS)
    for path in source.rglob("*.png"):
        path.chmod(0o444)
    assert run(source, tmp_path / "out") == run(source, tmp_path / "out")


def test_voc_and_yolo_of_the_same_boxes_have_the_same_records(tmp_path: Path) -> None:
    names = ("a", "b", "c")
    voc = write_voc(
        tmp_path / "voc",
        dict.fromkeys(names, voc_object("cup", 24, 12, 40, 36)),
        {"train": ["a"], "val": ["b"], "test": ["c"]},
    )
    yolo = write_yolo(tmp_path / "yolo", {"train/a": ROW, "val/b": ROW, "test/c": ROW}, names=["cup"])
    boxes = [
        {record.split: record.boxes for record in run(source, tmp_path / f"{source.name}-out").records}
        for source in (voc, yolo)
    ]
    assert boxes[0] == boxes[1]


def test_given_splits_can_be_set_aside(tmp_path: Path) -> None:
    rows = {f"train/{number:03}": BOTH for number in range(60)}
    source = write_yolo(tmp_path / "set", rows | {"val/x": BOTH, "test/x": BOTH})
    assert 60 == len(run(source, tmp_path / "kept").split("train"))
    assert len(run(source, tmp_path / "anew", given_splits="ignore").split("train")) < 60


def test_problems_are_listed_in_full_and_counted_in_the_report(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS | {"train/d": "0 0.5 0.5 0 0\n" * 30})
    dataset = run(source, tmp_path / "out", policy={"box-no-area": "drop"})
    problems = read_problems(tmp_path / "out")
    written = report(dataset, problems)["problems"]
    assert ["labels/train/d.txt:30: cup box (32, 24, 32, 24) has no area"] == [str(p) for p in problems if p.line == 30]
    assert {"label-empty": 1, "box-no-area": 30, "class-rare": 2} == written["by_code"]
    assert (33, 20) == (written["count"], len(written["first"]))


def test_bad_boxes_stop_the_run_by_default(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS | {"train/d": "0 0.5 0.5 0 0\n0 0.9 0.5 0.5 0.1\n"})
    with pytest.raises(InputError) as caught:
        run(source, tmp_path / "out")
    assert "labels/train/d.txt:1: cup box (32, 24, 32, 24) has no area" in caught.value.message
    assert "labels/train/d.txt:2: " in caught.value.message
    assert "box-no-area: drop" in caught.value.hint


def test_a_refused_source_leaves_the_last_good_one(tmp_path: Path) -> None:
    run(write_yolo(tmp_path / "good", ROWS), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(InputError):
        run(write_yolo(tmp_path / "bad", ROWS | {"train/d": "x\n"}), tmp_path / "out")
    assert before == contents(tmp_path / "out")
    assert {"good", "bad", "out"} == {path.name for path in tmp_path.iterdir()}


def test_truncated_images_are_all_named(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS)
    for name in ("train/a", "test/a"):
        path = source / f"images/{name}.png"
        path.write_bytes(path.read_bytes()[:-2000])
    with pytest.raises(InputError) as caught:
        run(source, tmp_path / "out")
    assert "train/a.png: " in caught.value.message
    assert "test/a.png: " in caught.value.message


def test_images_with_one_id_are_refused(tmp_path: Path) -> None:
    source = write_yolo(tmp_path / "set", ROWS)
    write_image(source / "images/train/a.jpg")
    with pytest.raises(InputError, match="2 images have the id 'train/a'"):
        run(source, tmp_path / "out")


IDS = st.text(alphabet="ab~/01x", min_size=1) | st.text(alphabet="ab/", min_size=150, max_size=300)


@given(one=IDS, other=IDS)
def test_different_ids_never_share_a_file_name(one: str, other: str) -> None:
    assert (one == other) == (file_stem(one) == file_stem(other))


@given(image_id=IDS | st.text(min_size=1))
def test_a_file_name_is_one_short_path_part(image_id: str) -> None:
    assert "/" not in file_stem(image_id)
    assert len(file_stem(image_id).encode(errors="surrogatepass")) <= 180


KILLED = """
import sys
from pathlib import Path
from tests.data.test_prepare import run
run(Path(sys.argv[1]), Path(sys.argv[2]))
"""


@pytest.mark.parametrize("moment", ["reading", "copying", "replacing"])
def test_a_kill_leaves_the_old_folder_or_the_new_one(tmp_path: Path, moment: str) -> None:
    rows = {f"{split}/{number:03}": BOTH for split in SPLITS for number in range(100)}
    old, new = write_yolo(tmp_path / "old", ROWS), write_yolo(tmp_path / "new", rows)
    run(new, tmp_path / "expected")
    run(old, tmp_path / "out")
    whole = [contents(tmp_path / "out"), contents(tmp_path / "expected")]
    partial, replaced = tmp_path / ".out.partial", tmp_path / ".out.replaced.partial"
    sign = {"reading": partial, "copying": partial / "labels/val", "replacing": replaced}[moment]
    process = subprocess.Popen([sys.executable, "-c", KILLED, str(new), str(tmp_path / "out")], cwd=ROOT)
    while process.poll() is None and not sign.exists():
        time.sleep(0.0002)
    process.kill()
    assert moment == "replacing" or process.wait() == -signal.SIGKILL
    process.wait()
    if moment == "replacing" and not (tmp_path / "out").exists():
        whole.append({})  # between the two renames there is no folder at all
    assert contents(tmp_path / "out") in whole
    assert run(new, tmp_path / "out") == read_dataset(tmp_path / "out")
    assert not list(tmp_path.glob(".*"))


def test_bccd_names_its_two_boxes_without_area(shared_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        run(shared_folder / "datasets/bccd", tmp_path / "out")
    lines = caught.value.message.splitlines()
    assert "  Annotations/BloodImage_00338.xml:158: RBC box (504, 337, 504, 337) has no area [box-no-area]" == lines[1]
    assert "  Annotations/BloodImage_00343.xml:50: RBC box (181, 329, 181, 329) has no area [box-no-area]" == lines[2]
    assert 3 == len(lines)


def test_bccd_keeps_all_but_its_two_boxes_without_area(shared_folder: Path, tmp_path: Path) -> None:
    dataset = run(shared_folder / "datasets/bccd", tmp_path / "out", policy={"box-no-area": "drop"})
    assert {"Platelets": 361, "RBC": 4153, "WBC": 372} == count_boxes(dataset.records)
    codes = ["box-no-area", "box-no-area", "image-near-duplicate", "image-similar", "leak-near-duplicate"]
    assert codes == [problem.code for problem in read_problems(tmp_path / "out")]


def test_grocery_shelf_is_refused_for_the_class_that_train_lacks(shared_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="class 'Egg' has no box in train, but 20 in test"):
        run(shared_folder / "datasets/grocery_shelf", tmp_path / "out")

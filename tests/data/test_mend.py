"""Which policies mend, what they are said to have done, and when nothing may be written."""

from __future__ import annotations

from pathlib import Path

import pytest

from headway.contracts.dataset import Box
from headway.contracts.problem import Problem
from headway.data.findings import Findings
from headway.data.mend import fixing_policies, list_mends, write_mended
from headway.data.readers.records import Record, read_records
from headway.data.source import Source, SourceImage
from headway.errors import InputError

BAD_BOX = Problem("box-no-area", "cup box has no area", "a.txt", 1, image_id="a", box=0)
BAD_ROW = Problem("label-number", "'x' is not a number", "a.txt", 2, image_id="a")
BAD_IMAGE = Problem("image-dark", "dark", "a.png", image_id="a")
SET_WIDE = Problem("class-not-in-train", "no box in train")


def test_what_fails_by_default_is_mended() -> None:
    assert {"box-no-area": "drop", "box-outside": "keep", "label-separator": "keep"}.items() <= fixing_policies(
        {}
    ).items()


def test_what_params_fail_is_mended() -> None:
    assert "keep" == fixing_policies({"box-outside": "fail"})["box-outside"]


def test_what_params_keep_or_drop_stays_so() -> None:
    policies = fixing_policies({"box-outside": "drop", "box-duplicate": "keep", "image-dark": "fail"})
    assert ("drop", "keep", "fail") == (policies["box-outside"], policies["box-duplicate"], policies["image-dark"])


def test_dropped_rows_and_images_are_mends() -> None:
    findings = Findings({"box-no-area": "drop", "image-dark": "drop"}, [BAD_IMAGE, BAD_BOX])
    assert [(BAD_BOX, "left out"), (BAD_IMAGE, "left out")] == list_mends(findings, kept=set())


def test_what_is_kept_as_it_is_is_no_mend() -> None:
    findings = Findings({}, [BAD_IMAGE, Problem("box-tiny", "tiny", "a.txt", 1, image_id="a", box=0)])
    assert [] == list_mends(findings, kept={"a"})


def written(problem: Problem, folder: Path, monkeypatch: pytest.MonkeyPatch, path: str = "jars") -> Path | None:
    monkeypatch.chdir(folder)
    image = SourceImage("a", folder / "jars/a.png", (Box("cup", 1, 2, 3, 4),), "a.txt", (1,), "train")
    source = Source("yolo", folder / "jars", ("cup",), ())
    findings = Findings(fixing_policies({}), [problem])
    return write_mended(Path(path), source, findings, [Record(image, "0" * 64, 64, 48)], ("cup",)).file


def test_records_name_the_images_relative_to_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "jars").mkdir()
    (tmp_path / "jars/a.png").write_bytes(b"an image")
    assert Path("data/jars-mended.jsonl") == written(BAD_BOX, tmp_path, monkeypatch)
    source = read_records(Path("data/jars-mended.jsonl"), read_image_size=lambda _: (64, 48), findings=Findings())
    (image,) = source.images
    assert (tmp_path / "jars/a.png").samefile(image.path)
    assert (("cup",), (Box("cup", 1, 2, 3, 4),)) == (source.classes, image.boxes)


def test_nothing_is_written_where_a_row_would_be_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(BAD_ROW, tmp_path, monkeypatch) is None
    assert [] == list(tmp_path.iterdir())


def test_nothing_is_written_where_nothing_is_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert written(SET_WIDE, tmp_path, monkeypatch) is None
    assert [] == list(tmp_path.iterdir())


def test_records_are_not_written_over_themselves(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="is the data set itself"):
        written(BAD_BOX, tmp_path, monkeypatch, path="data/jars-mended.jsonl")

from __future__ import annotations

import json
import sys
from pathlib import Path

from headway.cli.summary import find_places, render
from headway.contracts.layout import ModelFiles
from headway.contracts.scorecard import ClassScore, FreshScore
from tests.cli.command import run_headway
from tests.finished_run import at_threshold, latency, scorecard, write_finished_run

GOLDEN = """\
detector on 12 test images with 30 boxes, input 160 px

mAP50-95   0.512     small -   medium 0.400   large 0.600   (by object size)
mAP50      0.861
mAP75      0.550     scored with faster-coco-eval 1.8.2

At confidence 0.312 (best F1 on val), IoU 0.50:
precision  0.857     recall 0.800   F1 0.828   (24 found, 4 false, 6 missed)

class       boxes  mAP50-95   mAP50  precision  recall      F1
can            30     0.512   0.861      0.857   0.800   0.828
box/large       0         -       -          -       -       -

calibration error 0.043 (0 = a score is the chance of being right)
share of mAP50-95 left under a corruption, weak and strong:
  dark 98% 49%             noise -

latency    p50 12.1 ms, p95 13.2 ms, p99 15.2 ms at batch 1
throughput 95.3 images/s at batch 8
on AMD EPYC 7763 64-Core Processor, 2 of 128 cores, 2 threads, onnxruntime
   1.27.0 on CPUExecutionProvider

report     models/detector/bundle/card.md
bundle     models/detector/bundle
scorecard  reports/scorecard.json
mlflow     .headway/mlflow.db
           (make ui opens the MLflow store)
"""


def test_the_summary_reads_as_a_page(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    ended = run_headway("summary", folder=tmp_path)
    assert (0, "", GOLDEN) == (ended.returncode, ended.stderr, ended.stdout)


def test_the_summary_as_json_holds_the_scorecard_and_the_places(tmp_path: Path) -> None:
    write_finished_run(tmp_path)
    printed = json.loads(run_headway("summary", "--json", folder=tmp_path).stdout)
    assert scorecard().model_dump(mode="json") == printed["scorecard"]
    assert "models/detector/bundle" == printed["places"]["bundle"]


def test_many_classes_with_long_names_stay_within_80_columns() -> None:
    classes = tuple(
        ClassScore(
            name=f"{number:02} " + "very " * 12, boxes=1, map50_95=0.9 - number / 100, map50=1.0,
            at_threshold=at_threshold(1, 0, 0),
        )
        for number in range(30)
    )  # fmt: skip
    text = render("detector", scorecard(per_class=classes), latency(), {})
    assert 80 >= max(map(len, text.splitlines()))
    assert "the 20 weakest of 30 classes; all of them: reports/scorecard.json" in text
    assert "29 very" in text
    assert "09 very" not in text


def test_fresh_images_have_a_line_of_their_own() -> None:
    fresh = FreshScore(images=12345, boxes=67890, map50_95=0.48, map50=None)
    lines = render("detector", scorecard(fresh=fresh), latency(), {}).splitlines()
    assert "fresh      0.480     mAP50 -   (mAP50-95, 12345 newer images, 67890 boxes)" == lines[5]


def test_a_tracking_server_is_named_without_its_password() -> None:
    places = find_places(Path(), ModelFiles("detector"), {"MLFLOW_TRACKING_URI": "https://me:secret@mlflow.example/x"})
    assert "https://mlflow.example/x" == places["mlflow"]


def test_without_a_scorecard_the_summary_says_what_to_run(tmp_path: Path) -> None:
    ended = run_headway("summary", folder=tmp_path)
    assert (2, "error: reports/scorecard.json does not exist\nhint: run: dvc repro evaluate\n") == (
        ended.returncode,
        ended.stderr,
    )


def test_the_summary_imports_neither_torch_nor_mlflow() -> None:
    from subprocess import run

    code = (
        "import sys, headway.cli.summary; print([name for name in ('torch', 'mlflow', 'dvc') if name in sys.modules])"
    )
    ended = run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert "[]\n" == ended.stdout

"""`headway data import`, in a folder of its own."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from headway.cli.data.import_ import import_
from headway.data.classes import read_registry
from headway.data.findings import Findings
from headway.data.ledger import read_ledger
from headway.data.readers.detect import open_source
from headway.errors import NO, YES, InputError
from headway.integrations.pillow.reading import read_image_size
from tests.cli.command import run_headway
from tests.data.readers.formats import WRITERS, Row, read, row, write_as_coco, write_as_csv
from tests.data.sources import write_text

ROWS: dict[str, list[Row]] = {
    "train/0": [row("jar", "1", "2", "20.125", "30"), row("cup", "30", "2", "50", "30")],
    "train/1": [row("cup", "1", "2", "20", "30")],
    "train/2": [],
}
BAD = {**ROWS, "train/2": [row("cup", "5", "5", "5", "9")]}


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty project; it is the working directory."""
    (tmp_path / "project").mkdir()
    monkeypatch.chdir(tmp_path / "project")
    return tmp_path / "project"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(import_, [*map(str, arguments)], standalone_mode=False)


def imported(*arguments: object) -> dict[str, Any]:
    """Import, which has to do, and return its report."""
    result = run(*arguments, "--json")
    assert YES == result.return_value, result.output
    values = json.loads(result.stdout)
    assert isinstance(values, dict)
    return values


def test_records_registry_and_ledger_are_written(project: Path) -> None:
    values = imported(write_as_coco(Path("raw"), ROWS))

    assert {"source": "data/raw.jsonl", "classes": "data/raw.classes.yaml", "ledger": "data/raw.splits.csv"} == values[
        "params"
    ]
    opened = read("records", project / "data/raw.jsonl")
    assert {name: tuple(one.box for one in found) for name, found in ROWS.items()} == {
        image.image_id: image.boxes for image in opened.images
    }
    assert ("cup", "jar") == read_registry(project / "data/raw.classes.yaml")
    assert {} == read_ledger(project / "data/raw.splits.csv")
    assert (3, 3, {"cup": 2, "jar": 1}) == (values["images"], values["boxes"], values["boxes_per_class"])


def test_label_digest_is_equal_in_every_format(project: Path) -> None:
    digests = {imported(write(Path(name), ROWS))["label_digest"] for name, write in WRITERS.items()}

    assert 1 == len(digests)


def test_lines_for_params_are_printed(project: Path) -> None:
    output = run(write_as_coco(Path("raw"), ROWS)).stdout

    assert output.endswith(
        "in params.yaml:\nprepare:\n  source: data/raw.jsonl\n  classes: data/raw.classes.yaml\n"
        "  ledger: data/raw.splits.csv\n"
    )


def test_relative_root_is_kept_relative(project: Path) -> None:
    write_as_coco(project.parent / "raw", ROWS)
    imported("../raw", "--out", "sets/x.jsonl")

    assert "../../raw" == json.loads((project / "sets/x.jsonl").read_text().partition("\n")[0])["root"]


def test_absolute_root_is_kept_absolute(project: Path) -> None:
    folder = write_as_coco(project.parent / "raw", ROWS)
    imported(folder)

    assert str(folder) == json.loads((project / "data/raw.jsonl").read_text().partition("\n")[0])["root"]


def test_problem_that_fails_is_listed_and_nothing_is_written(project: Path) -> None:
    result = run(write_as_csv(Path("raw"), BAD))

    assert NO == result.return_value
    assert "boxes.csv:5: cup box (5, 5, 5, 9) has no area [box-no-area]" in result.stdout.splitlines()
    assert not (project / "data").exists()


def test_policy_lets_a_problem_pass(project: Path) -> None:
    write_text(project / "params.yaml", "prepare:\n  policy: {box-no-area: drop}\n")
    values = imported(write_as_csv(Path("raw"), BAD))

    assert (3, 1) == (values["boxes"], values["problems"]["box-no-area"])


def test_new_class_needs_consent(project: Path) -> None:
    imported(write_as_csv(Path("raw"), {"train/0": [row("jar", "1", "2", "20", "30")]}))
    before = (project / "data/raw.jsonl").read_bytes()
    write_as_csv(Path("raw"), ROWS)

    result = run("raw")

    assert NO == result.return_value
    assert "class 'cup' is not in the registry" in result.stdout and "--add-classes" in result.stdout
    assert before == (project / "data/raw.jsonl").read_bytes()
    assert ["jar", "cup"] == imported("raw", "--add-classes")["classes"]


def test_other_numbering_is_refused(project: Path) -> None:
    imported(write_as_csv(Path("raw"), {"train/0": [row("jar", "1", "2", "20", "30")]}), "--out", "data/x.jsonl")

    result = run(write_as_coco(Path("coco"), ROWS), "--out", "data/x.jsonl", "--add-classes")

    assert NO == result.return_value
    assert "[class-order-changed]" in result.stdout


def test_ledger_is_left_as_it_is(project: Path) -> None:
    imported(write_as_coco(Path("raw"), ROWS))
    line = f"sha256,split\n{'0' * 64},test\n"
    write_text(project / "data/raw.splits.csv", line)
    imported("raw")

    assert line == (project / "data/raw.splits.csv").read_text()


def test_importing_again_gives_equal_bytes(project: Path) -> None:
    imported(write_as_coco(Path("raw"), ROWS))
    before = (project / "data/raw.jsonl").read_bytes()
    imported("raw")

    assert before == (project / "data/raw.jsonl").read_bytes()


def test_other_file_is_not_overwritten(project: Path) -> None:
    write_text(project / "notes.jsonl", "mine")

    assert isinstance(run(write_as_coco(Path("raw"), ROWS), "--out", "notes.jsonl").exception, InputError)
    assert "mine" == (project / "notes.jsonl").read_text()


def test_folder_without_a_data_set_exits_2(project: Path) -> None:
    finished = run_headway("data", "import", ".", folder=project)

    assert (2, "") == (finished.returncode, finished.stdout)
    assert "error: " in finished.stderr and "hint: " in finished.stderr


def test_an_archive_is_unpacked_where_it_is_told_and_imported(project: Path) -> None:
    packed = Path(shutil.make_archive("packed", "zip", write_as_coco(project.parent / "raw", ROWS)))

    refused = run(packed).exception

    assert isinstance(refused, InputError)
    assert "unpack it into a new folder: --unpack data/packed" == refused.hint
    assert 3 == imported(packed, "--unpack", "data/unpacked")["images"]
    assert (project / "data/unpacked.jsonl").is_file()


def codes(path: object) -> dict[str, int]:
    found = Findings()
    list(open_source(Path(str(path)), "records", read_image_size=read_image_size, findings=found).images)
    return found.counts()


def test_notes_on_labels_are_still_told_of_the_records(project: Path) -> None:
    imported(write_as_coco(Path("raw"), ROWS))

    assert {"label-empty": 1} == codes("data/raw.jsonl") or {"image-without-label": 1} == codes("data/raw.jsonl")


def test_what_was_left_out_is_still_told_of_the_records(project: Path) -> None:
    write_text(project / "params.yaml", "prepare: {policy: {box-no-area: drop}}\n")
    imported(write_as_coco(Path("raw"), BAD))

    assert 1 == codes("data/raw.jsonl")["settled-at-import"]


def test_mended_records_are_imported_and_split(project: Path) -> None:
    write_as_coco(Path("raw"), {**BAD, **{f"{split}/{n}": ROWS["train/0"] for split in ("val", "test") for n in "ab"}})
    assert NO == run("raw").return_value
    assert (
        "go on with: headway data import data/raw-mended.jsonl"
        in run_headway("data", "check", "raw", "--fix", folder=project).stdout
    )
    before = (project / "data/raw-mended.jsonl").read_bytes()

    values = imported("data/raw-mended.jsonl")

    assert "data/raw-mended.classes.yaml" == values["params"]["classes"]
    assert before == (project / "data/raw-mended.jsonl").read_bytes()


def commit(message: str) -> None:
    subprocess.run(["git", "add", "--all"], check=True)
    identity = ["-c", "user.name=Test", "-c", "user.email=test@example.org"]
    subprocess.run(["git", *identity, "commit", "--quiet", "--message", message], check=True)


def test_a_registry_that_was_deleted_is_not_made_anew_in_another_order(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    imported(write_as_coco(Path("raw"), ROWS))
    registry = project / "data/raw.classes.yaml"
    commit("Registry")
    write_text(registry, registry.read_text().replace("cup: 0", "jar: 0").replace("jar: 1", "cup: 1"))
    commit("Renumbered")

    refused = run("raw", "--add-classes").exception
    registry.unlink()
    imported("raw")

    assert "class 'cup' was renumbered from 0 to 1" in str(refused)
    assert ("cup", "jar") == read_registry(registry)


def test_a_renumbering_that_was_committed_and_reverted_is_forgiven(project: Path) -> None:
    subprocess.run(["git", "init", "--quiet"], check=True)
    imported(write_as_coco(Path("raw"), ROWS))
    registry = project / "data/raw.classes.yaml"
    good = registry.read_text()
    commit("Registry")
    write_text(registry, good.replace("cup: 0", "jar: 0").replace("jar: 1", "cup: 1"))
    commit("Renumbered")
    write_text(registry, good)
    commit("Reverted")

    assert 3 == imported("raw")["images"]

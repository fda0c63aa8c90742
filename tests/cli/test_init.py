from __future__ import annotations

import itertools
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from headway.adoption.record import RECORD, blob_of, read_record, record_text
from tests.adoption.team import Team

WORKFLOW = ".github/workflows/retrain.yml"
OLD_NAME = "name: retrain-the-old-way\n"
NEW_NAME = "name: retrain\n"


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Team:
    team = Team(tmp_path_factory.mktemp("made") / "team")
    assert 0 == team.init().returncode
    team.commit("headway init")
    return team


@pytest.fixture
def team(made_once: Team, tmp_path: Path) -> Team:
    """Return a repository that was made and committed a moment ago."""
    shutil.copytree(made_once.root, tmp_path / "team")
    return Team(tmp_path / "team")


@pytest.fixture
def older(team: Team) -> Team:
    """Return a repository that an earlier Headway made: its retrain.yml had another name, and it had one file more."""
    team.edit(WORKFLOW, NEW_NAME, OLD_NAME)
    team.write(".github/workflows/gone.yml", "name: gone\n")
    record = read_record((team.root / RECORD).read_bytes())
    rendered = {path: blob_of(team.read(path).encode()) for path in (WORKFLOW, ".github/workflows/gone.yml")}
    earlier = record.model_copy(update={"headway": "0.0.9", "files": {**record.files, **rendered}})
    (team.root / RECORD).write_bytes(record_text(earlier))
    team.commit("headway init, long ago")
    return team


def outcomes(printed: str) -> dict[str, str]:
    return {entry["path"]: entry["outcome"] for entry in json.loads(printed)["files"]}


def changed(team: Team) -> set[str]:
    return {line[3:] for line in team.run("git", "status", "--porcelain", "--untracked-files=all").splitlines()}


def stages(team: Team) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(team.read("dvc.yaml"))["stages"]
    return loaded


def test_an_empty_folder_becomes_a_repository_on_main(tmp_path: Path) -> None:
    team = Team(tmp_path / "new/team")
    (tmp_path / "new").mkdir()
    assert 0 == team.init().returncode
    assert "main" == team.run("git", "symbolic-ref", "--short", "HEAD").strip()


def test_a_second_init_changes_nothing(team: Team) -> None:
    before = team.tree()
    ended = team.init()
    assert (0, before) == (ended.returncode, team.tree())


def test_init_changes_nothing_after_the_team_has_edited_its_files(team: Team) -> None:
    team.edit("params.yaml", "epochs: 20", "epochs: 50")
    team.edit(WORKFLOW, NEW_NAME, "name: ours\n")
    before = team.tree()
    ended = team.init()
    assert (0, before) == (ended.returncode, team.tree()), ended.stdout


def test_dry_run_writes_nothing_and_shows_every_file(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    ended = team.init("--dry-run")
    assert 0 == ended.returncode
    assert not team.root.exists()
    assert "+++ b/.github/workflows/retrain.yml" in ended.stdout.splitlines()
    assert "+name: retrain" in ended.stdout.splitlines()


def test_dry_run_in_a_repository_leaves_every_byte(older: Team) -> None:
    before = older.tree()
    ended = older.init("--update", "--dry-run")
    assert (0, before) == (ended.returncode, older.tree())
    assert {"-name: retrain-the-old-way", "+name: retrain"} <= set(ended.stdout.splitlines())


def test_a_file_that_differs_is_reported_and_left(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    team.write("dvc.yaml", "stages: {}\n")
    ended = team.init("--json")
    assert (1, "kept") == (ended.returncode, outcomes(ended.stdout)["dvc.yaml"])
    assert "stages: {}\n" == team.read("dvc.yaml")
    assert "dvc.yaml" not in read_record((team.root / RECORD).read_bytes()).files


def test_a_team_with_params_of_its_own_gets_no_embedded_data_and_keeps_its_readme(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    team.write("params.yaml", "model: cells\n")
    team.write("README.md", "# Cells\n")
    assert 0 == team.init().returncode
    assert 0 == team.init().returncode
    assert ("model: cells\n", "# Cells\n") == (team.read("params.yaml"), team.read("README.md"))
    assert not (team.root / "data").exists()


def test_lines_are_added_to_ignore_files_and_nothing_else_of_them_is_touched(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    team.write(".gitattributes", "*.png binary\n*.splits.csv merge=union")
    assert 0 == team.init().returncode
    lines = team.read(".gitattributes").splitlines()
    assert ["*.png binary", "*.splits.csv merge=union"] == lines[:2]
    assert 1 == lines.count("*.splits.csv merge=union")
    assert "dvc.lock merge=headway-lock" in lines


def test_a_file_that_the_team_deleted_stays_away(team: Team) -> None:
    (team.root / WORKFLOW).unlink()
    ended = team.init("--json")
    assert (0, "left out") == (ended.returncode, outcomes(ended.stdout)[WORKFLOW])
    assert not (team.root / WORKFLOW).exists()


def test_a_folder_inside_a_repository_is_refused(team: Team) -> None:
    ended = Team(team.root / "models").init()
    assert 2 == ended.returncode
    assert "lies inside the repository" in ended.stderr


def test_nothing_is_written_through_a_symbolic_link(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    team.root.mkdir()
    (tmp_path / "elsewhere").mkdir()
    (team.root / "pipelines").symlink_to(tmp_path / "elsewhere")
    ended = team.init()
    assert (2, []) == (ended.returncode, list((tmp_path / "elsewhere").iterdir()))
    assert ["pipelines"] == [path.name for path in team.root.iterdir()]


def test_an_older_repository_is_told_to_update(older: Team) -> None:
    before = older.tree()
    ended = older.init("--json")
    assert (1, "outdated") == (ended.returncode, outcomes(ended.stdout)[WORKFLOW])
    assert before == older.tree()


def test_update_replaces_what_nobody_edited_and_removes_what_is_no_more(older: Team, made_once: Team) -> None:
    ended = older.init("--update")
    assert 0 == ended.returncode, ended.stderr
    assert {WORKFLOW, ".github/workflows/gone.yml", RECORD} == changed(older)
    assert made_once.tree() == older.tree()


def test_update_merges_with_what_the_team_edited(older: Team) -> None:
    older.edit(WORKFLOW, "permissions: {}", "permissions: {}  # ours")
    older.write(".github/workflows/gone.yml", "name: ours now\n")
    older.commit()
    ended = older.init("--update", "--json")
    assert (0, "merged") == (ended.returncode, outcomes(ended.stdout)[WORKFLOW])
    text = older.read(WORKFLOW)
    assert (True, True, False) == (NEW_NAME in text, "permissions: {}  # ours" in text, OLD_NAME in text)
    assert "name: ours now\n" == older.read(".github/workflows/gone.yml")


def test_the_update_after_a_merge_starts_from_what_was_merged(older: Team) -> None:
    older.edit(WORKFLOW, "permissions: {}", "permissions: {}  # ours")
    older.commit()
    assert 0 == older.init("--update").returncode
    older.commit("headway init --update")
    before = older.tree()
    assert (0, before) == (older.init("--update").returncode, older.tree())


def test_a_conflict_is_marked_and_named(older: Team) -> None:
    older.edit(WORKFLOW, OLD_NAME, "name: ours\n")
    older.commit()
    ended = older.init("--update")
    assert 1 == ended.returncode
    assert f"conflict  {WORKFLOW}" in ended.stdout
    text = older.read(WORKFLOW)
    assert "<<<<<<< yours\nname: ours\n=======\nname: retrain\n>>>>>>> Headway 0.1.0\n" in text


def test_a_base_that_no_commit_holds_puts_the_new_rendering_beside(older: Team) -> None:
    record = read_record((older.root / RECORD).read_bytes())
    lost = record.model_copy(update={"files": {**record.files, WORKFLOW: "0" * 40}})
    (older.root / RECORD).write_bytes(record_text(lost))
    older.commit()
    before = older.read(WORKFLOW)
    ended = older.init("--update", "--json")
    assert (1, "new") == (ended.returncode, outcomes(ended.stdout)[f"{WORKFLOW}.headway-new"])
    assert before == older.read(WORKFLOW)
    assert NEW_NAME in older.read(f"{WORKFLOW}.headway-new")


def test_update_needs_a_clean_working_tree(older: Team) -> None:
    older.edit("params.yaml", "epochs: 20", "epochs: 50")
    before = older.tree()
    ended = older.init("--update")
    assert (2, before) == (ended.returncode, older.tree())
    assert "changes that are not committed" in ended.stderr


def test_update_refuses_to_go_back(team: Team) -> None:
    team.edit(RECORD, "headway: 0.1.0", "headway: 99.0.0")
    team.commit()
    ended = team.init("--update")
    assert 2 == ended.returncode
    assert "was rendered by Headway 99.0.0" in ended.stderr


def test_update_needs_a_record(tmp_path: Path) -> None:
    team = Team(tmp_path / "team")
    team.root.mkdir()
    assert 2 == team.init("--update").returncode
    assert [] == list(team.root.iterdir())


def test_a_record_with_conflict_markers_is_named(team: Team) -> None:
    team.edit(RECORD, "headway: 0.1.0", "<<<<<<< a\nheadway: 0.1.0\n=======\nheadway: 0.2.0\n>>>>>>> b")
    ended = team.init()
    assert 2 == ended.returncode
    assert ended.stderr.startswith("error: .headway.yaml cannot be used:")


def test_the_requirement_that_was_asked_for_stays(tmp_path: Path) -> None:
    line = f"headway[train] @ git+https://git.example.org/headway@{'a' * 40}"
    team = Team(tmp_path / "team")
    assert 0 == team.init("--requirement", line).returncode
    assert 0 == team.init().returncode
    assert line in team.read("requirements.txt").splitlines()


def test_an_update_takes_the_version_that_the_team_wrote(team: Team) -> None:
    team.write("requirements.txt", team.read("requirements.txt") + "dvc-s3==3.3.0\n")
    team.edit("requirements.txt", "headway[train]==0.1.0", "headway[train]==0.1.1")
    team.commit("Headway 0.1.1")
    before = team.read("requirements.txt")
    assert (0, before) == (team.init("--update").returncode, team.read("requirements.txt"))
    assert "headway[train]==0.1.1" == read_record((team.root / RECORD).read_bytes()).requirement


def test_params_are_usable(team: Team) -> None:
    assert 0 == team.headway("params", "check").returncode


def test_dvc_sees_the_stages_in_order(team: Team) -> None:
    dag = team.run("dvc", "dag", "--dot")
    order = ["prepare", "train", "export", "evaluate", "package"]
    assert order == list(stages(team))
    assert [] == [pair for pair in itertools.pairwise(order) if f'"{pair[0]}" -> "{pair[1]}"' not in dag]
    assert set(order) == set(json.loads(team.run("dvc", "status", "--json")))


def test_another_headway_runs_every_stage_again(team: Team) -> None:
    assert ["requirements.txt"] * 5 == [stage["deps"][0] for stage in stages(team).values()]

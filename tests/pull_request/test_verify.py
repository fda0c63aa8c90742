"""Each way in which a commit can disagree with itself, made with real Git and real DVC."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import yaml

from headway.cli.verify import verify_revision
from headway.contracts.verification import Verification
from headway.errors import InputError, OutsideError
from tests.pull_request.committed_project import FILES, PIPELINE, CommittedProject, copy_project, make_project

NONE: list[tuple[str, str, str]] = []


@pytest.fixture(scope="module")
def ran_once(tmp_path_factory: pytest.TempPathFactory) -> CommittedProject:
    return make_project(tmp_path_factory.mktemp("ran"))


@pytest.fixture
def project(ran_once: CommittedProject, tmp_path: Path) -> CommittedProject:
    return copy_project(ran_once, tmp_path)


def look(project: CommittedProject, *, remote: bool = False) -> Verification:
    return verify_revision(project.root, remote=None if remote else False)


def disagreements(project: CommittedProject, *, remote: bool = False) -> list[tuple[str, str, str]]:
    """Return (stage, kind, subject) of all that disagrees at HEAD."""
    answer = look(project, remote=remote)
    found: list[tuple[str, str, str]] = [
        (stage.name, one.kind, one.subject) for stage in answer.stages for one in stage.disagreements
    ]
    assert answer.agrees == (not found)
    return found


def unverifiable(project: CommittedProject) -> dict[str, tuple[str, ...]]:
    return {stage.name: stage.unverifiable for stage in look(project).stages if stage.unverifiable}


def edit_lock(project: CommittedProject, stage: str, part: str, path: str, md5: str) -> None:
    lock = project.lock()
    (item,) = [one for one in lock["stages"][stage][part] if one["path"] == path]
    item["md5"] = md5
    project.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))


# What agrees


def test_what_was_run_and_committed_agrees(ran_once: CommittedProject) -> None:
    assert NONE == disagreements(ran_once)


def test_what_was_pushed_agrees_with_the_remote(ran_once: CommittedProject) -> None:
    answer = look(ran_once, remote=True)

    assert ("store", True) == (answer.remote, answer.agrees)


def test_nothing_is_unverifiable_in_plain_files(ran_once: CommittedProject) -> None:
    assert {} == unverifiable(ran_once)


def test_a_clone_without_data_agrees_and_stays_without_data(project: CommittedProject, tmp_path: Path) -> None:
    clone = project.clone(tmp_path / "clone")
    before = sorted(clone.root.rglob("*"))

    assert (NONE, before) == (disagreements(clone), sorted(clone.root.rglob("*")))


def test_only_what_is_committed_is_looked_at(project: CommittedProject) -> None:
    project.write("code/lib/train.sh", "changed, not committed\n")
    project.write("params.yaml", "{}\n")

    assert NONE == disagreements(project)


def test_an_older_commit_is_judged_by_what_it_holds(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()

    assert (False, True) == (look(project).agrees, verify_revision(project.root, "HEAD~1", remote=False).agrees)


def test_running_again_heals_it(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()
    assert NONE != disagreements(project)
    project.dvc("repro", "--quiet")
    project.commit()

    assert NONE == disagreements(project)


def test_the_lock_is_named_by_its_digest(ran_once: CommittedProject) -> None:
    digest = ran_once.run("sha256sum", "dvc.lock").stdout.split()[0]

    assert digest == look(ran_once).lock_sha256


# What disagrees


def test_a_stage_without_entry(project: CommittedProject) -> None:
    lock = project.lock()
    del lock["stages"]["train"]
    project.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))
    project.commit()

    assert [("train", "not-run", "train")] == disagreements(project)


def test_no_lock_at_all(project: CommittedProject) -> None:
    (project.root / "dvc.lock").unlink()
    project.commit()
    answer = look(project)

    assert (None, ("prepare", "train", "evaluate")) == (answer.lock_sha256, answer.to_run)


def test_a_command(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh", "cmd: sh -e code/prepare.sh")
    project.commit()

    assert [("prepare", "command", "cmd")] == disagreements(project)


def test_a_parameter(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "epochs: 3", "epochs: 5")
    project.commit()
    (stage,) = [stage for stage in look(project).stages if stage.disagreements]
    (one,) = stage.disagreements

    assert ("train", "params", "params.yaml:train.epochs") == (stage.name, one.kind, one.subject)
    assert ("3", "5") == (one.expected, one.found)


def test_of_a_section_the_values_that_differ_are_named(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "params: [train.epochs]", "params: [train]")
    project.dvc("repro", "--quiet")
    project.edit_text("params.yaml", "lr: 1.0e-05}", "lr: 0.1, more: {depth: 2}}")
    project.commit()
    (found,) = [stage.disagreements for stage in look(project).stages if stage.disagreements]

    expected = [("params.yaml:train.lr", "1e-05", "0.1"), ("params.yaml:train.more", None, '{"depth": 2}')]
    assert expected == [(one.subject, one.expected, one.found) for one in found]


def test_a_parameter_that_is_gone(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "epochs: 3, ", "")
    project.commit()

    assert [("train", "params", "params.yaml:train.epochs")] == disagreements(project)


@pytest.mark.parametrize("place", ["more.yaml", "http://127.0.0.1:9/more.yaml", "remote://evil/more.yaml"])
def test_parameters_that_no_run_has_read(project: CommittedProject, place: str) -> None:
    project.edit_text("dvc.yaml", "params: [train.epochs]", f"params: [train.epochs, '{place}': [depth]]")
    project.write(
        ".dvc/config",
        f"{(project.root / '.dvc/config').read_text()}['remote \"evil\"']\n    url = http://127.0.0.1:9\n",
    )
    project.commit()

    assert [("train", "params", f"{place}:depth")] == disagreements(project)


def test_a_parameter_that_no_stage_names_may_change(project: CommittedProject) -> None:
    project.edit_text("params.yaml", "lr: 1.0e-05", "lr: 0.1")
    project.commit()

    assert NONE == disagreements(project)


def test_a_byte_of_a_file(project: CommittedProject) -> None:
    project.edit_text("code/prepare.sh", "cp -r", "cp  -r")
    project.commit()

    assert [("prepare", "dependency", "code/prepare.sh")] == disagreements(project)


@pytest.mark.parametrize(
    ("path", "content"), [("code/lib/notes.txt", "other\n"), ("code/lib/new.txt", ""), ("code/lib/notes.txt", None)]
)
def test_a_file_in_a_folder(project: CommittedProject, path: str, content: str | None) -> None:
    if content is None:
        (project.root / path).unlink()
    else:
        project.write(path, content)
    project.commit()

    assert [("train", "dependency", "code/lib")] == disagreements(project)


def test_a_file_that_dvc_ignores_may_change(project: CommittedProject) -> None:
    project.write("code/lib/left.cache", "by some tool\n")
    project.commit()

    assert NONE == disagreements(project)


def test_the_mode_of_a_file_may_change(project: CommittedProject) -> None:
    (project.root / "code/prepare.sh").chmod(0o755)
    project.commit()

    assert NONE == disagreements(project)


def test_a_dependency_that_was_deleted(project: CommittedProject) -> None:
    project.git("rm", "--quiet", "code/prepare.sh")
    project.commit(**{"note.txt": "later\n"})

    assert [("prepare", "dependency", "code/prepare.sh")] == disagreements(project)


def test_a_dependency_that_the_lock_lacks(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "deps: [raw, code/prepare.sh]", "deps: [raw, code/prepare.sh, params.yaml]")
    project.commit()

    assert [("prepare", "dependency", "params.yaml")] == disagreements(project)


def test_an_output_that_the_lock_lacks(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "outs: [weights.txt]", "outs: [weights.txt, more.txt]")
    project.commit()

    assert [("train", "output", "more.txt")] == disagreements(project)


def test_data_behind_a_pointer(project: CommittedProject) -> None:
    pointer = yaml.safe_load((project.root / "raw.dvc").read_text())
    pointer["outs"][0]["md5"] = "0" * 32 + ".dir"
    project.commit(**{"raw.dvc": yaml.safe_dump(pointer)})

    assert [("prepare", "chain", "raw")] == disagreements(project)


def test_a_result_in_git(project: CommittedProject) -> None:
    project.commit(**{"reports/train.json": '{"better": true}\n'})

    assert [("train", "output", "reports/train.json")] == disagreements(project)


def test_a_file_in_a_result_folder_in_git(project: CommittedProject) -> None:
    project.commit(**{"reports/plots/curve.csv": "drawn by hand\n"})

    assert [("evaluate", "output", "reports/plots")] == disagreements(project)


def test_two_entries_that_name_different_bytes(project: CommittedProject) -> None:
    edit_lock(project, "evaluate", "deps", "weights.txt", "0" * 32)
    project.commit()

    assert [("evaluate", "chain", "weights.txt")] == disagreements(project)


def test_an_entry_without_a_stage(project: CommittedProject) -> None:
    lock = project.lock()
    lock["stages"]["old"] = lock["stages"]["train"]
    project.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))
    project.commit()

    assert [("old", "orphan", "dvc.lock")] == disagreements(project)
    assert () == look(project).to_run


# What only dvc.lock still names: `dvc repro` does not see it.


@pytest.mark.parametrize(
    ("old", "new", "path", "disagreement"),
    [
        ("    params: [train.epochs]\n", "", "params.yaml", ("train", "params", "params.yaml:train.epochs")),
        (
            "deps: [raw, code/prepare.sh]",
            "deps: [raw]",
            "code/prepare.sh",
            ("prepare", "dependency", "code/prepare.sh"),
        ),
        (
            "    metrics:\n      - reports/train.json: {cache: false}\n",
            "",
            "reports/train.json",
            ("train", "output", "reports/train.json"),
        ),
    ],
)
def test_what_dvc_yaml_no_longer_names(
    project: CommittedProject, old: str, new: str, path: str, disagreement: tuple[str, str, str]
) -> None:
    project.edit_text("dvc.yaml", old, new)
    project.commit(**{path: "{prepare: {size: 4}}\n"})

    assert disagreement in disagreements(project)
    (stage,) = [one for one in look(project).stages if one.name == disagreement[0]]
    assert stage.is_to_drop


def test_a_run_without_it_heals_it(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "deps: [raw, code/prepare.sh]", "deps: [raw]")
    project.dvc("repro", "--quiet", "--force", "--single-item", "prepare")
    project.commit()

    assert NONE == disagreements(project)


@pytest.mark.parametrize("hidden", [False, True])
def test_a_pipeline_that_is_gone(project: CommittedProject, hidden: bool) -> None:
    if hidden:
        project.commit(**{".dvcignore": "dvc.*\n"})
    else:
        project.git("rm", "--quiet", "dvc.yaml")
        project.commit()

    assert [(name, "orphan", "dvc.lock") for name in ("evaluate", "prepare", "train")] == disagreements(project)


def test_a_file_of_parameters_that_was_deleted(project: CommittedProject) -> None:
    project.git("rm", "--quiet", "params.yaml")
    project.commit()

    expected = [("prepare", "params", "params.yaml:prepare"), ("train", "params", "params.yaml:train.epochs")]
    assert expected == disagreements(project)


def test_a_frozen_stage_is_compared_and_its_entry_stays(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh\n", "cmd: sh code/prepare.sh\n    frozen: true\n")
    project.edit_text("dvc.yaml", "    params: [prepare]\n", "")
    project.commit(**{"code/prepare.sh": "changed\n"})

    expected = [("prepare", "params", "params.yaml:prepare"), ("prepare", "dependency", "code/prepare.sh")]
    assert expected == disagreements(project)
    assert (True, False) == (look(project).stages[0].frozen, look(project).stages[0].is_to_drop)


def test_a_frozen_stage_that_agrees(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh\n", "cmd: sh code/prepare.sh\n    frozen: true\n")
    project.commit()

    assert ({}, NONE) == (unverifiable(project), disagreements(project))


# The remote


def remote_file(project: CommittedProject, md5: str) -> Path:
    return project.remote / "files" / "md5" / md5[:2] / md5[2:]


def test_an_object_that_was_not_pushed(project: CommittedProject) -> None:
    (output,) = [one for one in project.lock()["stages"]["train"]["outs"] if one["path"] == "weights.txt"]
    remote_file(project, output["md5"]).unlink()

    assert [("train", "missing-on-remote", "weights.txt")] == disagreements(project, remote=True)


def test_a_file_of_a_folder_that_was_not_pushed(project: CommittedProject) -> None:
    md5 = project.run("md5sum", "raw/one.txt").stdout.split()[0]
    remote_file(project, md5).unlink()

    expected = {("raw.dvc", "missing-on-remote", "raw/one.txt"), ("prepare", "missing-on-remote", "prepared/one.txt")}
    assert expected == set(disagreements(project, remote=True))


def test_the_list_of_a_folder_that_was_not_pushed(project: CommittedProject) -> None:
    (output,) = project.lock()["stages"]["prepare"]["outs"]
    remote_file(project, output["md5"]).unlink()

    assert ("prepare", "missing-on-remote", "prepared") in disagreements(project, remote=True)


def test_the_list_of_a_folder_that_is_damaged(project: CommittedProject) -> None:
    (output,) = project.lock()["stages"]["prepare"]["outs"]
    place = remote_file(project, output["md5"])
    place.chmod(0o644)
    place.write_text("[{")

    assert ("prepare", "missing-on-remote", "prepared") in disagreements(project, remote=True)


def test_asking_leaves_the_remote_as_it_is(project: CommittedProject) -> None:
    md5 = project.run("md5sum", "raw/one.txt").stdout.split()[0]
    damaged = remote_file(project, md5)
    damaged.chmod(0o644)
    damaged.write_text("damaged")
    look(project, remote=True)

    assert "damaged" == damaged.read_text()


def test_a_result_that_is_never_pushed_is_not_asked_for(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "outs: [weights.txt]", "outs: [weights.txt: {push: false}]")
    (output,) = [one for one in project.lock()["stages"]["train"]["outs"] if one["path"] == "weights.txt"]
    remote_file(project, output["md5"]).unlink()
    project.commit()

    answer = look(project, remote=True)
    assert (True, ("weights.txt is not pushed to any remote",)) == (answer.agrees, answer.stages[1].unverifiable)


def test_a_remote_of_another_name_is_asked(project: CommittedProject) -> None:
    project.dvc("remote", "add", "--quiet", "--local", "other", str(project.root.parent / "other"))
    (project.root.parent / "other").mkdir()

    kinds = {one.kind for stage in verify_revision(project.root, remote="other").stages for one in stage.disagreements}
    assert {"missing-on-remote"} == kinds


def test_a_remote_that_nothing_was_pushed_to_yet_is_empty(project: CommittedProject) -> None:
    shutil.rmtree(project.remote)

    assert "missing-on-remote" in {kind for _, kind, _ in disagreements(project, remote=True)}


def test_a_remote_that_is_not_mounted_is_trouble_outside(project: CommittedProject) -> None:
    project.dvc("remote", "modify", "--local", "store", "url", str(project.root / "no" / "such" / "folder"))

    with pytest.raises(OutsideError, match=r"'store'.*does not exist"):
        look(project, remote=True)


def test_a_remote_that_does_not_answer_is_trouble_outside(project: CommittedProject) -> None:
    project.dvc("remote", "modify", "--local", "store", "url", "http://127.0.0.1:9/nobody")

    with pytest.raises(OutsideError, match="'store' cannot be reached"):
        look(project, remote=True)


def test_a_remote_that_is_not_configured_is_named(project: CommittedProject) -> None:
    with pytest.raises(InputError, match="'elsewhere'"):
        verify_revision(project.root, remote="elsewhere")


# What Git cannot show


def test_a_symbolic_link(project: CommittedProject) -> None:
    (project.root / "code/lib/notes.txt").unlink()
    (project.root / "code/lib/notes.txt").symlink_to("../prepare.sh")
    project.commit()

    assert {"train": ("code/lib: code/lib/notes.txt is a symbolic link",)} == unverifiable(project)


def test_a_file_behind_a_symbolic_link(project: CommittedProject) -> None:
    shutil.move(project.root / "code", project.root / "elsewhere")
    (project.root / "code").symlink_to("elsewhere")
    project.commit()

    assert ("code/prepare.sh: code is a symbolic link",) == unverifiable(project)["prepare"]


def test_a_filter(project: CommittedProject) -> None:
    project.write(".gitattributes", "notes.txt filter=secret\n")
    project.commit(**{"code/lib/notes.txt": "encrypted\n"})

    assert {"train": ("Git's attributes filter the bytes of code/lib/notes.txt",)} == unverifiable(project)


def test_a_filter_says_nothing_against_equal_bytes(project: CommittedProject) -> None:
    project.commit(**{".gitattributes": "notes.txt filter=secret\n"})

    assert ({}, NONE) == (unverifiable(project), disagreements(project))


def test_ends_of_lines_that_a_checkout_changes(project: CommittedProject) -> None:
    project.write(".gitattributes", "*.txt text\n")
    project.git("add", ".gitattributes")
    project.write("code/lib/notes.txt", "first line\r\nsecond line\r\n")
    project.dvc("repro", "--quiet")
    project.commit()

    expected = "code/lib/notes.txt: recorded with CRLF, kept in Git with LF"
    assert ({"train": (expected,)}, NONE) == (unverifiable(project), disagreements(project))


def test_a_change_is_seen_in_spite_of_text_attributes(project: CommittedProject) -> None:
    project.write(".gitattributes", "* text=auto\n")
    project.commit(**{"code/lib/notes.txt": "other\n"})

    assert [("train", "dependency", "code/lib")] == disagreements(project)


def test_a_dependency_outside_of_the_project(project: CommittedProject, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    outside.write_text("there\n")
    project.edit_text("dvc.yaml", "deps: [raw, code/prepare.sh]", f"deps: [raw, code/prepare.sh, {outside}]")
    project.dvc("repro", "--quiet")
    project.commit()

    assert (f"{outside} lies outside of the project's folders",) == unverifiable(project)["prepare"]


def test_a_dependency_that_neither_git_nor_dvc_holds(project: CommittedProject) -> None:
    project.write(".gitignore", f"{(project.root / '.gitignore').read_text()}/secret.txt\n")
    project.write("secret.txt", "here only\n")
    project.edit_text("dvc.yaml", "deps: [raw, code/prepare.sh]", "deps: [raw, code/prepare.sh, secret.txt]")
    project.dvc("repro", "--quiet")
    project.commit()

    assert ("secret.txt is neither in Git nor tracked by DVC",) == unverifiable(project)["prepare"]


def test_parameters_that_neither_git_nor_dvc_holds(project: CommittedProject) -> None:
    project.write(".gitignore", f"{(project.root / '.gitignore').read_text()}/here.yaml\n")
    project.write("here.yaml", "depth: 1\n")
    project.edit_text("dvc.yaml", "params: [train.epochs]", "params: [train.epochs, here.yaml: [depth]]")
    project.dvc("repro", "--quiet")
    project.commit()

    clone = project.clone(project.root.parent / "clone")
    assert {"train": ("here.yaml, which has its parameters, is not in Git",)} == unverifiable(clone)


def test_imported_data(project: CommittedProject, tmp_path: Path) -> None:
    (tmp_path / "origin.txt").write_text("from elsewhere\n")
    project.dvc("import-url", "--quiet", str(tmp_path / "origin.txt"), "taken.txt")
    project.commit()

    expected = "taken.txt is imported: only its source can show whether it is still the same"
    assert {"taken.txt.dvc": (expected,)} == unverifiable(project)


def test_a_stage_that_always_runs(project: CommittedProject) -> None:
    added = "    always_changed: true\n"
    project.edit_text("dvc.yaml", "cmd: sh code/prepare.sh\n", f"cmd: sh code/prepare.sh\n{added}")
    project.commit()

    (sentence,) = unverifiable(project)["prepare"]
    assert "it runs whenever it is asked to" in sentence


def test_a_submodule(project: CommittedProject) -> None:
    project.git("update-index", "--add", "--cacheinfo", f"160000,{project.git('rev-parse', 'HEAD')},code/lib/sub")
    project.git("commit", "--quiet", "--message", "sub")

    assert {"train": ("code/lib: code/lib/sub is a submodule",)} == unverifiable(project)


# Other shapes of pipelines


def test_a_folder_with_git_and_dvc_in_it(tmp_path: Path) -> None:
    pipeline = "stages: {count: {cmd: ls data > out.txt, deps: [data], outs: [out.txt]}}\n"
    files = {"dvc.yaml": pipeline, "data/labels.txt": "in git\n", "data/raw/one.txt": "in dvc\n"}
    project = make_project(tmp_path, files, raw="data/raw")

    assert ({}, NONE) == (unverifiable(project), disagreements(project))
    clone = project.clone(tmp_path / "clone")
    (sentence,) = unverifiable(clone)["count"]
    assert "what DVC keeps as data/raw is listed neither in the cache nor in a remote" in sentence
    assert NONE == disagreements(clone, remote=True)
    project.commit(**{"data/labels.txt": "changed\n"})
    assert [("count", "dependency", "data")] == disagreements(project)


def test_a_file_in_a_folder_that_a_stage_made(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "deps: [weights.txt, ", "deps: [prepared/one.txt, weights.txt, ")
    project.dvc("repro", "--quiet")
    project.commit()
    assert ({}, NONE) == (unverifiable(project), disagreements(project))

    edit_lock(project, "evaluate", "deps", "prepared/one.txt", "0" * 32)
    project.commit()
    assert [("evaluate", "chain", "prepared/one.txt")] == disagreements(project)


TEMPLATED = """\
vars: [sizes.json]
stages:
  cut:
    foreach: ${sizes}
    do:
      cmd: echo ${item} > cut/${item}.txt
      wdir: work
      params:
        - ../params.yaml: [train]
      outs:
        - cut/${item}.txt
  make:
    matrix: {model: [a, b]}
    cmd: cat work/cut/1.txt note.txt > ${item.model}.txt
    deps: [work/cut/1.txt, note.txt]
    outs:
      - ${item.model}.txt
"""


def test_templates_folders_and_several_pipelines(tmp_path: Path) -> None:
    files = {
        "dvc.yaml": TEMPLATED,
        "sizes.json": '{"sizes": [1, 2]}',
        "params.yaml": "train: 1\n",
        "note.txt": "note\n",
        "work/cut/.keep": "",
        "sub/dvc.yaml": "stages: {copy: {cmd: cp ../a.txt b.txt, deps: [../a.txt], outs: [b.txt]}}\n",
    }
    project = make_project(tmp_path, files, raw="")
    assert ({}, NONE) == (unverifiable(project), disagreements(project))
    names = [stage.name for stage in look(project).stages]
    assert ["cut@1", "cut@2", "make@a", "make@b", "sub/dvc.yaml:copy"] == names

    project.write("note.txt", "other\n")
    project.write("sizes.json", '{"sizes": [1]}')
    project.commit()
    expected = [
        ("make@a", "dependency", "note.txt"),
        ("make@b", "dependency", "note.txt"),
        ("cut@2", "orphan", "dvc.lock"),
    ]
    assert expected == disagreements(project)


def test_a_project_in_a_folder_of_its_repository(tmp_path: Path) -> None:
    top = CommittedProject(tmp_path / "top")
    top.root.mkdir()
    top.git("init", "--quiet")
    project = CommittedProject(top.root / "model")
    project.root.mkdir()
    project.dvc("init", "--quiet", "--subdir")
    for path, content in FILES.items():
        project.write(path, content)
    project.dvc("add", "--quiet", "raw")
    project.dvc("repro", "--quiet")
    project.commit()
    assert ({}, NONE) == (unverifiable(project), disagreements(project))

    project.write("code/lib/notes.txt", "other\n")
    project.commit()
    assert [("train", "dependency", "code/lib")] == disagreements(project)


def test_entries_of_dvc_2_hash_texts_without_their_ends_of_lines(project: CommittedProject) -> None:
    project.write("code/lib/notes.txt", "first line\r\nsecond line\r\n")
    lock = project.lock()
    for entry in lock["stages"].values():
        for item in (*entry["deps"], *entry["outs"]):
            del item["hash"]
    project.write("dvc.lock", yaml.safe_dump(lock, sort_keys=False))
    project.write("dvc.yaml", PIPELINE)
    project.commit()
    assert NONE == disagreements(project)

    project.commit(**{"code/lib/notes.txt": "other\n"})
    assert [("train", "dependency", "code/lib")] == disagreements(project)


def test_a_pipeline_that_dvc_refuses_is_the_users_to_mend(project: CommittedProject) -> None:
    project.commit(**{"dvc.yaml": "stages: {train: {outs: 3}}\n"})

    with pytest.raises(InputError, match=r"dvc\.yaml"):
        look(project)


@pytest.mark.parametrize(
    ("path", "content"),
    [
        ("params.yaml", "[" * 3000 + "]" * 3000),
        ("params.yaml", "prepare: &a {x: *a}\ntrain: {epochs: 3}\n"),
        ("dvc.yaml", "vars: [params.yaml]\nstages: &a {train: {cmd: a, meta: *a}}\n"),
        ("dvc.lock", "schema: '2.0'\nstages: {prepare: {cmd: a, params: {params.yaml: &a {prepare: *a}}}}\n"),
    ],
)
def test_what_never_ends_is_the_users_to_mend(project: CommittedProject, path: str, content: str) -> None:
    project.commit(**{path: content})

    with pytest.raises(InputError, match="refers to itself, or is nested too deeply"):
        look(project)


def test_a_dependency_that_this_python_cannot_read_is_the_users_to_mend(project: CommittedProject) -> None:
    project.edit_text("dvc.yaml", "deps: [raw, code/prepare.sh]", "deps: [raw, 'ssh://127.0.0.1:9/x']")
    project.commit()

    with pytest.raises(InputError, match="ssh"):
        look(project)


def test_names_of_files_may_be_odd(project: CommittedProject) -> None:
    (project.root / "code/lib/notes.txt").rename(project.root / 'code/lib/\u00e9 "\n*.txt')
    project.dvc("repro", "--quiet")
    project.commit()

    assert ({}, NONE) == (unverifiable(project), disagreements(project))


def test_the_answer_is_json_that_reads_back(ran_once: CommittedProject) -> None:
    answer = look(ran_once)

    assert answer == Verification.model_validate(json.loads(answer.model_dump_json()))

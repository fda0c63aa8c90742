"""A team's repository on the fake GitHub: this project's workflows, a quick pipeline, and real models that it yields.

The pipeline has one knob: `train.epochs` 1, 2 and 3 give a detector whose boxes lie far off, a little off, and right.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from tools.github_contract import events

from headway.contracts.canonical import readable_json
from headway.contracts.layout import LATENCY, PROVENANCE, SCORECARD, ModelFiles
from headway.contracts.provenance import Provenance
from tests.act.runner import Act, ActResult, RunningWorkflow, permissions_of
from tests.conftest import ROOT
from tests.github import bare
from tests.github import repository as git
from tests.github.fake import FakeGitHub
from tests.github.state import ACTIONS, Comment, Token
from tests.scored_project import make_scored_project, package

NAME = "acme/yolo"
HOSTILE = 'x";$(touch${IFS}pwned)`id`<img/src=x>#1@everyone'  # a branch may be called that
MODEL = ModelFiles("blobs")
IMAGES = 64  # every other one is in a group with the others: 33 groups; the gate asks for 30
SHIFTS_PX = {"worse": 6.0, "steady": 1.0, "better": 0.0}
STAGES: Mapping[str, tuple[Path, ...]] = {
    "export": (MODEL.onnx,),
    "evaluate": (MODEL.evidence, SCORECARD, LATENCY),
    "package": (MODEL.bundle, MODEL.manifest),
}
PARAMS: dict[str, Any] = {
    "model": "blobs",
    "prepare": {"source": "source"},
    "train": {"model": "yolo11n.yaml", "epochs": 2},
    "export": {},
    "evaluate": {},
    "package": {},
    "gate": {"margin": 0.05, "speed": {"ratio": None}},
}
EPOCHS = "epoch,train/box_loss,metrics/mAP50(B)\n1,1.5,0.25\n2,1.25,0.5\n"
FILES = ("tools/install.py", "constraints.txt")
PLACES = {
    "stage.py": "pipelines/stage.py",
    "pipeline.yaml": "dvc.yaml",
    "gitignore": ".gitignore",
    "Makefile": "Makefile",
}
WORKFLOWS = ROOT / ".github" / "workflows"


@dataclass
class Team:
    """The repository, its pull requests, and the runs of its workflows."""

    github: FakeGitHub
    folder: Path
    act: Act = field(init=False)

    def __post_init__(self) -> None:
        self.github.add_repository(NAME, self.bare)
        variables = {"HEADWAY_DVC_REMOTE": str(self.folder / "storage")}
        environment = {"HEADWAY_VENV": sys.prefix, "TEST_TRAININGS": str(self.trainings), "DVC_NO_ANALYTICS": "1"}
        self.act = Act(self.github, NAME, self.folder / "act", environment, variables)

    @property
    def bare(self) -> Path:
        return self.folder / "origin.git"

    @property
    def trainings(self) -> Path:
        """File with a line for each training that began."""
        return self.folder / "trainings"

    @property
    def trained(self) -> int:
        """How often the train stage ran."""
        return self.trainings.read_text().count("started") if self.trainings.exists() else 0

    @property
    def hold(self) -> Path:
        """While this file exists, trainings wait."""
        return self.folder / "trainings.held"

    def change(self, branch: str, epochs: int, **files: str) -> str:
        """Commit another number of epochs to a branch, as a person does, and return the commit."""
        params = PARAMS | {"train": PARAMS["train"] | {"epochs": epochs}}
        return self.commit(branch, {"params.yaml": yaml.safe_dump(params, sort_keys=False), **files})

    def commit(self, branch: str, files: Mapping[str, str]) -> str:
        return bare.commit(self.bare, branch, files, "A change")

    def open(self, branch: str) -> int:
        return self.github.open_pull(NAME, branch)

    def head(self, number: int) -> str:
        return self.github.head(NAME, number)

    def token(self, login: str = ACTIONS, *, workflow: str = "retrain.yml", job: str = "retrain") -> Token:
        """Return a token with the rights that the workflow file gives to a job."""
        return self.github.token(login, **permissions_of(WORKFLOWS / workflow, job))

    def event(self, number: int, action: str = "synchronize") -> dict[str, Any]:
        """Return what GitHub sends for a pull request: its own example with the facts of this one."""
        pull = self.github.pull(NAME, number)
        payload: dict[str, Any] = json.loads(json.dumps(events()["pull_request"][0]))
        found = payload["pull_request"]
        found["user"]["login"] = pull.author
        for side, repository, ref in (("head", pull.head, pull.head_ref), ("base", pull.base, pull.base_ref)):
            found[side]["ref"] = ref
            found[side]["sha"] = git.resolve(repository.path, ref)
            found[side]["repo"] |= {"full_name": repository.name, "name": repository.name.split("/")[1]}
        payload["repository"] |= {"full_name": NAME, "default_branch": "main"}
        return payload | {"action": action, "number": number, "pull_request": found | {"number": number}}

    def retrain(self, number: int, **options: Any) -> ActResult:
        """Run retrain.yml for a pull request as it is now, to the end."""
        return self.start(number, **options).wait()

    def start(self, number: int, **options: Any) -> RunningWorkflow:
        """Start retrain.yml, as often as wanted with one and the same `event`, as GitHub does when a run is re-run."""
        given = {"token": self.token()} | options
        event = given.pop("event", None) or self.event(number)
        return self.act.start("retrain.yml", "pull_request", event, **given)

    def reports(self, number: int) -> list[Comment]:
        """Return the comments of the bot."""
        return self.github.comments(NAME, number, ACTIONS)

    def state(self, number: int, context: str = "headway") -> str:
        """Return the status on the head of a pull request; "" where there is none."""
        status = self.github.statuses(NAME, self.head(number)).get(context)
        return status.state if status else ""

    def files_of(self, commit: str) -> set[str]:
        """Return what a commit changed."""
        return set(git.changed_files(self.bare, f"{commit}~1", commit))

    def read(self, revision: str, path: str) -> str:
        return git.read(self.bare, "show", f"{revision}:{path}")


def make_team(folder: Path) -> None:
    """Make origin.git, whose main holds a trained model, and storage, its DVC remote, below `folder`."""
    root = folder / "work"
    root.mkdir(parents=True)
    _write_project(root, folder / "scored")
    environment = _environment(folder)
    for command in (
        "git init --quiet --initial-branch=main",
        "git add --all",
        "git commit --quiet --message Start",
        f"dvc remote add --quiet --local --default team {folder / 'storage'}",
        "headway repro",
        "dvc push --quiet --run-cache",
        "git add --all",
        "git commit --quiet --message Trained",
        f"git clone --quiet --bare . {folder / 'origin.git'}",
    ):
        done = subprocess.run(command.split(), cwd=root, env=environment, capture_output=True, text=True, check=False)
        assert 0 == done.returncode, f"{command}: {done.stdout}{done.stderr}"


def copy_team(source: Path, folder: Path, github: FakeGitHub) -> Team:
    """Return a team of its own, free to be changed."""
    for name in ("origin.git", "storage"):
        shutil.copytree(source / name, folder / name)
    return Team(github, folder)


def _write_project(root: Path, scored: Path) -> None:
    shutil.copytree(ROOT / ".github", root / ".github")
    for file in FILES:
        _copy(ROOT / file, root / file)
    for name, place in PLACES.items():
        _copy(Path(__file__).parent / "project" / name, root / place)
    (root / ".dvc").mkdir()
    (root / ".dvc/config").write_text(
        "[core]\n    analytics = false\n    autostage = false\n    check_update = false\n"
    )
    (root / ".dvc/.gitignore").write_text("/config.local\n/tmp\n/cache\n")
    (root / "params.yaml").write_text(yaml.safe_dump(PARAMS, sort_keys=False))
    for name, shift in SHIFTS_PX.items():
        made = make_scored_project(scored / name, images=IMAGES, shift=shift)
        package(made)
        for stage, paths in STAGES.items():
            for path in paths:
                _copy(made / path, root / "detectors" / name / stage / path)
    for place in ("data/prepared", "reports/dataset.json"):
        _copy(scored / "steady" / place, root / "source" / place)
    _write_training(root / "detectors" / "training" / "reports", scored / "steady")


def _write_training(reports: Path, made: Path) -> None:
    """Write what the train stage says of a run."""
    dataset = json.loads((made / "reports/dataset.json").read_text())
    provenance = Provenance(
        commit=None, dirty=False, lock_sha256=None, dataset_digest=dataset["digest"], arguments=PARAMS["train"],
        seed=0, versions={}, hardware="a test machine", threads=1, resumed_epochs=0,
        started_at="2026-01-01T00:00:00+00:00", wall_time_s=1.0,
    )  # fmt: skip
    reports.mkdir(parents=True)
    (reports / PROVENANCE.name).write_text(readable_json(provenance.model_dump()))
    (reports / "training.json").write_text(readable_json({"best_epoch": 2}))
    (reports / "epochs.csv").write_text(EPOCHS)


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target)
    else:
        shutil.copy(source, target)


def _environment(folder: Path) -> dict[str, str]:
    home = folder / "home"
    home.mkdir()
    names = {f"GIT_{role}_{what}": "alice" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    settings = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull, "DVC_NO_ANALYTICS": "1"}
    return {"PATH": path, "HOME": str(home), "TEST_TRAININGS": str(folder / "trainings"), **settings, **names}

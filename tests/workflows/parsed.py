"""The workflow files, parsed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from tests.conftest import ROOT

FOLDER = ROOT / ".github/workflows"


@dataclass(frozen=True)
class Job:
    """One job of a workflow."""

    workflow: str
    name: str
    values: dict[str, Any]

    @property
    def steps(self) -> list[dict[str, Any]]:
        """Its steps; a job that calls a workflow has none."""
        return list(self.values.get("steps", ()))

    @property
    def permissions(self) -> dict[str, str]:
        return dict(self.values["permissions"])

    @property
    def condition(self) -> str:
        return " ".join(str(self.values.get("if", "")).split())

    def step(self, name: str) -> dict[str, Any]:
        return next(step for step in self.steps if step["name"] == name)

    def running(self, program: str) -> list[dict[str, Any]]:
        """Return the steps whose line begins with these words."""
        return [step for step in self.steps if step.get("run", "").startswith(program)]


def read_workflow(name: str) -> dict[str, Any]:
    """Return a workflow; its `on` is under "on", which YAML 1.1 takes for true."""
    values = yaml.safe_load((FOLDER / f"{name}.yml").read_text(encoding="utf-8"))
    return {("on" if key is True else key): value for key, value in values.items()}


def workflows() -> list[str]:
    return sorted(path.stem for path in FOLDER.glob("*.yml"))


def jobs(workflow: str | None = None) -> Iterator[Job]:
    """Yield the jobs of one workflow, or of all."""
    for name in [workflow] if workflow else workflows():
        for job, values in read_workflow(name)["jobs"].items():
            yield Job(name, job, values)


def job(workflow: str, name: str) -> Job:
    return next(one for one in jobs(workflow) if one.name == name)

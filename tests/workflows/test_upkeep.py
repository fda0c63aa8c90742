"""dependabot.yml and CODEOWNERS: pins stay fresh, and what decides has owners."""

from __future__ import annotations

import yaml

from tests.conftest import ROOT


def test_actions_and_packages_are_kept_fresh() -> None:
    updates = yaml.safe_load((ROOT / ".github/dependabot.yml").read_text(encoding="utf-8"))["updates"]

    assert {"github-actions", "pip"} == {update["package-ecosystem"] for update in updates}
    [actions] = [update for update in updates if update["package-ecosystem"] == "github-actions"]
    assert {"/", "/.github/actions/setup"} == set(actions["directories"])


def test_the_example_of_owners_covers_what_decides() -> None:
    lines = (ROOT / ".github/CODEOWNERS").read_text(encoding="utf-8").splitlines()
    covered = {line.removeprefix("# ").split()[0] for line in lines if line.removeprefix("# ").startswith("/")}

    steering = {"/.dvc/", "/.dvcignore", "/.gitattributes", "/constraints.txt", "/Makefile", "/tools/"}
    assert steering <= covered
    assert {"/.github/", "/pipelines/", "/src/", "/dvc.yaml", "/params.yaml", "/models/registry/"} <= covered

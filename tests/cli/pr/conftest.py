"""The workplace, and `headway` run in it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from tests.cli.pr.workplace import FILES, NAME, Clone, Workplace, run_verb
from tests.github.bare import make_bare
from tests.github.fake import FakeGitHub

Headway = Callable[..., int]


@pytest.fixture(scope="session")
def trained_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a bare repository, the author's clone of it, and the DVC storage of its main branch."""
    folder = tmp_path_factory.mktemp("trained")
    bare = make_bare(folder / "origin.git", FILES)
    author = Clone(folder / "author")
    author.root.mkdir()
    author.run("git", "clone", "--quiet", str(bare), ".")
    author.train()
    author.commit(message="Trained")
    author.run("git", "push", "--quiet", "origin", "HEAD:main")
    return folder


@pytest.fixture
def workplace(trained_once: Path, tmp_path: Path, fake_github: FakeGitHub) -> Workplace:
    """A trained project on the fake GitHub."""
    folder = tmp_path / "place"
    shutil.copytree(trained_once, folder, symlinks=True)
    fake_github.add_repository(NAME, folder / "origin.git")
    author = Clone(folder / "author")
    author.run("git", "remote", "set-url", "origin", str(folder / "origin.git"))
    token = fake_github.token(contents="write", pull_requests="write", statuses="write", actions="write")
    return Workplace(
        fake_github,
        author,
        folder,
        {
            "GITHUB_API_URL": fake_github.api_url,
            "GITHUB_SERVER_URL": fake_github.url,
            "GITHUB_REPOSITORY": NAME,
            "GITHUB_TOKEN": token.value,
        },
    )


@pytest.fixture
def headway(monkeypatch: pytest.MonkeyPatch) -> Headway:
    """Runs `headway` in a clone with the variables of a run and none of this machine's Git settings."""
    for name in [name for name in os.environ if name.startswith(("GITHUB_", "HEADWAY_", "GIT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)

    def run(clone: Clone, variables: Mapping[str, str], *words: str) -> int:
        with monkeypatch.context() as context:
            context.chdir(clone.root)
            for name, value in variables.items():
                context.setenv(name, value)
            return run_verb(words)

    return run

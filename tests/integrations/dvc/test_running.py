from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from headway.contracts.layout import real_root
from headway.errors import InputError
from headway.integrations.dvc.running import find_obstacle, lock_digest


@pytest.mark.parametrize("copy", [".dvc/tmp/exps/standalone/tmpabcdef", ".dvc/tmp/exps/tmpabcdef"])
def test_a_temporary_copy_belongs_to_the_repository_above_it(tmp_path: Path, copy: str) -> None:
    (tmp_path / copy).mkdir(parents=True)
    assert tmp_path == real_root(tmp_path / copy)


def test_any_other_folder_is_its_own_repository(tmp_path: Path) -> None:
    assert tmp_path == real_root(tmp_path)


def test_dvc_still_runs_temporary_experiments_where_this_expects_them(tmp_path: Path) -> None:
    show = "from pathlib import Path; from headway.contracts.layout import real_root; print(real_root(Path.cwd()))"
    (tmp_path / "show.py").write_text(f"{show}\nopen('out.json', 'w').write('{{}}')\n")
    (tmp_path / "dvc.yaml").write_text(
        f"stages:\n  show:\n    cmd: {sys.executable} show.py\n    metrics: [out.json: {{cache: false}}]\n"
    )
    run(tmp_path, "git", "init", "-q")
    run(tmp_path, sys.executable, "-m", "dvc", "init", "-q")
    run(tmp_path, "git", "add", ".")
    run(tmp_path, "git", "commit", "-q", "-m", "begin")
    assert str(tmp_path) in run(tmp_path, sys.executable, "-m", "dvc", "exp", "run", "--temp").splitlines()
    assert "" == run(tmp_path, "git", "status", "--short")


def test_the_lock_digest_is_what_sha256sum_prints(tmp_path: Path) -> None:
    (tmp_path / "dvc.lock").write_text("schema: '2.0'\n")
    assert hashlib.sha256(b"schema: '2.0'\n").hexdigest() == lock_digest(tmp_path)


def test_without_a_lock_nothing_has_been_run(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"dvc\.lock does not exist"):
        lock_digest(tmp_path)


def test_the_read_write_lock_of_a_dead_process_is_no_obstacle(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    write_rwlock(tmp_path, dead.pid)
    assert None is find_obstacle(tmp_path)


def test_the_read_write_lock_of_a_living_process_is_named(tmp_path: Path) -> None:
    write_rwlock(tmp_path, os.getpid())
    obstacle = find_obstacle(tmp_path)
    assert obstacle is not None
    assert f"another dvc run is working in this folder (process {os.getpid()}: dvc repro)" == obstacle.message


def write_rwlock(root: Path, pid: int) -> None:
    folder = root / ".dvc/tmp"
    folder.mkdir(parents=True)
    (folder / "rwlock").write_text(json.dumps({"read": {"params.yaml": [{"pid": pid, "cmd": "dvc repro"}]}}))


def run(folder: Path, *command: str) -> str:
    environment = {**os.environ, "GIT_AUTHOR_NAME": "A", "GIT_AUTHOR_EMAIL": "a@example.org"}
    committer = {"GIT_COMMITTER_NAME": "A", "GIT_COMMITTER_EMAIL": "a@example.org", "DVC_NO_ANALYTICS": "1"}
    return subprocess.run(
        command, cwd=folder, env={**environment, **committer}, capture_output=True, text=True, check=True
    ).stdout

"""Pull requests of strangers whose commits and artifacts want to be run, read or believed where there are rights."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from headway.pull_request.claim import NOT_CLAIMED
from tests.act.runner import ActResult
from tests.loop.forks import Stranger, make_fork
from tests.loop.team import HOSTILE, Team

TEN = "[x, x, x, x, x, x, x, x, x, x]"
BOMB = "a0: &a0 " + TEN + "\n" + "".join(f"a{n}: &a{n} {TEN.replace('x', f'*a{n - 1}')}\n" for n in range(1, 10))


class Host:
    """A server of the stranger's, with all that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(self.path)
                self.send_error(404)

            do_HEAD = do_GET  # noqa: N815  http.server asks for this name

            def log_message(self, format: str, *args: Any) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"


@pytest.fixture
def host() -> Iterator[Host]:
    host = Host()
    thread = threading.Thread(target=host.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield host
    host.server.shutdown()
    host.server.server_close()
    thread.join()


def hostile_files(team: Team, host: Host, marker: Path) -> dict[str, dict[str, str]]:
    """Return one set of files for each way to be run, to be read as configuration, or to ask `host`."""
    pipeline, params = team.read("main", "dvc.yaml"), team.read("main", "params.yaml")
    train, run = "params: [model, train]", f"touch {marker}"
    code = f"import pathlib; pathlib.Path({str(marker)!r}).touch()\n"
    many = [*range(50)]
    return {
        "address": {"dvc.yaml": pipeline.replace(train, f"params: [model, train, '{host.url}/p.yaml': [a]]")},
        "remote": {
            ".dvc/config": f"[core]\n    remote = evil\n['remote \"evil\"']\n    url = {host.url}/x\n",
            "dvc.yaml": pipeline.replace(train, "params: [model, train, 'remote://evil/p.yaml': [a]]"),
        },
        "cache": {".dvc/config": f"[cache]\n    dir = {marker}\n[core]\n    site_cache_dir = {marker}\n"},
        "import": {
            "more.dvc": "deps:\n- path: x\n  repo:\n    url: " + f"'ext::sh -c touch% {marker}'\nouts:\n- path: more\n",
            "odd.dvc": f"deps:\n- path: {host.url}/data\nouts:\n- path: odd\n",
        },
        "stages": {
            "dvc.yaml": f"stages:\n  s:\n    matrix: {json.dumps(dict.fromkeys('abcde', many))}\n    cmd: {run}\n"
        },
        "aliases": {"params.yaml": BOMB + params.replace("epochs: 2", "epochs: *a9")},
        "huge": {"params.yaml": params + "more: " + "x" * 4_000_000 + "\n"},
        "filter": {".gitattributes": "* filter=evil\n", "pipelines/stage.py": code},
        "code": {
            "Makefile": f"install check test:\n\t{run}\n",
            "tools/install.py": code,
            "sitecustomize.py": code,
            "src/headway/__init__.py": code,
            "dvc/__init__.py": code,
            ".github/actions/setup/action.yml": f"runs: {{using: composite, steps: [{{run: {run}, shell: sh}}]}}\n",
            "pipelines/stage.py": code,
        },
    }  # fmt: skip


@contextmanager
def nothing_is_run(marker: Path, host: Host) -> Iterator[None]:
    """Fail where a command of the stranger's was run, or a server of the stranger's was asked."""
    yield
    assert [] == host.asked
    assert [] == [path for name in (marker.name, "pwned") for path in marker.parent.rglob(name)]


def tells_no_token(result: ActResult) -> bool:
    """Say whether no step printed a token; act prints three stars in its place."""
    return not any(mark in result.text for mark in ("***", "ghs_", "Z2hz"))


def assert_to_be_adopted(fork: Stranger, result: ActResult) -> None:
    """Fail unless the run ended well, and the pull request cannot be merged as it is."""
    assert "success" == result.job("relay").conclusion
    assert ("failure", True) == (fork.status[0], f"headway adopt {fork.number}" in fork.status[1])
    assert tells_no_token(result)


def test_hostile_commit_artifact_and_branch_are_neither_run_nor_read(team: Team, host: Host) -> None:
    marker = team.folder / "executed"
    fork = make_fork(team, HOSTILE)
    files: Mapping[str, str] = {
        name: text for one in hostile_files(team, host, marker).values() for name, text in one.items()
    }
    fork.push(files)
    left = fork.leave()
    left.unlink()
    left.symlink_to(team.folder / "origin.git" / "config")
    with nothing_is_run(marker, host):
        result = fork.relay()
    assert_to_be_adopted(fork, result)
    assert NOT_CLAIMED in fork.report


@pytest.mark.slow
@pytest.mark.parametrize("way", ["address", "remote", "cache", "import", "stages", "aliases", "huge", "filter", "code"])
def test_each_way_alone_does_nothing(team: Team, host: Host, way: str) -> None:
    marker = team.folder / "executed"
    fork = make_fork(team)
    fork.push(hostile_files(team, host, marker)[way])
    fork.leave()
    with nothing_is_run(marker, host):
        result = fork.relay()
    assert_to_be_adopted(fork, result)
    assert "Claimed by the fork, not verified" in fork.report


@pytest.mark.slow
@pytest.mark.parametrize("content", [
    b'{"map50": NaN}',
    b'{"map50": 1e400}',
    b'{"classes": ' + b"[" * 20_000 + b"]" * 20_000 + b"}",
    b'{"schema_version": 2}',
    b"\xff\xfe",
    b'{"number": 99}',
], ids=["NaN", "beyond a float", "deep", "other schema", "no text", "other pull request"])  # fmt: skip
def test_claim_that_lies_about_its_form_is_not_shown(team: Team, content: bytes) -> None:
    fork = make_fork(team)
    fork.push({"params.yaml": team.read("main", "params.yaml").replace("epochs: 2", "epochs: 3")})
    other = team.open("main-copy") if team.commit("main-copy", {"README.md": "Other.\n"}) else 0
    form = json.dumps(fork.claim()).encode()
    fork.leave(form[:-1] + b", " + content[1:] if content.startswith(b"{") else content)
    assert_to_be_adopted(fork, fork.relay(pull_requests=[{"number": other}]))
    assert NOT_CLAIMED in fork.report
    assert ([], "") == (team.reports(other), team.state(other))


@pytest.mark.slow
def test_figures_follow_the_fork_on_one_comment(team: Team) -> None:
    fork = make_fork(team)
    params = team.read("main", "params.yaml")
    seen = []
    for epochs in ("epochs: 1", "epochs: 3"):
        fork.push({"params.yaml": params.replace("epochs: 2", epochs)})
        assert "success" == fork.train().job("claim").conclusion
        assert_to_be_adopted(fork, fork.relay())
        seen.append(fork.report)
    assert (2, True) == (team.trained, seen[0] != seen[1])
    assert team.head(fork.number) in seen[1]


@pytest.mark.slow
def test_run_with_rights_waits_for_no_fork_that_moved_on_or_was_skipped(team: Team) -> None:
    fork = make_fork(team)
    old = fork.push({"dvc.yaml": "stages: {}\n"})
    fork.push({"dvc.yaml": "stages: {}\n\n"})
    fork.leave()
    assert "success" == fork.relay(head_sha=old).job("relay").conclusion
    assert {} == fork.relay(conclusion="skipped").jobs
    assert [] == team.github.comments("acme/yolo", fork.number)
    assert "" == team.state(fork.number)

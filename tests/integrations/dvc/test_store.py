"""What a cache and a remote say they have, asked of real ones."""

from __future__ import annotations

import functools
import http.server
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from headway.cli.verify import verify_revision
from headway.contracts.commit import StageOutput
from headway.errors import InputError, OutsideError
from headway.integrations.dvc.pipeline import CommittedPipeline
from headway.integrations.dvc.store import Cache, Remote, default_remote, run_names
from tests.pull_request.committed_project import CommittedProject, make_project


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> CommittedProject:
    return make_project(tmp_path_factory.mktemp("ran"))


@pytest.fixture(scope="module")
def pipeline(project: CommittedProject) -> CommittedPipeline:
    paths = project.git("ls-files").splitlines()
    return CommittedPipeline(project.root, project.git("rev-parse", "HEAD"), paths)


@pytest.fixture
def served(project: CommittedProject) -> Iterator[str]:
    """The project's remote behind a web server; yields its address."""
    handler = functools.partial(_Silent, directory=str(project.remote))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Silent(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        pass


def raw(pipeline: CommittedPipeline) -> StageOutput:
    return pipeline.pointers[0].outputs[0]


def test_the_default_remote_is_the_configured_one(pipeline: CommittedPipeline) -> None:
    assert "store" == default_remote(pipeline.repo)


def test_the_files_of_a_folder_are_listed_by_the_cache_and_the_remote(pipeline: CommittedPipeline) -> None:
    cache, remote = Cache(pipeline.repo), Remote(pipeline.repo, "store")
    listed = cache.read_folder(raw(pipeline))

    assert listed == remote.read_folder(raw(pipeline))
    assert {"one.txt", "two.txt"} == set(listed or {})


def test_what_is_missing_is_told_from_what_is_there(pipeline: CommittedPipeline) -> None:
    output = raw(pipeline)
    for store in (Cache(pipeline.repo), Remote(pipeline.repo, "store")):
        assert {"0" * 32} == store.find_missing({output.md5 or "": output, "0" * 32: output})


def test_each_run_of_dvc_is_found_under_the_names_that_are_computed(
    project: CommittedProject, pipeline: CommittedPipeline
) -> None:
    records = {(path.parent.name, path.name) for path in (project.remote / "runs").rglob("*") if path.is_file()}

    assert records == {run_names(stage.entry or {}) for stage in pipeline.stages}


def test_sizes_are_no_part_of_a_run(pipeline: CommittedPipeline) -> None:
    entry = pipeline.stages[0].entry or {}
    bare = {**entry, "outs": [{key: item[key] for key in ("path", "hash", "md5")} for item in entry["outs"]]}

    assert run_names(entry) == run_names(bare)


def test_a_web_server_is_asked_like_a_folder(project: CommittedProject, served: str, tmp_path: Path) -> None:
    clone = project.clone(tmp_path / "clone")
    clone.dvc("remote", "add", "--quiet", "--local", "web", served)
    answer = verify_revision(clone.root, remote="web")

    assert (True, {"run"}) == (answer.agrees, {stage.proof for stage in answer.stages})


def test_a_web_server_lacks_objects_but_is_expected_to_lack_records(
    project: CommittedProject, served: str, tmp_path: Path
) -> None:
    clone = project.clone(tmp_path / "clone")
    clone.dvc("remote", "add", "--quiet", "--local", "web", f"{served}/elsewhere")
    answer = verify_revision(clone.root, remote="web")

    assert {"missing-on-remote"} == {one.kind for stage in answer.stages for one in stage.disagreements}


def test_a_server_that_is_down_is_trouble_outside(project: CommittedProject) -> None:
    project.dvc("remote", "add", "--quiet", "--local", "--force", "web", "http://127.0.0.1:9")

    with pytest.raises(OutsideError, match="'web' cannot be reached"):
        verify_revision(project.root, remote="web")


def test_a_remote_whose_package_is_not_installed_is_named(project: CommittedProject) -> None:
    project.dvc("remote", "add", "--quiet", "--local", "--force", "bucket", "oss://bucket")

    with pytest.raises(InputError, match=r"'bucket'.*requires 'dvc-oss'"):
        verify_revision(project.root, remote="bucket")

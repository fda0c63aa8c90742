"""`headway pull`, in clones of a repository whose version is a real bundle on a real DVC remote."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from dvc.repo import Repo

from headway.cli.main import main
from headway.contracts.canonical import md5_file, sha256_file
from headway.contracts.layout import STAGES
from headway.contracts.manifest import MANIFEST, PROVENANCE
from headway.packaging.bundle import list_files
from tests.cli.command import COMMAND
from tests.integrations.tracking_servers import closed_port
from tests.registry.line import GIT, Line, make_line
from tests.scored_project import MODEL

NAME, STAGE = f"{MODEL.name}@v1.0.0", f"{MODEL.name}#production"
DEFAULT = Path(".headway/pulled") / MODEL.name / "v1.0.0"


@dataclass(frozen=True)
class Published:
    """A repository whose model is registered and declared for production, its DVC remote, and the bundle itself."""

    line: Line
    remote: Path
    bundle: Path

    def clone(self, folder: Path) -> Path:
        """Return a clone with a remote of its own and an empty cache."""
        words = ["git", "clone", "--quiet", str(self.line.bare), str(folder / "project")]
        subprocess.run(words, env=os.environ | GIT, check=True)
        use_remote(folder / "project", str(shutil.copytree(self.remote, folder / "remote")))
        return folder / "project"

    def object_of(self, remote: Path, name: str) -> Path:
        """Return where a remote keeps one of the bundle's files."""
        md5 = md5_file(self.bundle / name)
        return remote / "files/md5" / md5[:2] / md5[2:]


@pytest.fixture(scope="module")
def published(packaged_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Published:
    folder = tmp_path_factory.mktemp("published")
    line = make_line(folder)
    shutil.copytree(packaged_once / MODEL.folder, line.root / MODEL.folder)
    stage = {"package": {"cmd": "true", "outs": [MODEL.bundle.as_posix()]}}
    (line.root / "dvc.yaml").write_text(yaml.safe_dump({"stages": stage}))
    (line.root / ".gitignore").write_text(".headway/\n.dvc/config.local\n.dvc/tmp\n.dvc/cache\nmodels/*/bundle\n")
    use_remote(line.root, str(folder / "remote"))
    with Repo(str(line.root)) as repository:
        repository.commit(force=True)
        repository.push()
    line.git("add", "--", "dvc.yaml", "dvc.lock", ".gitignore", MODEL.manifest.as_posix())
    line.git("commit", "--quiet", "-m", "model")
    line.register(NAME)
    line.declare("production", "v1.0.0", model=MODEL.name)
    line.push()
    return Published(line, folder / "remote", packaged_once / MODEL.bundle)


@pytest.fixture
def clone(published: Published, tmp_path: Path) -> Path:
    return published.clone(tmp_path)


@pytest.fixture
def pull(clone: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Answer]:
    """Return what runs the command in the clone."""

    def run(*arguments: str) -> Answer:
        monkeypatch.chdir(clone)
        with pytest.raises(SystemExit) as ended:
            main(["pull", *arguments])
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


def use_remote(root: Path, url: str) -> None:
    """Make `url` the default remote of this clone alone."""
    (root / ".dvc/config.local").write_text(f"[core]\n    remote = store\n['remote \"store\"']\n    url = {url}\n")


def contents(folder: Path) -> dict[str, str]:
    return {name: sha256_file(folder / name) for name in list_files(folder)}


def left_over(folder: Path) -> list[str]:
    """Return what lies where bundles are pulled to."""
    return [path.name for path in folder.glob(f"{DEFAULT.parent}/*")]


def test_a_version_is_fetched_byte_by_byte_and_nothing_else_changes(
    published: Published, clone: Path, pull: Callable[..., Answer]
) -> None:
    head = subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=clone)

    answer = pull(NAME)

    assert (0, f"{NAME} is in {clone / DEFAULT}, and is sound") == (answer.code, answer.out.splitlines()[0])
    assert contents(published.bundle) == contents(clone / DEFAULT)
    assert b"" == subprocess.check_output(["git", "status", "--porcelain"], cwd=clone)
    assert head == subprocess.check_output(["git", "rev-parse", "HEAD"], cwd=clone)
    assert not (clone / MODEL.bundle).exists()


def test_a_stage_means_what_is_declared_for_it(
    published: Published,
    clone: Path,
    pull: Callable[..., Answer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HEADWAY_TARGET", STAGE)

    answer = pull("--out", str(tmp_path / "here"), "--json")

    identity = json.loads((published.bundle / MANIFEST).read_text())["identity"]
    assert (0, (NAME, identity, False, True, [])) == (
        answer.code,
        tuple(json.loads(answer.out)[key] for key in ("version", "identity", "kept", "sound", "faults")),
    )
    assert contents(published.bundle) == contents(tmp_path / "here")


def test_a_bundle_that_is_there_is_verified_and_kept(pull: Callable[..., Answer], clone: Path) -> None:
    pull(NAME)
    before = (clone / DEFAULT).stat().st_ino
    answer = pull(NAME)
    assert (0, f"{NAME} was in {clone / DEFAULT}, and is sound") == (answer.code, answer.out.splitlines()[0])
    assert before == (clone / DEFAULT).stat().st_ino


def test_a_bundle_that_was_damaged_after_it_was_pulled_is_named_and_replaced_only_by_force(
    published: Published, pull: Callable[..., Answer], clone: Path
) -> None:
    pull(NAME)
    (clone / DEFAULT / "labels.json").write_text("[]")

    answer = pull(NAME)

    assert 1 == answer.code
    assert "  labels.json: changed" in answer.out
    assert 0 == pull(NAME, "--force").code
    assert contents(published.bundle) == contents(clone / DEFAULT)


def test_another_bundle_is_replaced_only_by_force(
    published: Published, pull: Callable[..., Answer], clone: Path
) -> None:
    (clone / DEFAULT).mkdir(parents=True)
    other = json.loads((published.bundle / MANIFEST).read_text()) | {"name": "other", "identity": "0" * 64}
    (clone / DEFAULT / MANIFEST).write_text(json.dumps(other))

    answer = pull(NAME)

    assert (2, f"error: {clone / DEFAULT} holds another bundle, other 000000000000") == (
        answer.code,
        answer.err.splitlines()[0],
    )
    assert 0 == pull(NAME, "--force").code


def test_what_is_no_bundle_is_never_replaced(pull: Callable[..., Answer], clone: Path) -> None:
    answer = pull(NAME, "--out", ".", "--force")
    assert (2, f"error: {clone} is there, and is no bundle") == (answer.code, answer.err.splitlines()[0])
    assert (clone / "dvc.lock").is_file()


@pytest.mark.parametrize("name", ["model.onnx", "card.md"])
def test_a_damaged_object_on_the_remote_is_found(
    published: Published, pull: Callable[..., Answer], clone: Path, tmp_path: Path, name: str
) -> None:
    place = published.object_of(tmp_path / "remote", name)
    place.chmod(0o644)
    place.write_bytes(b"damaged")

    answer = pull(NAME)

    assert (1, f"{NAME} was not pulled: 1 thing is wrong:") == (answer.code, answer.out.splitlines()[0])
    assert f"  {name}: changed" in answer.out
    assert [] == left_over(clone)


@pytest.mark.parametrize("name", ["model.onnx", PROVENANCE])
def test_an_object_that_the_remote_lacks_is_named(
    published: Published, pull: Callable[..., Answer], clone: Path, tmp_path: Path, name: str
) -> None:
    published.object_of(tmp_path / "remote", name).unlink()

    answer = pull(NAME)

    assert (1, f"  {name}: neither the cache nor the remote has it") == (answer.code, answer.out.splitlines()[1])
    assert [] == left_over(clone)


@pytest.mark.parametrize("text", ["{", '{"a": 1}'])
def test_a_list_of_companions_that_is_none_is_a_fault(
    published: Published, pull: Callable[..., Answer], clone: Path, tmp_path: Path, text: str
) -> None:
    place = published.object_of(tmp_path / "remote", PROVENANCE)
    place.chmod(0o644)
    place.write_text(text)

    answer = pull(NAME)

    assert (1, True) == (answer.code, answer.out.splitlines()[1].startswith("  provenance.json: "))
    assert [] == left_over(clone)


def test_a_companion_outside_the_bundle_is_not_written(
    published: Published, pull: Callable[..., Answer], clone: Path, tmp_path: Path
) -> None:
    provenance = json.loads((published.bundle / PROVENANCE).read_text())
    provenance["files"]["../escaped"] = provenance["files"]["card.md"]
    place = published.object_of(tmp_path / "remote", PROVENANCE)
    place.chmod(0o644)
    place.write_text(json.dumps(provenance))

    answer = pull(NAME)

    assert 1 == answer.code
    assert "../escaped: the bundle has no such file" in answer.out
    assert [] == left_over(clone)


def test_a_remote_that_does_not_answer_is_trouble_outside(pull: Callable[..., Answer], clone: Path) -> None:
    use_remote(clone, closed_port())
    assert 3 == pull(NAME).code
    assert [] == left_over(clone)


def test_a_folder_that_is_not_mounted_is_trouble_outside(pull: Callable[..., Answer], clone: Path) -> None:
    use_remote(clone, str(clone.parent / "mount/models"))
    assert 3 == pull(NAME).code
    assert [] == left_over(clone)


def test_with_a_filled_cache_no_remote_is_asked(published: Published, pull: Callable[..., Answer], clone: Path) -> None:
    shutil.copytree(published.line.root / ".dvc/cache", clone / ".dvc/cache")
    use_remote(clone, closed_port())
    assert 0 == pull(NAME).code


def test_a_pull_that_is_killed_half_way_leaves_no_bundle_and_nothing_in_the_way_of_the_next(
    published: Published, pull: Callable[..., Answer], clone: Path, tmp_path: Path
) -> None:
    asked = threading.Event()
    with halting_server(tmp_path / "remote", published.object_of(Path(), "model.onnx").as_posix(), asked) as uri:
        use_remote(clone, uri)
        process = subprocess.Popen([*COMMAND, "pull", NAME], cwd=clone, stderr=subprocess.DEVNULL)
        assert asked.wait(60)
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert not (clone / DEFAULT).exists()
    assert [".v1.0.0.partial"] == left_over(clone)

    use_remote(clone, str(tmp_path / "remote"))
    assert 0 == pull(NAME).code
    assert ["v1.0.0"] == left_over(clone)


def test_a_stage_file_with_another_identity_names_no_bytes(
    published: Published, pull: Callable[..., Answer], clone: Path
) -> None:
    here = Line(clone, published.line.bare, clone)
    here.declare("production", "v1.0.0", model=MODEL.name, identity="0" * 64)
    here.git("update-ref", "refs/remotes/origin/main", "HEAD")

    answer = pull(STAGE)

    assert 2 == answer.code
    assert answer.err.startswith(
        f"error: models/registry/production/blobs.yaml names {NAME} with the identity {'0' * 64}, but that "
    )
    assert 0 == pull(NAME).code


@pytest.mark.parametrize(
    ("target", "near"),
    [
        ("blobs@v1.0.1", NAME),
        ("blob@v1.0.0", NAME),
        ("blobs#produktion", STAGE),
        ("blobs", NAME),
        ("blobs#production!", STAGE),
        ("blobs#production#1", STAGE),
        ("--upload-pack=x", "blobs"),
    ],
)
def test_what_there_is_not_is_the_callers_fault_and_near_names_are_shown(
    pull: Callable[..., Answer], target: str, near: str
) -> None:
    answer = pull("--", target)
    assert 2 == answer.code
    assert near in answer.err.splitlines()[1]


def test_a_bundle_without_its_list_of_companions_is_named_as_such(
    published: Published, pull: Callable[..., Answer], clone: Path
) -> None:
    here = Line(clone, published.line.bare, clone)
    shutil.copytree(published.bundle, clone / MODEL.bundle)
    (clone / MODEL.bundle / PROVENANCE).unlink()
    with Repo(str(clone)) as repository:
        repository.commit(force=True)
        repository.push()
    with (clone / MODEL.manifest).open("a") as manifest:
        manifest.write("\n")
    here.git("commit", "--quiet", "-m", "without", "--", "dvc.lock", MODEL.manifest.as_posix())
    here.git("update-ref", "refs/remotes/origin/main", "HEAD")
    here.git("tag", "--delete", NAME)
    here.register(NAME)

    answer = pull(NAME)

    assert (1, f"  {PROVENANCE}: the bundle has no such file") == (answer.code, answer.out.splitlines()[1])


@pytest.fixture
def signing(published: Published, clone: Path) -> Line:
    """The registry of the clone, where tags must be signed from now on."""
    here = Line(clone, published.line.bare, clone)
    here.commit({STAGES.as_posix(): "schema_version: 1\nsigned_tags: true\nstages: {production: {}}\n"})
    here.git("update-ref", "refs/remotes/origin/main", "HEAD")
    return here


def test_a_tag_that_must_be_signed_and_is_not_gives_nothing(
    signing: Line, pull: Callable[..., Answer], clone: Path
) -> None:
    signing.new_model("later", model=MODEL.name)
    signing.register(f"{MODEL.name}@v1.1.0")
    signing.git("update-ref", "refs/remotes/origin/main", "HEAD")

    answer = pull(f"{MODEL.name}@v1.1.0")

    assert (2, True) == (answer.code, "demands signed tags" in answer.err)
    assert [] == left_over(clone)


@pytest.mark.parametrize("target", [NAME, STAGE])
def test_what_was_there_before_tags_had_to_be_signed_is_pulled(
    signing: Line, pull: Callable[..., Answer], target: str
) -> None:
    assert 0 == pull(target).code


@pytest.mark.parametrize("target", [NAME, STAGE])
def test_a_shallow_clone_is_told_how_to_get_the_rest(
    published: Published, pull: Callable[..., Answer], clone: Path, target: str
) -> None:
    shutil.rmtree(clone)
    words = ["git", "clone", "--quiet", "--depth", "1", f"file://{published.line.bare}", str(clone)]
    subprocess.run(words, env=os.environ | GIT, check=True)
    subprocess.run(["git", "fetch", "--quiet", "--depth", "1", "--tags", "origin"], cwd=clone, check=True)

    answer = pull(target)

    assert (2, True) == (answer.code, "git fetch --unshallow" in answer.err.splitlines()[-1])


def test_a_lightweight_tag_is_no_version(pull: Callable[..., Answer], clone: Path) -> None:
    subprocess.run(["git", "tag", "blobs@v2.0.0"], cwd=clone, check=True)
    answer = pull("blobs@v2.0.0")
    assert (2, "error: nothing trusts the tag blobs@v2.0.0: it is no annotated tag") == (
        answer.code,
        answer.err.splitlines()[0],
    )


def test_a_tag_whose_identity_is_not_that_of_its_commit_gives_nothing(
    published: Published, pull: Callable[..., Answer], clone: Path
) -> None:
    here = Line(clone, published.line.bare, clone)
    here.git("tag", "--delete", NAME)
    here.register(NAME, "HEAD~", identity="0" * 64)

    answer = pull(NAME)

    assert 2 == answer.code
    assert f"nothing trusts the tag {NAME}: the manifest of its commit has another identity" in answer.err
    assert [] == left_over(clone)


@contextmanager
def halting_server(folder: Path, halt_at: str, asked: threading.Event) -> Iterator[str]:
    """Yield the URI of a server of the files in `folder` that says when one of them is asked for, and never answers."""
    over = threading.Event()

    class Halting(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.endswith(halt_at):
                asked.set()
                over.wait()
                return
            super().do_GET()

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Halting, directory=str(folder))) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        over.set()
        server.shutdown()

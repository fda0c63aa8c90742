"""`headway site` on real repositories, with model cards that real DVC keeps."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from headway.cli.main import main
from headway.contracts.manifest import BundleProvenance, FileDigest
from tests.cli.command import run_headway
from tests.registry.bundled import add_bundle, copy_bundled_line, make_bundled_line
from tests.registry.line import GIT, MODEL, Line, make_registered_line
from tests.registry.site.parsed import Page
from tests.registry.site.sample import png

CARD = b"# detector\n\nFinds bottles.\n\n![What it finds](card/samples.png) ![Away](../../secret.png)\n"


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str


Run = Callable[..., Answer]


def bundle_files(**other: bytes) -> Mapping[str, bytes]:
    """Return card, picture and the provenance that vouches for them; `other` is what is packed in their place."""
    files = {"card.md": CARD, "card/samples.png": png()}
    digests = {
        name: FileDigest(
            sha256=hashlib.sha256(content).hexdigest(), md5=hashlib.md5(content).hexdigest(), size_bytes=len(content)
        )
        for name, content in files.items()
    }
    provenance = BundleProvenance(identity="0" * 64, commit=None, dirty=False, packed_at="", versions={}, files=digests)
    packed = {name: other.get(name.partition(".")[0], content) for name, content in files.items()}
    return {**packed, "provenance.json": provenance.model_dump_json().encode()}


@pytest.fixture(scope="module")
def with_card(tmp_path_factory: pytest.TempPathFactory) -> Line:
    """A line with v1.1.0 in staging, without a card, and v1.2.0, whose card is stored."""
    line = make_bundled_line(tmp_path_factory.mktemp("cards"))
    add_bundle(line, "2", "v1.2.0", bundle_files())
    line.push()
    return line


@pytest.fixture
def site(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Return what runs the command in a line's project."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    for name in ("GITHUB_REPOSITORY", "GITHUB_SERVER_URL"):
        monkeypatch.delenv(name, raising=False)

    def run(line: Line, *arguments: str) -> Answer:
        monkeypatch.chdir(line.root)
        with pytest.raises(SystemExit) as ended:
            main(["site", *arguments])
        said = capsys.readouterr()
        return Answer(int(ended.value.code or 0), said.out, said.err)

    return run


def page(line: Line, folder: str = "site") -> Page:
    return Page((line.root / folder / "index.html").read_text())


def test_cards_come_out_of_dvc_with_the_pictures_that_the_bundle_vouches_for(
    site: Run, with_card: Line, tmp_path: Path
) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    answer = site(line, "--json")
    shown = page(line)

    assert 0 == answer.code, answer.err
    assert [f"{MODEL}@v1.2.0"] == json.loads(answer.out)["cards"]
    assert "Finds bottles." in shown.text
    assert ["What it finds"] == [tag.attributes["alt"] for tag in shown.all("img")]
    assert "Picture left out (not in the bundle, or no PNG or JPEG): Away" in shown.text


def test_a_card_that_is_not_there_is_told_on_the_page_and_beside_it(site: Run, with_card: Line, tmp_path: Path) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    shutil.rmtree(line.bare.parent / "store/files")
    shutil.rmtree(line.root / ".dvc/cache", ignore_errors=True)
    answer = site(line, "--json")

    assert 0 == answer.code, answer.err
    assert {f"{MODEL}@v1.2.0", f"{MODEL}@v1.1.0"} == set(json.loads(answer.out)["cards_missing"])
    assert f"warning: {MODEL}@v1.2.0 is shown without its model card: neither DVC's cache nor its remote" in answer.err
    assert f"The card of {MODEL}@v1.2.0 cannot be shown" in page(line).text


def test_a_card_with_other_bytes_than_the_bundle_vouches_for_is_not_shown(
    site: Run, with_card: Line, tmp_path: Path
) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    add_bundle(line, "3", "v1.3.0", bundle_files(card=b"# changed afterwards"))
    line.push()
    site(line)

    assert "its card.md is not the one that its provenance.json names" in page(line).text
    assert "changed afterwards" not in page(line).text


def test_without_cards_dvc_is_not_asked(site: Run, with_card: Line, tmp_path: Path) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    shutil.rmtree(line.root / ".dvc")
    (line.root / ".dvc").mkdir()
    answer = site(line, "--no-cards", "--title", "Bottles & cans", "--out", "public/registry")

    assert (0, "") == (answer.code, answer.err)
    assert "Bottles & cans" == page(line, "public/registry").all("h1")[0].text
    assert answer.out.startswith("public/registry/index.html  ")


def test_equal_input_gives_equal_bytes_in_any_process(with_card: Line, tmp_path: Path) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    digests = {
        json.loads(run_headway("site", "--json", folder=line.root, PYTHONHASHSEED=seed, **GIT).stdout)["sha256"]
        for seed in ("1", "2")
    }

    assert {hashlib.sha256((line.root / "site/index.html").read_bytes()).hexdigest()} == digests


def test_the_forge_is_linked_where_it_is_known(site: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    line = make_registered_line(tmp_path)
    monkeypatch.setenv("GITHUB_REPOSITORY", "acme/bottles")
    site(line, "--no-cards")
    links = page(line).values("href")

    assert "Models of acme/bottles" == page(line).all("h1")[0].text
    assert f"https://github.com/acme/bottles/commit/{line.git('rev-parse', 'HEAD')}" in links


def test_the_newest_declaration_is_told_by_its_file_whatever_its_tag_says(site: Run, tmp_path: Path) -> None:
    line = make_registered_line(tmp_path, versions=2)
    declared_in = line.declare("staging", "v1.1.0")
    line.echo(f"{MODEL}#staging#1", declared_in, reason="what the tag says")
    line.push()
    site(line, "--no-cards")

    assert "it is better" in page(line).text
    assert "what the tag says" not in page(line).text


def test_a_stage_file_that_is_not_tagged_yet_is_marked(site: Run, tmp_path: Path) -> None:
    line = make_registered_line(tmp_path)
    line.declare("staging", "v1.0.0")
    line.push()
    site(line, "--no-cards")
    (box, _) = [tag.said for tag in page(line).tags if "stage" in tag.classes]

    assert "not tagged" in box
    assert "run headway reconcile" in box


def test_a_tag_with_another_manifest_is_no_version_and_is_named(site: Run, tmp_path: Path) -> None:
    line = make_registered_line(tmp_path)
    line.new_model("other")
    line.register(f"{MODEL}@v1.1.0", identity="f" * 64)
    line.push()
    site(line, "--no-cards")

    written = page(line)

    assert [] == [row for row in written.all("tr") if row.attributes.get("id") == f"{MODEL}@v1.1.0"]
    assert f"{MODEL}@v1.1.0" in written.text


def test_a_branch_without_stages_is_input_trouble_and_the_page_before_stays(site: Run, tmp_path: Path) -> None:
    line = make_registered_line(tmp_path)
    site(line, "--no-cards")
    before = (line.root / "site/index.html").read_bytes()
    line.commit({"models/registry/stages.yaml": None}, "gone")
    line.push()
    answer = site(line, "--no-cards")

    assert (2, "") == (answer.code, answer.out)
    assert before == (line.root / "site/index.html").read_bytes()


def test_a_remote_that_is_down_is_outside_trouble_and_no_page_is_written(
    site: Run, with_card: Line, tmp_path: Path
) -> None:
    line = copy_bundled_line(with_card, tmp_path / "copy")
    shutil.rmtree(line.root / ".dvc/cache", ignore_errors=True)
    settings = "['remote \"store\"']\n    url = http://127.0.0.1:9/store\n"
    (line.root / ".dvc/config.local").write_text(settings)
    answer = site(line)

    assert 3 == answer.code, answer.err
    assert not (line.root / "site").exists()

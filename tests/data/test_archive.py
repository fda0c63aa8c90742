"""Archives are unpacked into their folder, or not at all."""

from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from headway.data.archive import is_archive, unpack_archive
from headway.errors import InputError
from tests.data.sources import quiet, write_yolo

ESCAPES = ["../outside.txt", "/outside.txt", "a/../../outside.txt", "..\\outside.txt", "C:\\outside.txt"]


def zip_of(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def tar_of(path: Path, *items: tarfile.TarInfo) -> Path:
    with tarfile.open(path, "w:gz") as archive:
        for item in items:
            archive.addfile(item, io.BytesIO(b"x" * item.size))
    return path


def tar_item(name: str, kind: bytes = tarfile.REGTYPE, target: str = "", size: int = 0) -> tarfile.TarInfo:
    item = tarfile.TarInfo(name)
    item.type, item.linkname, item.size = kind, target, size
    return item


@pytest.mark.parametrize("form", ["zip", "gztar", "tar"])
def test_a_data_set_comes_out_as_it_went_in(tmp_path: Path, form: str) -> None:
    import shutil

    source = write_yolo(tmp_path / "set", {"train/a": "0 0.5 0.5 0.1 0.1\n"})
    archive = Path(shutil.make_archive(str(tmp_path / "packed"), form, source))
    assert is_archive(archive)
    unpack_archive(archive, tmp_path / "out", progress=quiet)
    for path in source.rglob("*.*"):
        assert path.read_bytes() == (tmp_path / "out" / path.relative_to(source)).read_bytes()


@pytest.mark.parametrize("name", ESCAPES)
def test_a_member_that_would_land_outside_is_refused(tmp_path: Path, name: str) -> None:
    archive = zip_of(tmp_path / "set.zip", {"data.yaml": b"x", name: b"x"})
    with pytest.raises(InputError, match="would land outside"):
        unpack_archive(archive, tmp_path / "in/out", progress=quiet)
    assert {"set.zip", "in"} >= {path.name for path in tmp_path.rglob("*") if not path.name.startswith(".")}


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
def test_links_and_devices_are_refused(tmp_path: Path, kind: bytes) -> None:
    archive = tar_of(tmp_path / "set.tar.gz", tar_item("link", kind, "/etc"), tar_item("link/passwd", size=1))
    with pytest.raises(InputError, match="is a link or a device"):
        unpack_archive(archive, tmp_path / "out", progress=quiet)
    assert not (tmp_path / "out").exists()


def test_a_link_in_a_zip_is_refused(tmp_path: Path) -> None:
    entry = zipfile.ZipInfo("link")
    entry.external_attr = 0o120777 << 16
    with zipfile.ZipFile(tmp_path / "set.zip", "w") as archive:
        archive.writestr(entry, "/etc")
    with pytest.raises(InputError, match="is a link or a device"):
        unpack_archive(tmp_path / "set.zip", tmp_path / "out", progress=quiet)


def test_an_archive_bomb_is_refused(tmp_path: Path) -> None:
    archive = zip_of(tmp_path / "bomb.zip", {"zeros": bytes(40 << 20)})
    with pytest.raises(InputError, match="absurd size"):
        unpack_archive(archive, tmp_path / "out", progress=quiet)
    assert not (tmp_path / "out").exists()


def test_a_cut_off_archive_leaves_nothing(tmp_path: Path) -> None:
    archive = tar_of(tmp_path / "set.tar.gz", *(tar_item(f"{n}", size=50_000) for n in range(9)))
    archive.write_bytes(archive.read_bytes()[:-60])
    with pytest.raises(InputError, match="cannot be unpacked"):
        unpack_archive(archive, tmp_path / "out", progress=quiet)
    assert ["set.tar.gz"] == [path.name for path in tmp_path.iterdir()]


def test_what_is_there_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    with pytest.raises(InputError, match="is there already"):
        unpack_archive(zip_of(tmp_path / "set.zip", {"a": b"x"}), tmp_path / "out", progress=quiet)

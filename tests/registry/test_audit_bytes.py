"""Bytes on a real DVC remote that are gone or others, and bytes that are well."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from headway.cli.audit import audit_registry
from headway.cli.registry.opening import open_local
from headway.registry.audit.findings import Finding, sort_findings
from tests.registry.bundled import FILES, copy_bundled_line, damage, make_bundled_line, stored_file, stored_list
from tests.registry.line import GIT, MODEL, Line


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_bundled_line(tmp_path_factory.mktemp("line"))


@pytest.fixture
def line(made_once: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    """Two versions with real bytes, of which staging declares the second, and nothing to find."""
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return copy_bundled_line(made_once, tmp_path)


def find(line: Line, *, all_bytes: bool = False) -> tuple[Finding, ...]:
    found = audit_registry(open_local(line.root), None, offline=False, all_bytes=all_bytes)
    return tuple(one for one in sort_findings(found) if (one.code, one.subject) != ("not-checked", "the forge"))


@pytest.mark.parametrize("all_bytes", [False, True])
def test_nothing_is_found_where_every_byte_is_what_the_commit_vouches_for(line: Line, all_bytes: bool) -> None:
    assert () == find(line, all_bytes=all_bytes)


def test_a_file_that_is_gone_from_the_remote_is_found_for_every_version(line: Line) -> None:
    stored_file(line, "v1.0.0").unlink()
    (one,) = find(line)
    assert ("bytes-missing", f"{MODEL}@v1.0.0") == (one.code, one.subject)
    assert "model.onnx" in one.sentence


def test_a_list_of_files_that_is_gone_is_found(line: Line) -> None:
    stored_list(line, "v1.1.0").unlink()
    (one,) = find(line)
    assert ("bytes-missing", f"{MODEL}@v1.1.0") == (one.code, one.subject)


def test_damaged_bytes_of_a_declared_version_are_found(line: Line) -> None:
    damage(stored_file(line, "v1.1.0"), b"x")
    (one,) = find(line)
    assert ("bytes-differ", f"{MODEL}@v1.1.0") == (one.code, one.subject)
    assert "model.onnx" in one.sentence


def test_damaged_bytes_of_another_version_are_found_when_all_are_read(line: Line) -> None:
    damage(stored_file(line, "v1.0.0"), b"x")
    assert () == find(line)
    (one,) = find(line, all_bytes=True)
    assert ("bytes-differ", f"{MODEL}@v1.0.0") == (one.code, one.subject)


def test_a_list_that_names_other_files_is_found(line: Line) -> None:
    other = stored_file(line, "v1.0.0")
    md5 = other.parent.name + other.name
    damage(stored_list(line, "v1.1.0"), json.dumps([{"md5": md5, "relpath": "model.onnx"}]).encode())
    (one,) = find(line)
    assert f"vouches for: model.onnx, {FILES.bundle}" in one.sentence

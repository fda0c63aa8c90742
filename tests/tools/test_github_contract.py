"""tools/github_contract.py: what is kept of GitHub's document, and what happens without npm."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tools.github_contract import UnavailableError, cut

from tools import github_contract

DOCUMENT: dict[str, Any] = {
    "openapi": "3.0.3",
    "info": {},
    "servers": [],
    "paths": {
        "/user": {"get": {"responses": {"200": {"schema": {"$ref": "#/components/schemas/user"}}}}, "patch": {}},
        "/other": {"get": {"$ref": "#/components/schemas/other"}},
    },
    "components": {
        "schemas": {
            "user": {"plan": {"$ref": "#/components/schemas/plan"}, "friend": {"$ref": "#/components/schemas/user"}},
            "plan": {},
            "other": {},
        }
    },
}


def test_cut_keeps_operations_and_what_they_refer_to() -> None:
    kept = cut(DOCUMENT, ["GET /user"])
    assert {"/user": {"get"}} == {path: set(operations) for path, operations in kept["paths"].items()}
    assert {"user", "plan"} == set(kept["components"]["schemas"])


def test_operation_that_github_does_not_have_is_refused() -> None:
    with pytest.raises(KeyError, match="/nothing"):
        cut(DOCUMENT, ["GET /nothing"])


def test_missing_npm_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_contract, "CACHE", tmp_path)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(UnavailableError, match="npm is not installed"):
        github_contract.openapi()


def test_cached_document_needs_no_npm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(github_contract, "CACHE", tmp_path)
    monkeypatch.setattr(github_contract, "_fetch", lambda package: [{"name": "push", "examples": [{"ref": "x"}]}])
    assert {"push": [{"ref": "x"}]} == github_contract.events()
    monkeypatch.setattr(github_contract, "_fetch", None)
    assert {"push": [{"ref": "x"}]} == github_contract.events()

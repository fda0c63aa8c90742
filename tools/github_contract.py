"""Fetches what GitHub publishes about its API, and keeps of it what Headway uses: the contract that tests are held to.

The OpenAPI document and the example events come from npm, at pinned versions, into .headway/github/ (ignored by Git).
Standard library only. Run by hand: python tools/github_contract.py
"""

from __future__ import annotations

import base64
import hashlib
import json
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CACHE = Path(__file__).resolve().parent.parent / ".headway" / "github"
SECONDS = 300


@dataclass(frozen=True)
class Package:
    """One file of one npm package."""

    name: str
    version: str
    sha512: str
    """Of the package's archive, in base64, as npm writes it."""
    file: str


OPENAPI = Package(
    "@octokit/openapi",
    "23.0.2",
    "pV8M7L9GY23AybNvTmo2nyjmpmnt6+2sRE/tqr0ZLQcPS4lnw7u5eZGNmwRNkBC3D7gZXbFx5AHzLUVRBXGDhg==",
    "package/generated/api.github.com.json",
)
EVENTS = Package(
    "@octokit/webhooks-examples",
    "7.6.1",
    "De6U3XB6O3DtCa7bKgCMzTHdeopqqZ6SNivMYJnK65ierKL1AnNIA0tkRYCRS7lwGT792d+Ps1WbfHlso6MynQ==",
    "package/api.github.com/index.json",
)
OPERATIONS = (
    "GET /user",
    "GET /users/{username}",
    "GET /repos/{owner}/{repo}",
    "GET /repos/{owner}/{repo}/actions/variables",
    "GET /repos/{owner}/{repo}/actions/variables/{name}",
    "GET /repos/{owner}/{repo}/actions/workflows",
    "GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}",
    "POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches",
    "GET /repos/{owner}/{repo}/branches/{branch}",
    "GET /repos/{owner}/{repo}/branches/{branch}/protection",
    "GET /repos/{owner}/{repo}/rules/branches/{branch}",
    "GET /repos/{owner}/{repo}/rulesets",
    "POST /repos/{owner}/{repo}/rulesets",
    "GET /repos/{owner}/{repo}/rulesets/{ruleset_id}",
    "GET /repos/{owner}/{repo}/environments",
    "GET /repos/{owner}/{repo}/collaborators/{username}/permission",
    "GET /repos/{owner}/{repo}/compare/{basehead}",
    "POST /repos/{owner}/{repo}/check-runs",
    "GET /repos/{owner}/{repo}/commits/{ref}/check-runs",
    "GET /repos/{owner}/{repo}/commits/{commit_sha}/pulls",
    "GET /repos/{owner}/{repo}/commits/{ref}/status",
    "GET /repos/{owner}/{repo}/commits/{ref}/statuses",
    "GET /repos/{owner}/{repo}/commits/{ref}",
    "POST /repos/{owner}/{repo}/statuses/{sha}",
    "GET /repos/{owner}/{repo}/issues/{issue_number}",
    "GET /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
    "GET /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "DELETE /repos/{owner}/{repo}/issues/comments/{comment_id}",
    "GET /repos/{owner}/{repo}/pulls",
    "POST /repos/{owner}/{repo}/pulls",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/commits",
    "GET /repos/{owner}/{repo}/pulls/{pull_number}/reviews",
    "PUT /repos/{owner}/{repo}/pulls/{pull_number}/merge",
)


class UnavailableError(Exception):
    """The package cannot be had: no npm, no registry, or another archive than the pinned one."""


def openapi() -> dict[str, Any]:
    """Return GitHub's OpenAPI document, cut to `OPERATIONS`.

    Raises:
        UnavailableError: it is not cached and npm cannot fetch it.
    """
    wanted = hashlib.sha256("\n".join(OPERATIONS).encode()).hexdigest()[:12]
    document: dict[str, Any] = _cached(
        f"openapi-{OPENAPI.version}-{wanted}.json", lambda: cut(_fetch(OPENAPI), OPERATIONS)
    )
    return document


def events() -> dict[str, list[dict[str, Any]]]:
    """Return GitHub's example payloads by the event's name.

    Raises:
        UnavailableError: they are not cached and npm cannot fetch them.
    """
    payloads: dict[str, list[dict[str, Any]]] = _cached(
        f"events-{EVENTS.version}.json", lambda: {event["name"]: event["examples"] for event in _fetch(EVENTS)}
    )
    return payloads


def cut(document: Mapping[str, Any], operations: Sequence[str]) -> dict[str, Any]:
    """Return the document with these operations ("METHOD /path") and all that they refer to.

    Raises:
        KeyError: the document lacks one of them.
    """
    paths: dict[str, Any] = {}
    for operation in operations:
        method, path = operation.split(" ")
        shared = {key: value for key, value in document["paths"][path].items() if key == "parameters"}
        paths.setdefault(path, shared)[method.lower()] = document["paths"][path][method.lower()]
    components: dict[str, Any] = {}
    waiting = list(_references(paths))
    while waiting:
        _, kind, name = waiting.pop().removeprefix("#/").split("/", 2)
        if name in components.setdefault(kind, {}):
            continue
        components[kind][name] = document["components"][kind][name]
        waiting += _references(components[kind][name])
    kept = {key: document[key] for key in ("openapi", "info", "servers")}
    return {**kept, "paths": paths, "components": components}


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for part in value.values():
            yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _cached(name: str, make: Callable[[], Any]) -> Any:
    path = CACHE / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps(make())
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as partial:
            partial.write(content)
        Path(partial.name).replace(path)
    return json.loads(path.read_text(encoding="utf-8"))


def _fetch(package: Package) -> Any:
    """Return one JSON file out of an npm package."""
    if shutil.which("npm") is None:
        raise UnavailableError("npm is not installed; it fetches GitHub's OpenAPI document")
    with tempfile.TemporaryDirectory() as folder:
        command = ["npm", "pack", "--silent", "--ignore-scripts", f"{package.name}@{package.version}"]
        try:
            subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True, timeout=SECONDS)
        except (subprocess.SubprocessError, OSError) as error:
            raise UnavailableError(f"npm could not fetch {package.name}@{package.version}: {error}") from error
        (archive,) = Path(folder).glob("*.tgz")
        digest = base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != package.sha512:
            raise UnavailableError(f"npm sent another {package.name}@{package.version} than the pinned one: {digest}")
        with tarfile.open(archive) as files:
            content = files.extractfile(package.file)
            assert content is not None
            return json.load(content)


if __name__ == "__main__":
    try:
        openapi(), events()
    except UnavailableError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(3)
    print(CACHE)

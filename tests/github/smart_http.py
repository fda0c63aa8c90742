"""Git over HTTP with GitHub's rules: who may push, to which branch, and which files.

https://git-scm.com/docs/git-http-backend
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping

from tests.github.answers import number_of
from tests.github.repository import IDENTITY
from tests.github.state import Repository, Token

Reply = tuple[int, Mapping[str, str], bytes]

_ADDRESS = re.compile(r"^/(?P<name>[^/]+/[^/]+?)(?:\.git)?(?P<rest>/(?:info/refs|git-upload-pack|git-receive-pack))$")

# A workflow file may come from a branch that is here already, as a merge of the base brings it; a new one may not.
_UPDATE_HOOK = r"""#!/bin/sh
# update <reference> <old> <new>
forbid() {
    set -f
    for pattern in $2; do
        case "$1" in
        $pattern)
            echo "error: GH013: Repository rule violations found for $1." >&2
            echo "- $3" >&2
            exit 1 ;;
        esac
    done
    set +f
}
zero=0000000000000000000000000000000000000000
if test "$2" = $zero; then forbid "$1" "$NO_CREATION" "Cannot create ref due to creations being restricted."
elif test "$3" = $zero; then forbid "$1" "$NO_DELETION" "Cannot delete this protected ref."
else forbid "$1" "$NO_UPDATE" "Cannot update this protected ref."
fi
test "$3" = $zero && exit 0
case " $PROTECTED_BRANCHES " in
*" ${1#refs/heads/} "*)
    echo "error: GH006: Protected branch update failed for $1." >&2
    exit 1 ;;
esac
test -n "$MAY_WRITE_WORKFLOWS" && exit 0
git ls-tree -r "$3" -- .github/workflows | while read -r mode type blob path; do
    known=$(git for-each-ref --format='%(objectname)' refs/heads | while read -r head; do
        test "$(git rev-parse --quiet --verify "$head:$path")" = "$blob" && echo yes && break
    done)
    if test -z "$known"; then
        why="refusing to allow a GitHub App to create or update workflow"
        echo "$why \`$path\` without \`workflows\` permission" >&2
        exit 1
    fi
done
"""


def answer(
    repositories: Mapping[str, Repository],
    token: Token | None,
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Reply:
    """Answer one request of a Git client."""
    address = _ADDRESS.match(path)
    repository = repositories.get(address["name"]) if address else None
    if address is None or repository is None:
        return 404, {"Content-Type": "text/plain"}, b"Repository not found.\n"
    needed = "contents=write" if "git-receive-pack" in f"{path}?{query}" else "contents=read"
    if token is None:
        return 401, {"WWW-Authenticate": 'Basic realm="GitHub"', "Content-Type": "text/plain"}, b"Bad credentials\n"
    if not token.may(needed) and not token.may("contents=write"):
        return (
            403,
            {"Content-Type": "text/plain"},
            f"Permission to {address['name']} denied to {token.login}\n".encode(),
        )
    _install_hook(repository)
    environment = _environment(repository, token, headers) | {
        "PATH_INFO": f"/{repository.path.name}{address['rest']}",
        "QUERY_STRING": query,
        "REQUEST_METHOD": method,
        "CONTENT_LENGTH": str(len(body)),
    }
    result = subprocess.run(["git", "http-backend"], env=environment, input=body, capture_output=True, check=False)
    return _parse(result.stdout)


def _environment(repository: Repository, token: Token, headers: Mapping[str, str]) -> dict[str, str]:
    given = {name.lower(): value for name, value in headers.items()}
    protected = [name for name, rule in repository.protections.items() if rule.pull_request]
    return IDENTITY | {
        "PATH": os.environ["PATH"],
        "GIT_PROJECT_ROOT": str(repository.path.parent),
        "GIT_HTTP_EXPORT_ALL": "1",
        "REMOTE_USER": token.login,
        "CONTENT_TYPE": given.get("content-type", ""),
        "HTTP_CONTENT_ENCODING": given.get("content-encoding", ""),
        "GIT_PROTOCOL": given.get("git-protocol", ""),
        "PROTECTED_BRANCHES": " ".join(protected),
        "MAY_WRITE_WORKFLOWS": "yes" if token.may("workflows=write") or not token.installation else "",
        **{f"NO_{rule.upper()}": _forbidden(repository, token, rule) for rule in ("creation", "update", "deletion")},
    }


def _forbidden(repository: Repository, token: Token, rule: str) -> str:
    """Return the tags, as patterns of a shell, to which a rule forbids a token something."""
    rulesets = [one for one in repository.rulesets if one.document["target"] == "tag" and rule in one.rules]
    return " ".join(pattern for one in rulesets if one.binds(number_of(token.login)) for pattern in one.patterns)


def _install_hook(repository: Repository) -> None:
    hook = repository.path / "hooks" / "update"
    if not hook.exists():
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(_UPDATE_HOOK)
        hook.chmod(0o755)


def _parse(output: bytes) -> Reply:
    """Take a CGI answer apart."""
    head, _, body = output.partition(b"\r\n\r\n")
    headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
    status = int(headers.pop("Status", "200").split()[0])
    return status, headers, body

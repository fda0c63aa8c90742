"""Git: what another repository holds, fetching single refs from it, and pushing to it without ever overwriting."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

from headway.errors import InputError, OutsideError
from headway.integrations.git.command import Answer, ask

_VARIABLE = "HEADWAY_GIT_AUTHORIZATION"
_WORKFLOWS = "without `workflow"
_RULES = "GH013", "GH006", "verified signature", "hook declined"
_BRANCH_RULES = "let the bot bypass that rule on branches of pull requests; signed commits need a signing key"
MOVED = "[rejected]", "stale info", "non-fast-forward", "fetch first", "cannot lock ref", "reference already exists"
"""What git says where somebody else was first."""
_FORBIDDEN = "returned error: 403", "Permission to", "Write access to repository not granted"


@dataclass(frozen=True)
class Access:
    """Where a remote is and how to be let in.

    Attributes:
        server: address that the token is for; it is sent nowhere else.
        token: of GitHub; None leaves it to the user's own git settings.
        name: of the remote.
    """

    server: str | None = None
    token: str | None = field(default=None, repr=False)
    name: str = "origin"

    @property
    def words(self) -> tuple[str, ...]:
        """What tells git to send the token: the name of the variable that holds it."""
        return (f"--config-env=http.{self._prefix}.extraheader={_VARIABLE}",) if self._is_known else ()

    @property
    def environment(self) -> dict[str, str]:
        """Where git reads the token from: neither a command line nor a file holds it."""
        if not self._is_known:
            return {}
        secret = base64.b64encode(f"x-access-token:{self.token}".encode()).decode()
        return {_VARIABLE: f"AUTHORIZATION: basic {secret}"}

    @property
    def _is_known(self) -> bool:
        return bool(self.server and self.token)

    @property
    def _prefix(self) -> str:
        return f"{(self.server or '').rstrip('/')}/"


def remote_commit(root: Path, ref: str, access: Access) -> str | None:
    """Return the commit of a full ref ("refs/heads/main") on the remote, as it is now; None where there is none.

    Raises:
        OutsideError: the remote cannot be asked.
    """
    answer = ask_remote(root, access, "ls-remote", access.name, ref)
    rows = [line.split("\t") for line in answer.output.splitlines()]
    return next((commit for commit, name in rows if name == ref), None)


def fetch(root: Path, ref: str, access: Access) -> str:
    """Bring the objects of a full ref, touching neither branches nor the working tree, and return its commit.

    Raises:
        OutsideError: the remote cannot be asked, or has no such ref.
    """
    kept = f"refs/headway/{ref.removeprefix('refs/')}"
    ask_remote(root, access, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", access.name, f"+{ref}:{kept}")
    return ask(root, "rev-parse", "--verify", kept).output.strip()


def push(root: Path, commit: str, branch: str, *, expected: str | None, access: Access) -> bool:
    """Move `branch` on the remote from `expected` to `commit`; nobody's commits are ever overwritten.

    The lease makes the push a compare-and-swap: it is refused where the branch is no longer at `expected`, which also
    sees a branch that a person set back. It permits nothing else, for `commit` must hold all of `expected`.

    Args:
        root: of the clone.
        commit: full hash.
        branch: name without "refs/heads/".
        expected: full hash; None where the branch must not exist yet.
        access: of the remote.

    Returns:
        False where the branch is elsewhere by now.

    Raises:
        InputError: the token or a rule of the repository does not allow it, or `commit` does not hold `expected`.
        OutsideError: the remote cannot be reached or failed.
    """
    if expected and ask(root, "merge-base", "--is-ancestor", expected, commit).status != 0:
        raise InputError(f"{commit} does not hold {expected}: pushing it would lose commits", hint="merge first")
    ref = f"refs/heads/{branch}"
    words = "push", "--porcelain", f"--force-with-lease={ref}:{expected or ''}", access.name, f"{commit}:{ref}"
    answer = run_with_access(root, access, *words)
    if answer.status == 0:
        return True
    said = f"{answer.output}\n{answer.complaint}"
    raise_if_refused(said, branch, hint=_BRANCH_RULES)
    if any(mark in said for mark in MOVED) and remote_commit(root, ref, access) != expected:
        return False
    raise OutsideError(f"{branch} cannot be pushed: {answer.last_line}", hint="run this again")


def raise_if_refused(said: str, name: str, *, hint: str) -> None:
    """Raise `InputError` where what a push said means that the token, or a rule of the repository, does not allow it.

    Args:
        said: all that git printed.
        name: of what was pushed.
        hint: what to do about a rule.
    """
    if _WORKFLOWS in said:
        raise InputError(
            f"GitHub refuses the push to {name}: it brings workflow files that no branch of the repository has yet",
            hint="merge the base into the branch by hand and push it: a person's push may bring workflow files",
        )
    if any(mark in said for mark in _RULES):
        raise InputError(
            f"a rule of the repository refuses the push to {name}: {_rule(said)}",
            hint=hint,
        )
    if any(mark in said for mark in _FORBIDDEN):
        raise InputError(f"the token may not push to {name}", hint="grant the job the permission `contents: write`")


def _rule(said: str) -> str:
    lines = [line.removeprefix("remote:").strip(" -") for line in said.splitlines() if line.startswith("remote:")]
    telling = (line for line in lines if any(word in line.lower() for word in ("must", "cannot")))
    return next(telling, next(filter(None, reversed(lines)), "it does not say which"))


def ask_remote(root: Path, access: Access, *words: str, stdin: bytes = b"") -> Answer:
    """Run git with the token.

    Raises:
        OutsideError: it failed.
    """
    answer = run_with_access(root, access, *words, stdin=stdin)
    if answer.status != 0:
        raise OutsideError(
            f"{access.name} cannot be asked: {answer.last_line}", hint="check the network and that the token may read"
        )
    return answer


def run_with_access(root: Path, access: Access, *words: str, stdin: bytes = b"") -> Answer:
    """Run git with the token, and return what it said."""
    return ask(root, *access.words, *words, environment=access.environment, stdin=stdin)

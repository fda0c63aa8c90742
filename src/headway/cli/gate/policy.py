"""Which policy holds: the base branch's."""

from __future__ import annotations

import os
from pathlib import Path

from headway.cli.actions import Environment, base_revision
from headway.contracts.canonical import sha256_of
from headway.contracts.layout import PARAMS
from headway.contracts.params.document import ParamsError, parse_document, read_document, read_section
from headway.contracts.params.gate import GateParams
from headway.errors import InputError
from headway.integrations.git.reading import file_at
from headway.integrations.git.revisions import commit_of

_BASES = ("origin/HEAD", "origin/main", "main")


def default_base(root: Path, environment: Environment = os.environ) -> str:
    """Return the branch that a merge goes to: what the pull request says, else the remote's default branch, else main.

    Raises:
        InputError: there is none of them.
    """
    named = base_revision(environment)
    found = named or next((name for name in _BASES if commit_of(root, name)), None)
    if found is None:
        raise InputError(f"there is no base to compare with: none of {', '.join(_BASES)}", hint="name it: --base REV")
    return found


def policy_at(root: Path, base: str, own: Path | None = None) -> GateParams:
    """Return what the `gate` section of params.yaml asks for at `base`.

    A base without the section asks for the defaults; one without params.yaml
    has no say, and the candidate's `own` file (by default the working tree's)
    is read.

    Raises:
        InputError: there is no such revision, or the section cannot be used.
    """
    content = _at(root, base)
    if content is None:
        return read_section(read_document(own or root / PARAMS), "gate", GateParams)
    name = f"{base}:{PARAMS}"
    try:
        return read_section(parse_document(content.decode("utf-8", errors="replace"), name), "gate", GateParams)
    except ParamsError as error:
        raise ParamsError(name, error.faults, hint=f"mend it on {base} first: it holds the policy") from error


def has_policy(root: Path, base: str) -> bool:
    """Tell whether `base` has a say at all."""
    return _at(root, base) is not None


def policy_digest(policy: GateParams) -> str:
    """Return the SHA-256 over the policy with all its defaults."""
    return sha256_of(policy.model_dump(mode="json"))


def _at(root: Path, base: str) -> bytes | None:
    commit = commit_of(root, base)
    if commit is None:
        raise InputError(f"{base!r} names no commit", hint="fetch it, or name another: --base REV")
    return file_at(root, commit, PARAMS)

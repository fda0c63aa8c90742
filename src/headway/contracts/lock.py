"""dvc.lock: what DVC recorded of each stage's last run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.canonical import sha256_of
from headway.contracts.layout import CLOCKED
from headway.errors import InputError

Entries = Mapping[str, Mapping[str, Any]]
"""Stage -> its entry: cmd, deps, params, outs."""

UPSTREAM = ("prepare", "train", "export", "evaluate")
"""The stages before package; package's own entry holds the digest of its bundle, which a manifest cannot."""

_HINT = "run: dvc repro"


def read_lock(path: Path) -> Entries:
    """Return stage -> entry.

    Raises:
        InputError: the file is missing or is no lock of DVC 2 or later.
    """
    try:
        return parse_lock(path.read_bytes(), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: the stages before have not been run", hint=_HINT) from error


def parse_lock(content: bytes, name: str) -> Entries:
    """Return stage -> entry of a lock that was read elsewhere; `name` is for messages.

    Raises:
        InputError: it is no lock of DVC 2 or later.
    """
    try:
        entries: Entries = yaml.safe_load(content.decode())["stages"]
        output_digests(entries)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise _broken(f"{name}:{line}", error.problem or "not YAML") from error
    except (yaml.YAMLError, ValueError, RecursionError, KeyError, TypeError, AttributeError) as error:
        raise _broken(name, "it does not map stages to their outputs") from error
    return entries


def output_digests(entries: Entries) -> dict[str, str]:
    """Return output path -> MD5 (of a folder, with ".dir" at its end) over all stages."""
    return _digests(item for entry in entries.values() for item in entry.get("outs", ()))


def entries_digest(entries: Entries, stages: Iterable[str] = UPSTREAM) -> str:
    """Return the SHA-256 over the entries of `stages`: dependencies, params and outputs.

    Outputs that the clock decides are left out, and so is the command, which no
    stage can depend on. The package stage depends on all that the entries of
    the stages before it depend on, so that DVC re-runs it whenever this changes.

    Raises:
        InputError: one of the stages has no entry.
    """
    missing = [stage for stage in stages if stage not in entries]
    if missing:
        raise InputError(f"dvc.lock has no entry for {missing[0]}: it has not been run", hint=_HINT)
    return sha256_of({stage: _content(entries[stage]) for stage in stages})


def _broken(where: str, reason: str) -> InputError:
    return InputError(
        f"{where} is no dvc.lock: {reason}",
        hint="take back the one in Git: git checkout dvc.lock; or delete it, and run: make repro",
    )


def _content(entry: Mapping[str, Any]) -> dict[str, Any]:
    outputs = _digests(entry.get("outs", ()))
    return {
        "deps": _digests(entry.get("deps", ())),
        "params": entry.get("params", {}),
        "outs": {path: md5 for path, md5 in outputs.items() if Path(path) not in CLOCKED},
    }


def _digests(items: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {item["path"]: item["md5"] for item in items}

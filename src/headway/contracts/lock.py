"""dvc.lock: what DVC recorded of each stage's last run (https://dvc.org/doc/user-guide/project-structure/dvcyaml-files)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.canonical import sha256_of
from headway.errors import InputError

UPSTREAM = ("prepare", "train", "export", "evaluate")
"""Stages before package. Package's own entry holds the digest of its bundle, so naming it there would be circular."""

_HINT = "run: dvc repro"


def read_lock(path: Path) -> Mapping[str, Any]:
    """Return stage -> entry (cmd, deps, params, outs).

    Raises:
        InputError: the file is missing or is no lock of DVC 2 or later.
    """
    try:
        stages = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: the stages before have not been run", hint=_HINT) from error
    except (yaml.YAMLError, KeyError, TypeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is no dvc.lock: {error!r}", hint=_HINT) from error
    if not isinstance(stages, dict):
        raise InputError(f"{path} names no stages", hint=_HINT)
    return stages


def inputs_digest(lock: Mapping[str, Any], stages: Sequence[str]) -> str:
    """Return the SHA-256 over what went into `stages`: the deps (with their digests) and params of their entries.

    Outs are left out because some hold clock times (latency, wall time); an out that matters is the next
    stage's dep, or has its own digest in the manifest. `cmd` is left out because DVC lets no stage depend
    on it, so a manifest could fall behind it; the script that it names is a dep. The package stage must
    itself depend on all that is digested here: then DVC reruns it whenever this digest changes.

    Raises:
        InputError: a stage has no entry.
    """
    missing = [name for name in stages if name not in lock]
    if missing:
        raise InputError(f"dvc.lock has no entry for the stage {missing[0]}", hint=_HINT)
    entries = {name: {key: lock[name].get(key) for key in ("deps", "params")} for name in stages}
    return sha256_of(entries)


def out_md5(lock: Mapping[str, Any], path: str) -> str | None:
    """Return the MD5 that the lock records for the output `path`; None for an output that it does not know."""
    outs = (out for entry in lock.values() for out in entry.get("outs", ()))
    return next((out.get("md5") for out in outs if out["path"] == path), None)

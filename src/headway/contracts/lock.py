"""dvc.lock: what DVC recorded of each stage's last run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from headway.contracts.canonical import sha256_of
from headway.errors import InputError

_HINT = "run: dvc repro"


def read_lock(path: Path) -> dict[str, str]:
    """Return output path -> MD5 (of a folder, with ".dir" at its end) over all stages.

    Raises:
        InputError: the file is missing or is no lock of DVC 2 or later.
    """
    try:
        stages: Mapping[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))["stages"]
        return {out["path"]: out["md5"] for entry in stages.values() for out in entry.get("outs", ())}
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: the stages before have not been run", hint=_HINT) from error
    except (yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{path} is no dvc.lock: {error!r}", hint=_HINT) from error


def outputs_digest(lock: Mapping[str, str], outputs: Iterable[Path]) -> str:
    """Return the SHA-256 over what the lock records for `outputs`.

    Name every output that package depends on, less those that the clock decides (latency). Then DVC reruns
    package exactly when this digest changes. Code, commands and other outputs of the entries stay out: an
    edit of them that changes no output reruns nothing downstream, and would leave the manifest behind.

    Raises:
        InputError: the lock has no such output.
    """
    paths = [path.as_posix() for path in outputs]
    missing = [path for path in paths if path not in lock]
    if missing:
        raise InputError(f"dvc.lock records no output {missing[0]}", hint=_HINT)
    return sha256_of({path: lock[path] for path in paths})

"""Creates .venv from constraints.txt, once, however many callers ask at the same time.

Standard library only: it runs before anything is installed. Environment variables: HEADWAY_EXTRAS, the extras to
install; HEADWAY_VENV, an environment that is ready (a warm runner's) and is taken instead; GITHUB_PATH and GITHUB_ENV,
the files by which a workflow's later steps find what was installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
STAMP = FOLDER / ".installed"
INPUTS = ("pyproject.toml", "requirements.txt", "constraints.txt", "src/headway/__init__.py")
REQUIREMENTS = ROOT / "requirements.txt"
EXTRAS = os.environ.get("HEADWAY_EXTRAS") or "train,dev"
DIFFERENCES = r"""
import re, sys
from importlib.metadata import distributions
from pathlib import Path
name = lambda text: re.sub("[-_.]+", "-", text).lower()
wanted = dict(line.split("==") for line in open(sys.argv[1]).read().split() if "==" in line)
wanted = {name(key): value for key, value in wanted.items()}
requirements = Path(sys.argv[2])
text = requirements.read_text() if requirements.exists() else ""
pinned = re.search(r"^headway(?:\[.*?\])?\s*==\s*([\w.!+-]+)\s*(?:#.*)?$", text, re.MULTILINE)
if pinned:
    wanted["headway"] = pinned[1]
found = {name(one.metadata["Name"]): one.version for one in distributions()}
for key, version in sorted(found.items()):
    if key in wanted and version.split("+")[0] != wanted[key].split("+")[0]:
        print(f"{key} {version}, not {wanted[key]}")
if "headway" not in found:
    print("no headway")
"""
"""Prints how an environment differs from constraints.txt and from the release of Headway that requirements.txt pins.

The build of PyTorch (+cpu, +cu130) is free.
"""


def main() -> int:
    """Install unless the stamp says that the same inputs were installed by the same Python."""
    if sys.version_info < (3, 11):
        return _fail(2, f"Python 3.11 or newer is needed, not {sys.version.split()[0]}", "make PYTHON=python3.12 repro")
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another install in this folder to finish ...", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        ready = os.environ.get("HEADWAY_VENV")
        code = _take(Path(ready).resolve()) if ready else 0 if _is_current() else _install()
    if code == 0:
        _tell_later_steps()
    return code


def _take(ready: Path) -> int:
    """Let .venv lead to an environment that was made elsewhere, if it has the versions that are named here."""
    python = ready / "bin" / "python"
    if not python.exists():
        return _fail(2, f"HEADWAY_VENV: {ready} is no virtual environment", "unset it, or make one there")
    asked = [str(python), "-c", DIFFERENCES, str(ROOT / "constraints.txt"), str(REQUIREMENTS)]
    differences = subprocess.run(asked, capture_output=True, text=True, check=True).stdout.splitlines()
    if differences:
        hint = "install the versions that are wanted there, or unset HEADWAY_VENV"
        return _fail(2, f"HEADWAY_VENV: {ready} has {'; '.join(differences[:5])}", hint)
    if FOLDER.is_symlink():
        FOLDER.unlink()
    if FOLDER.exists():
        return _fail(2, f"HEADWAY_VENV is set, but {FOLDER} exists", "rm -r .venv, or unset HEADWAY_VENV")
    FOLDER.symlink_to(ready, target_is_directory=True)
    return 0


def _tell_later_steps() -> None:
    """Put .venv first on a workflow's PATH, and this checkout before the Headway that a ready environment has."""
    _append("GITHUB_PATH", f"{FOLDER / 'bin'}\n")
    if os.environ.get("HEADWAY_VENV") and (ROOT / "src").is_dir():
        _append("GITHUB_ENV", f"PYTHONPATH={ROOT / 'src'}\n")


def _append(variable: str, line: str) -> None:
    path = os.environ.get(variable)
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(line)


def _fingerprint() -> str:
    digest = hashlib.sha256(f"{sys.version} {EXTRAS}".encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes() if (ROOT / name).exists() else b"")
    return digest.hexdigest()


def _is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == _fingerprint()


def _fits_this_python() -> bool:
    config = FOLDER / "pyvenv.cfg"
    return config.exists() and f"version = {sys.version.split()[0]}\n" in config.read_text()


def _install() -> int:
    print("installing into .venv (several GB with PyTorch; minutes, once) ...", file=sys.stderr)
    if FOLDER.is_symlink():  # of an earlier HEADWAY_VENV, which is not ours to change
        FOLDER.unlink()
    STAMP.unlink(missing_ok=True)
    if not _fits_this_python():  # else only the packages are brought up to date, perhaps by .venv's own Python
        venv.create(FOLDER, with_pip=True, symlinks=True, clear=True)
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    with tempfile.NamedTemporaryFile("w", suffix=".txt") as requirements:
        result = subprocess.run([*pip, "--constraint", "constraints.txt", *_wanted(requirements)], cwd=ROOT)
    if result.returncode != 0:
        hint = "check the network and the free disk (pip said why above), then run it again"
        return _fail(3, "pip could not install what constraints.txt names", hint)
    STAMP.write_text(_fingerprint())
    return 0


def _wanted(file: IO[str]) -> list[str]:
    """Return pip's words for this checkout, or for the Headway that a team's requirements.txt names."""
    if not REQUIREMENTS.exists():
        return ["--editable", f".[{EXTRAS}]"]
    file.write(REQUIREMENTS.read_text(encoding="utf-8").replace("headway[train]", f"headway[{EXTRAS}]"))
    file.flush()
    return ["--requirement", file.name]


def _fail(code: int, message: str, hint: str) -> int:
    print(f"error: {message}\nhint: {hint}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())

"""Creates .venv from constraints.txt, once, however many callers ask at the same time.

Standard library only: it runs before anything is installed.
"""

from __future__ import annotations

import fcntl
import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"
STAMP = FOLDER / ".installed"
INPUTS = ("pyproject.toml", "constraints.txt", "src/headway/__init__.py")


def main() -> int:
    """Install unless the stamp says that the same inputs were installed by the same Python."""
    if sys.version_info < (3, 11):
        print(f"error: Python 3.11 or newer is needed, not {sys.version.split()[0]}", file=sys.stderr)
        print("hint: make PYTHON=python3.12 repro", file=sys.stderr)
        return 2
    with (ROOT / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("waiting for another install in this folder to finish ...", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        return 0 if _is_current() else _install()


def _fingerprint() -> str:
    digest = hashlib.sha256(sys.version.encode())
    for name in INPUTS:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def _is_current() -> bool:
    return STAMP.exists() and STAMP.read_text() == _fingerprint()


def _fits_this_python() -> bool:
    config = FOLDER / "pyvenv.cfg"
    return config.exists() and f"version = {sys.version.split()[0]}\n" in config.read_text()


def _install() -> int:
    print("installing into .venv (several GB with PyTorch; minutes, once) ...", file=sys.stderr)
    STAMP.unlink(missing_ok=True)
    if not _fits_this_python():  # else only the packages are brought up to date, perhaps by .venv's own Python
        venv.create(FOLDER, with_pip=True, symlinks=True, clear=True)
    pip = [str(FOLDER / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    result = subprocess.run([*pip, "--constraint", "constraints.txt", "--editable", ".[train,dev]"], cwd=ROOT)
    if result.returncode != 0:
        print("error: pip could not install what constraints.txt names", file=sys.stderr)
        print("hint: check the network and the free disk (pip said why above), then run make again", file=sys.stderr)
        return 3
    STAMP.write_text(_fingerprint())
    return 0


if __name__ == "__main__":
    sys.exit(main())

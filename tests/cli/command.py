"""Runs the `headway` command as a user does: in a process and a folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

COMMAND = [sys.executable, "-c", "from headway.cli.main import main; main()"]


def run_headway(*arguments: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `headway ARGUMENTS` in `folder`, with no tracking server but one that `environment` names."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("MLFLOW_")}
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env={**clean, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

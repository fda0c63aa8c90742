"""CML (github.com/iterative/cml, 0.20), a Node program that puts a report on a pull request.

It appends to the global Git settings, sends telemetry, waits without end for
a server that does not answer, and reads its settings from many variables: it
gets a scratch home, a time limit and only the variables that it needs.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from headway.errors import OutsideError

_PASSED_ON = (
    "PATH",
    "LANG",
    "LC_ALL",
    "NODE_EXTRA_CA_CERTS",
    *(name for proxy in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY") for name in (proxy, proxy.lower())),
)
_LONGEST = 300


@dataclass(frozen=True)
class Cml:
    """The installed program, and the repository that it writes to.

    Attributes:
        program: path of the executable.
        repository_url: page of the repository.
        token: handed over in the environment only.
        timeout_s: the program and all that it started are killed after it.
        environment: what PATH, proxies and certificates are taken from.
    """

    program: str
    repository_url: str
    token: str
    timeout_s: float
    environment: Mapping[str, str]

    def post_report(self, text: str, *, pull_request: int, title: str, sha: str) -> None:
        """Write `text`, to which CML adds its marker, into the last comment that it finds, or a new one.

        Raises:
            OutsideError: CML failed or was not done in time; the comment may be there all the same.
        """
        with tempfile.TemporaryDirectory() as scratch:
            folder = Path(scratch)
            report, log = folder / "report.md", folder / "log"
            report.write_text(text, encoding="utf-8", newline="\n")
            code = self._run(["--watermark-title", title, "--target", f"pr/{pull_request}"], report, log, sha)
            said = self._scrub(log.read_text(encoding="utf-8", errors="replace"))
        if code is None:
            raise OutsideError(f"cml was not done within {self.timeout_s:g} s and was stopped")
        if code:
            raise OutsideError(f"cml ended with {code}: {said}")

    def _run(self, target: list[str], report: Path, log: Path, sha: str) -> int | None:
        """Return the exit code; None where it had to be killed."""
        command = [self.program, "comment", "update", "--publish=false", *target]
        command += ["--driver", "github", "--repo", self.repository_url, str(report)]
        with log.open("wb") as out:
            try:
                child = subprocess.Popen(
                    command,
                    cwd=report.parent,
                    env=self._child_environment(report.parent, sha),
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            except OSError as error:
                raise OutsideError(f"cml cannot be started: {error.strerror}") from error
            try:
                return child.wait(self.timeout_s)
            except subprocess.TimeoutExpired:
                return None
            finally:
                _kill_group(child)

    def _child_environment(self, home: Path, sha: str) -> dict[str, str]:
        kept = {name: self.environment[name] for name in _PASSED_ON if name in self.environment}
        own = {"HOME": str(home), "REPO_TOKEN": self.token, "GITHUB_SHA": sha, "ITERATIVE_DO_NOT_TRACK": "1"}
        return kept | own

    def _scrub(self, text: str) -> str:
        line = " ".join(text.replace(self.token, "***").split())
        return "".join(character for character in line if character.isprintable())[-_LONGEST:]


def find_program(environment: Mapping[str, str]) -> str | None:
    """Return the path of `cml`; None where it is not installed."""
    return shutil.which("cml", path=environment.get("PATH", os.defpath))


def reaches(repository_url: str, api_url: str) -> bool:
    """Say whether CML would call `api_url`: it works out the API's address from the repository's page alone."""
    parts = urlsplit(repository_url)
    own = "https://api.github.com" if parts.hostname == "github.com" else f"https://{parts.netloc}/api/v3"
    return own == api_url


def _kill_group(child: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)
    child.wait()

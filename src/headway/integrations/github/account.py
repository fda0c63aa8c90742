"""Where the repository is, and with which token: out of the environment and the address of `origin`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from headway.errors import InputError

_GITHUB = "github.com"
_TENANT = ".ghe.com"
"""Hosts of GitHub Enterprise with data residency; their API is at api.<host>."""
_SCP_LIKE = re.compile(r"(?:[^@/]+@)?(?P<host>[^:/]+):(?P<path>[^:]+)")
_NAME = re.compile(r"[\w.-]+/[\w.-]+", re.ASCII)
_LOOPBACK = {"127.0.0.1", "::1", "localhost"}
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")


@dataclass(frozen=True)
class Account:
    """One repository on GitHub, and who asks for it.

    Attributes:
        repository: "owner/name".
        api_url: base of the REST API, without a slash at the end.
        server_url: base of the web pages.
        token: a secret; it stands in no message.
        bot: login of an App's token, which GitHub does not tell to its holder.
        certificates: file with the certificates to trust; None for those of requests.
    """

    repository: str
    api_url: str
    server_url: str
    token: str = field(repr=False)
    bot: str = "github-actions[bot]"
    certificates: str | None = None

    @property
    def repository_url(self) -> str:
        return f"{self.server_url}/{self.repository}"


def read_account(environment: Mapping[str, str], origin: str | None = None) -> Account:
    """Read the variables that GitHub Actions sets; what they lack comes from the address of `origin`.

    HEADWAY_TOKEN goes before GITHUB_TOKEN. HEADWAY_BOT is the login of the
    App that made the token, such as "headway-acme[bot]".

    Raises:
        InputError: there is no token, no repository on GitHub, or an address that a token must not be sent to.
    """
    host, path = _split_origin(origin or "")
    repository = environment.get("GITHUB_REPOSITORY") or path
    if not _NAME.fullmatch(repository):
        raise InputError(
            f"{repository or origin or 'this folder'!r} names no repository on GitHub",
            hint="set GITHUB_REPOSITORY=owner/name",
        )
    server_url = environment.get("GITHUB_SERVER_URL", "").rstrip("/")
    api_url = environment.get("GITHUB_API_URL", "").rstrip("/") or _api_of(server_url or f"https://{host or _GITHUB}")
    _require_safe(api_url)
    return Account(
        repository=repository,
        api_url=api_url,
        server_url=server_url or _server_of(api_url),
        token=_token(environment),
        bot=environment.get("HEADWAY_BOT") or Account.bot,
        certificates=_certificates(environment),
    )


def find_repository_url(environment: Mapping[str, str], origin: str | None = None) -> str | None:
    """Return where people see the repository; None where nothing names one on GitHub. It takes no token."""
    host, path = _split_origin(origin or "")
    repository = environment.get("GITHUB_REPOSITORY") or (path if _is_github(host) else "")
    server_url = environment.get("GITHUB_SERVER_URL", "").rstrip("/") or f"https://{host or _GITHUB}"
    known = _NAME.fullmatch(repository) and urlsplit(server_url).scheme in {"http", "https"}
    return f"{server_url}/{repository}" if known else None


def _token(environment: Mapping[str, str]) -> str:
    token = (environment.get("HEADWAY_TOKEN") or environment.get("GITHUB_TOKEN") or "").strip()
    if not token:
        raise InputError(
            "there is no token for GitHub: neither HEADWAY_TOKEN nor GITHUB_TOKEN is set",
            hint="in a workflow set GITHUB_TOKEN: ${{ github.token }}; by hand: export GITHUB_TOKEN=$(gh auth token)",
        )
    if not (token.isascii() and token.isprintable()):
        raise InputError("the token for GitHub holds characters that no token has", hint="set it again, without quotes")
    return token


def _split_origin(origin: str) -> tuple[str, str]:
    """Return host and "owner/name" of a remote's address; empty where it is a path or has none."""
    if "://" in origin:
        parts = urlsplit(origin)
        host, path = (parts.hostname or "", parts.path) if parts.scheme in {"http", "https", "ssh", "git"} else ("", "")
    else:
        found = _SCP_LIKE.fullmatch(origin)
        host, path = (found["host"], found["path"]) if found else ("", "")
    return host, path.strip("/").removesuffix(".git")


def _is_github(host: str) -> bool:
    return host == _GITHUB or host.endswith(_TENANT)


def _api_of(server_url: str) -> str:
    parts = urlsplit(server_url)
    if _is_github(parts.hostname or ""):
        return f"https://api.{parts.hostname}"
    return f"{parts.scheme}://{parts.netloc}/api/v3"


def _server_of(api_url: str) -> str:
    parts = urlsplit(api_url)
    return f"{parts.scheme}://{parts.netloc.removeprefix('api.')}"


def _require_safe(api_url: str) -> None:
    parts = urlsplit(api_url)
    if not parts.hostname or parts.scheme not in {"http", "https"} or parts.username:
        raise InputError(f"GITHUB_API_URL: {api_url!r} is no address of an API", hint="for example https://HOST/api/v3")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise InputError(f"GITHUB_API_URL: {api_url!r} would send the token in the clear", hint="use https")


def _certificates(environment: Mapping[str, str]) -> str | None:
    for name in _CERTIFICATES:
        path = environment.get(name)
        if path and not Path(path).exists():
            raise InputError(f"{name}: {path} does not exist", hint="name the file with the certificates to trust")
        if path:
            return path
    return None

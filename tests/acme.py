"""A pull request of acme/yolo on the fake GitHub, as tests of comments and statuses need it."""

from __future__ import annotations

import datetime
import ipaddress
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from headway.integrations.github import GitHub, Patience, read_account
from headway.pull_request.comment import Report
from tests.github import repository as git
from tests.github.bare import commit, make_bare
from tests.github.contract import Contract
from tests.github.fake import FakeGitHub
from tests.github.repository import IDENTITY
from tests.github.server import serve
from tests.github.state import ACTIONS, Comment, Level, Token

Client = TypeVar("Client", bound=GitHub)

REPOSITORY = "acme/yolo"
TITLE = "headway-cells"
RIGHTS: dict[str, Level] = {"pull_requests": "write", "statuses": "write", "contents": "write", "actions": "write"}
QUICK = Patience(first_wait_s=0.001, total_s=5, request_timeout_s=1)


@dataclass
class Acme:
    """The pull request, whose branch is "bigger-model", and the Actions token."""

    github: FakeGitHub
    bare: Path
    certificate: Path | None = None
    token: Token = field(init=False)
    number: int = field(init=False)

    def __post_init__(self) -> None:
        self.github.add_repository(REPOSITORY, make_bare(self.bare))
        self.push("first")
        self.number = self.github.open_pull(REPOSITORY, "bigger-model")
        self.token = self.github.token(ACTIONS, **RIGHTS)

    @property
    def head(self) -> str:
        return self.github.head(REPOSITORY, self.number)

    def push(self, message: str) -> str:
        """Move the branch on and return its new head."""
        return commit(self.bare, "bigger-model", {"params.yaml": message}, message)

    def push_of(self, author: str, committer: str) -> None:
        """Move the branch on by a commit of people whose accounts GitHub knows."""
        emails = {"AUTHOR": author, "COMMITTER": committer}
        people = {f"GIT_{role}_EMAIL": f"{login}@users.noreply.github.com" for role, login in emails.items()}
        words = ["commit-tree", "-p", self.head, "-m", "more", f"{self.head}^{{tree}}"]
        made = subprocess.check_output(["git", *words], cwd=self.bare, env=os.environ | IDENTITY | people, text=True)
        git.read(self.bare, "update-ref", "refs/heads/bigger-model", made.strip())

    def environment(self, token: Token | None = None) -> dict[str, str]:
        """Return what Actions sets."""
        trust = {"REQUESTS_CA_BUNDLE": str(self.certificate), "NODE_EXTRA_CA_CERTS": str(self.certificate)}
        return {
            "GITHUB_REPOSITORY": REPOSITORY,
            "GITHUB_API_URL": self.github.api_url,
            "GITHUB_SERVER_URL": self.github.url,
            "GITHUB_TOKEN": (token or self.token).value,
            **(trust if self.certificate else {}),
        }

    def forge(self, token: Token | None = None, patience: Patience = QUICK) -> GitHub:
        return self.client(GitHub, token, patience)

    def client(self, kind: type[Client], token: Token | None = None, patience: Patience = QUICK) -> Client:
        return kind(read_account(self.environment(token)), patience)

    def report(self, markdown: str = "# Accepted", *, title: str = TITLE, sha: str | None = None) -> Report:
        return Report(markdown, title, sha or self.head)

    def comments(self, author: str | None = ACTIONS) -> list[Comment]:
        return self.github.comments(REPOSITORY, self.number, author)

    def bodies(self, author: str | None = ACTIONS) -> list[str]:
        return [comment.body for comment in self.comments(author)]

    def add_comments(self, count: int, author: str = "alice") -> None:
        self.github.add_comments(REPOSITORY, self.number, author, [f"Thought {index}" for index in range(count)])

    def requests(self, method: str) -> list[str]:
        """Return the paths of all requests of a method, oldest first."""
        return [one.path for one in self.github.exchanges if one.method == method]


@pytest.fixture
def acme(fake_github: FakeGitHub, tmp_path: Path) -> Acme:
    """The pull request over plain http."""
    return Acme(fake_github, tmp_path / "origin.git")


@pytest.fixture
def secure_acme(github_contract: Contract, tmp_path: Path) -> Iterator[Acme]:
    """The pull request over TLS, as CML insists, with a certificate of its own."""
    certificate = write_certificate(tmp_path / "localhost.pem")
    with serve(github_contract, certificate) as github:
        yield Acme(github, tmp_path / "origin.git", certificate)
    assert [] == github.violations


def write_certificate(path: Path) -> Path:
    """Write a self-signed certificate for localhost, with its key, into one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
    return path

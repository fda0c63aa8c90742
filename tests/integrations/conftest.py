"""Fixtures of the fake GitHub."""

from tests.acme import acme, secure_acme
from tests.github.fixtures import fake_github, github_contract

__all__ = ["acme", "fake_github", "github_contract", "secure_acme"]

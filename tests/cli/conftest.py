"""Fixtures that the verbs share with the package stage's tests and with those of the GitHub client."""

from tests.acme import acme, secure_acme
from tests.cli.promoting import desk, soaked_once
from tests.github.fixtures import fake_github, github_contract
from tests.packaging.conftest import bundle, packaged_once

__all__ = ["acme", "bundle", "desk", "fake_github", "github_contract", "packaged_once", "secure_acme", "soaked_once"]

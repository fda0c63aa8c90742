"""Fixtures that the package stage's tests share with the verbs that read a bundle."""

from tests.packaging.conftest import bundle, packaged_once

__all__ = ["bundle", "packaged_once"]

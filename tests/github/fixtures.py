"""The fixtures that other tests take the fake from."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from tools.github_contract import UnavailableError, openapi

if TYPE_CHECKING:
    from tests.github.contract import Contract
    from tests.github.fake import FakeGitHub


@pytest.fixture(scope="session")
def github_contract() -> Contract:
    """GitHub's OpenAPI document, cut to what Headway uses; fetched by npm the first time."""
    from tests.github.contract import Contract

    try:
        return Contract(openapi())
    except UnavailableError as error:
        pytest.skip(f"GitHub's OpenAPI document is not here: {error}")


@pytest.fixture
def fake_github(github_contract: Contract) -> Iterator[FakeGitHub]:
    """An empty GitHub; the test fails when a request or an answer broke GitHub's contract."""
    from tests.github.server import serve

    with serve(github_contract) as fake:
        yield fake
    assert [] == fake.violations, "\n".join(fake.violations)

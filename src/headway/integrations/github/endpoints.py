"""Endpoints of one repository that PyGithub 2.10 has no method for, or asks at an undocumented address."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

from github.Repository import Repository

PAGE = 100


class Endpoints:
    """Reads below /repos/{owner}/{repo}; `path` begins with a slash and is percent-encoded.

    Every method raises what PyGithub raises, and `AssertionError` for an answer that is not GitHub's.
    """

    def __init__(self, repository: Repository) -> None:
        self._repository = repository

    def get(self, path: str, **parameters: Any) -> Any:
        """Return the answer to one request."""
        address = f"{self._repository.url}{path}"
        return self._repository.requester.requestJsonAndCheck("GET", address, parameters)[1]

    def list(self, path: str, key: str | None = None, **parameters: Any) -> Iterator[dict[str, Any]]:
        """Yield the items of every page; a page is asked for when it is reached, its list may lie below `key`."""
        for page in count(1):
            answer = self.get(path, **parameters, per_page=PAGE, page=page)
            found = answer if key is None else answer[key]
            assert isinstance(found, list)
            yield from found
            if len(found) < PAGE:
                break

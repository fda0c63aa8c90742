"""Trouble that a test can order: refusals, rate limits, hanging and dropped connections."""

from __future__ import annotations

import fnmatch
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

Kind = Literal[
    "forbidden",
    "unprocessable",
    "server error",
    "bad gateway",
    "rate limit",
    "secondary rate limit",
    "hang",
    "dropped",
    "dropped after the effect",
]


@dataclass
class Fault:
    """One order: the next `times` requests that match get it.

    Attributes:
        kind: what happens.
        method: "*" for any.
        path: a pattern as in a shell, of the path below the API's root.
        times: how often it still happens.
        retry_after_s: what a rate limit's headers say.
    """

    kind: Kind
    method: str = "*"
    path: str = "*"
    times: int = 1
    retry_after_s: int = 1

    def match(self, method: str, path: str) -> bool:
        return self.times > 0 and self.method in ("*", method) and fnmatch.fnmatchcase(path, self.path)

    def answer(self) -> tuple[int, str, Mapping[str, str]]:
        """Return status, message and headers of a fault that answers."""
        reset = {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": str(int(time.time()) + self.retry_after_s)}
        answers: dict[str, tuple[int, str, Mapping[str, str]]] = {
            "forbidden": (403, "Resource not accessible by integration", {}),
            "unprocessable": (422, "Validation Failed", {}),
            "server error": (500, "Server Error", {}),
            "bad gateway": (502, "Bad Gateway", {}),
            "rate limit": (403, "API rate limit exceeded for installation ID 1.", reset),
            "secondary rate limit": (
                429,
                "You have exceeded a secondary rate limit. Please wait a few minutes before you try again.",
                {"Retry-After": str(self.retry_after_s)},
            ),
        }
        return answers[self.kind]

"""What the run of a fork says of itself: one small file, written and read across a border of trust.

Whoever reads it believes nothing: every value has a bound, and all text is a stranger's.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, ValidationError

from headway.contracts.canonical import readable_json
from headway.contracts.document import Document
from headway.contracts.verdict import Decision
from headway.errors import InputError

SCHEMA_VERSION: Literal[1] = 1
LIMIT_BYTES = 64 * 1024
CLASS_LIMIT = 100

Share = Annotated[float, Field(ge=0, le=1)]
Count = Annotated[int, Field(ge=0, le=10**9)]
Name = Annotated[str, Field(max_length=60)]


class _Strict(Document):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class ClaimedClass(_Strict):
    """One class on the fork's test split."""

    name: Name
    boxes: Count
    map50_95: Share | None
    precision: Share | None
    recall: Share | None


class Claim(_Strict):
    """What a fork's run found."""

    schema_version: Literal[1] = SCHEMA_VERSION
    head_sha: Annotated[str, Field(pattern="^[0-9a-f]{40}$")]
    """Head of the pull request that was trained; the reader knows it from GitHub and compares."""
    model: Name
    images: Count
    boxes: Count
    map50_95: Share | None
    map50: Share | None
    decision: Decision | None
    """Of the gate as the fork ran it; None where it could not."""
    summary: Annotated[str, Field(max_length=500)] | None
    classes: Annotated[tuple[ClaimedClass, ...], Field(max_length=CLASS_LIMIT)]
    """At most CLASS_LIMIT, weakest first."""


def claim_json(claim: Claim) -> str:
    """Return the claim as it is handed over."""
    return readable_json(claim.model_dump(mode="json"))


def parse_claim(content: bytes) -> Claim:
    """Validate what a stranger wrote.

    Raises:
        InputError: it is too large, or does not follow this schema; the message holds nothing of its content.
    """
    if len(content) > LIMIT_BYTES:
        raise InputError(f"the claim has {len(content)} bytes; at most {LIMIT_BYTES} are read")
    try:
        return Claim.model_validate_json(content)
    except (ValidationError, ValueError, RecursionError) as error:
        raise InputError(f"the claim does not follow schema {SCHEMA_VERSION}") from error

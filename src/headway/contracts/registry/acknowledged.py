"""models/registry/acknowledged.yaml: findings of the audit that people looked into, so that they fail it no more."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from headway.contracts.params.document import Section, parse_document, read_whole
from headway.contracts.registry.desired import Sentence

SCHEMA_VERSION: Literal[1] = 1


class Acknowledgement(Section):
    """One entry: all that the audit finds of one kind about one thing."""

    code: Sentence
    """Of the finding, as `headway audit --json` names it."""
    subject: Sentence
    """What the finding is about, as `headway audit --json` names it."""
    reason: Sentence
    """Why it may stay as it is."""


class Acknowledged(Section):
    """The whole file."""

    schema_version: Literal[1] = SCHEMA_VERSION
    findings: Annotated[tuple[Acknowledgement, ...], Field(strict=False)]


def parse_acknowledged(content: bytes, name: str) -> Acknowledged:
    """Validate acknowledged.yaml; `name` is for messages.

    Raises:
        InputError: it does not follow this schema; every fault is named with its line.
    """
    document = parse_document(content.decode("utf-8", errors="replace"), name)
    return read_whole(document, Acknowledged, hint=f"mend {name}; docs/audit.md describes it")

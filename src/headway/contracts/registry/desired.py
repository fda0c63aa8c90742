"""models/registry/<stage>/<model>.yaml: which version a stage shall have. The reviewed truth; tags only echo it."""

from __future__ import annotations

from typing import Annotated, Literal

import yaml
from pydantic import Field

from headway.contracts.document import Sha256
from headway.contracts.params.document import Section, parse_document, read_whole
from headway.contracts.registry.files import desired_path as desired_path
from headway.contracts.registry.files import slot_of as slot_of
from headway.contracts.registry.names import RegistryName, VersionText
from headway.contracts.registry.records import one_line
from headway.contracts.registry.stages import Hours, Rollout
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

SCHEMA_VERSION: Literal[1] = 1

Sentence = Annotated[str, Field(min_length=1, max_length=300)]


class Hold(Section):
    """Set by a rollback: no automation puts another version here until a person lifts it."""

    reason: Sentence
    against: VersionText
    """The version that was taken back."""
    set_by: Sentence


class Desired(Section):
    """One stage file."""

    schema_version: Literal[1] = SCHEMA_VERSION
    model: RegistryName
    version: VersionText
    identity: Sha256
    """Of the version's manifest: which bytes."""
    reason: Sentence
    asked_by: Sentence
    soak_hours: Hours = 0.0
    """How long it must stay here before a later stage may take it; the later stage's own demand counts as well."""
    hold: Hold | None = None
    expedited: Sentence | None = None
    """Why it may skip what it had not earned; shown by `headway audit`."""
    rollout: Rollout = Rollout()


def parse_desired(content: bytes, name: str) -> Desired:
    """Validate a stage file; `name` is for messages.

    Raises:
        InputError: it does not follow this schema; every fault is named with its line.
    """
    document = parse_document(content.decode("utf-8", errors="replace"), name)
    return read_whole(
        document, Desired, hint="take it back, or let Headway write it: headway promote NAME@VERSION STAGE"
    )


def parse_stage_file(content: bytes, slot: Slot) -> Desired:
    """Validate the stage file of a slot, which must be of the slot's model.

    Raises:
        InputError: it is not, or does not follow this schema; file and line are named.
    """
    path = desired_path(slot)
    desired = parse_desired(content, path)
    if desired.model != slot.model:
        line = 1 + next((n for n, text in enumerate(content.splitlines()) if text.startswith(b"model")), 0)
        raise InputError(
            f"{path}:{line}: model is {desired.model!r}, but the file's name says {slot.model!r}",
            hint="rename the file, or write its name there",
        )
    return desired


def desired_yaml(desired: Desired) -> str:
    """Return the file's one serialisation; texts of people become single lines."""
    values = desired.model_dump(mode="json")
    for key in ("reason", "asked_by", "expedited"):
        values[key] = None if values[key] is None else one_line(values[key])
    return yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=10_000)

"""models/registry/stages.yaml: which stages there are, in which order, and what each demands."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, model_validator

from headway.contracts.params.document import Section, parse_document, read_whole
from headway.contracts.registry.names import RegistryName

SCHEMA_VERSION: Literal[1] = 1

Hours = Annotated[float, Field(ge=0.0, le=24 * 365, strict=False)]


class Wave(Section):
    """One step of a rollout."""

    percent: Annotated[float, Field(gt=0.0, le=100.0, strict=False)]
    """Share of the devices that have the version when the wave is done."""
    hours: Hours
    """How long it is watched before the next wave."""
    min_devices: Annotated[int, Field(ge=0)] = 0
    """At least so many devices, where the share is fewer."""


class Rollout(Section):
    """How delivery widens."""

    waves: Annotated[tuple[Wave, ...], Field(min_length=1, strict=False)] = (
        Wave(percent=1.0, hours=1.0, min_devices=20),
        Wave(percent=10.0, hours=4.0),
        Wave(percent=50.0, hours=12.0),
        Wave(percent=100.0, hours=0.0),
    )
    reported_percent: Annotated[float, Field(ge=0.0, le=100.0, strict=False)] = 95.0
    """Share of a wave that must have reported before the next."""
    failed_percent: Annotated[float, Field(ge=0.0, le=100.0, strict=False)] = 1.0
    """A wave with a larger share of failures stops the rollout."""

    @model_validator(mode="after")
    def _widens(self) -> Rollout:
        shares = [wave.percent for wave in self.waves]
        if shares != sorted(set(shares)) or shares[-1] != 100.0:
            raise ValueError("waves must widen, and the last must have percent: 100")
        return self


class StageRules(Section):
    """What a stage demands of a version."""

    after: RegistryName | None = None
    """The stage that must have held the version before."""
    soak_hours: Hours = 0.0
    """How long `after` must have held it without a rollback."""
    gate: Literal["registered", "current"] = "registered"
    """registered: the verdict that it was registered with counts. current: it is judged again, against the version
    that the stage holds."""
    approvals: Annotated[int, Field(ge=0, le=10)] = 0
    """People, other than who asked, who must have approved the pull request's head."""
    rollout: Rollout = Rollout()
    """The plan that `headway promote` writes into the stage file."""


class Stages(Section):
    """The whole file. The order of the keys is the order of the stages."""

    schema_version: Literal[1] = SCHEMA_VERSION
    signed_tags: bool = False
    """Whether tags must be signed: those of commits from the one on that made this true; older tags stay good."""
    stages: Annotated[dict[RegistryName, StageRules], Field(min_length=1)]

    @model_validator(mode="after")
    def _in_order(self) -> Stages:
        known: set[str] = set()
        for name, rules in self.stages.items():
            if rules.after is not None and rules.after not in known:
                raise ValueError(f"stage {name} comes after {rules.after!r}, which is no stage above it")
            if rules.after is None and rules.soak_hours:
                raise ValueError(f"stage {name} has soak_hours but no stage to soak in: name it in `after`")
            known.add(name)
        return self


def parse_stages(content: bytes, name: str) -> Stages:
    """Validate stages.yaml; `name` is for messages.

    Raises:
        InputError: it does not follow this schema; every fault is named with its line.
    """
    document = parse_document(content.decode("utf-8", errors="replace"), name)
    return read_whole(document, Stages, hint=f"mend {name}; docs/registry.md describes it")

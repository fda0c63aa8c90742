"""The version that a stage file of the default branch means."""

from __future__ import annotations

from headway.cli.registry.opening import Opened
from headway.contracts.registry.desired import desired_path
from headway.contracts.registry.tags import Slot, VersionTag, parse_version
from headway.errors import InputError
from headway.registry.state import Version


def declared_version(opened: Opened, slot: Slot) -> Version | None:
    """Return the trusted version that a slot shall have; None where nothing is declared.

    Raises:
        InputError: the stage file cannot be read, names no trusted version, or another identity than that version's.
    """
    desired = opened.desired(slot)
    if desired is None:
        return None
    path = desired_path(slot)
    number = parse_version(desired.version)
    assert number is not None  # the contract says so
    version = opened.state.version(desired.model, number)
    if version is None:
        raise InputError(
            f"{path} names {VersionTag(desired.model, number)}, which is no trusted version here",
            hint="git fetch --tags origin; what is wrong with it then says: headway audit",
        )
    if version.record.identity != desired.identity:
        raise InputError(
            f"{path} names {version} with the identity {desired.identity}, but that version's is "
            f"{version.record.identity}",
            hint=f"let Headway write it: headway promote {version} {slot.stage}",
        )
    return version

"""The version that is meant: by its own name, or by the stage that it is declared for."""

from __future__ import annotations

import difflib

from headway.cli.registry.opening import Opened
from headway.contracts.registry.files import desired_path
from headway.contracts.registry.records import one_line
from headway.contracts.registry.tags import Slot, StageTag, VersionTag, parse_tag
from headway.errors import InputError
from headway.registry.state import Version

_FETCH = "what this clone lacks comes with: git fetch --tags origin"
_UNSHALLOW = "this clone is shallow, and lacks what came before: git fetch --unshallow --tags origin"


def find_version(opened: Opened, target: str) -> Version:
    """Return the trusted version that NAME@vX.Y.Z or NAME#STAGE means.

    Raises:
        InputError: there is none; the message says why, or which names are near.
    """
    name, of_stage = parse_tag(target), parse_tag(f"{target}#1")
    if isinstance(name, VersionTag):
        version = opened.state.version(name.model, name.number)
    elif isinstance(of_stage, StageTag) and not of_stage.empty:
        version = declared_version(opened, of_stage.slot)
    else:
        raise InputError(f"{one_line(target)!r} is neither NAME@vX.Y.Z nor NAME#STAGE", hint=_near(opened, target))
    if version is None:
        raise _unknown(opened, target)
    return version


def declared_version(opened: Opened, slot: Slot) -> Version | None:
    """Return the trusted version that a slot shall have; None where nothing is declared.

    Raises:
        InputError: the stage file cannot be read, names no trusted version, or another identity than that version's.
    """
    desired = opened.desired(slot)
    if desired is None:
        return None
    path, version = desired_path(slot), opened.state.named(slot.model, desired.version)
    if version is None:
        raise InputError(
            f"{path} names {desired.model}@{desired.version}, which is no trusted version", hint=_fetch(opened)
        )
    if version.record.identity != desired.identity:
        raise InputError(
            f"{path} names {version} with the identity {desired.identity}, but that version's is "
            f"{version.record.identity}",
            hint=f"let Headway write it: headway promote {version} {slot.stage}",
        )
    return version


def _unknown(opened: Opened, target: str) -> InputError:
    refused = next((one for one in opened.state.distrusted if one.tag.name == target), None)
    if refused is not None:
        hint = "see all of them: headway audit" if opened.state.complete else _UNSHALLOW
        return InputError(f"nothing trusts the tag {target}: {refused.sentence}", hint=hint)
    kind = "version" if "@" in target else "declared version"
    return InputError(f"there is no {kind} {target}", hint=_near(opened, target))


def _near(opened: Opened, target: str) -> str:
    """Return the names that a person may have meant."""
    state = opened.state
    slots = [str(slot) for slot, declarations in state.declarations.items() if declarations[-1].change.blob]
    names = [*slots, *(str(version) for versions in state.versions.values() for version in reversed(versions))]
    near = difflib.get_close_matches(target, names, n=3) or names[:3]
    return f"there is {', '.join(near)}; {_fetch(opened)}" if near else _fetch(opened)


def _fetch(opened: Opened) -> str:
    return _FETCH if opened.state.complete else _UNSHALLOW

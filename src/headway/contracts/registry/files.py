"""The registry's files: their paths, and what can be told of them at a glance.

A glance is quick and exact, or no answer: it knows files as Headway writes them, and plain ones by hand. `status` and
`history` read thousands of files and should begin to answer before a validation library is even imported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

from headway.contracts.layout import REGISTRY, ModelFiles
from headway.contracts.registry.tags import NAME, Slot, parse_tag
from headway.errors import InputError

_CLAIM = re.compile(
    rb"schema_version: 1\nmodel: (?P<model>[a-z0-9-]+)\nversion: (?P<version>v(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})\n"
    rb"identity: '?(?P<identity>[0-9a-f]{64})'?\nreason: "
)
_COMMENT = re.compile(r"^#.*| +#.*| +$", re.MULTILINE)
_HEAD = re.compile(r"schema_version: 1\n(?:signed_tags: (?:true|false)\n)?stages:\n")
_RULE = rf"    (?:gate: (?:registered|current)|approvals: \d|soak_hours: (?:0|[1-9]\d{{0,2}})|after: {NAME})\n"
_STAGE = re.compile(rf"  (?P<name>{NAME}):(?: {{}}\n|\n(?P<rules>(?:{_RULE})+))", re.ASCII)
_MANIFEST = ModelFiles("model").manifest
_NO_TEXT = {"null", "true", "false", "yes", "no", "on", "off"}
"""Words that YAML 1.1 takes for something else than text."""


def desired_path(slot: Slot) -> str:
    """Return the file of a slot, from the project's root, with slashes."""
    return f"{REGISTRY.as_posix()}/{slot.stage}/{slot.model}.yaml"


def slot_of(path: str) -> Slot | None:
    """Return the slot whose file `path` is; None where it is no stage file."""
    parts = path.split("/")
    if len(parts) != 4 or (parts[0], parts[1]) != REGISTRY.parts or not parts[3].endswith(".yaml"):
        return None
    return Slot(parts[2], parts[3].removesuffix(".yaml"))


def model_of(path: str) -> str | None:
    """Return the model whose manifest `path` is; None where it is another file, or no model can have that name."""
    parts = PurePosixPath(path).parts
    if len(parts) != len(_MANIFEST.parts) or ModelFiles(parts[1]).manifest.as_posix() != path:
        return None
    return parts[1] if parts[1] != REGISTRY.name and parse_tag(f"{parts[1]}@v0.0.0") else None


def read_claim(content: bytes, slot: Slot) -> tuple[str, str] | None:
    """Return version and identity that a stage file of `slot` names; None where it is faulty."""
    if (found := _CLAIM.match(content)) and found["model"].decode() == slot.model:
        return found["version"].decode(), found["identity"].decode()
    from headway.contracts.registry.desired import parse_stage_file

    try:
        desired = parse_stage_file(content, slot)
    except InputError:
        return None
    return desired.version, desired.identity


def glance_at_stages(content: bytes) -> list[str] | None:
    """Return the stages that stages.yaml names, in order; None where only all of its validation can tell."""
    text = content.decode("utf-8", errors="replace")
    if not text.replace("\n", "").isprintable():  # YAML knows other ends of lines
        return None
    text = "".join(f"{line}\n" for line in _COMMENT.sub("", text).split("\n") if line)
    head = _HEAD.match(text)
    known: list[str] = []
    at = head.end() if head else 0
    while found := _STAGE.match(text, at):
        said = [line.strip().split(": ") for line in (found["rules"] or "").splitlines()]
        if found["name"] in {*known, *_NO_TEXT} or not _may_be(dict(said), len(said), known):
            return None
        known.append(found["name"])
        at = found.end()
    return known if head and known and at == len(text) else None


def _may_be(rules: Mapping[str, str], lines: int, above: Collection[str]) -> bool:
    """Return whether no key is there twice, and `after` names a stage above where there is a soak or such a key."""
    named = "after" in rules or "soak_hours" in rules
    return len(rules) == lines and (not named or rules.get("after") in above)

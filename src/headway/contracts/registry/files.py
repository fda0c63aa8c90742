"""The registry's files: their paths, and what can be told of them at a glance.

A glance is quick and exact, or no answer: it knows files as Headway writes them, and plain ones by hand. `status` and
`history` read thousands of files and should begin to answer before a validation library is even imported.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from functools import lru_cache

from headway.contracts.layout import NAME, REGISTRY, ModelFiles
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

_TEXT = rb"(?!(?i:null|true|false|yes|no|on|off|y|n)\n)[A-Za-z][\w.,;()+/-]*(?: [\w(][\w.,;()+/-]*)*"
"""A line that YAML cannot take for anything but this text."""
_CLAIM = re.compile(
    rb"schema_version: 1\nmodel: (?P<model>%b)\nversion: (?P<version>v(?:0|[1-9]\d*)(?:\.(?:0|[1-9]\d*)){2})\n"
    rb"identity: (?:'(?P<quoted>[0-9a-f]{64})'|(?P<plain>(?!0b[01]{62}\n)(?=\d*[a-f])[0-9a-f]{64}))\n"
    rb"reason: (?P<reason>%b)\nasked_by: (?P<asked_by>%b)\n(?P<rest>soak_hours: .*)" % (_TEXT, _TEXT, _TEXT),
    re.DOTALL,
)
_HEAD_OF_CLAIM = b"schema_version: 1\nmodel: a\nversion: v0.0.0\nidentity: " + b"a" * 64 + b"\nreason: a\nasked_by: a\n"
_LONGEST_TEXT = 300
_USUAL_END = re.compile(
    rb"soak_hours: [1-9]?\d{1,2}\.\d\nhold: null\nexpedited: null\nrollout:\n  waves:\n"
    rb"  - percent: 1\.0\n    hours: 1\.0\n    min_devices: 20\n"
    rb"  - percent: 10\.0\n    hours: 4\.0\n    min_devices: 0\n"
    rb"  - percent: 50\.0\n    hours: 12\.0\n    min_devices: 0\n"
    rb"  - percent: 100\.0\n    hours: 0\.0\n    min_devices: 0\n"
    rb"  reported_percent: 95\.0\n  failed_percent: 1\.0\n"
)
"""Of a file without a hold whose rollout is the default one."""
_COMMENT = re.compile(r"^#.*| +#.*| +$", re.MULTILINE)
_HEAD = re.compile(r"schema_version: 1\n(?:signed_tags: (?:true|false)\n)?stages:\n")
_RULE = rf"    (?:gate: (?:registered|current)|approvals: \d|soak_hours: (?:0|[1-9]\d{{0,2}})|after: {NAME})\n"
_STAGE = re.compile(rf"  (?P<name>{NAME}):(?: {{}}\n|\n(?P<rules>(?:{_RULE})+))", re.ASCII)
_MANIFEST = re.compile(
    ModelFiles("MODEL").manifest.as_posix().replace(".", r"\.").replace("MODEL", f"(?P<model>{NAME})")
)
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
    found = _MANIFEST.fullmatch(path)
    return found["model"] if found and found["model"] != REGISTRY.name else None


def read_claim(content: bytes, slot: Slot) -> tuple[str, str] | None:
    """Return version and identity that a stage file of `slot` names; None where it is faulty."""
    found = _CLAIM.fullmatch(content)
    if found and _glance_at_claim(found, slot):
        return found["version"].decode(), (found["quoted"] or found["plain"]).decode()
    from headway.contracts.registry.desired import parse_stage_file

    try:
        desired = parse_stage_file(content, slot)
    except InputError:
        return None
    return desired.version, desired.identity


def _glance_at_claim(found: re.Match[bytes], slot: Slot) -> bool:
    """Return whether a stage file whose first lines are plain can only be right; what follows them is mostly alike."""
    texts = found["reason"], found["asked_by"]
    return (
        found["model"].decode() == slot.model
        and all(len(text) <= _LONGEST_TEXT for text in texts)
        and _may_follow(found["rest"])
    )


@lru_cache(maxsize=1024)
def _may_follow(rest: bytes) -> bool:
    """Return whether a stage file may go on and end like this."""
    if _USUAL_END.fullmatch(rest):
        return True
    from headway.contracts.registry.desired import parse_stage_file

    try:
        parse_stage_file(_HEAD_OF_CLAIM + rest, Slot("any", "a"))
    except InputError:
        return False
    return True


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

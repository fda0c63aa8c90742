"""The registry's files: their paths, and what can be told of them at a glance.

A glance is quick and exact, or no answer: it knows files as Headway writes them, and plain ones by hand. `status` and
`history` read thousands of files and should begin to answer before a validation library is even imported.
"""

from __future__ import annotations

import re
from functools import lru_cache

from headway.contracts.layout import NAME, REGISTRY, ModelFiles
from headway.contracts.registry.tags import Slot
from headway.errors import InputError

_WORDS = "null|true|false|yes|no|on|off"
"""What YAML 1.1 takes for something else than text."""
_NAME = rf"(?!(?:{_WORDS})[:\n]){NAME}"
_TEXT = rf"(?!(?i:{_WORDS})\n)[A-Za-z][ -\"$-9;-~]{{0,299}}(?<! )"
"""A line that YAML cannot take for anything but this text: ASCII without `#` and `:`."""
_NUMBER = r"(?:0|[1-9]\d*)"
_CLAIM = re.compile(
    rf"schema_version: 1\nmodel: (?P<model>{_NAME})\nversion: (?P<version>v{_NUMBER}\.{_NUMBER}\.{_NUMBER})\n"
    r"identity: (?:'(?P<quoted>[0-9a-f]{64})'|(?P<plain>(?!0b[01]{62}\n)(?=\d*[a-f])[0-9a-f]{64}))\n"
    rf"reason: {_TEXT}\nasked_by: {_TEXT}\n(?P<rest>soak_hours: .*)".encode(),
    re.DOTALL,
)
_HEAD_OF_CLAIM = b"schema_version: 1\nmodel: a\nversion: v0.0.0\nidentity: " + b"a" * 64 + b"\nreason: a\nasked_by: a\n"
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
_RULE = rf"    (?:gate: (?:registered|current)|approvals: \d|soak_hours: (?:0|[1-9]\d{{0,2}})|after: {_NAME})\n"
_STAGE = re.compile(rf"  (?P<name>{_NAME}):(?: {{}}\n|\n(?P<rules>(?:{_RULE})+))", re.ASCII)
_MANIFEST = re.compile(
    ModelFiles("MODEL").manifest.as_posix().replace(".", r"\.").replace("MODEL", f"(?P<model>{NAME})")
)


def desired_path(slot: Slot) -> str:
    """Return the file of a slot, from the project's root, with slashes."""
    return f"{REGISTRY.as_posix()}/{slot.stage}/{slot.model}.yaml"


@lru_cache(maxsize=4096)  # few paths, each changed often
def slot_of(path: str) -> Slot | None:
    """Return the slot whose file `path` is; None where it is no stage file."""
    parts = path.split("/")
    if len(parts) != 4 or (parts[0], parts[1]) != REGISTRY.parts or not parts[3].endswith(".yaml"):
        return None
    return Slot(parts[2], parts[3].removesuffix(".yaml"))


@lru_cache(maxsize=4096)
def model_of(path: str) -> str | None:
    """Return the model whose manifest `path` is; None where it is another file, or no model can have that name."""
    found = _MANIFEST.fullmatch(path)
    return found["model"] if found and found["model"] != REGISTRY.name else None


def read_claim(content: bytes, slot: Slot) -> tuple[str, str] | None:
    """Return version and identity that a stage file of `slot` names; None where it is faulty."""
    found = _CLAIM.fullmatch(content)
    if found and found["model"].decode() == slot.model and _may_follow(found["rest"]):
        return found["version"].decode(), (found["quoted"] or found["plain"]).decode()
    return _validate(content, slot)


def _validate(content: bytes, slot: Slot) -> tuple[str, str] | None:
    from headway.contracts.registry.desired import parse_stage_file

    try:
        desired = parse_stage_file(content, slot)
    except InputError:
        return None
    return desired.version, desired.identity


@lru_cache(maxsize=1024)
def _may_follow(rest: bytes) -> bool:
    """Return whether a stage file whose first lines are plain may end like this; most end alike."""
    return bool(_USUAL_END.fullmatch(rest)) or _validate(_HEAD_OF_CLAIM + rest, Slot("any", "a")) is not None


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
        rules = dict(said)
        follows = "after" in rules or "soak_hours" in rules
        if found["name"] in known or len(rules) < len(said) or (follows and rules.get("after") not in known):
            return None
        known.append(found["name"])
        at = found.end()
    return known if head and known and at == len(text) else None

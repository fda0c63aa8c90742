"""The text of a dvc.lock cut into its entries, byte for byte, so that what is kept stays as DVC wrote it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

STAGES = "stages"
_CONTINUED = (b" ", b"-", b"#", b"\n", b"\r")
"""How a line begins that opens no section."""


@dataclass(frozen=True)
class LockText:
    """A dvc.lock.

    Attributes:
        sections: name -> text of every top-level section but that of the stages.
        entries: stage -> text of its entry.
    """

    sections: Mapping[str, bytes]
    entries: Mapping[str, bytes]


def split_lock(content: bytes) -> LockText:
    """Return the parts of a dvc.lock in the form that DVC writes, where two spaces stand before a stage, else more.

    Nothing is checked: text in another form gives other parts.
    """
    sections = _split(content.splitlines(keepends=True), lambda line: not line.startswith(_CONTINUED))
    stages = sections.pop(STAGES, b"").splitlines(keepends=True)[1:]
    return LockText(sections, _split(stages, lambda line: line[:2] == b"  " and line[2:3] not in (b" ", b"#", b"-")))


def join_lock(text: LockText) -> bytes:
    """Return the dvc.lock that has these parts, the stages after the schema, as DVC writes it."""
    stages = b"stages:\n" + b"".join(text.entries.values()) if text.entries else b"stages: {}\n"
    parts = dict(text.sections)
    schema = parts.pop("schema", b"")
    return b"".join(map(_ended, (schema, stages, *parts.values())))


def _split(lines: Iterable[bytes], opens: Callable[[bytes], bool]) -> dict[str, bytes]:
    parts: dict[str, list[bytes]] = {}
    current: list[bytes] = []
    for line in lines:
        if opens(line):
            current = parts.setdefault(_name(line), [])
        current.append(line)
    return {name: b"".join(part) for name, part in parts.items()}


def _name(line: bytes) -> str:
    key = line.strip()
    if key[:1] in (b"'", b'"'):
        return key[1:].partition(key[:1] + b":")[0].decode(errors="replace")
    return key.partition(b":")[0].decode(errors="replace")


def _ended(part: bytes) -> bytes:
    return part if not part or part.endswith(b"\n") else part + b"\n"

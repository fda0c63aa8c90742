"""What the message of a registry tag says: a sentence for people, and lines `Key: value` for programs.

A record names the tag object before it (`previous`) and, in an echo, that of the version: every chain shows by itself
when a tag was moved, deleted or made anew.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

_NOTHING = "none"
_LONGEST = 300
_LINE = re.compile(r"^([A-Z][A-Za-z-]*): (.+)$", re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SIGNATURE = "-----BEGIN "
_HEX = re.compile(r"[0-9a-f]+")

Attested = Literal["forge", "no-pull-request", "unasked"]
"""Whether a forge says how a declaration was merged: it does; it knows no pull request of the commit; none was asked.
"""
_ATTESTED: Mapping[str | None, Attested] = {one: one for one in get_args(Attested)}


@dataclass(frozen=True)
class VersionRecord:
    """What the tag of a version says.

    Attributes:
        identity: digest of the manifest (SHA-256, `contracts.manifest`).
        lock_sha256: of dvc.lock at the commit.
        model_sha256: of the ONNX file.
        test_set: digest of the images that the gate scored it on.
        decision: the gate's, by the default branch's own code.
        compared_with: identity of the champion; None where there was none.
        policy_sha256: of the gate's policy.
        reason: why the version has this number, for example "minor: the data changed".
        summary: the gate's sentence.
        previous: tag object of the version before; None for a model's first.
        run: random; two tags are never the same bytes.
    """

    identity: str
    lock_sha256: str
    model_sha256: str
    test_set: str
    decision: str
    compared_with: str | None
    policy_sha256: str
    reason: str
    summary: str
    previous: str | None
    run: str

    def message(self, name: str) -> str:
        """Return the message of the tag `name`."""
        return _message(
            f"{name}: {one_line(self.summary)}",
            {
                "Identity": self.identity,
                "Lock": self.lock_sha256,
                "Model": self.model_sha256,
                "Test-Set": self.test_set,
                "Decision": self.decision,
                "Compared-With": self.compared_with,
                "Policy": self.policy_sha256,
                "Reason": self.reason,
                "Summary": self.summary,
                "Previous": self.previous,
                "Run": self.run,
            },
        )


@dataclass(frozen=True)
class EchoRecord:
    """What the echo of a declaration says.

    Attributes:
        declared_in: commit of the default branch that brought the stage file's content.
        file: Git's object of that content; None where the commit took the file away.
        version: that it names; None for an empty stage.
        version_tag: tag object of that version.
        identity: digest of its manifest.
        declared_at: when the forge merged it, UTC, to the second; None where no forge says so.
        attested: why that is so; "forge" exactly where `declared_at` is there.
        pull_request: number; None where there was none, or no forge was asked.
        declared_by: who asked, as the stage file says.
        approved_by: who approved the pull request's head.
        reason: as the stage file says.
        expedited: why it may skip what it had not earned.
        previous: tag object of the echo before it; None for the first.
        run: random; two tags are never the same bytes.
    """

    declared_in: str
    file: str | None
    version: str | None
    version_tag: str | None
    identity: str | None
    declared_at: datetime | None
    attested: Attested
    pull_request: int | None
    declared_by: str | None
    approved_by: tuple[str, ...]
    reason: str | None
    expedited: str | None
    previous: str | None
    run: str

    def message(self, name: str) -> str:
        """Return the message of the tag `name`."""
        return _message(
            f"{name}: {self.version or 'nothing'} is declared",
            {
                "Declared-In": self.declared_in,
                "File": self.file,
                "Version": self.version,
                "Version-Tag": self.version_tag,
                "Identity": self.identity,
                "Declared-At": None if self.declared_at is None else _write_time(self.declared_at),
                "Attested": self.attested,
                "Pull-Request": None if self.pull_request is None else str(self.pull_request),
                "Declared-By": self.declared_by,
                "Approved-By": ", ".join(self.approved_by) or None,
                "Reason": self.reason,
                "Expedited": self.expedited,
                "Previous": self.previous,
                "Run": self.run,
            },
        )


def parse_version_record(message: str) -> VersionRecord | None:
    """Return what a version's tag says; None where it does not say all of it."""
    said = _parse(message)
    try:
        return VersionRecord(
            identity=_hex(said["Identity"]),
            lock_sha256=_hex(said["Lock"]),
            model_sha256=_hex(said["Model"]),
            test_set=_hex(said["Test-Set"]),
            decision=_text(said["Decision"]),
            compared_with=said["Compared-With"],
            policy_sha256=_hex(said["Policy"]),
            reason=_text(said["Reason"]),
            summary=_text(said["Summary"]),
            previous=said["Previous"],
            run=_hex(said["Run"]),
        )
    except (KeyError, ValueError):
        return None


def parse_echo_record(message: str) -> EchoRecord | None:
    """Return what a declaration's echo says; None where it does not say all of it."""
    said = _parse(message)
    try:
        at, number, approved = said["Declared-At"], said["Pull-Request"], said["Approved-By"]
        return EchoRecord(
            declared_in=_hex(said["Declared-In"]),
            file=said["File"],
            version=said["Version"],
            version_tag=said["Version-Tag"],
            identity=said["Identity"],
            declared_at=None if at is None else _read_time(at),
            attested=_attested(said["Attested"], timed=at is not None),
            pull_request=None if number is None else int(number),
            declared_by=said["Declared-By"],
            approved_by=() if approved is None else tuple(approved.split(", ")),
            reason=said["Reason"],
            expedited=said["Expedited"],
            previous=said["Previous"],
            run=_hex(said["Run"]),
        )
    except (KeyError, ValueError):
        return None


def one_line(text: str) -> str:
    """Return text from people as one printable line of at most 300 characters, which no line of a record can be."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _message(sentence: str, lines: Mapping[str, str | None]) -> str:
    written = (f"{key}: {_NOTHING if value is None else one_line(value) or _NOTHING}" for key, value in lines.items())
    return "\n".join([one_line(sentence), "", *written]) + "\n"


def _parse(message: str) -> dict[str, str | None]:
    """Return key -> value; the first of two lines with one key counts."""
    body = message.split(_SIGNATURE, 1)[0] if f"\n{_SIGNATURE}" in message else message
    _, _, lines = body.partition("\n\n")
    return {key: None if value == _NOTHING else value for key, value in reversed(_LINE.findall(lines))}


def _text(value: str | None) -> str:
    return value or ""


def _hex(value: str | None) -> str:
    if value is None or not _HEX.fullmatch(value):
        raise ValueError
    return value


def _attested(value: str | None, *, timed: bool) -> Attested:
    found = _ATTESTED.get(value)
    if found is None or (found == "forge") != timed:
        raise ValueError
    return found


def _write_time(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read_time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise ValueError
    return datetime.fromisoformat(text)

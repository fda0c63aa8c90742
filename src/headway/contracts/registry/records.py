"""What the message of a registry tag says: a sentence for people, and lines `Key: value` for programs.

A record names the tag object before it (`previous`) and, in an echo, that of the version: every chain shows by itself
when a tag was moved, deleted or made anew.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, get_args

_NOTHING = "none"
_LONGEST = 300
_LINE = re.compile(r"^([A-Z][A-Za-z-]*): (.+)$", re.MULTILINE)
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)
_SIGNATURE = "-----BEGIN "
_HEX, _ANY = "[0-9a-f]+", ".+"

_VERSION_KEYS = {
    "Identity": _HEX, "Lock": _HEX, "Model": _HEX, "Test-Set": _HEX, "Decision": _ANY, "Compared-With": _ANY,
    "Policy": _HEX, "Reason": _ANY, "Summary": _ANY, "Previous": _ANY, "Run": _HEX,
}  # fmt: skip
_ECHO_KEYS = {
    "Declared-In": _HEX, "File": _ANY, "Version": _ANY, "Version-Tag": _ANY, "Identity": _ANY, "Declared-At": _ANY,
    "Attested": _ANY, "Pull-Request": _ANY, "Declared-By": _ANY, "Approved-By": _ANY, "Reason": _ANY, "Expedited": _ANY,
    "Previous": _ANY, "Run": _HEX,
}  # fmt: skip
_WRITTEN_VERSION, _WRITTEN_ECHO = (
    re.compile("[^\n]*\n\n" + "".join(f"{key}: ({value})\n" for key, value in keys.items()))
    for keys in (_VERSION_KEYS, _ECHO_KEYS)
)

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
        values = (
            self.identity, self.lock_sha256, self.model_sha256, self.test_set, self.decision, self.compared_with,
            self.policy_sha256, self.reason, self.summary, self.previous, self.run,
        )  # fmt: skip
        return _message(f"{name}: {one_line(self.summary)}", zip(_VERSION_KEYS, values, strict=True))


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
        run: random, the same in what one call made at once; two calls never make the same bytes.
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
        at = None if self.declared_at is None else _write_time(self.declared_at)
        number = None if self.pull_request is None else str(self.pull_request)
        approved = ", ".join(self.approved_by) or None
        values = (
            self.declared_in, self.file, self.version, self.version_tag, self.identity, at, self.attested, number,
            self.declared_by, approved, self.reason, self.expedited, self.previous, self.run,
        )  # fmt: skip
        return _message(f"{name}: {self.version or 'nothing'} is declared", zip(_ECHO_KEYS, values, strict=True))


def parse_version_record(message: str) -> VersionRecord | None:
    """Return what a version's tag says; None where it does not say all of it."""
    try:
        (identity, lock, model, test_set, decision, compared, policy, reason, summary, previous, run) = _read(
            message, _VERSION_KEYS, _WRITTEN_VERSION
        )
        return VersionRecord(
            identity=_text(identity),
            lock_sha256=_text(lock),
            model_sha256=_text(model),
            test_set=_text(test_set),
            decision=_text(decision),
            compared_with=compared,
            policy_sha256=_text(policy),
            reason=_text(reason),
            summary=_text(summary),
            previous=previous,
            run=_text(run),
        )
    except (KeyError, ValueError):
        return None


def parse_echo_record(message: str) -> EchoRecord | None:
    """Return what a declaration's echo says; None where it does not say all of it."""
    try:
        (
            declared_in, file, version, version_tag, identity, at, attested, number, declared_by, approved, reason,
            expedited, previous, run,
        ) = _read(message, _ECHO_KEYS, _WRITTEN_ECHO)  # fmt: skip
        return EchoRecord(
            declared_in=_text(declared_in),
            file=file,
            version=version,
            version_tag=version_tag,
            identity=identity,
            declared_at=None if at is None else _read_time(at),
            attested=_attested(attested, timed=at is not None),
            pull_request=None if number is None else int(number),
            declared_by=declared_by,
            approved_by=() if approved is None else tuple(approved.split(", ")),
            reason=reason,
            expedited=expedited,
            previous=previous,
            run=_text(run),
        )
    except (KeyError, ValueError):
        return None


def one_line(text: str) -> str:
    """Return text from people as one printable line of at most 300 characters, which no line of a record can be."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text).split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"


def _message(sentence: str, lines: Iterable[tuple[str, str | None]]) -> str:
    written = (f"{key}: {_NOTHING if value is None else one_line(value) or _NOTHING}" for key, value in lines)
    return "\n".join([one_line(sentence), "", *written]) + "\n"


def _read(message: str, keys: Mapping[str, str], written: re.Pattern[str]) -> Sequence[str | None]:
    """Return the value of each key; the first of two lines with one key counts.

    A message as it is written is taken apart at once, for there can be thousands.

    Raises:
        KeyError: it lacks a key.
        ValueError: a value is not of its key's pattern.
    """
    if found := written.match(message):
        return [None if value == _NOTHING else value for value in found.groups()]
    body = message.split(_SIGNATURE, 1)[0] if f"\n{_SIGNATURE}" in message else message
    said = dict(reversed(_LINE.findall(body.partition("\n\n")[2])))
    if not all(re.fullmatch(pattern, said[key]) for key, pattern in keys.items()):
        raise ValueError
    return [None if said[key] == _NOTHING else said[key] for key in keys]


def _text(value: str | None) -> str:
    return value or ""


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

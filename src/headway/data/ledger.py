"""The ledger: which split each image was given, by digest. A CSV file in Git that only ever grows.

One header line `sha256,split`, then one line an image. `headway data split` appends, everything else only reads.
The one change that a digest may go through is from `fresh` to `test`, by a later line: the test set was frozen anew.
A merge in Git may leave equal lines twice, which means nothing; lines that contradict each other are refused.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from headway.contracts import atomic
from headway.contracts.dataset import ALL_SPLITS, Split
from headway.errors import InputError

HEADER = "sha256,split"
_DIGEST = re.compile(r"[0-9a-f]{64}")
_MERGE_MARKERS = ("<<<<<<<", "=======", ">>>>>>>", "|||||||")


def read_ledger(path: Path) -> dict[str, Split]:
    """Return the split of each digest.

    Raises:
        InputError: the file is missing, or a line (which is named) is not what `append_ledger` writes.
    """
    try:
        return parse_ledger(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist: no image has a split yet", hint="run: headway data split") from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 text", hint=f"restore it: git checkout -- {path}") from error


def append_ledger(path: Path, rows: Mapping[str, Split]) -> None:
    """Add a line for each digest of `rows`, in order of digest; what the file holds stays byte for byte.

    The file appears whole or stays as it was. Rows that it already holds are not written again.

    Raises:
        InputError: the file cannot be read, or says something else about one of the digests.
    """
    held = read_ledger(path) if path.exists() else {}
    lines = []
    for digest, split in sorted(rows.items()):
        if _is_change(held.get(digest), split, f"{path}: {digest}"):
            lines.append(f"{digest},{split}\n")
    if lines:
        before = path.read_bytes() if path.exists() else f"{HEADER}\n".encode()
        atomic.write_bytes(path, before + "".join(lines).encode())


def parse_ledger(text: str, name: str) -> dict[str, Split]:
    """Return the split of each digest in a ledger's text; `name` stands in messages.

    Raises:
        InputError: naming the line, and where two contradict each other, both.
    """
    lines = text.split("\n")
    if lines[0] != HEADER:
        raise InputError(f"{name}:1 is {lines[0][:80]!r}, not {HEADER!r}", hint="restore the file from Git")
    if lines.pop():
        raise InputError(f"{name}:{len(lines) + 1} is cut off", hint="restore the file from Git")
    ledger: dict[str, Split] = {}
    written: dict[tuple[str, Split], int] = {}
    for number, line in enumerate(lines[1:], start=2):
        digest, split = _parse_line(line, f"{name}:{number}")
        if (digest, split) in written:
            continue
        before = ledger.get(digest)
        earlier = f"{name}:{number} and :{written[digest, before]}: {digest}" if before else ""
        _is_change(before, split, earlier)
        ledger[digest] = split
        written[digest, split] = number
    return ledger


def frozen_rows(ledger: Mapping[str, Split]) -> dict[str, Split]:
    """Return the lines that move everything `fresh` into the frozen test set."""
    return {digest: "test" for digest, split in ledger.items() if split == "fresh"}


def check_ledger_grew(before: str, now: str) -> list[str]:
    """Return a sentence for each line of an older ledger that the text of the present one lacks.

    The order of lines is free: a merge may change it.
    """
    kept = set(now.splitlines())
    splits = dict(line.split(",", 1) for line in now.splitlines() if "," in line)
    faults = []
    for number, line in enumerate(before.splitlines(), start=1):
        if line in kept:
            continue
        digest, _, split = line.partition(",")
        became = f"changed to {splits[digest]}" if digest in splits else "removed"
        faults.append(f"line {number}, {digest} in {split or 'no split'}, was {became}")
    return faults


def _parse_line(line: str, where: str) -> tuple[str, Split]:
    digest, _, split = line.partition(",")
    if line.startswith(_MERGE_MARKERS):
        raise InputError(f"{where} is left of a merge: {line[:80]!r}", hint="keep the lines of both sides")
    if not _DIGEST.fullmatch(digest):
        raise InputError(f"{where} is {line[:80]!r}, not a SHA-256 and a split", hint="restore the file from Git")
    for name in ALL_SPLITS:
        if split == name:
            return digest, name
    raise InputError(f"{where} has the split {split[:80]!r}, not {', '.join(ALL_SPLITS)}", hint="restore it from Git")


def _is_change(before: Split | None, now: Split, where: str) -> bool:
    """Return whether `now` says something new about a digest.

    Raises:
        InputError: it contradicts `before`.
    """
    if before is None or (before, now) == ("fresh", "test"):
        return True
    if before != now:
        raise InputError(
            f"{where} is in {before} and in {now}", hint="an image keeps its split: delete the line that came later"
        )
    return False

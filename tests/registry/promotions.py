"""Values that a decision about a promotion rests on, written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from headway.contracts.registry.desired import Desired
from headway.contracts.registry.ledger import FileChange, Tag
from headway.contracts.registry.records import EchoRecord, VersionRecord
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag, parse_version
from headway.registry.earned import Facts
from headway.registry.state import Declaration, Echo, Version
from headway.registry.tenure import Tenure
from headway.registry.timeline import Event

NOW = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)
SLOT = Slot("production", "detector")
IDENTITY = "ab" * 32


def version(number: str = "v1.1.0", **record: Any) -> Version:
    """Return a trusted version; `record` replaces what its tag says."""
    said = VersionRecord(
        identity=IDENTITY, lock_sha256="1" * 64, model_sha256="2" * 64, test_set="3" * 64, decision="accept",
        compared_with=None, policy_sha256="4" * 64, reason="minor: the data changed", summary="Better by 0.02.",
        previous=None, run="5" * 32,
    )  # fmt: skip
    found = parse_version(number)
    assert found is not None
    tag = Tag(f"{SLOT.model}@{number}", "6" * 40, "7" * 40, True, 0, "")
    return Version(SLOT.model, found, tag, VersionRecord(**{**vars(said), **record}), 3)


def desired(number: str = "v1.0.0", **values: Any) -> Desired:
    facts = {"model": SLOT.model, "version": number, "identity": IDENTITY, "reason": "better", "asked_by": "ada"}
    return Desired(**{**facts, **values})


def tenure(number: str = "v1.1.0", hours: float = 100.0, *, ago: float = 0.0, **changes: Any) -> Tenure:
    """Return a tenure of so many hours that ended `ago` hours before now; 0 means that it goes on."""
    until = NOW - timedelta(hours=ago)
    values: dict[str, Any] = {
        "version": number,
        "identity": IDENTITY,
        "tag": "detector#staging#1",
        "since": until - timedelta(hours=hours),
        "attested": True,
        "until": until if ago else None,
        "rolled_back": False,
        "soak_hours": 0.0,
    }
    return Tenure(**{**values, **changes})


def facts(**changes: Any) -> Facts:
    """Return facts about v1.1.0, which has earned its place in production."""
    number = parse_version("v1.1.0")
    assert number is not None
    values: dict[str, Any] = {
        "name": VersionTag(SLOT.model, number),
        "version": version(),
        "distrusted": "",
        "slot": SLOT,
        "rules": StageRules(after="staging", soak_hours=24.0),
        "present": desired(),
        "missing": (),
        "verdict": None,
        "unjudged": "",
        "here": (tenure("v1.0.0"),),
        "upstream": (tenure(),),
        "now": NOW,
    }
    return Facts(**{**values, **changes})


def event(
    position: int, *, hours_ago: float, tagged: bool = True, empty: bool = False, attested: bool = True, run: str = ""
) -> Event:
    """Return the declaration at a position of the line, whose file is the blob of the same number."""
    at = NOW - timedelta(hours=hours_ago)
    blob = None if empty else f"{position:040x}"
    declaration = Declaration(SLOT, FileChange(f"{position:040x}", position, int(at.timestamp()), "path", blob))
    record = EchoRecord(
        declaration.commit, blob, "v1.0.0", "1" * 40, IDENTITY, at if attested else None,
        "forge" if attested else "unasked", 3, "ada", (), "why", None, None, run or f"{position}",
    )  # fmt: skip
    tag = Tag(f"{SLOT}#{position}", "2" * 40, "3" * 40, True, int(at.timestamp()) + 3600, "")
    return Event(declaration, Echo(SLOT, position, tag, record, declaration) if tagged else None, at, attested)

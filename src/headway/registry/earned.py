"""Whether a version has earned a stage: every reason why not, and the way forward."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from headway.contracts.registry.desired import Desired, desired_path
from headway.contracts.registry.stages import StageRules
from headway.contracts.registry.tags import Slot, VersionTag
from headway.contracts.verdict import Verdict
from headway.registry.state import Version
from headway.registry.tenure import Tenure, held_before, taken_back

Code = Literal[
    "approvals",
    "bytes",
    "conflict",
    "file",
    "gate",
    "hold",
    "identity",
    "model",
    "never-held",
    "reason",
    "rules",
    "several-commits",
    "shunned",
    "signature",
    "soak",
    "stage",
    "unaccepted",
    "unregistered",
    "upstream",
]
_EXPEDITABLE: frozenset[Code] = frozenset({"gate", "upstream", "soak", "hold"})
_FILES_NAMED = 3


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason why a stage shall not be declared a version.

    Attributes:
        code: which rule.
        sentence: what is wrong, in plain text; may hold names from the repository.
        way: what to do about it.
    """

    code: Code
    sentence: str
    way: str

    @property
    def expeditable(self) -> bool:
        """Whether a person may skip the rule, with a reason that is recorded."""
        return self.code in _EXPEDITABLE


@dataclass(frozen=True)
class Facts:
    """What is known about a version and the stage that it is to go to.

    Attributes:
        name: of the version that is asked for.
        version: its trusted tag; None where there is none.
        distrusted: why a tag of that name counts for nothing; "" where there is no such tag, or it is trusted.
        slot: where it is to go.
        rules: what that stage demands.
        present: what the stage file of the slot says now.
        missing: files of its bundle that the DVC remote lacks.
        verdict: the gate's, against what the stage holds now; None where it was not judged again.
        unjudged: why it could not be judged again; "" where it was, or need not be.
        here: how long the slot has held what.
        against: versions that a hold of the slot was ever set against.
        upstream: the same of the stage that `rules` name in `after`.
        now: the time.
        unaccepted: what its own commit's verdict says against it; "" where it says nothing.
        signature: why the signature of its tag does not count; "" where it does, or none is demanded.
    """

    name: VersionTag
    version: Version | None
    distrusted: str
    slot: Slot
    rules: StageRules
    present: Desired | None
    missing: Sequence[str]
    verdict: Verdict | None
    unjudged: str
    here: Sequence[Tenure]
    upstream: Sequence[Tenure]
    now: datetime
    against: frozenset[str] = frozenset()
    unaccepted: str = ""
    signature: str = ""

    @property
    def is_there(self) -> bool:
        """Whether the stage is declared just this version."""
        return (
            self.present is not None
            and self.version is not None
            and (self.present.version, self.present.identity) == (str(self.name.number), self.version.record.identity)
        )

    @property
    def soak(self) -> Tenure | None:
        """The time in the upstream stage that speaks for the version most; those up to a rollback do not count."""
        own = [one for one in self.upstream if self.version and _is_of(one, self.version)]
        backs = [place for place, one in enumerate(own) if one.rolled_back]
        return max(own[backs[-1] + 1 if backs else 0 :], key=self._surplus, default=None)

    def soak_hours(self, tenure: Tenure) -> float:
        """Return how long a version must stay in the upstream stage."""
        return max(self.rules.soak_hours, tenure.soak_hours)

    def _surplus(self, tenure: Tenure) -> timedelta:
        return tenure.length(self.now) - timedelta(hours=self.soak_hours(tenure))


def refuse_promotion(facts: Facts) -> tuple[Refusal, ...]:
    """Return every reason against a promotion; none where the version has earned it."""
    version = facts.version
    if version is None:
        return (_unregistered(facts),)
    found = (*_unfit(facts), _gate(facts, version), _upstream(facts, version), _hold(facts))
    return tuple(one for one in found if one)


def refuse_rollback(facts: Facts) -> tuple[Refusal, ...]:
    """Return every reason against going back to a version.

    It needs neither soak nor upstream, but was here before what is here now, and nobody took it back since.
    """
    if facts.version is None:
        return (_unregistered(facts),)
    found = (*_unfit(facts), _never_held(facts, facts.version), _shunned(facts, facts.version))
    return tuple(one for one in found if one)


def find_rollback(here: Sequence[Tenure], present: str | None, shunned: Iterable[str]) -> str | None:
    """Return the version that a slot held last before `present`, of those that nobody took back."""
    passed_over = {present, *shunned}
    return next((one.version for one in reversed(held_before(here)) if one.version not in passed_over), None)


def write_moment(moment: datetime, *, attested: bool = True) -> str:
    """Return a moment for people; one that no forge attests says so."""
    return f"{moment:%Y-%m-%d %H:%M} UTC{'' if attested else ' (unattested)'}"


def write_hours(time: timedelta) -> str:
    return f"{time / timedelta(hours=1):.1f} h"


def _unregistered(facts: Facts) -> Refusal:
    if facts.distrusted:
        return Refusal(
            "unregistered", f"the tag {facts.name} counts for nothing: {facts.distrusted}", "headway audit tells more"
        )
    return Refusal(
        "unregistered",
        f"{facts.name} is not registered: the remote has no such tag on its default branch",
        "merge the model, then: headway register; headway status lists what is registered",
    )


def _bytes(facts: Facts) -> Refusal | None:
    if not facts.missing:
        return None
    named = ", ".join(facts.missing[:_FILES_NAMED])
    rest = len(facts.missing) - _FILES_NAMED
    return Refusal(
        "bytes",
        f"the DVC remote lacks files of the bundle: {named}{f' and {rest} more' if rest > 0 else ''}",
        f"where it was made: git checkout {facts.name} && dvc push",
    )


def _unfit(facts: Facts) -> tuple[Refusal | None, ...]:
    """Return the reasons against a version, wherever it is to go."""
    return _signature(facts), _unaccepted(facts), _bytes(facts)


def _signature(facts: Facts) -> Refusal | None:
    if not facts.signature:
        return None
    return Refusal(
        "signature",
        f"stages.yaml demands signed tags, and that of {facts.name} does not count: {facts.signature}",
        "promote one that is signed (docs/registry.md); headway audit names every tag without a good signature",
    )


def _unaccepted(facts: Facts) -> Refusal | None:
    if not facts.unaccepted:
        return None
    return Refusal(
        "unaccepted",
        f"the verdict in the commit of {facts.name} is against this very model: {facts.unaccepted}",
        "headway register gives it no tag: promote a version that the gate accepted",
    )


def _gate(facts: Facts, version: Version) -> Refusal | None:
    if version.record.decision != "accept":
        sentence = f"{version} was registered without an accepted gate: {version.record.decision}"
    elif facts.rules.gate == "registered":
        return None
    elif facts.verdict is None:
        sentence = f"{version} could not be judged against what {facts.slot.stage} holds now: {facts.unjudged}"
    elif facts.verdict.decision == "accept":
        return None
    else:
        sentence = f"against what {facts.slot.stage} holds now the gate says: {facts.verdict.summary}"
    return Refusal("gate", sentence, "promote a version that the gate accepts")


def _upstream(facts: Facts, version: Version) -> Refusal | None:
    after, soak = facts.rules.after, facts.soak
    if after is None:
        return None
    if soak is None:
        back = any(one.rolled_back for one in facts.upstream if _is_of(one, version))
        sentence = f"{after} has not held {version}, which {facts.slot.stage} demands"
        return Refusal(
            "upstream",
            f"{version} was rolled back in {after}" if back else sentence,
            "promote a later version" if back else f"headway promote {version} {after}; then headway reconcile",
        )
    needed, had = timedelta(hours=facts.soak_hours(soak)), soak.length(facts.now)
    if had >= needed:
        return None
    begun = write_moment(soak.since, attested=soak.attested)
    if not soak.begun:
        sentence = f"the forge knows no pull request that declared {version} for {after}: its soak has not begun"
        way = f"declare it there in a pull request, or skip the soak: {_expedite(facts)}"
    elif soak.since > facts.now:
        sentence = f"{soak.tag} says that {after} holds {version} since {begun}, which is yet to come: it shows no soak"
        way = f"skip the soak: {_expedite(facts)}"
    elif soak.until is None:
        sentence = f"{after} has held {version} since {begun}: {write_hours(had)} of {write_hours(needed)}"
        way = f"wait until {write_moment(soak.since + needed)}"
    else:
        sentence = f"{after} held {version} for {write_hours(had)} of {write_hours(needed)}, from {begun}"
        way = f"let it soak again: headway promote {version} {after}"
    return Refusal("soak", sentence, way)


def _hold(facts: Facts) -> Refusal | None:
    hold = facts.present.hold if facts.present else None
    if hold is None:
        return None
    return Refusal(
        "hold",
        f"{facts.slot.stage} is on hold against {hold.against}, set by {hold.set_by}: {hold.reason}",
        f"lift it in a pull request of its own: set `hold: null` in {desired_path(facts.slot)} and say why in `reason`",
    )


def _never_held(facts: Facts, version: Version) -> Refusal | None:
    if any(_is_of(one, version) for one in held_before(facts.here)):
        return None
    sentence = f"{facts.slot.stage} has never held {version} before what it holds now: going there is no rollback"
    return Refusal("never-held", sentence, _expedite(facts))


def _shunned(facts: Facts, version: Version) -> Refusal | None:
    number = str(version.number)
    if number in facts.against:
        sentence = f"a hold of {facts.slot.stage} was set against {version}: going there again is no rollback"
    elif number in taken_back(facts.upstream):
        sentence = f"{version} was rolled back in {facts.rules.after}: going there is no rollback"
    else:
        return None
    return Refusal("shunned", sentence, _expedite(facts))


def _expedite(facts: Facts) -> str:
    return f"headway promote {facts.name} {facts.slot.stage} --expedite REASON"


def _is_of(tenure: Tenure, version: Version) -> bool:
    return (tenure.version, tenure.identity) == (str(version.number), version.record.identity)

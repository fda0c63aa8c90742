"""What an audit can find: every kind has a stable code, and a way forward."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One kind of finding.

    Attributes:
        code: what JSON output, docs and tests call it; never changes.
        title: what it is, for tables.
        way: what to do about it.
        notice: whether it is only shown: the audit passes all the same.
    """

    code: str
    title: str
    way: str
    notice: bool = False


@dataclass(frozen=True)
class Finding:
    """One thing that was found.

    Attributes:
        code: of its kind.
        subject: tag, file or stage that it is about.
        sentence: what is wrong with it; may hold text from the repository.
        acknowledged: why it may stay, by a reviewed file; None where nobody says so.
    """

    code: str
    subject: str
    sentence: str
    acknowledged: str | None = None

    @property
    def kind(self) -> Kind:
        return KINDS[self.code]

    @property
    def notice(self) -> bool:
        """Whether it is only shown: by its kind, or because people acknowledged it."""
        return self.kind.notice or self.acknowledged is not None


_FOREIGN = "find out who pushed it; nothing trusts it, and whoever may delete registry tags may take it away"
_WHO = "ask the forge's log who did it"
_RESTORE = "put it back from a clone that has it: git push origin OBJECT:refs/tags/NAME"
_TAKEN = "the name is taken, so that nothing puts the old one back"
_FORGET = "git update-ref -d refs/headway/lost/NAME/OBJECT"
_FORGED = "find out who pushed it, and look into what was declared since: it may rest on it"
_RULES = "see who merged it, and whether it shall stay; headway rollback STAGE takes it back"
_SIGN = "docs/audit.md says what a check needs, docs/promotion-workflow.md how tags are signed"


def _kinds(*kinds: Kind) -> Mapping[str, Kind]:
    found = {kind.code: kind for kind in kinds}
    assert len(kinds) == len(found), "two kinds have one code"
    return found


KINDS: Mapping[str, Kind] = _kinds(
    # Tags without a merged change; the codes are "tag-" and the reasons of `state.Reason`
    Kind("tag-lightweight", "registry tag that is not annotated", _FOREIGN),
    Kind("tag-message", "registry tag whose message Headway did not write", _FOREIGN),
    Kind("tag-unmerged", "registry tag for a commit that is not on the default branch", _FOREIGN),
    Kind("tag-no-manifest", "version on a commit that brought its model no manifest", _FOREIGN),
    Kind("tag-no-declaration", "echo of a declaration that nobody merged", _FOREIGN),
    Kind("tag-wrong-commit", "echo on another commit than its version's", _FOREIGN),
    Kind("tag-repeated", "registry tag that says again what another one says", _FOREIGN),
    Kind("tag-contradiction", "tag of another version or manifest than its commit's files name", _FOREIGN),
    Kind("tag-overtaken", "echo of an older declaration than the tag before it", _FOREIGN),
    Kind("echo-forged", "echo that says other than the forge", _FORGED),
    Kind("times-contradict", "echo that says an earlier time than the echo before it", _FORGED),
    Kind("echo-disagrees", "echo that says other than the stage file it echoes", _FOREIGN),
    # Tags that are not what they were
    Kind(
        "tag-moved",
        "tag that was moved or made anew",
        f"{_WHO}, and look into what rests on it; {_TAKEN}: acknowledge it",
    ),
    Kind("tag-deleted", "tag that was deleted", f"{_WHO}; {_RESTORE}; where none has it, acknowledge it"),
    Kind("tag-lost", "tag that this clone had and the remote lacks", f"{_WHO}; {_RESTORE}; or forget it: {_FORGET}"),
    Kind(
        "tag-differs",
        "tag that this clone had otherwise than the remote",
        f"{_WHO}, and compare the two: git cat-file -p OBJECT; {_TAKEN}: forget it: {_FORGET}",
    ),
    Kind("tag-unsigned", "tag without the signature that stages.yaml demands", _SIGN),
    Kind("tag-signature", "tag whose signature is not good", _SIGN),
    Kind("tag-unverified", "signature that cannot be checked here", _SIGN),
    # Declarations
    Kind("file-faulty", "stage file that cannot be used", "mend it in a pull request: headway promote writes it anew"),
    Kind("file-unknown", "file of the registry that nothing reads", "rename it or take it away"),
    Kind("stage-unknown", "stage file of a stage that stages.yaml does not have", "add the stage, or move the file"),
    Kind("rules-faulty", "stages.yaml that is missing or cannot be used", "write it; docs/registry.md shows one"),
    Kind("acknowledged-faulty", "acknowledged.yaml that cannot be used", "mend it; docs/audit.md shows one"),
    Kind("declaration-untagged", "declaration without its echo", "run: headway reconcile"),
    Kind("no-pull-request", "change that no pull request brought", "see who pushed it; headway doctor shows how"),
    Kind("order-broken", "version that the stage before had not held", _RULES),
    Kind("soak-broken", "version that the stage before had not held for long enough", _RULES),
    Kind("hold-broken", "stage that changed while a rollback held it", _RULES),
    Kind("rollback-broken", "rollback to what was not here before, or was taken back itself", _RULES),
    Kind("gate-broken", "version that the gate had not accepted", _RULES),
    Kind("reason-missing", "soak that was shortened without a reason of its own", _RULES),
    Kind("approvals-missing", "change with fewer approvals than the rules demand", _RULES),
    # Versions
    Kind("record-disagrees", "version whose tag says other than its commit", "register the model anew, and roll back"),
    Kind("bytes-missing", "version whose bytes the remote lacks", "where it was made: git checkout TAG && dvc push"),
    Kind("bytes-differ", "version whose bytes on the remote are others", "delete them there, and dvc push them anew"),
    Kind("alias-differs", "alias of MLflow that is not what Git declares", "run: headway reconcile"),
    # Shown, and no failure
    Kind(
        "tag-gap", "number that no tag has, though no trusted tag is missing", "nothing: a foreign tag was here", True
    ),
    Kind("declaration-overtaken", "declaration that got no echo before a later one did", "nothing: it is past", True),
    Kind("expedited", "declaration that skipped what it had not earned", "see that it earns it later", True),
    Kind("hold", "stage that a rollback holds", "lift it in a pull request of its own", True),
    Kind(
        "unattested",
        "declarations that no forge attests",
        "give headway reconcile a token of the forge from now on",
        True,
    ),
    Kind("acknowledged-unused", "entry of acknowledged.yaml that fits nothing", "take it away", True),
    Kind("not-checked", "what this audit did not look at", "run it again with what is named here", True),
)
"""Every kind by its code, in the order of reports."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number with its noun, for example "1 echo"."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


_ORDER = {code: number for number, code in enumerate(KINDS)}


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once, failures first, by kind and subject."""
    return tuple(sorted(set(findings), key=lambda one: (one.notice, _ORDER[one.code], one.subject, one.sentence)))


def is_clean(findings: Iterable[Finding]) -> bool:
    """Return whether there are only notices."""
    return all(one.notice for one in findings)

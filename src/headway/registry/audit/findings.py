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
    """

    code: str
    subject: str
    sentence: str

    @property
    def kind(self) -> Kind:
        return KINDS[self.code]


_FOREIGN = "find out who pushed it; nothing trusts it, and whoever may delete registry tags may take it away"
_RESTORE = "ask the forge's log who did it; put it back from a clone: git push origin OBJECT:refs/tags/NAME"
_RULES = "see who merged it, and whether it shall stay; headway rollback STAGE takes it back"
_SIGN = "docs/audit.md says what a check needs, docs/promotion-workflow.md how tags are signed"


def _kinds(*kinds: Kind) -> Mapping[str, Kind]:
    return {kind.code: kind for kind in kinds}


KINDS: Mapping[str, Kind] = _kinds(
    # Tags without a merged change; the codes are "tag-" and the reasons of `state.Reason`
    Kind("tag-lightweight", "registry tag that is not annotated", _FOREIGN),
    Kind("tag-message", "registry tag whose message Headway did not write", _FOREIGN),
    Kind("tag-unmerged", "registry tag for a commit that is not on the default branch", _FOREIGN),
    Kind("tag-no-declaration", "echo of a declaration that nobody merged", _FOREIGN),
    Kind("tag-contradiction", "echo that says other than the stage file it echoes", _FOREIGN),
    Kind("tag-wrong-commit", "echo on another commit than its version's", _FOREIGN),
    Kind("tag-repeated", "registry tag that says again what an older one says", _FOREIGN),
    Kind("tag-contradiction", "echo of another version than its stage file names", _FOREIGN),
    Kind("tag-overtaken", "echo of an older declaration than the tag before it", _FOREIGN),
    Kind("echo-disagrees", "echo that says other than the stage file it echoes", _FOREIGN),
    # Tags that are not what they were
    Kind("tag-moved", "tag that was moved or made anew", _RESTORE),
    Kind("tag-deleted", "tag that was deleted", _RESTORE),
    Kind("tag-differs", "tag that this clone had otherwise than the remote", _RESTORE),
    Kind("tag-unsigned", "tag without the signature that stages.yaml demands", _SIGN),
    Kind("tag-signature", "tag whose signature is not good", _SIGN),
    Kind("tag-unverified", "signature that cannot be checked here", _SIGN),
    # Declarations
    Kind("file-faulty", "stage file that cannot be used", "mend it in a pull request: headway promote writes it anew"),
    Kind("file-unknown", "file of the registry that nothing reads", "rename it or take it away"),
    Kind("stage-unknown", "stage file of a stage that stages.yaml does not have", "add the stage, or move the file"),
    Kind("rules-faulty", "stages.yaml that is missing or cannot be used", "write it; docs/registry.md shows one"),
    Kind("declaration-untagged", "declaration without its echo", "run: headway reconcile"),
    Kind("order-broken", "version that the stage before never held", _RULES),
    Kind("approvals-missing", "declaration with fewer approvals than its stage demands", _RULES),
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
    Kind("not-checked", "what this audit did not look at", "run it without --offline, with what it needs", True),
)
"""Every kind by its code, in the order of reports."""

_ORDER = {code: number for number, code in enumerate(KINDS)}


def sort_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return each finding once, failures first, by kind and subject."""
    return tuple(sorted(set(findings), key=lambda one: (one.kind.notice, _ORDER[one.code], one.subject, one.sentence)))


def is_clean(findings: Iterable[Finding]) -> bool:
    """Return whether there are only notices."""
    return all(one.kind.notice for one in findings)

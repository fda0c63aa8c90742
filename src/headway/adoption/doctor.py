"""What a repository lacks for the pull request loop. Every check is a function from facts to an answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.adoption.owners import owners_of
from headway.adoption.requirement import is_pinned
from headway.contracts.github import STATUS_CONTEXT, Protection

Outcome = Literal["ok", "missing", "cannot tell"]

CONTEXTS = (STATUS_CONTEXT, "check")
"""What branch protection must wait for: the status of retrain.yml, and the last job of check.yml."""

DRIVER = "headway-lock"
TRACKED = ("dvc.yaml", "dvc.lock", "params.yaml", ".headway.yaml")
OLDEST_GIT = (2, 30)

DECIDING = {
    ".github/": ".github/workflows/retrain.yml",
    ".github/CODEOWNERS": ".github/CODEOWNERS",
    "pipelines/": "pipelines/train.py",
    "src/": "src/code.py",
    "requirements.txt": "requirements.txt",
    "dvc.yaml": "dvc.yaml",
    "params.yaml": "params.yaml",
    ".dvc/config": ".dvc/config",
    "models/registry/": "models/registry/production/model.yaml",
}
"""What decides which model ships, or how it is judged -> a file that stands for it."""


@dataclass(frozen=True)
class Check:
    """One answer.

    Attributes:
        name: stable, for scripts and for the how-to.
        outcome: of the check.
        detail: one sentence with what was seen.
        hint: the exact command or setting that mends it; empty where nothing is to be done.
        optional: whether the loop also works without it.
    """

    name: str
    outcome: Outcome
    detail: str
    hint: str = ""
    optional: bool = False


@dataclass(frozen=True)
class Storage:
    """The default DVC remote.

    Attributes:
        name, url: as DVC's settings have them.
        fault: why it cannot be reached; None where it can, or where nobody asked.
        asked: whether it was.
    """

    name: str
    url: str
    fault: str | None = None
    asked: bool = False

    @property
    def on_this_machine(self) -> bool:
        """Whether it is a folder."""
        return "://" not in self.url


@dataclass(frozen=True)
class LocalFacts:
    """What a clone shows.

    Attributes:
        git_version: of the program, for example (2, 39, 5).
        origin: URL of the remote of that name.
        committed: which of `TRACKED` Git tracks.
        storage: None where DVC has no default remote.
        merge_attribute: Git's `merge` attribute of dvc.lock.
        merge_driver: the command that Git runs for it.
        params_fault: why params.yaml cannot be used.
        gate: whether params.yaml has a `gate` section.
        requirement: the line of requirements.txt that names Headway.
        stale: rendered file -> what `headway init` would do with it, where that is something.
        owners: text of CODEOWNERS.
        cml: whether that program is on the PATH.
    """

    git_version: tuple[int, ...]
    origin: str | None
    committed: frozenset[str]
    storage: Storage | None
    merge_attribute: str | None
    merge_driver: str | None
    params_fault: str | None
    gate: bool
    requirement: str | None
    stale: Mapping[str, str]
    owners: str | None
    cml: bool


@dataclass(frozen=True)
class ForgeFacts:
    """What GitHub shows.

    Attributes:
        branch: the one that pull requests go to.
        protection: what it demands.
        variables: of Actions; None where the token may not read them.
    """

    branch: str
    protection: Protection
    variables: Mapping[str, str] | None


@dataclass(frozen=True)
class Silence:
    """Why GitHub shows nothing, and what to do about it."""

    reason: str
    hint: str


def diagnose(local: LocalFacts, forge: ForgeFacts | Silence) -> Sequence[Check]:
    """Return all checks; those that need GitHub cannot tell without it."""
    answers = [check(local) for check in LOCAL]
    if isinstance(forge, Silence):
        return [*answers, *(Check(name, "cannot tell", forge.reason, forge.hint) for name in FORGE)]
    return [*answers, *(check(forge, local) for check in FORGE.values())]


def is_healthy(checks: Sequence[Check]) -> bool:
    """Return whether nothing is missing that the loop needs."""
    return not any(check.outcome == "missing" and not check.optional for check in checks)


def check_git(facts: LocalFacts) -> Check:
    version = ".".join(map(str, facts.git_version))
    if facts.git_version < OLDEST_GIT:
        return Check("git", "missing", f"Git is {version}", "install Git 2.30 or newer")
    return Check("git", "ok", f"Git {version}")


def check_origin(facts: LocalFacts) -> Check:
    if not facts.origin:
        return Check("origin", "missing", "Git knows no remote named origin", "git remote add origin URL")
    return Check("origin", "ok", facts.origin)


def check_files(facts: LocalFacts) -> Check:
    absent = sorted({*TRACKED} - {"dvc.lock"} - facts.committed)
    if absent:
        hint = f"headway init . && git add {' '.join(absent)} && git commit"
        return Check("files", "missing", f"not in Git: {', '.join(absent)}", hint)
    return Check("files", "ok", "dvc.yaml and params.yaml are in Git")


def check_lock(facts: LocalFacts) -> Check:
    if "dvc.lock" not in facts.committed:
        hint = "headway repro && git add dvc.lock reports models && git commit; or let the first pull request do it"
        return Check("lock", "missing", "dvc.lock is not in Git: no run has been recorded", hint, optional=True)
    return Check("lock", "ok", "dvc.lock is in Git")


def check_storage(facts: LocalFacts) -> Check:
    if facts.storage is None:
        hint = "dvc remote add --default storage s3://BUCKET/PATH && git add .dvc/config"
        return Check("storage", "missing", "DVC has no default remote: nobody else gets data and models", hint)
    where = f"{facts.storage.name} at {facts.storage.url}"
    if facts.storage.fault:
        hint = (
            "give DVC its credentials; dvc doctor lists the kinds of remote that are installed (pip install dvc-s3 ...)"
        )
        return Check("storage", "missing", f"{where} cannot be reached: {facts.storage.fault}", hint)
    return Check("storage", "ok", where if facts.storage.asked else f"{where} (--remote asks it)")


def check_attributes(facts: LocalFacts) -> Check:
    if facts.merge_attribute != DRIVER:
        hint = "headway lock install && git add .gitattributes"
        return Check("attributes", "missing", f".gitattributes does not give dvc.lock to {DRIVER}", hint)
    return Check("attributes", "ok", f"dvc.lock is merged by {DRIVER}")


def check_driver(facts: LocalFacts) -> Check:
    if not facts.merge_driver:
        hint = "headway lock install"
        return Check("merge-driver", "missing", f"Git knows no merge driver {DRIVER} in this clone", hint)
    return Check("merge-driver", "ok", facts.merge_driver)


def check_params(facts: LocalFacts) -> Check:
    if facts.params_fault:
        return Check("params", "missing", facts.params_fault, "headway params check")
    return Check("params", "ok", "params.yaml can be used")


def check_gate(facts: LocalFacts) -> Check:
    if not facts.gate:
        detail = "params.yaml has no gate section: built-in defaults judge, and no floor holds"
        return Check("gate", "missing", detail, "write gate: {metric: map50_95, margin: 0.02} into params.yaml")
    return Check("gate", "ok", "params.yaml says what a candidate must show")


def check_workflows(facts: LocalFacts) -> Check:
    stale = {path: outcome for path, outcome in facts.stale.items() if path.startswith(".github/")}
    if stale:
        named = ", ".join(f"{path} ({outcome})" for path, outcome in stale.items())
        return Check("workflows", "missing", f"not as this Headway renders them: {named}", "headway init . --dry-run")
    return Check("workflows", "ok", "current")


def check_owners(facts: LocalFacts) -> Check:
    if facts.owners is None:
        hint = "headway init . writes .github/CODEOWNERS: put your people in"
        return Check("owners", "missing", "there is no CODEOWNERS", hint)
    uncovered = [place for place, file in DECIDING.items() if not owners_of(file, facts.owners)]
    if uncovered:
        hint = "in .github/CODEOWNERS give each of them an owner"
        return Check("owners", "missing", f"nobody owns {', '.join(uncovered)}", hint)
    return Check("owners", "ok", "everything that decides has an owner")


def check_requirement(facts: LocalFacts) -> Check:
    if facts.requirement is None:
        hint = "headway init . --requirement 'headway[train] @ git+https://HOST/OWNER/headway@COMMIT'"
        return Check("requirement", "missing", "requirements.txt does not name Headway", hint)
    if not is_pinned(facts.requirement):
        hint = "name one release (headway[train]==X.Y.Z), one wheel, or a full commit hash"
        return Check("requirement", "missing", f"{facts.requirement} may become another Headway", hint)
    return Check("requirement", "ok", facts.requirement)


def check_cml(facts: LocalFacts) -> Check:
    if not facts.cml:
        hint = "none is needed: retrain.yml sets CML up, and without it Headway posts the report itself"
        return Check("cml", "missing", "cml is not on the PATH", hint, optional=True)
    return Check("cml", "ok", "cml is on the PATH")


LOCAL: tuple[Callable[[LocalFacts], Check], ...] = (
    check_git,
    check_origin,
    check_files,
    check_requirement,
    check_params,
    check_gate,
    check_lock,
    check_storage,
    check_attributes,
    check_driver,
    check_workflows,
    check_owners,
    check_cml,
)


def check_pull_requests(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = "Require a pull request before merging"
    return _demand("pull-requests", facts, facts.protection.pull_request, "changes come by pull request only", hint)


def check_statuses(facts: ForgeFacts, _local: LocalFacts) -> Check:
    absent = [context for context in CONTEXTS if context not in facts.protection.contexts]
    hint = f"Require status checks to pass: add {', '.join(absent)}"
    return _demand("statuses", facts, not absent, f"{' and '.join(CONTEXTS)} are required", hint)


def check_up_to_date(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = (
        "Require branches to be up to date before merging, or Require merge queue;"
        " else Git may merge dvc.lock into what no run has produced"
    )
    holds = facts.protection.strict or facts.protection.merge_queue
    return _demand("up-to-date", facts, holds, "what is merged is what was judged", hint)


def check_dismissal(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = (
        "Dismiss stale pull request approvals when new commits are pushed; else a commit after the approval is merged"
        " unseen. The bot's commit takes approvals back as well: approve after the report"
    )
    detail = "a push takes approvals back, the bot's as well: approve after the report"
    return _demand("dismissal", facts, facts.protection.dismiss_stale_reviews, detail, hint)


def check_owner_reviews(facts: ForgeFacts, _local: LocalFacts) -> Check:
    hint = "Require review from Code Owners"
    detail = "an owner of what is changed must approve"
    return _demand("owner-reviews", facts, facts.protection.code_owner_review, detail, hint)


def check_signatures(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.protection.signed_commits:
        hint = (
            f"{_settings(facts)}: take Require signed commits off: git makes the bot's commits, without a signature."
            " With the rule on, only the author of a pull request can merge it, by squashing, which GitHub signs"
        )
        return Check("signatures", "missing", f"{facts.branch} demands signed commits", hint)
    return _demand("signatures", facts, facts.protection.complete, "no signature is demanded of the bot's commits", "")


def check_storage_variable(facts: ForgeFacts, local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("ci-storage")
    url = facts.variables.get("HEADWAY_DVC_REMOTE")
    if url:
        return Check("ci-storage", "ok", f"HEADWAY_DVC_REMOTE is {url}")
    if local.storage and not local.storage.on_this_machine:
        return Check("ci-storage", "ok", f"workflows use {local.storage.name} of .dvc/config")
    if local.storage and facts.variables.get("HEADWAY_RUNNER"):
        return Check(
            "ci-storage", "cannot tell", f"{local.storage.url} must be a folder of the runner", "headway pr plan"
        )
    hint = "gh variable set HEADWAY_DVC_REMOTE --body s3://BUCKET/PATH, and the secrets that it needs in retrain.yml"
    return Check("ci-storage", "missing", "a hosted runner reaches no DVC remote", hint)


def check_runner(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("runner")
    label = facts.variables.get("HEADWAY_RUNNER")
    if not label:
        hint = "for a GPU: gh variable set HEADWAY_RUNNER --body LABEL"
        return Check(
            "runner", "missing", "HEADWAY_RUNNER is not set: training runs on a hosted CPU", hint, optional=True
        )
    return Check("runner", "ok", f"HEADWAY_RUNNER is {label}")


def check_app(facts: ForgeFacts, _local: LocalFacts) -> Check:
    if facts.variables is None:
        return _unknown_variables("app")
    if not facts.variables.get("HEADWAY_APP_ID"):
        detail = "no GitHub App: retrain.yml starts check.yml itself, and other workflows wait for an approval"
        hint = "gh variable set HEADWAY_APP_ID --body CLIENT_ID; gh secret set HEADWAY_APP_KEY < KEY.pem"
        return Check("app", "missing", detail, hint, optional=True)
    return Check("app", "ok", "HEADWAY_APP_ID is set (whether the secret HEADWAY_APP_KEY is cannot be read)")


FORGE: Mapping[str, Callable[[ForgeFacts, LocalFacts], Check]] = {
    "pull-requests": check_pull_requests,
    "statuses": check_statuses,
    "up-to-date": check_up_to_date,
    "dismissal": check_dismissal,
    "owner-reviews": check_owner_reviews,
    "signatures": check_signatures,
    "ci-storage": check_storage_variable,
    "runner": check_runner,
    "app": check_app,
}


def _demand(name: str, facts: ForgeFacts, holds: bool, detail: str, hint: str) -> Check:
    """Answer for a rule; where the token may not see every rule, one that was not seen may still be there."""
    if holds:
        return Check(name, "ok", detail)
    if not facts.protection.complete:
        seen = f"the token does not show every rule of {facts.branch}"
        return Check(name, "cannot tell", seen, f"use a token that may read administration; the rule: {hint or name}")
    return Check(name, "missing", f"{facts.branch} does not demand it", f"{_settings(facts)}: {hint}")


def _settings(facts: ForgeFacts) -> str:
    return f"Settings > Rules > Rulesets > {facts.branch}"


def _unknown_variables(name: str) -> Check:
    return Check(
        name, "cannot tell", "the token may not read variables", "use a token that may read variables", optional=True
    )

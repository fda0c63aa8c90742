"""What a clone lacks for the pull request loop, as functions from facts to answers."""

from __future__ import annotations

from collections.abc import Callable

from headway.adoption.facts import DRIVER, TRACKED, Check, LocalFacts
from headway.adoption.owners import owners_of
from headway.adoption.requirement import is_pinned
from headway.contracts.layout import STAGES

OLDEST_GIT = (2, 30)

DECIDING = {
    ".github/": ".github/workflows/retrain.yml",
    ".github/CODEOWNERS": ".github/CODEOWNERS",
    "pipelines/": "pipelines/train.py",
    "src/": "src/code.py",
    "tools/": "tools/install.py",
    "requirements.txt": "requirements.txt",
    "constraints.txt": "constraints.txt",
    "dvc.yaml": "dvc.yaml",
    "params.yaml": "params.yaml",
    ".dvc/config": ".dvc/config",
    ".dvcignore": ".dvcignore",
    ".gitattributes": ".gitattributes",
    "models/registry/": "models/registry/production/model.yaml",
    "models/registry/stages.yaml": "models/registry/stages.yaml",
}
"""What decides which model ships, or how it is judged -> a file that stands for it.

Not dvc.lock nor reports/: every retraining writes them, and `headway pr plan` takes them from no person.
"""


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
        hint = "headway repro && dvc push --run-cache; commit dvc.lock reports models; or let a pull request do it all"
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


def check_stages(facts: LocalFacts) -> Check:
    if isinstance(facts.stages, str):
        return Check("stages", "missing", facts.stages, f"headway init . writes {STAGES.as_posix()}")
    return Check("stages", "ok", f"stages are {', '.join(facts.stages.stages)}")


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
    check_stages,
    check_cml,
)

"""What the API says of promotion: who merged and approved, rulesets, environments."""

from __future__ import annotations

from collections.abc import Sequence

from tests.github import repository as git
from tests.github.answers import REPO, head_of, number_of
from tests.github.contract import Json
from tests.github.operations import Answer, Call, Operation, RefusedError
from tests.github.state import PullRequest, Ruleset


def list_pulls_of_commit(call: Call) -> Answer:
    """List what has the commit, also what only contains it: a stacked pull request's base comes twice."""
    sha = call.names["commit_sha"]
    pulls = [pull for pull in call.repository.pulls.values() if sha in _commits(pull)]
    return Answer(200, [call.fake.answers.listed_pull(pull) for pull in pulls], paged=True)


def list_commits(call: Call) -> Answer:
    """List the commits of a pull request; people are known by the address that GitHub gives them."""
    pull = call.repository.pulls[call.number("pull_number")]
    example = call.fake.answers.example(f"GET {REPO}/pulls/{{pull_number}}/commits", call.repository)[0]
    commits = sorted(pull.commits) if pull.merged else _own_commits(pull)
    lines = (
        git.read(pull.base.path, "show", "--no-patch", "--format=%H %ae %ce", *commits).splitlines() if commits else ()
    )
    shown = []
    for sha, *emails in map(str.split, lines):
        people = {role: _person(call, email) for role, email in zip(("author", "committer"), emails, strict=True)}
        shown.append(example | {"sha": sha} | people)
    return Answer(200, shown, paged=True)


def list_reviews(call: Call) -> Answer:
    found = [review for review in call.repository.reviews if review.number == call.number("pull_number")]
    example = call.fake.answers.example(f"GET {REPO}/pulls/{{pull_number}}/reviews", call.repository)[0]
    shown: list[Json] = []
    for review in found:
        user = call.fake.answers.user(review.author)
        one = example | {"id": review.id, "user": user, "state": review.state, "commit_id": review.sha}
        shown.append(one if review.state == "PENDING" else one | {"submitted_at": review.submitted_at})
        if review.state == "PENDING":
            del shown[-1]["submitted_at"]
    return Answer(200, shown, paged=True)


def get_permission(call: Call) -> Answer:
    login = call.names["username"]
    if login.endswith("[bot]"):
        raise RefusedError(404, f"{login} is not a user")
    answer = call.fake.answers.example(f"GET {REPO}/collaborators/{{username}}/permission")
    level = "read" if login in call.repository.strangers else "write"
    user = call.fake.answers.user(login) | {"role_name": level}  # missing in GitHub's example
    return Answer(200, answer | {"permission": level, "role_name": level, "user": user})


def compare(call: Call) -> Answer:
    base, _, head = call.names["basehead"].partition("...")
    path = call.repository.path
    if git.resolve(path, base) is None or git.resolve(path, head) is None:
        raise RefusedError(404, "Not Found")
    behind, ahead = len(git.between(path, head, base)), len(git.between(path, base, head))
    status = "diverged" if ahead and behind else "ahead" if ahead else "behind" if behind else "identical"
    answer = call.fake.answers.example(f"GET {REPO}/compare/{{basehead}}", call.repository)
    counts = {"ahead_by": ahead, "behind_by": behind, "total_commits": ahead}
    return Answer(200, answer | counts | {"status": status, "commits": [], "files": []})


def list_rulesets(call: Call) -> Answer:
    shown = [_described(call, ruleset) for ruleset in call.repository.rulesets]
    for one in shown:
        for key in ("bypass_actors", "conditions", "rules"):
            one.pop(key, None)
    return Answer(200, shown, paged=True)


def get_ruleset(call: Call) -> Answer:
    for ruleset in call.repository.rulesets:
        if ruleset.id == call.number("ruleset_id"):
            return Answer(200, _described(call, ruleset))
    raise RefusedError(404, "Not Found")


def add_ruleset(call: Call) -> Answer:
    made = call.fake.add_ruleset(call.repository.name, call.body)
    return Answer(201, _described(call, made))


def list_environments(call: Call) -> Answer:
    answer = call.fake.answers.example(f"GET {REPO}/environments", call.repository)
    example = answer["environments"][0]
    shown = []
    for name, reviewed in call.repository.environments.items():
        rules = [one for one in example["protection_rules"] if reviewed or one["type"] != "required_reviewers"]
        shown.append(example | {"name": name, "id": number_of(name), "protection_rules": rules})
    return Answer(200, {"total_count": len(shown), "environments": shown})


PROMOTION_OPERATIONS: Sequence[Operation] = (
    Operation(f"GET {REPO}/commits/{{commit_sha}}/pulls", list_pulls_of_commit, ("pull_requests=read",)),
    Operation(f"GET {REPO}/pulls/{{pull_number}}/commits", list_commits, ("pull_requests=read",)),
    Operation(f"GET {REPO}/pulls/{{pull_number}}/reviews", list_reviews, ("pull_requests=read",)),
    Operation(f"GET {REPO}/collaborators/{{username}}/permission", get_permission),
    Operation(f"GET {REPO}/compare/{{basehead}}", compare, ("contents=read",)),
    Operation(f"GET {REPO}/rulesets", list_rulesets),
    Operation(f"POST {REPO}/rulesets", add_ruleset, ("administration=write",)),
    Operation(f"GET {REPO}/rulesets/{{ruleset_id}}", get_ruleset),
    Operation(f"GET {REPO}/environments", list_environments, ("actions=read",)),
)


def _commits(pull: PullRequest) -> frozenset[str]:
    """Return the commits of a pull request: its branch's own, and those that its merge made."""
    return pull.commits if pull.merged else frozenset(_own_commits(pull))


def _own_commits(pull: PullRequest) -> Sequence[str]:
    """Return the commits of a pull request's branch, oldest first; none where the branch is all merged."""
    base = git.read(pull.base.path, "rev-parse", f"refs/heads/{pull.base_ref}")
    return git.between(pull.base.path, base, head_of(pull))[::-1]


def _person(call: Call, email: str) -> Json:
    """Return an account; that of nobody is empty, as GitHub's document has it."""
    login, _, domain = email.partition("@")
    return call.fake.answers.user(login) if domain == "users.noreply.github.com" else {}


def _described(call: Call, ruleset: Ruleset) -> Json:
    """Return a ruleset as it is shown; who may bypass it is shown to those who may write the settings."""
    answer: Json = call.fake.answers.example(f"GET {REPO}/rulesets/{{ruleset_id}}", call.repository)
    answer |= {**ruleset.document} | {"id": ruleset.id, "source": call.repository.name, "created_at": ruleset.made_at}
    answer.setdefault("bypass_actors", [])
    if not call.token.may("administration=write"):
        del answer["bypass_actors"]
    return answer

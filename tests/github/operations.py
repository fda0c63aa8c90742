"""What each operation of the API does, and the permission that it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.github import repository as git
from tests.github.answers import REPO, head_of
from tests.github.state import CheckRun, Comment, Dispatch, PullRequest, Repository, Status, Token

if TYPE_CHECKING:
    from tests.github.fake import FakeGitHub

LONGEST_BODY = 65_536
LONGEST_DESCRIPTION = 140


class RefusedError(Exception):
    """An answer that is an error, in GitHub's words."""

    def __init__(self, status: int, message: str, **headers: str) -> None:
        super().__init__(message)
        self.status, self.message, self.headers = status, message, headers


@dataclass(frozen=True)
class Answer:
    """Status, JSON (None for an empty body), and whether it is a list that comes in pages."""

    status: int
    body: Any
    paged: bool = False


@dataclass
class Call:
    """One request with all that its handler needs."""

    fake: FakeGitHub
    token: Token
    names: Mapping[str, str]
    query: Mapping[str, str]
    body: dict[str, Any]
    found: Repository | None = field(default=None)

    @property
    def repository(self) -> Repository:
        assert self.found is not None
        return self.found

    def number(self, name: str) -> int:
        return int(self.names[name])


Handler = Callable[[Call], Answer]


@dataclass(frozen=True)
class Operation:
    """One row of the table below; any one of `accepts` is enough, none means that reading metadata is."""

    name: str
    handle: Handler
    accepts: tuple[str, ...] = ()

    def match(self, method: str, path: str) -> dict[str, str] | None:
        """Return the path's parameters, decoded, where this is the operation."""
        wanted, pattern = self.name.split(" ")
        parts, found = pattern.split("/"), path.split("/")
        if wanted != method or len(parts) != len(found):
            return None
        names = {}
        for part, value in zip(parts, found, strict=True):
            if part.startswith("{"):
                names[part.strip("{}")] = unquote(value)
            elif part != value:
                return None
        return names


def whoami(call: Call) -> Answer:
    if call.token.installation:
        raise RefusedError(403, "Resource not accessible by integration")
    return Answer(200, call.fake.answers.whoami(call.token.login))


def get_user(call: Call) -> Answer:
    return Answer(200, call.fake.answers.public_user(call.names["username"]))


def get_repository(call: Call) -> Answer:
    return Answer(200, call.fake.answers.repository(call.repository, call.token))


def list_variables(call: Call) -> Answer:
    shown = [call.fake.answers.variable(*item) for item in call.repository.variables.items()]
    return Answer(200, {"total_count": len(shown), "variables": shown})


def get_variable(call: Call) -> Answer:
    name = call.names["name"]
    if name not in call.repository.variables:
        raise RefusedError(404, "Not Found")
    return Answer(200, call.fake.answers.variable(name, call.repository.variables[name]))


def list_workflows(call: Call) -> Answer:
    shown = [call.fake.answers.workflow(call.repository, file) for file in _workflows(call.repository)]
    return Answer(200, {"total_count": len(shown), "workflows": shown})


def get_workflow(call: Call) -> Answer:
    return Answer(200, call.fake.answers.workflow(call.repository, _workflow(call)))


def dispatch(call: Call) -> Answer:
    ref = call.body["ref"]
    if git.resolve(call.repository.path, ref.removeprefix("refs/heads/")) is None:
        raise RefusedError(422, f"No ref found for: {ref}")
    inputs = {name: str(value) for name, value in call.body.get("inputs", {}).items()}
    call.repository.dispatches.append(Dispatch(_workflow(call), ref, inputs, call.token.login))
    return Answer(204, None)


def get_branch(call: Call) -> Answer:
    sha = git.branches(call.repository.path).get(call.names["branch"])
    if sha is None:
        raise RefusedError(404, "Branch not found")
    return Answer(200, call.fake.answers.branch(call.repository, call.names["branch"], sha))


def get_protection(call: Call) -> Answer:
    protection = call.repository.protections.get(call.names["branch"])
    if protection is None or not protection.classic:
        raise RefusedError(404, "Branch not protected")
    return Answer(200, call.fake.answers.protection(call.repository, call.names["branch"], protection))


def list_rules(call: Call) -> Answer:
    protection = call.repository.protections.get(call.names["branch"])
    if protection is None or protection.classic:
        return Answer(200, [], paged=True)
    return Answer(200, call.fake.answers.rules(call.repository, protection), paged=True)


def add_check_run(call: Call) -> Answer:
    fields = call.body
    status = fields.get("status", "completed" if "conclusion" in fields else "queued")
    output = {key: fields["output"][key] for key in ("title", "summary")} if "output" in fields else {}
    check = CheckRun(call.fake.next_id(), fields["head_sha"], fields["name"], status, fields.get("conclusion"), output)
    call.repository.check_runs.append(check)
    return Answer(201, call.fake.answers.check_run(call.repository, check))


def list_check_runs(call: Call) -> Answer:
    sha = _commit(call, call.names["ref"])
    checks = [check for check in call.repository.check_runs if check.sha == sha]
    shown = [call.fake.answers.check_run(call.repository, check) for check in checks]
    return Answer(200, {"total_count": len(shown), "check_runs": shown})


def get_commit(call: Call) -> Answer:
    return Answer(200, call.fake.answers.commit(call.repository, _commit(call, call.names["ref"])))


def add_status(call: Call) -> Answer:
    sha = call.names["sha"]
    if len(call.body.get("description") or "") > LONGEST_DESCRIPTION:
        raise RefusedError(422, "Validation Failed: description is too long (maximum is 140 characters)")
    if git.resolve(call.repository.path, sha) != sha:
        raise RefusedError(422, f"No commit found for SHA: {sha}")
    status = Status(
        id=call.fake.next_id(),
        sha=sha,
        context=call.body.get("context", "default"),
        state=call.body["state"],
        description=call.body.get("description"),
        target_url=call.body.get("target_url"),
        creator=call.token.login,
        created_at=call.fake.now(),
    )
    call.repository.statuses.append(status)
    return Answer(201, call.fake.answers.status(call.repository, status))


def list_statuses(call: Call) -> Answer:
    sha = _commit(call, call.names["ref"])
    statuses = [status for status in reversed(call.repository.statuses) if status.sha == sha]
    return Answer(200, [call.fake.answers.status(call.repository, status) for status in statuses], paged=True)


def get_combined_status(call: Call) -> Answer:
    sha = _commit(call, call.names["ref"])
    statuses = list(call.fake.statuses(call.repository.name, sha).values())
    return Answer(200, call.fake.answers.combined_status(call.repository, sha, statuses))


def get_issue(call: Call) -> Answer:
    return Answer(200, call.fake.answers.issue(_pull(call, "issue_number")))


def list_comments(call: Call) -> Answer:
    number = _pull(call, "issue_number").number
    comments = [comment for comment in call.repository.comments.values() if comment.number == number]
    return Answer(200, [call.fake.answers.comment(call.repository, comment) for comment in comments], paged=True)


def add_comment(call: Call) -> Answer:
    body = _checked_body(call)
    number = _pull(call, "issue_number").number
    comment = Comment(call.fake.next_id(), number, call.token.login, body, call.fake.now())
    call.repository.comments[comment.id] = comment
    return Answer(201, call.fake.answers.comment(call.repository, comment))


def get_comment(call: Call) -> Answer:
    return Answer(200, call.fake.answers.comment(call.repository, _comment(call)))


def edit_comment(call: Call) -> Answer:
    comment = _own_comment(call)
    comment.body = _checked_body(call)
    return Answer(200, call.fake.answers.comment(call.repository, comment))


def delete_comment(call: Call) -> Answer:
    del call.repository.comments[_own_comment(call).id]
    return Answer(204, None)


def list_pulls(call: Call) -> Answer:
    state, head, base = call.query.get("state", "open"), call.query.get("head"), call.query.get("base")
    shown = [
        pull
        for pull in reversed(call.repository.pulls.values())
        if state in ("all", pull.state)
        and head in (None, f"{pull.head.owner}:{pull.head_ref}")
        and base in (None, pull.base_ref)
    ]
    return Answer(200, [call.fake.answers.listed_pull(pull) for pull in shown], paged=True)


def open_pull(call: Call) -> Answer:
    body = call.body
    owner, _, ref = body["head"].rpartition(":")
    head = call.fake.find_head(call.repository, owner)
    if head is None or ref not in git.branches(head.path):
        raise RefusedError(422, "Validation Failed: head is invalid")
    if body["base"] not in git.branches(call.repository.path):
        raise RefusedError(422, "Validation Failed: base is invalid")
    if any(
        (pull.head, pull.head_ref) == (head, ref) and pull.state == "open" for pull in call.repository.pulls.values()
    ):
        raise RefusedError(422, f"Validation Failed: A pull request already exists for {head.owner}:{ref}.")
    pull = call.fake.add_pull(
        call.repository, head, ref, body["base"], call.token.login, body.get("title", ""), body.get("body") or ""
    )
    return Answer(201, call.fake.answers.pull(pull, mergeable=True))


def get_pull(call: Call) -> Answer:
    pull = _pull(call, "pull_number")
    return Answer(200, call.fake.answers.pull(pull, mergeable=call.fake.merges_cleanly(pull)))


def merge_pull(call: Call) -> Answer:
    pull = _pull(call, "pull_number")
    if call.body.get("sha", head_of(pull)) != head_of(pull):
        raise RefusedError(409, "Head branch was modified. Review and try the merge again.")
    able, reasons = call.fake.mergeable(call.repository.name, pull.number)
    if not able:
        raise RefusedError(405, f"Pull Request is not mergeable: {'; '.join(reasons)}")
    method = call.body.get("merge_method", "merge")
    made = call.fake.merge(call.repository.name, pull.number, method, by=call.token.login)
    return Answer(200, call.fake.answers.merged(made))


_COMMENTS_READ = ("issues=read", "pull_requests=read")
_COMMENTS_WRITE = ("issues=write", "pull_requests=write")

OPERATIONS: Sequence[Operation] = (
    Operation("GET /user", whoami),
    Operation("GET /users/{username}", get_user),
    Operation(f"GET {REPO}", get_repository),
    Operation(f"GET {REPO}/actions/variables", list_variables, ("actions_variables=read",)),
    Operation(f"GET {REPO}/actions/variables/{{name}}", get_variable, ("actions_variables=read",)),
    Operation(f"GET {REPO}/actions/workflows", list_workflows, ("actions=read",)),
    Operation(f"GET {REPO}/actions/workflows/{{workflow_id}}", get_workflow, ("actions=read",)),
    Operation(f"POST {REPO}/actions/workflows/{{workflow_id}}/dispatches", dispatch, ("actions=write",)),
    Operation(f"GET {REPO}/branches/{{branch}}", get_branch, ("contents=read",)),
    Operation(f"GET {REPO}/branches/{{branch}}/protection", get_protection, ("administration=read",)),
    Operation(f"GET {REPO}/rules/branches/{{branch}}", list_rules),
    Operation(f"POST {REPO}/check-runs", add_check_run, ("checks=write",)),
    Operation(f"GET {REPO}/commits/{{ref}}/check-runs", list_check_runs, ("checks=read",)),
    Operation(f"GET {REPO}/commits/{{ref}}/status", get_combined_status, ("statuses=read",)),
    Operation(f"GET {REPO}/commits/{{ref}}/statuses", list_statuses, ("statuses=read",)),
    Operation(f"GET {REPO}/commits/{{ref}}", get_commit, ("contents=read",)),
    Operation(f"POST {REPO}/statuses/{{sha}}", add_status, ("statuses=write",)),
    Operation(f"GET {REPO}/issues/{{issue_number}}", get_issue, _COMMENTS_READ),
    Operation(f"GET {REPO}/issues/{{issue_number}}/comments", list_comments, _COMMENTS_READ),
    Operation(f"POST {REPO}/issues/{{issue_number}}/comments", add_comment, _COMMENTS_WRITE),
    Operation(f"GET {REPO}/issues/comments/{{comment_id}}", get_comment, _COMMENTS_READ),
    Operation(f"PATCH {REPO}/issues/comments/{{comment_id}}", edit_comment, _COMMENTS_WRITE),
    Operation(f"DELETE {REPO}/issues/comments/{{comment_id}}", delete_comment, _COMMENTS_WRITE),
    Operation(f"GET {REPO}/pulls", list_pulls, ("pull_requests=read",)),
    Operation(f"POST {REPO}/pulls", open_pull, ("pull_requests=write",)),
    Operation(f"GET {REPO}/pulls/{{pull_number}}", get_pull, ("pull_requests=read",)),
    Operation(f"PUT {REPO}/pulls/{{pull_number}}/merge", merge_pull, ("contents=write",)),
)


def _pull(call: Call, name: str) -> PullRequest:
    pull = call.repository.pulls.get(call.number(name))
    if pull is None:
        raise RefusedError(404, "Not Found")
    return pull


def _comment(call: Call) -> Comment:
    comment = call.repository.comments.get(call.number("comment_id"))
    if comment is None:
        raise RefusedError(404, "Not Found")
    return comment


def _own_comment(call: Call) -> Comment:
    comment = _comment(call)
    if comment.author != call.token.login:
        raise RefusedError(403, "Resource not accessible by integration")
    return comment


def _checked_body(call: Call) -> str:
    body: str = call.body["body"]
    if len(body) > LONGEST_BODY:
        raise RefusedError(422, "Validation Failed: body is too long (maximum is 65536 characters)")
    if not body.strip():
        raise RefusedError(422, "Validation Failed: body cannot be blank")
    return body


def _commit(call: Call, revision: str) -> str:
    sha = git.resolve(call.repository.path, revision)
    if sha is None:
        raise RefusedError(404, "Not Found")
    return sha


def _workflows(repository: Repository) -> list[str]:
    listed = git.run(repository.path, "ls-tree", "--name-only", f"{repository.default_branch}:.github/workflows")
    return listed.stdout.split("\n")[:-1] if listed.returncode == 0 else []


def _workflow(call: Call) -> str:
    """Return the file that a path names, by name or by number; it must lie on the default branch."""
    wanted = call.names["workflow_id"]
    for file in _workflows(call.repository):
        if wanted in (file, str(call.fake.answers.workflow(call.repository, file)["id"])):
            return file
    raise RefusedError(404, "Not Found")

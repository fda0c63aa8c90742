"""One repository on GitHub, through PyGithub."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

import github
from github.IssueComment import IssueComment
from github.PullRequest import PullRequest as GitHubPullRequest

from headway.contracts.github import (
    Comment,
    CommitStatus,
    Environment,
    MergedPullRequest,
    Protection,
    PullRequest,
    Ruleset,
    State,
)
from headway.integrations.github.account import Account
from headway.integrations.github.calls import Call, Caller, Patience, is_rate_limit
from headway.integrations.github.endpoints import PAGE, Endpoints
from headway.integrations.github.promotion import find_approvals, find_environments, find_merged
from headway.integrations.github.rules import read_protection, read_ruleset

Value = TypeVar("Value")

_DESCRIPTION_LIMIT = 140
_GHOST = "ghost"
"""Whom GitHub shows in place of a user who is gone."""
_NOT_FOUND = 404
_HIDDEN = {403, _NOT_FOUND}
_UNPROTECTED = "Branch not protected"

_COMMENT = "pull-requests: write"
_READ = "pull-requests: read"


class GitHub:
    """Implements `ports.Forge`.

    Objects are lazy: a call sends the one request that it is about, and one
    more for each further page of a list.
    """

    def __init__(self, account: Account, patience: Patience | None = None) -> None:
        patience = patience or Patience()
        self._account = account
        self._github = github.Github(
            base_url=account.api_url,
            auth=github.Auth.Token(account.token),
            timeout=patience.request_timeout_s,
            user_agent="headway",
            api_version="2022-11-28",
            per_page=PAGE,
            verify=account.certificates or True,
            retry=0,
            lazy=True,
            seconds_between_requests=None,
            seconds_between_writes=None,
        )
        self._repository = self._github.get_repo(account.repository)
        self._endpoints = Endpoints(self._repository)
        self._call = Caller(urlsplit(account.api_url).netloc, account.token, patience)
        self._login: str | None = None

    @property
    def repository(self) -> str:
        return self._account.repository

    def login(self) -> str:
        if self._login is None:
            self._login = self._call(Call("ask who you are", "a user's token"), self._ask_login)
        return self._login

    def pull_request(self, number: int) -> PullRequest:
        call = Call(f"read pull request {number} of {self.repository}", _READ)
        return self._call(call, lambda: _pull_request(self._repository.get_pull(number)))

    def find_pull_requests(self, head_repository: str, head_ref: str) -> Sequence[PullRequest]:
        call = Call(f"list the pull requests of {self.repository}", _READ)
        return self._call(call, lambda: self._list_pull_requests(head_repository, head_ref))

    def open_pull_request(self, *, head_ref: str, base_ref: str, title: str, body: str) -> PullRequest:
        def find() -> PullRequest | None:
            listed = self._list_pull_requests(self.repository, head_ref)
            return next((one for one in listed if one.base_ref == base_ref), None)

        call = Call(f"open a pull request in {self.repository}", _COMMENT)
        create = self._repository.create_pull
        return self._call(call, lambda: _pull_request(create(base_ref, head_ref, title=title, body=body)), find=find)

    def comments(self, number: int) -> Sequence[Comment]:
        call = Call(f"read the comments of pull request {number} of {self.repository}", _READ)
        return self._call(call, lambda: self._list_comments(number))

    def add_comment(self, number: int, body: str) -> Comment:
        def find() -> Comment | None:
            login = self._login or self._ask_login()
            listed = self._list_comments(number)
            return next((one for one in reversed(listed) if (one.author, one.body) == (login, body)), None)

        call = Call(f"comment on pull request {number} of {self.repository}", _COMMENT)
        return self._call(call, lambda: _comment(self._repository.get_issue(number).create_comment(body)), find=find)

    def edit_comment(self, number: int, comment_id: int, body: str) -> Comment:
        def edit() -> Comment:
            comment = self._repository.get_issue(number).get_comment(comment_id)
            comment.edit(body)
            return _comment(comment)

        return self._call(Call(f"edit comment {comment_id} of pull request {number}", _COMMENT), edit)

    def delete_comment(self, number: int, comment_id: int) -> None:
        def delete() -> None:
            try:
                self._repository.get_issue(number).get_comment(comment_id).delete()
            except github.GithubException as error:
                if error.status != _NOT_FOUND:
                    raise

        self._call(Call(f"delete comment {comment_id} of pull request {number}", _COMMENT), delete)

    def set_status(self, sha: str, state: State, description: str, *, context: str, url: str | None = None) -> None:
        short = description if len(description) <= _DESCRIPTION_LIMIT else f"{description[: _DESCRIPTION_LIMIT - 1]}…"
        target = github.GithubObject.NotSet if url is None else url

        def create() -> None:
            created = self._repository.get_commit(sha).create_status(state, target, short, context)
            assert created.state == state

        self._call(Call(f"set a status on commit {sha}", "statuses: write"), create)

    def statuses(self, sha: str, *, final: bool = False) -> Mapping[str, CommitStatus]:
        def read() -> dict[str, CommitStatus]:
            newest: dict[str, CommitStatus] = {}
            for status in self._endpoints.list(f"/commits/{quote(sha, safe='')}/statuses"):  # newest first
                if not (final and status["state"] == "pending"):
                    newest.setdefault(status["context"], _status(status))
            return newest

        return self._call(Call(f"read the statuses of commit {sha}", "statuses: read"), read)

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        call = Call(f"start workflow {workflow} on {ref}", "actions: write")
        start = self._repository.get_workflow(workflow).create_dispatch
        self._call(call, lambda: start(ref, dict(inputs), throw=True), find=None)

    def protection(self, branch: str) -> Protection:
        call = Call(f"read what branch {branch} demands", "administration: read")

        def read() -> Protection:
            classic = self._classic_protection(branch)
            rules = list(self._endpoints.list(f"/rules/branches/{quote(branch, safe='')}"))
            return read_protection(rules, classic or {}, complete=classic is not None)

        return self._call(call, read)

    def variables(self) -> Mapping[str, str] | None:
        def read() -> dict[str, str]:
            return {variable.name: variable.value for variable in self._repository.get_variables()}

        return self._call(Call(f"read the variables of {self.repository}", "variables: read"), _unless_hidden(read))

    def merged_pull_request(self, sha: str) -> MergedPullRequest | None:
        call = Call(f"find the pull request that brought commit {sha}", _READ)
        return self._call(call, lambda: find_merged(self._endpoints, sha))

    def approvals(self, number: int) -> tuple[str, ...]:
        call = Call(f"read the reviews of pull request {number} of {self.repository}", _READ)
        return self._call(call, lambda: find_approvals(self._endpoints, self._endpoints.get(f"/pulls/{number}")))

    def rulesets(self) -> Sequence[Ruleset] | None:
        def read() -> Sequence[Ruleset]:
            listed = [one["id"] for one in self._endpoints.list("/rulesets", targets="branch,tag,push")]
            return [read_ruleset(self._endpoints.get(f"/rulesets/{number}")) for number in listed]

        return self._call(Call(f"read the rulesets of {self.repository}", "metadata: read"), _unless_hidden(read))

    def environments(self) -> Sequence[Environment] | None:
        call = Call(f"read the environments of {self.repository}", "actions: read")
        return self._call(call, _unless_hidden(lambda: list(find_environments(self._endpoints))))

    def _ask_login(self) -> str:
        try:
            login = self._github.get_user().login
        except github.GithubException as error:
            _require_hidden(error)
            login = self._account.bot
        assert isinstance(login, str)
        return login

    def _list_pull_requests(self, head_repository: str, head_ref: str) -> list[PullRequest]:
        owner = head_repository.partition("/")[0]
        listed = self._repository.get_pulls(state="open", head=f"{owner}:{head_ref}")
        found = map(_pull_request, listed)
        return [one for one in found if (one.head_repository, one.head_ref) == (head_repository, head_ref)]

    def _list_comments(self, number: int) -> list[Comment]:
        listed = map(_comment, self._repository.get_issue(number).get_comments())
        return sorted(listed, key=lambda comment: comment.id)

    def _classic_protection(self, branch: str) -> dict[str, Any] | None:
        """Return the classic protection, {} where there is none, None where the token may not see it."""
        try:
            protection = self._endpoints.get(f"/branches/{quote(branch, safe='')}/protection")
        except github.GithubException as error:
            if error.status == _NOT_FOUND and error.message == _UNPROTECTED:
                return {}
            _require_hidden(error)
            return None
        assert isinstance(protection, dict)
        return protection


def _comment(comment: IssueComment) -> Comment:
    assert isinstance(comment.id, int)
    author = comment.user.login if comment.user else _GHOST
    return Comment(comment.id, author, comment.body or "", comment.html_url)


def _status(status: Mapping[str, Any]) -> CommitStatus:
    creator = status["creator"]["login"] if status["creator"] else _GHOST
    return CommitStatus(status["state"], status["description"] or "", creator)


def _pull_request(pull: GitHubPullRequest) -> PullRequest:
    return PullRequest(
        number=pull.number,
        head_sha=pull.head.sha,
        head_ref=pull.head.ref,
        head_repository=pull.head.repo.full_name if pull.head.repo else None,
        base_ref=pull.base.ref,
        base_sha=pull.base.sha,
        base_repository=pull.base.repo.full_name,
        open=pull.state == "open",
        author=pull.user.login if pull.user else _GHOST,
    )


def _unless_hidden(read: Callable[[], Value]) -> Callable[[], Value | None]:
    """Return `read` so that it returns None where the token may not see what it asks for."""

    def read_visible() -> Value | None:
        try:
            return read()
        except github.GithubException as error:
            _require_hidden(error)
            return None

    return read_visible


def _require_hidden(error: github.GithubException) -> None:
    """Return where the token may not see something; raise whatever else it is again."""
    if error.status not in _HIDDEN or is_rate_limit(error):
        raise error

"""The JSON that GitHub answers with: its own published examples, with the facts of the fake's state put in."""

from __future__ import annotations

import json
import zlib
from typing import Any
from urllib.parse import quote

from tests.github import repository as git
from tests.github.contract import Contract, Json
from tests.github.state import CheckRun, Comment, Protection, PullRequest, Repository, Status, Token

REPO = "/repos/{owner}/{repo}"


class Answers:
    """Renders state as GitHub would; `api_url` and `web_url` take the place of GitHub's own addresses."""

    def __init__(self, contract: Contract, api_url: str, web_url: str) -> None:
        self._contract, self._api_url, self._web_url = contract, api_url, web_url

    def user(self, login: str) -> Json:
        """Return what comments and pull requests say of a user."""
        user = self.example(f"GET {REPO}/issues/{{issue_number}}/comments")[0]["user"]
        return {**user, **self._identity(login)}

    def whoami(self, login: str) -> Json:
        return self.public_user(login)

    def public_user(self, login: str) -> Json:
        answer: Json = self.example("GET /users/{username}")
        return answer | self._identity(login) | {"name": login, "email": None, "user_view_type": "public"}

    def repository(self, repository: Repository, token: Token | None) -> Json:
        answer: Json = self.example(f"GET {REPO}", repository) | self._names(repository)
        answer |= {"private": True, "visibility": "private", "default_branch": repository.default_branch}
        answer["language"] = "Python"  # missing in GitHub's example
        push = token is not None and token.may("contents=write")
        answer["permissions"] = {"admin": False, "push": push, "pull": True}
        if repository.fork_of is None:
            for key in ("parent", "source"):
                answer.pop(key, None)
        return answer

    def comment(self, repository: Repository, comment: Comment) -> Json:
        answer: Json = self.example(f"GET {REPO}/issues/{{issue_number}}/comments", repository)[0]
        base = f"{self._api_url}/repos/{repository.name}/issues"
        page = f"{self._web_url}/{repository.name}/pull/{comment.number}"
        return answer | {
            "id": comment.id,
            "url": f"{base}/comments/{comment.id}",
            "html_url": f"{page}#issuecomment-{comment.id}",
            "issue_url": f"{base}/{comment.number}",
            "body": comment.body,
            "user": self.user(comment.author),
            "created_at": comment.created_at,
            "updated_at": comment.created_at,
        }

    def issue(self, pull: PullRequest) -> Json:
        answer: Json = self.example(f"GET {REPO}/issues/{{issue_number}}", pull.base)
        base = f"{self._api_url}/repos/{pull.base.name}"
        return answer | {
            "number": pull.number,
            "title": pull.title,
            "body": pull.body,
            "state": pull.state,
            "user": self.user(pull.author),
            "url": f"{base}/issues/{pull.number}",
            "comments_url": f"{base}/issues/{pull.number}/comments",
        }

    def pull(self, pull: PullRequest, *, mergeable: bool) -> Json:
        """Return one pull request in full."""
        answer: Json = self.example(f"GET {REPO}/pulls/{{pull_number}}", pull.base)
        count = sum(comment.number == pull.number for comment in pull.base.comments.values())
        return self._fill_pull(answer, pull) | {
            "merged": pull.merged,
            "merged_by": None if pull.merged_by is None else self.user(pull.merged_by),
            "mergeable": mergeable,
            "comments": count,
        }

    def listed_pull(self, pull: PullRequest) -> Json:
        """Return one pull request as lists show it."""
        return self._fill_pull(self.example(f"GET {REPO}/pulls", pull.base)[0], pull)

    def status(self, repository: Repository, status: Status) -> Json:
        answer: Json = self.example(f"POST {REPO}/statuses/{{sha}}", repository, 201)
        return answer | {
            "id": status.id,
            "url": f"{self._api_url}/repos/{repository.name}/statuses/{status.sha}",
            "state": status.state,
            "context": status.context,
            "description": status.description,
            "target_url": status.target_url,
            "creator": self.user(status.creator),
            "created_at": status.created_at,
            "updated_at": status.created_at,
        }

    def combined_status(self, repository: Repository, sha: str, statuses: list[Status]) -> Json:
        answer: Json = self.example(f"GET {REPO}/commits/{{ref}}/status", repository)
        states = {status.state for status in statuses}
        all_well = "success" if states == {"success"} else "pending"
        state = "failure" if states & {"failure", "error"} else all_well
        answer["repository"] |= self._names(repository)
        shown = [self.status(repository, status) for status in statuses]
        for status in shown:
            del status["creator"]
        return answer | {"state": state, "sha": sha, "total_count": len(statuses), "statuses": shown}

    def check_run(self, repository: Repository, check: CheckRun) -> Json:
        answer: Json = self.example(f"POST {REPO}/check-runs", repository, 201)
        answer["output"] |= check.output
        return answer | {
            "id": check.id,
            "head_sha": check.sha,
            "name": check.name,
            "status": check.status,
            "conclusion": check.conclusion,
            "pull_requests": [],
        }

    def commit(self, repository: Repository, sha: str) -> Json:
        answer: Json = self.example(f"GET {REPO}/commits/{{ref}}", repository)
        answer["commit"]["message"] = git.read(repository.path, "log", "-1", "--format=%B", sha)
        answer["files"] = []
        return answer | {"sha": sha, "url": f"{self._api_url}/repos/{repository.name}/commits/{sha}"}

    def branch(self, repository: Repository, name: str, sha: str) -> Json:
        answer: Json = self.example(f"GET {REPO}/branches/{{branch}}", repository)
        answer["commit"]["sha"] = sha
        return answer | {"name": name, "protected": name in repository.protections}

    def protection(self, repository: Repository, branch: str, protection: Protection) -> Json:
        """Return a classic protection."""
        url = f"{self._api_url}/repos/{repository.name}/branches/{branch}/protection"
        answer: Json = {"url": url, "enforce_admins": {"url": f"{url}/enforce_admins", "enabled": True}}
        if protection.contexts:
            checks: Json = {"url": f"{url}/required_status_checks", "strict": protection.strict}
            checks |= {
                "contexts": list(protection.contexts),
                "contexts_url": f"{url}/required_status_checks/contexts",
                "checks": [{"context": name, "app_id": None} for name in protection.contexts],
            }
            answer["required_status_checks"] = checks
        if protection.pull_request:
            answer["required_pull_request_reviews"] = {
                "url": f"{url}/required_pull_request_reviews",
                "dismiss_stale_reviews": protection.dismiss_stale_reviews,
                "require_code_owner_reviews": protection.code_owner_review,
                "require_last_push_approval": protection.last_push_approval,
                "required_approving_review_count": protection.approvals,
            }
        return answer | {
            "required_signatures": {"url": f"{url}/required_signatures", "enabled": protection.signed_commits}
        }

    def rules(self, repository: Repository, protection: Protection) -> list[Json]:
        """Return what a ruleset demands of a branch."""
        rules: list[Json] = []
        if protection.contexts:
            checks = [{"context": name} for name in protection.contexts]
            parameters: Json = {"strict_required_status_checks_policy": protection.strict}
            rules.append(
                {"type": "required_status_checks", "parameters": parameters | {"required_status_checks": checks}}
            )
        if protection.pull_request:
            parameters = {
                "dismiss_stale_reviews_on_push": protection.dismiss_stale_reviews,
                "require_code_owner_review": protection.code_owner_review,
                "require_last_push_approval": protection.last_push_approval,
                "required_approving_review_count": protection.approvals,
                "required_review_thread_resolution": False,
            }
            rules.append({"type": "pull_request", "parameters": parameters})
        if protection.signed_commits:
            rules.append({"type": "required_signatures"})
        if protection.merge_queue:
            rules.append({"type": "merge_queue"})
        where = {"ruleset_source_type": "Repository", "ruleset_source": repository.name, "ruleset_id": 1}
        return [rule | where for rule in rules]

    def variable(self, name: str, value: str) -> Json:
        example: Json = self.example(f"GET {REPO}/actions/variables")["variables"][0]
        return example | {"name": name, "value": value}

    def workflow(self, repository: Repository, file: str) -> Json:
        answer: Json = self.example(f"GET {REPO}/actions/workflows/{{workflow_id}}", repository)
        number = number_of(file)
        url = f"{self._api_url}/repos/{repository.name}/actions/workflows/{number}"
        return answer | {"id": number, "name": file, "path": f".github/workflows/{file}", "url": url}

    def merged(self, sha: str) -> Json:
        return {"sha": sha, "merged": True, "message": "Pull Request successfully merged"}

    def _fill_pull(self, answer: Json, pull: PullRequest) -> Json:
        base = f"{self._api_url}/repos/{pull.base.name}"
        page = f"{self._web_url}/{pull.base.name}/pull/{pull.number}"
        comments = f"{base}/issues/{pull.number}/comments"
        answer["_links"] |= {"self": {"href": f"{base}/pulls/{pull.number}"}, "comments": {"href": comments}}
        for side, repository, ref, sha in (
            ("head", pull.head, pull.head_ref, head_of(pull)),
            ("base", pull.base, pull.base_ref, git.resolve(pull.base.path, pull.base_ref)),
        ):
            label, owner = f"{repository.owner}:{ref}", self.user(repository.owner)
            answer[side] |= {"label": label, "ref": ref, "sha": sha, "user": owner}
            answer[side]["repo"] |= self._names(repository) | {"default_branch": repository.default_branch}
        trial = git.resolve(pull.base.path, f"refs/pull/{pull.number}/merge")
        return answer | {
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_sha if pull.merged else trial,
            "number": pull.number,
            "url": f"{base}/pulls/{pull.number}",
            "html_url": page,
            "issue_url": f"{base}/issues/{pull.number}",
            "comments_url": comments,
            "statuses_url": f"{base}/statuses/{head_of(pull)}",
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "user": self.user(pull.author),
            "requested_teams": [],  # GitHub's example breaks its own schema here
        }

    def _names(self, repository: Repository) -> Json:
        return {
            "id": number_of(repository.name),
            "name": repository.name.split("/")[1],
            "full_name": repository.name,
            "owner": self.user(repository.owner),
            "url": f"{self._api_url}/repos/{repository.name}",
            "html_url": f"{self._web_url}/{repository.name}",
            "clone_url": f"{self._web_url}/{repository.name}.git",
            "fork": repository.fork_of is not None,
        }

    def _identity(self, login: str) -> Json:
        kind = "Bot" if login.endswith("[bot]") else "User"
        return {"login": login, "id": number_of(login), "type": kind, "url": f"{self._api_url}/users/{quote(login)}"}

    def example(self, operation: str, repository: Repository | None = None, status: int = 200) -> Any:
        """Return GitHub's example answer with this server's addresses."""
        text = json.dumps(self._contract.example(operation, status))
        if repository is not None:
            for name in ("octocat/Hello-World", "github/hello-world", "octo-org/octo-repo"):
                text = text.replace(f"https://github.com/{name}", f"{self._web_url}/{repository.name}")
                text = text.replace(f"/repos/{name}", f"/repos/{repository.name}")
        text = text.replace("https://api.github.com", self._api_url)
        return json.loads(text.replace("https://github.com", self._web_url))


def head_of(pull: PullRequest) -> str:
    """Return the commit that is to be merged: the branch's head while the pull request is open."""
    if pull.state == "open":
        pull.last_head = git.resolve(pull.head.path, pull.head_ref) or pull.last_head
    return pull.last_head


def number_of(name: str) -> int:
    """Return an id that stays the same over runs."""
    return zlib.crc32(name.encode()) or 1

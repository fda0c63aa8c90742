"""Leaves exactly one current report on a pull request, whoever else writes at the same time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from headway.contracts.github import Comment
from headway.errors import InputError, OutsideError
from headway.ports import Forge
from headway.pull_request.comment import Plan, Report, marked_sha, plan_comment

Writer = Literal["cml", "headway"]

_ROUNDS = 6


@dataclass(frozen=True)
class Situation:
    """A pull request as it was read, and what is to be done about it."""

    comments: tuple[Comment, ...]
    head: str
    plan: Plan


@dataclass(frozen=True)
class Outcome:
    """What was left on the pull request.

    Attributes:
        comment_id, url: of the report; None where there is none.
        posted_by: who wrote it now; None where nothing had to be written.
        deleted: ids of older reports that were removed.
        stale: whether the head is no longer the judged commit.
    """

    comment_id: int | None
    url: str | None
    posted_by: Writer | None
    deleted: tuple[int, ...]
    stale: bool


def wait_for_head(forge: Forge, number: int, sha: str, sleep: Callable[[float], None], tries: int = 5) -> bool:
    """Wait until GitHub shows `sha` as the head of a pull request: it may be behind a push of seconds ago.

    Returns:
        False where it still shows another one after `tries` looks, with pauses of 1, 2, 3 ... seconds between them.
    """
    for waited in range(1, tries + 1):
        if forge.pull_request(number).head_sha == sha:
            return True
        if waited < tries:
            sleep(waited)
    return False


class Posting:
    """Brings one report to one pull request.

    Args:
        forge: the repository.
        number: of the pull request.
        report: what is to stand there.
        only_existing: an earlier report is updated; where there is none, none is made.
    """

    def __init__(self, forge: Forge, number: int, report: Report, *, only_existing: bool = False) -> None:
        self._forge = forge
        self._number = number
        self._report = report
        self._only_existing = only_existing
        self._logins = {forge.login()}
        self._posted: Comment | None = None

    def look(self) -> Situation:
        """Read head and comments, and decide."""
        head = self._forge.pull_request(self._number).head_sha
        comments = tuple(self._forge.comments(self._number))
        plan = self._decide(comments, head)
        if plan.keep is None and self._posted:  # GitHub's list may be behind what it has just taken
            comments += (self._posted,)
            plan = self._decide(comments, head)
        return Situation(comments, head, plan)

    def settle(self, *, posted_by_cml: bool = False) -> Outcome:
        """Write, remove what is too much, and read again, until there is nothing left to do.

        Raises:
            InputError, OutsideError: GitHub cannot do it, or others keep writing over the report.
        """
        deleted: list[int] = []
        written = False
        for _ in range(_ROUNDS):
            found = self.look()
            if found.plan.done:
                break
            if found.plan.write:
                self._write(found)
                written = True
            for comment_id in found.plan.delete:
                self._forge.delete_comment(self._number, comment_id)
            deleted += found.plan.delete
        else:
            found = self.look()
            self._require_report(found)
        by: Writer | None = "headway" if written else "cml" if posted_by_cml else None
        keep, stale = found.plan.keep, found.head != self._report.sha
        return Outcome(keep.id if keep else None, keep.url if keep else None, by, tuple(deleted), stale)

    def _decide(self, comments: tuple[Comment, ...], head: str) -> Plan:
        return plan_comment(comments, self._report, head, logins=self._logins, only_existing=self._only_existing)

    def _write(self, found: Situation) -> None:
        body = self._report.body(found.head)
        if found.plan.keep is None:
            self._posted = self._forge.add_comment(self._number, body)
            # The login of an App's token may have been a guess; now it is known.
            self._logins.add(self._posted.author)
            return
        try:
            self._forge.edit_comment(self._number, found.plan.keep.id, body)
        except InputError:
            if found.plan.keep.id in {comment.id for comment in self._forge.comments(self._number)}:
                raise

    def _require_report(self, found: Situation) -> None:
        """Let pass what another run wrote about the same commit at the same time."""
        keep = found.plan.keep
        if keep is None or found.plan.delete or marked_sha(keep.body, self._report.title) != self._report.sha:
            raise OutsideError(
                f"the report on pull request {self._number} is being changed by others", hint="try again later"
            )

"""The one report comment of a pull request: its body and marker, and what is to be done so that it is the only one.

The marker is that of CML 0.20 (its `src/watermark.js`), so CML and Headway
find each other's comment.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal

from headway.contracts.github import COMMENT_LIMIT, Comment
from headway.errors import InputError

_MARKER = '![](https://cml.dev/watermark.png#{sha} "CML watermark {title}")'
_TITLE = re.compile(r"[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_SHORT = 7
_CML_PAGE = 30
"""Comments that CML reads: the first page of GitHub's default size."""

Write = Literal["post", "edit"]


@dataclass(frozen=True)
class Report:
    """A report for a pull request.

    Attributes:
        markdown: what reviewers read.
        title: tells this pipeline's report from others'; plain letters, digits and hyphens.
        sha: commit that it judges.
    """

    markdown: str
    title: str
    sha: str

    def __post_init__(self) -> None:
        if not _TITLE.fullmatch(self.title):
            raise InputError(
                f"{self.title!r} is no title for a report", hint="use letters, digits and single hyphens: headway-cells"
            )

    def text(self, head: str) -> str:
        """Return the comment without its marker: the report, under a banner where the head is another commit."""
        banner = "" if head == self.sha else _banner(self.sha, head)
        return f"{banner}{self.markdown.strip()}"

    def body(self, head: str) -> str:
        """Return the whole comment, just as CML makes it of `text`.

        Raises:
            InputError: it is longer than GitHub takes.
        """
        marker = _MARKER.format(sha=self.sha, title=self.title)
        body = f"{self.text(head)}\n\n{marker}"
        if len(body) > COMMENT_LIMIT:
            raise InputError(
                f"the comment would have {len(body):,} characters; GitHub takes {COMMENT_LIMIT:,}",
                hint="headway report cuts its text so that it fits",
            )
        return body


@dataclass(frozen=True)
class Plan:
    """What is to be done on a pull request.

    Attributes:
        keep: the report that stays; None where there is none yet.
        write: whether a new one is posted, `keep` is edited, or nothing is written.
        delete: ids of older reports.
    """

    keep: Comment | None
    write: Write | None
    delete: tuple[int, ...]

    @property
    def done(self) -> bool:
        return self.write is None and not self.delete


def plan_comment(
    comments: Sequence[Comment], report: Report, head: str, *, logins: Collection[str], only_existing: bool = False
) -> Plan:
    """Decide what leaves exactly one current report.

    Reports are own comments with the report's title in their marker; what
    others wrote is never touched, whatever marker it carries. The report on
    the head stays, else the newest: two runs at once come to the same choice.
    A report on the head is not overwritten by one on another commit.
    """
    own = [one for one in comments if one.author in logins and marked_sha(one.body, report.title)]
    keep = max(own, key=lambda one: (marked_sha(one.body, report.title) == head, one.id), default=None)
    if keep is None:
        return Plan(None, None if only_existing else "post", ())
    superseded = report.sha != head and marked_sha(keep.body, report.title) == head
    write: Write | None = None if superseded or _equal(keep.body, report.body(head)) else "edit"
    return Plan(keep, write, tuple(one.id for one in own if one is not keep))


def marked_sha(body: str, title: str) -> str | None:
    """Return the commit that the marker of `title` at the end of `body` names; None where there is none."""
    found = re.search(f"{_pattern(title)}\\s*\\Z", body)
    return found["sha"].lower() if found else None


def choice_of_cml(comments: Sequence[Comment], title: str) -> Comment | None:
    """Return the comment that `cml comment update` would edit; None where it would post a new one.

    CML looks at the first page alone, takes the last comment with the marker
    anywhere, and does not ask who wrote it.
    """
    marked = [one for one in comments[:_CML_PAGE] if re.search(_pattern(title), one.body)]
    return marked[-1] if marked else None


def _pattern(title: str) -> str:
    return re.escape(_MARKER).replace(r"\{sha\}", "(?P<sha>[0-9a-fA-F]+)").replace(r"\{title\}", re.escape(title))


def _banner(sha: str, head: str) -> str:
    judged, now = sha[:_SHORT], head[:_SHORT]
    return f"> [!WARNING]\n> **STALE**: this report judges {judged}, but the pull request is at {now} now.\n\n"


def _equal(one: str, other: str) -> bool:
    """Say whether two bodies are the same but for line ends and space around them, which GitHub may change."""
    return one.replace("\r\n", "\n").strip() == other.strip()

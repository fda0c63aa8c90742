"""One current report, through the real client and the fake GitHub, in trouble and with others writing."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from headway.contracts.github import Comment
from headway.errors import InputError, OutsideError
from headway.integrations.github import GitHub
from headway.ports import Forge
from headway.pull_request.comment import Report
from headway.pull_request.posting import Outcome, Posting, wait_for_head
from tests.acme import REPOSITORY, RIGHTS, TITLE, Acme
from tests.github import repository as git
from tests.github.faults import Kind


def settle(acme: Acme, report: Report, *, forge: Forge | None = None, only_existing: bool = False) -> Outcome:
    return Posting(forge or acme.forge(), acme.number, report, only_existing=only_existing).settle()


@pytest.mark.parametrize("foreign", [0, 1, 35, 120])
def test_three_reports_leave_one_however_many_others_comment(acme: Acme, foreign: int) -> None:
    acme.add_comments(foreign)

    outcomes = [settle(acme, acme.report(f"# Report {number}")) for number in range(3)]

    assert [acme.report("# Report 2").body(acme.head)] == acme.bodies()
    assert 1 == len({outcome.comment_id for outcome in outcomes})
    assert foreign == len(acme.comments("alice"))


def test_the_same_report_again_writes_nothing(acme: Acme) -> None:
    first = settle(acme, acme.report())

    again = settle(acme, acme.report())

    assert ("headway", None) == (first.posted_by, again.posted_by)
    assert (1, 0) == (len(acme.requests("POST")), len(acme.requests("PATCH")))


def test_two_pipelines_have_a_report_each(acme: Acme) -> None:
    for title in ("headway-cells", "headway-nuclei", "headway-cells", "headway-nuclei"):
        settle(acme, acme.report(f"# {title}", title=title))

    assert [
        acme.report(f"# {title}", title=title).body(acme.head) for title in ("headway-cells", "headway-nuclei")
    ] == (acme.bodies())


def test_a_copied_marker_of_somebody_else_stays(acme: Acme) -> None:
    copied = acme.report("# Mine").body(acme.head)
    acme.github.add_comments(REPOSITORY, acme.number, "eve", [copied])

    settle(acme, acme.report())

    assert [copied] == acme.bodies("eve")
    assert [acme.report().body(acme.head)] == acme.bodies()


def test_duplicates_that_something_else_left_are_removed(acme: Acme) -> None:
    old = acme.report("# Old").body(acme.head)
    acme.github.add_comments(REPOSITORY, acme.number, acme.token.login, [old, old, old])

    outcome = settle(acme, acme.report())

    assert [acme.report().body(acme.head)] == acme.bodies()
    assert 2 == len(outcome.deleted)


def test_only_existing_makes_none_and_updates_one(acme: Acme) -> None:
    nothing = settle(acme, acme.report(), only_existing=True)
    settle(acme, acme.report())
    updated = settle(acme, acme.report("# Nothing to do"), only_existing=True)

    assert Outcome(None, None, None, (), stale=False) == nothing
    assert "headway" == updated.posted_by
    assert [acme.report("# Nothing to do").body(acme.head)] == acme.bodies()


def test_a_report_on_a_commit_that_is_no_longer_the_head_says_so(acme: Acme) -> None:
    judged = acme.report()
    acme.push("second")

    outcome = settle(acme, judged)

    assert outcome.stale
    assert [judged.body(acme.head)] == acme.bodies()
    assert "STALE" in acme.bodies()[0]


def test_a_late_report_does_not_replace_the_one_on_the_head(acme: Acme) -> None:
    late = acme.report("# Late")
    acme.push("second")
    settle(acme, acme.report("# Current"))

    outcome = settle(acme, late)

    assert (True, None) == (outcome.stale, outcome.posted_by)
    assert [acme.report("# Current").body(acme.head)] == acme.bodies()


def test_an_app_whose_login_is_a_wrong_guess_still_leaves_one(acme: Acme) -> None:
    app = acme.github.token("acme-app[bot]", **RIGHTS)

    for number in range(3):
        settle(acme, acme.report(f"# {number}"), forge=acme.forge(app))

    assert [acme.report("# 2").body(acme.head)] == acme.bodies("acme-app[bot]")


class Meeting(GitHub):
    """A client whose first reading of the comments ends when the other's has ended: both write knowing nothing."""

    barrier: threading.Barrier | None = None

    def comments(self, number: int) -> Sequence[Comment]:
        found = super().comments(number)
        barrier, self.barrier = self.barrier, None
        if barrier:
            barrier.wait()
        return found


def at_once(acme: Acme, reports: list[Report]) -> list[Outcome]:
    barrier = threading.Barrier(len(reports))

    def one(report: Report) -> Outcome:
        forge = acme.client(Meeting)
        forge.barrier = barrier
        return settle(acme, report, forge=forge)

    with ThreadPoolExecutor(len(reports)) as pool:
        return list(pool.map(one, reports))


@pytest.mark.parametrize("runs", [2, 4])
def test_runs_at_once_leave_one_report(acme: Acme, runs: int) -> None:
    outcomes = at_once(acme, [acme.report()] * runs)

    assert [acme.report().body(acme.head)] == acme.bodies()
    assert acme.comments()[0].id in {outcome.comment_id for outcome in outcomes}
    assert runs == len(acme.requests("POST"))


def test_runs_at_once_with_different_texts_leave_one_of_them(acme: Acme) -> None:
    reports = [acme.report("# One"), acme.report("# Two")]

    at_once(acme, reports)

    assert 1 == len(acme.comments())
    assert acme.bodies()[0] in {report.body(acme.head) for report in reports}


def test_runs_at_once_of_an_old_and_the_current_head_leave_the_current(acme: Acme) -> None:
    late = acme.report("# Late")
    acme.push("second")
    current = acme.report("# Current")

    at_once(acme, [late, current])

    assert [current.body(acme.head)] == acme.bodies()


def test_runs_at_once_over_an_earlier_report_leave_one(acme: Acme) -> None:
    settle(acme, acme.report("# Before"))

    at_once(acme, [acme.report("# One"), acme.report("# Two")])

    assert 1 == len(acme.comments())


TROUBLE: list[tuple[Kind, str]] = [
    *(("server error", method) for method in ("GET", "POST", "PATCH", "DELETE")),
    *(("dropped after the effect", method) for method in ("POST", "PATCH", "DELETE")),
    ("secondary rate limit", "POST"),
]


@pytest.mark.parametrize(("kind", "method"), TROUBLE)
def test_passing_trouble_leaves_one_report(acme: Acme, kind: Kind, method: str) -> None:
    old = acme.report("# Old").body(acme.head)
    if method != "POST":
        acme.github.add_comments(REPOSITORY, acme.number, acme.token.login, [old, old])
    acme.github.fail_next(kind, method, "*comments*", retry_after_s=0)

    settle(acme, acme.report())

    assert [acme.report().body(acme.head)] == acme.bodies()


@pytest.mark.parametrize("kind", ["forbidden", "unprocessable"])
def test_a_refusal_ends_it(acme: Acme, kind: Kind) -> None:
    acme.github.fail_next(kind, "POST", "*/comments")

    with pytest.raises(InputError):
        settle(acme, acme.report())


def test_a_comment_that_may_not_be_edited_ends_it(acme: Acme) -> None:
    settle(acme, acme.report("# Old"))
    acme.github.fail_next("forbidden", "PATCH")

    with pytest.raises(InputError, match="may not edit comment"):
        settle(acme, acme.report())


class Snatching(GitHub):
    """A client under whose hands another run removes the comment that it is about to edit."""

    def edit_comment(self, number: int, comment_id: int, body: str) -> Comment:
        if not hasattr(self, "snatched"):
            self.snatched = True
            self.delete_comment(number, comment_id)
        return super().edit_comment(number, comment_id, body)


def test_a_comment_that_another_run_removes_meanwhile_is_posted_anew(acme: Acme) -> None:
    settle(acme, acme.report("# Old"))

    settle(acme, acme.report(), forge=acme.client(Snatching))

    assert [acme.report().body(acme.head)] == acme.bodies()


class Defacing(GitHub):
    """A client whose every edit somebody else undoes with the report of another commit."""

    def edit_comment(self, number: int, comment_id: int, body: str) -> Comment:
        super().edit_comment(number, comment_id, body)
        return super().edit_comment(number, comment_id, Report("# No", TITLE, "f" * 40).body("f" * 40))


def test_writing_ends_when_somebody_else_keeps_writing(acme: Acme) -> None:
    settle(acme, acme.report("# Old"))

    with pytest.raises(OutsideError, match="being changed by others"):
        settle(acme, acme.report(), forge=acme.client(Defacing))


def test_a_head_that_github_does_not_show_yet_is_waited_for(acme: Acme) -> None:
    old, pauses = acme.head, list[float]()
    new = acme.push("newer")
    git.read(acme.bare, "update-ref", "refs/heads/bigger-model", old)

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 2:
            git.read(acme.bare, "update-ref", "refs/heads/bigger-model", new)

    assert wait_for_head(acme.forge(), acme.number, new, sleep)
    assert [1, 2] == pauses


def test_a_head_that_is_another_is_not_waited_for_forever(acme: Acme) -> None:
    pauses: list[float] = []

    assert not wait_for_head(acme.forge(), acme.number, "0" * 40, pauses.append)
    assert [1, 2, 3, 4] == pauses

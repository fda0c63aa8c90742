"""Marker, body and plan of the report comment."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.github import COMMENT_LIMIT, Comment
from headway.errors import InputError
from headway.pull_request.comment import Plan, Report, choice_of_cml, marked_sha, plan_comment

OLD, HEAD = "a" * 40, "b" * 40
ME, EVE = "github-actions[bot]", "eve"
TITLE = "headway-cells"

shas = st.from_regex(r"[0-9a-f]{40}", fullmatch=True)
titles = st.from_regex(r"[A-Za-z0-9]{1,9}(-[A-Za-z0-9]{1,9}){0,3}", fullmatch=True)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)


def report(markdown: str = "# Accepted", *, title: str = TITLE, sha: str = HEAD) -> Report:
    return Report(markdown, title, sha)


def comment(comment_id: int, body: str, author: str = ME) -> Comment:
    return Comment(comment_id, author, body, f"https://github.example/{comment_id}")


def plan(comments: list[Comment], wanted: Report, head: str = HEAD, *, only_existing: bool = False) -> Plan:
    return plan_comment(comments, wanted, head, logins={ME}, only_existing=only_existing)


def test_the_marker_is_that_of_cml() -> None:
    expected = f'# Accepted\n\n![](https://cml.dev/watermark.png#{HEAD} "CML watermark headway-cells")'

    assert expected == report().body(HEAD)


@given(texts, titles, shas, shas)
def test_the_marker_of_a_body_names_its_commit(markdown: str, title: str, sha: str, head: str) -> None:
    assert sha == marked_sha(Report(markdown, title, sha).body(head), title)


@given(texts, titles, titles, shas)
def test_a_marker_is_found_by_its_own_title_alone(markdown: str, title: str, other: str, sha: str) -> None:
    found = marked_sha(Report(markdown, title, sha).body(sha), other)

    assert (sha if title == other else None) == found


def test_a_marker_inside_the_text_is_none() -> None:
    quoted = report("Look at this:\n\n" + report().body(HEAD), title="headway-other")

    assert marked_sha(quoted.body(HEAD), TITLE) is None


@pytest.mark.parametrize("title", ["", "a_b", "a b", "-a", "a--b", 'a"', "{workflow}", "ä", "a\n"])
def test_a_title_that_cml_would_change_is_refused(title: str) -> None:
    with pytest.raises(InputError, match="no title"):
        report(title=title)


def test_a_report_on_another_commit_than_the_head_carries_a_banner() -> None:
    body = report(sha=OLD).body(HEAD)

    assert body.startswith("> [!WARNING]\n> **STALE**: this report judges aaaaaaa")
    assert OLD == marked_sha(body, TITLE)


def test_a_body_takes_what_github_takes() -> None:
    room = COMMENT_LIMIT - len(report("").body(HEAD))

    assert COMMENT_LIMIT == len(report("x" * room).body(HEAD))
    with pytest.raises(InputError, match="65,537 characters"):
        report("x" * (room + 1)).body(HEAD)


def test_the_first_report_is_posted() -> None:
    assert Plan(None, "post", ()) == plan([comment(1, "Nice", EVE)], report())


def test_where_none_is_there_only_existing_makes_none() -> None:
    assert Plan(None, None, ()) == plan([], report(), only_existing=True)


def test_an_earlier_report_is_edited() -> None:
    earlier = comment(1, report("# Rejected", sha=OLD).body(OLD))

    assert Plan(earlier, "edit", ()) == plan([earlier], report())
    assert Plan(earlier, "edit", ()) == plan([earlier], report(), only_existing=True)


@pytest.mark.parametrize("change", [str, lambda body: body.replace("\n", "\r\n"), lambda body: f"{body}\n"])
def test_a_report_that_is_there_already_is_left(change: type[str]) -> None:
    same = comment(1, change(report().body(HEAD)))

    assert Plan(same, None, ()) == plan([same], report())


def test_of_several_the_newest_stays() -> None:
    comments = [comment(number, report(f"# {number}", sha=OLD).body(HEAD)) for number in (5, 9, 7)]

    assert Plan(comments[1], "edit", (5, 7)) == plan(comments, report())


def test_of_several_the_one_on_the_head_stays() -> None:
    current, stale = comment(5, report().body(HEAD)), comment(9, report(sha=OLD).body(HEAD))

    assert Plan(current, None, (9,)) == plan([current, stale], report())
    assert Plan(current, None, (9,)) == plan([current, stale], report(sha=OLD))


def test_a_report_on_an_older_commit_does_not_overwrite_the_one_on_the_head() -> None:
    current = comment(1, report().body(HEAD))

    assert Plan(current, None, ()) == plan([current], report("# Late", sha=OLD))


def test_what_others_wrote_is_never_touched() -> None:
    copied = comment(9, report().body(HEAD), EVE)

    assert Plan(None, "post", ()) == plan([copied], report())


def test_reports_of_another_pipeline_are_never_touched() -> None:
    other = comment(9, report(title="headway-cells-night").body(HEAD))

    assert Plan(None, "post", ()) == plan([other], report())


comments = st.lists(
    st.builds(
        lambda number, author, body: comment(number, body, author),
        st.integers(1, 60),
        st.sampled_from([ME, EVE]),
        st.sampled_from(["Nice", *(report(text, sha=sha).body(HEAD) for text in ("1", "2") for sha in (OLD, HEAD))]),
    ),
    max_size=8,
    unique_by=lambda one: one.id,
)


@given(comments, st.sampled_from([OLD, HEAD]))
def test_a_plan_leaves_one_report_and_then_nothing_to_do(found: list[Comment], sha: str) -> None:
    wanted = report("new", sha=sha)
    first = plan(found, wanted)

    after = [one for one in found if one.id not in first.delete and one is not first.keep]
    written = first.keep if first.write is None else comment(first.keep.id if first.keep else 99, wanted.body(HEAD))
    assert written is not None
    after.append(written)

    assert Plan(written, None, ()) == plan(after, wanted)
    assert [one for one in found if one.author == EVE] == [one for one in after if one.author == EVE]


@given(comments)
def test_runs_of_two_commits_keep_the_same_comment(found: list[Comment]) -> None:
    assert plan(found, report("1", sha=OLD)).keep == plan(found, report("2", sha=HEAD)).keep


def test_cml_takes_the_last_marker_of_the_first_page_whoever_wrote_it() -> None:
    mine, copied = comment(1, report().body(HEAD)), comment(2, report().body(HEAD) + "\nhaha", EVE)
    crowd = [comment(number, "Nice", EVE) for number in range(10, 40)]

    assert mine == choice_of_cml([mine, *crowd], TITLE)
    assert copied == choice_of_cml([mine, copied], TITLE)
    assert choice_of_cml([*crowd, mine], TITLE) is None

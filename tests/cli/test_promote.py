"""`headway promote` on a real remote and the fake GitHub: what it proposes, and what it refuses."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from headway.errors import INPUT, NO, OUTSIDE, YES
from tests.cli.command import run_headway
from tests.cli.promoting import NAME, PRODUCTION, V1, Desk, add_merge
from tests.registry.line import MODEL, Line
from tests.registry.stored import RULES, SIGNED_RULES

BRANCH = f"promote/{MODEL}-v1.1.0-production"
HOLD = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}


def ago(**time: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**time)


def test_what_is_earned_becomes_a_branch_with_one_commit_and_a_pull_request(desk: Desk) -> None:
    before = desk.line.git("rev-parse", "origin/main")

    done = desk.told("promote", V1, "production", "--reason", "better at night")

    assert (YES, "proposed", 1) == (done.code, done.values["done"], done.values["pull_request"])
    pull = desk.github.pull(NAME, 1)
    assert (BRANCH, "main", f"Promote {V1} to production", "ada") == (
        pull.head_ref, pull.base_ref, pull.title, pull.author,
    )  # fmt: skip
    declared = yaml.safe_load(desk.declared(BRANCH, PRODUCTION))
    assert ("v1.1.0", desk.line.identity(V1), "better at night", "Ada", None, None) == tuple(
        declared[key] for key in ("version", "identity", "reason", "asked_by", "hold", "expedited")
    )
    assert before == desk.line.git("rev-parse", f"{done.values['commit']}^")
    assert PRODUCTION == desk.line.git("diff", "--name-only", "origin/main", done.values["commit"])


def test_neither_branch_nor_index_nor_working_tree_is_touched(desk: Desk) -> None:
    desk.line.branch("feature")
    (desk.line.root / "params.yaml").write_text("half an edit\n")
    (desk.line.root / "dvc.yaml").write_text("a staged edit\n")
    desk.line.git("add", "dvc.yaml")
    before = desk.line.git("status", "--porcelain"), desk.line.head()

    assert YES == desk.run("promote", V1, "production").code

    assert before == (desk.line.git("status", "--porcelain"), desk.line.head())
    assert "" == desk.line.git("branch", "--list", "promote/*")


def test_the_merge_of_the_proposal_is_the_declaration(desk: Desk) -> None:
    desk.run("promote", V1, "production")
    desk.github.merge(NAME, 1, "squash")

    done = desk.told("promote", V1, "production")

    assert (YES, "nothing") == (done.code, done.values["done"])
    assert f"production is declared {V1} already" in desk.run("promote", V1, "production").out


def test_asked_twice_it_is_found(desk: Desk) -> None:
    first = desk.told("promote", V1, "production")
    second = desk.told("promote", V1, "production", "--reason", "I forgot that I asked")

    assert ("found", 1, first.values["commit"]) == tuple(
        second.values[key] for key in ("done", "pull_request", "commit")
    )
    assert {"main", BRANCH} == desk.branches()


def test_the_pull_requests_address_is_told(desk: Desk) -> None:
    url = f"{desk.github.url}/{NAME}/pull/1"
    assert url == desk.told("promote", V1, "production").values["url"]
    assert ["pull request 1 proposes it already", url] == desk.run("promote", V1, "production").out.splitlines()


def test_asked_by_three_at_once_there_is_one_proposal(desk: Desk) -> None:
    def promote(_: int) -> int:
        return run_headway("promote", V1, "production", folder=desk.line.root, **desk.variables).returncode

    with ThreadPoolExecutor(3) as pool:
        ended = list(pool.map(promote, range(3)))

    assert ([YES] * 3, {"main", BRANCH}, 1) == (ended, desk.branches(), len(desk.proposals))


def test_a_branch_without_its_pull_request_gets_one(desk: Desk) -> None:
    first = desk.told("promote", V1, "production", "--no-pull-request")
    second = desk.told("promote", V1, "production")

    assert ("proposed", None) == (first.values["done"], first.values["pull_request"])
    assert ("proposed", 1, first.values["commit"]) == tuple(
        second.values[key] for key in ("done", "pull_request", "commit")
    )


def test_a_lost_answer_of_github_is_made_good_by_asking_again(desk: Desk) -> None:
    desk.github.fail_next("server error", "POST", "*/pulls", times=1)
    assert (YES, 1) == (desk.run("promote", V1, "production").code, len(desk.proposals))


def test_a_branch_left_over_from_a_closed_pull_request_stays(desk: Desk) -> None:
    desk.run("promote", V1, "production")
    desk.github.pull(NAME, 1).state = "closed"
    desk.line.commit({"README.md": "main moves on\n"})
    desk.line.push()

    done = desk.told("promote", V1, "production")

    assert ("proposed", 2, f"{BRANCH}-2") == tuple(done.values[key] for key in ("done", "pull_request", "branch"))
    assert {"main", BRANCH, f"{BRANCH}-2"} == desk.branches()


def test_without_a_token_nothing_is_pushed_and_what_is_needed_is_said(desk: Desk) -> None:
    done = desk.run("promote", V1, "production", GITHUB_TOKEN="")

    assert (INPUT, {"main"}) == (done.code, desk.branches())
    assert "export GITHUB_TOKEN=$(gh auth token)" in done.err
    assert "--no-pull-request" in done.err


def test_without_a_token_the_branch_alone_can_be_pushed(desk: Desk) -> None:
    done = desk.run("promote", V1, "production", "--no-pull-request", GITHUB_TOKEN="")

    assert (YES, {"main", BRANCH}) == (done.code, desk.branches())
    assert BRANCH in done.out
    assert f"branch {BRANCH} proposes it already" in desk.run("promote", V1, "production", "--no-pull-request").out


def test_a_dry_run_shows_the_change_and_the_text_and_pushes_nothing(desk: Desk) -> None:
    done = desk.run("promote", V1, "production", "--dry-run", GITHUB_TOKEN="")

    assert (YES, {"main"}) == (done.code, desk.branches())
    for line in ("-version: v1.0.0", "+version: v1.1.0", f"# Promote {V1} to production", "### Rollout"):
        assert line in done.out.splitlines()
    assert "version: v1.1.0" in desk.told("promote", V1, "production", "--dry-run").values["content"]


def test_a_workflow_asks_in_the_name_of_who_started_it_and_commits_as_the_bot(desk: Desk) -> None:
    done = desk.told("promote", V1, "production", GITHUB_ACTIONS="true", GITHUB_ACTOR="grace")

    assert "grace" == yaml.safe_load(desk.declared(BRANCH, PRODUCTION))["asked_by"]
    assert "github-actions[bot]" == desk.line.git("log", "-1", "--format=%cn", done.values["commit"])


def test_the_stage_keeps_its_soak_and_gets_the_plan_of_the_rules(desk: Desk) -> None:
    desk.line.declare("production", "v1.0.0", soak_hours=5.0)
    desk.line.rules(f"{RULES}    rollout:\n      waves: [{{percent: 100, hours: 2}}]\n")

    desk.run("promote", V1, "production")

    declared = yaml.safe_load(desk.declared(BRANCH, PRODUCTION))
    assert (5.0, [100.0]) == (
        declared["soak_hours"], [wave["percent"] for wave in declared["rollout"]["waves"]],
    )  # fmt: skip


# What is refused


def test_an_unregistered_version_is_refused_whatever_the_reason(desk: Desk) -> None:
    assert (NO, ["unregistered"]) == _refused(desk, f"{MODEL}@v9.9.9", "--expedite", "now")


def test_a_tag_that_nothing_trusts_is_refused_with_the_reason(desk: Desk) -> None:
    desk.line.git("tag", f"{MODEL}@v1.2.0")
    desk.line.push()

    assert (NO, ["unregistered"]) == _refused(desk, f"{MODEL}@v1.2.0", "--expedite", "now")
    assert "it is no annotated tag" in desk.run("promote", f"{MODEL}@v1.2.0", "production").text


def test_a_version_on_an_unmerged_branch_is_refused(desk: Desk) -> None:
    desk.line.branch("unmerged")
    desk.line.register_next(f"{MODEL}@v1.2.0")

    assert (NO, ["unregistered"]) == _refused(desk, f"{MODEL}@v1.2.0", "--expedite", "now")


def test_a_version_whose_bytes_are_not_all_on_the_remote_is_refused(desk: Desk) -> None:
    for path in desk.line.objects():
        if path.read_bytes() == V1.encode():
            path.unlink()

    assert (NO, ["bytes"]) == _refused(desk, V1, "--expedite", "now")
    assert "model.onnx" in desk.run("promote", V1, "production").out


def test_a_verdict_that_did_not_accept_is_refused_but_may_be_skipped(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0", decision="inconclusive")

    assert (NO, ["gate"]) == _refused(desk, f"{MODEL}@v1.2.0", stage="staging")
    assert ["gate"] == _skipped(desk, f"{MODEL}@v1.2.0", stage="staging")


def test_a_version_that_never_was_in_the_stage_before_is_refused_but_may_skip_it(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")

    assert (NO, ["upstream"]) == _refused(desk, f"{MODEL}@v1.2.0")
    assert ["upstream"] == _skipped(desk, f"{MODEL}@v1.2.0")


def test_a_stage_before_whose_tag_is_missing_does_not_count(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    desk.line.declare("staging", "v1.2.0")
    desk.line.push()

    assert (NO, ["upstream"]) == _refused(desk, f"{MODEL}@v1.2.0")


def test_a_soak_that_is_not_over_is_refused_with_its_end_but_may_be_skipped(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    since = ago(hours=23)
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0", since=since)

    assert (NO, ["soak"]) == _refused(desk, f"{MODEL}@v1.2.0")
    said = desk.run("promote", f"{MODEL}@v1.2.0", "production").text
    assert f"wait until {since + timedelta(hours=24):%Y-%m-%d %H:%M} UTC" in said
    assert ["soak"] == _skipped(desk, f"{MODEL}@v1.2.0")


def test_a_soak_that_is_just_over_is_enough(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0", since=ago(hours=24, minutes=1))

    assert YES == desk.run("promote", f"{MODEL}@v1.2.0", "production").code


def test_the_stage_file_before_may_ask_for_a_longer_soak(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0", since=ago(hours=30), soak_hours=48.0)

    assert (NO, ["soak"]) == _refused(desk, f"{MODEL}@v1.2.0")


def test_a_soak_that_no_forge_attests_is_counted_by_the_tag_and_marked(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0")
    desk.line.git("tag", "-d", f"{MODEL}#staging#3")
    at = int(ago(hours=30).timestamp())
    desk.line.echo(f"{MODEL}#staging#3", "HEAD", at=at, declared_at=None)
    desk.line.push()

    done = desk.run("promote", f"{MODEL}@v1.2.0", "production", "--dry-run", GITHUB_TOKEN="")

    assert (YES, True) == (done.code, "(unattested)" in done.out)


@pytest.mark.parametrize("attested", [True, False])
def test_a_soak_that_the_forge_knows_no_pull_request_of_has_not_begun(desk: Desk, attested: bool) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    said = {"pull_request": 7} if attested else {"declared_at": None}
    desk.line.echo(f"{MODEL}#staging#3", desk.line.declare("staging", "v1.2.0"), **said)
    desk.line.push()

    assert (NO, ["soak"]) == _refused(desk, f"{MODEL}@v1.2.0")
    assert "knows no pull request" in desk.run("promote", f"{MODEL}@v1.2.0", "production").text
    assert ["soak"] == _skipped(desk, f"{MODEL}@v1.2.0")


def test_a_tags_own_word_for_when_it_was_merged_counts_for_nothing(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    commit = desk.line.declare("staging", "v1.2.0")
    desk.line.echo(f"{MODEL}#staging#3", commit, declared_at=ago(days=300))
    desk.line.push()
    add_merge(desk.github, commit, ago(hours=1))

    assert (NO, ["soak"]) == _refused(desk, f"{MODEL}@v1.2.0")
    assert "1.0 h of 24.0 h" in desk.run("promote", f"{MODEL}@v1.2.0", "production").text


def test_a_tag_of_the_future_shows_no_soak_and_no_end_of_one(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0")
    later = int((datetime.now(UTC) + timedelta(days=2000)).timestamp())
    desk.line.echo(f"{MODEL}#staging#3", desk.line.declare("staging", "v1.2.0"), at=later, declared_at=None)
    desk.line.push()

    done = desk.run("promote", f"{MODEL}@v1.2.0", "production", "--dry-run", GITHUB_TOKEN="")

    assert (NO, True, False) == (done.code, "yet to come: it shows no soak" in done.text, "wait until" in done.text)


def test_what_its_own_commits_verdict_is_against_is_refused(desk: Desk) -> None:
    desk.line.register_unaccepted(f"{MODEL}@v1.2.0")

    assert (NO, ["unaccepted"]) == _refused(desk, f"{MODEL}@v1.2.0", "--expedite", "now", stage="staging")


def test_a_repository_that_is_named_and_cannot_be_used_is_not_passed_over(desk: Desk) -> None:
    done = desk.run("promote", V1, "production", "--dry-run", GITHUB_REPOSITORY="no such")

    assert (INPUT, True) == (done.code, "names no repository on GitHub" in done.err)


def test_where_tags_must_be_signed_an_unsigned_one_is_refused_and_shows_no_soak(desk: Desk) -> None:
    desk.line.rules(SIGNED_RULES)
    desk.line.register_next(f"{MODEL}@v1.2.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0")

    assert (NO, ["signature", "upstream"]) == _refused(desk, f"{MODEL}@v1.2.0")


def test_what_was_there_before_tags_had_to_be_signed_may_be_promoted(desk: Desk) -> None:
    desk.line.rules(SIGNED_RULES)

    assert YES == desk.run("promote", V1, "production").code


def test_a_branch_that_says_something_else_is_left_to_its_owner(desk: Desk) -> None:
    other = desk.line.stage_file(MODEL, "v1.0.0", reason="mine")
    desk.propose({PRODUCTION: other}, BRANCH)

    done = desk.told("promote", V1, "production")

    assert ("proposed", f"{BRANCH}-2", 2) == tuple(done.values[key] for key in ("done", "branch", "pull_request"))


def test_the_reason_that_stands_in_what_is_found_is_told(desk: Desk) -> None:
    desk.run("promote", V1, "production", "--reason", "better at night")

    assert "better at night" == desk.told("promote", V1, "production", "--reason", "another").values["reason"]
    assert None is desk.told("promote", V1, "production", "--reason", "better at night").values["reason"]


def test_what_is_asked_is_looked_at_before_the_token(desk: Desk) -> None:
    done = desk.run("promote", V1, "produktion", GITHUB_TOKEN="")
    assert (INPUT, True) == (done.code, "there is no stage" in done.err)


def test_what_was_rolled_back_in_the_stage_before_has_not_soaked(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#staging#3", "v1.0.0", hold=HOLD)

    assert (NO, ["upstream"]) == _refused(desk, V1)
    assert "was rolled back in staging" in desk.run("promote", V1, "production").text


def test_a_hold_is_refused_but_may_be_skipped(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD | {"against": "v0.9.0"})

    assert (NO, ["hold"]) == _refused(desk, V1)
    assert ["hold"] == _skipped(desk, V1)


def test_a_reason_to_skip_is_written_down_and_shown(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD | {"against": "v0.9.0"})

    done = desk.run("promote", V1, "production", "--expedite", "the line\nstands still")

    declared = yaml.safe_load(desk.declared(BRANCH, PRODUCTION))
    assert ("the line stands still", None) == (declared["expedited"], declared["hold"])
    assert "expedited: hold" in done.err
    assert "> **Expedited**: the line stands still" in desk.github.pull(NAME, 1).body


def test_a_reason_to_skip_nothing_is_not_written_down(desk: Desk) -> None:
    done = desk.run("promote", V1, "production", "--expedite", "hurry")

    assert None is yaml.safe_load(desk.declared(BRANCH, PRODUCTION))["expedited"]
    assert "not written down" in done.err


def test_several_reasons_are_told_at_once(desk: Desk) -> None:
    desk.line.register_next(f"{MODEL}@v1.2.0", decision="reject")
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD | {"against": "v0.9.0"})

    done = desk.run("promote", f"{MODEL}@v1.2.0", "production")

    assert (NO, ["gate", "upstream", "hold"]) == _refused(desk, f"{MODEL}@v1.2.0")
    assert "* may be skipped with --expedite REASON" in done.out
    assert all(len(line) <= 80 for line in done.out.splitlines())
    assert {"main"} == desk.branches()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("detector", "production"), "is no NAME@VERSION"),
        (("detector#production#1", "production"), "is no NAME@VERSION"),
        ((V1, "produktion"), "there is no stage"),
        ((V1, "production", "--expedite", " "), "--expedite is empty"),
    ],
)
def test_what_makes_no_sense_is_input(desk: Desk, words: tuple[str, ...], said: str) -> None:
    done = desk.run("promote", *words)
    assert (INPUT, True) == (done.code, said in done.err)


def test_a_shallow_clone_is_refused(desk: Desk) -> None:
    root = desk.line.bare.parent / "shallow"
    desk.line.git("clone", "--quiet", "--depth", "1", f"file://{desk.line.bare}", str(root))
    desk.line = type(desk.line)(root, desk.line.bare, root)

    done = desk.run("promote", V1, "production")

    assert (INPUT, True) == (done.code, "git fetch --unshallow" in done.err)


def test_a_remote_that_is_away_is_trouble_outside(desk: Desk) -> None:
    desk.line.git("remote", "set-url", "origin", str(desk.line.bare.parent / "gone"))
    assert OUTSIDE == desk.run("promote", V1, "production").code


def test_what_a_hand_made_of_a_stage_file_is_replaced(desk: Desk) -> None:
    desk.line.commit({PRODUCTION: "version: [\n"}, "nonsense")
    desk.line.push()

    assert YES == desk.run("promote", V1, "production").code
    assert "v1.1.0" == yaml.safe_load(desk.declared(BRANCH, PRODUCTION))["version"]


def test_the_state_is_the_remotes_not_this_clones(desk: Desk) -> None:
    other = desk.line.bare.parent / "other"
    desk.line.git("clone", "--quiet", str(desk.line.bare), str(other))
    elsewhere = Line(other, desk.line.bare, other, desk.line._clock)
    elsewhere.declare("production", "v1.1.0")
    elsewhere.push()

    assert "nothing" == desk.told("promote", V1, "production").values["done"]


def _refused(desk: Desk, version: str, *words: str, stage: str = "production") -> tuple[int, list[str]]:
    done = desk.told("promote", version, stage, *words)
    return done.code, done.codes


def _skipped(desk: Desk, version: str, *, stage: str = "production") -> list[str]:
    done = desk.told("promote", version, stage, "--expedite", "the line stands still")
    assert YES == done.code
    return [one["code"] for one in done.values["skipped"]]

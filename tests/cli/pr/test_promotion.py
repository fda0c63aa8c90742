"""`headway pr promotion`: what a pull request may declare, judged by what it would be merged into."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

from headway.contracts.layout import ACKNOWLEDGED, STAGES
from headway.errors import NO, YES
from tests.cli.promoting import NAME, PRODUCTION, STAGING, V1, Desk
from tests.registry.line import MODEL
from tests.registry.stored import RULES

V2 = f"{MODEL}@v1.2.0"
HOLD = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}
ACTOR = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "ada"}


def stage_file(desk: Desk, version: str, model: str = MODEL, **values: object) -> str:
    return desk.line.stage_file(model, version, **values)


def codes(desk: Desk, number: int) -> list[str]:
    """Return the code of every reason against a pull request."""
    done = desk.check(number)
    found = [refusal["code"] for one in done.values["files"] for refusal in one["refusals"]]
    assert (NO if found else YES) == done.code
    return found


def test_what_touches_no_stage_is_nothing_to_promote(desk: Desk) -> None:
    number = desk.propose({"README.md": "a change\n"})

    done = desk.check(number)

    assert (YES, []) == (done.code, done.values["files"])
    assert ("success", "Nothing to promote.") == status(desk, number)


def test_what_headway_proposes_may_be_merged_once_somebody_approved(desk: Desk) -> None:
    desk.run("promote", V1, "production", **ACTOR)
    assert ["approvals"] == codes(desk, 1)
    assert ("failure", "May not be merged: approvals.") == status(desk, 1)

    desk.github.review(NAME, 1, "grace")

    done = desk.check(1, event="pull_request_review")
    assert (YES, ["approved by grace"]) == (done.code, done.values["files"][0]["notes"])
    assert ("success", "May be merged.") == status(desk, 1)


def test_who_asked_does_not_count_among_those_who_approve(desk: Desk) -> None:
    desk.run("promote", V1, "production", **ACTOR | {"GITHUB_ACTOR": "Grace"})
    desk.github.review(NAME, 1, "grace")

    assert ["approvals"] == codes(desk, 1)


def test_the_evidence_stands_in_the_jobs_summary(desk: Desk) -> None:
    desk.check(desk.propose({PRODUCTION: stage_file(desk, "v1.1.0")}))

    for line in ("## Promotion: may **not** be merged", "### Scores", "### Gate"):
        assert line in desk.summary.splitlines()


def test_the_evidence_stands_in_one_comment_where_it_is_asked_for(desk: Desk) -> None:
    number = desk.propose({PRODUCTION: stage_file(desk, "v1.1.0")})
    for _ in range(2):
        desk.check(number, "--comment")

    (comment,) = desk.github.comments(NAME, number)
    assert "### Scores" in comment.body


def test_every_reason_against_is_found_again(desk: Desk) -> None:
    desk.line.register_next(V2, decision="reject")
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD | {"against": "v0.9.0"})

    number = desk.propose({PRODUCTION: stage_file(desk, "v1.2.0")})

    assert ["gate", "upstream", "hold", "approvals"] == codes(desk, number)


def test_a_soak_that_is_not_over_is_found(desk: Desk) -> None:
    desk.line.register_next(V2)
    desk.line.hold(f"{MODEL}#staging#3", "v1.2.0", since=datetime.now(UTC) - timedelta(hours=1))

    assert "soak" in codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.2.0")}))


def test_missing_bytes_are_found(desk: Desk) -> None:
    for path in desk.line.objects():
        path.unlink()

    assert "bytes" in codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.1.0", expedited="now")}))


def test_another_identity_than_the_versions_is_found(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.0.0", identity="ab" * 32, expedited="now")})

    assert ["identity"] == codes(desk, number)


def test_a_version_that_is_not_registered_is_found(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v7.0.0", identity="ab" * 32, expedited="now")})

    assert ["unregistered"] == codes(desk, number)


def test_a_reason_to_skip_is_shown(desk: Desk) -> None:
    desk.line.register_next(V2)
    number = desk.propose({PRODUCTION: stage_file(desk, "v1.2.0", expedited="the line stands still")})
    desk.github.review(NAME, number, "grace")

    done = desk.check(number)

    (file,) = done.values["files"]
    assert (YES, "the line stands still", ["upstream"]) == (
        done.code, file["expedited"], [one["code"] for one in file["skipped"]],
    )  # fmt: skip
    assert "**Expedited**: the line stands still" in desk.summary


def test_a_reason_that_is_left_over_from_the_declaration_before_skips_nothing(desk: Desk) -> None:
    desk.line.register_next(V2)
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", expedited="the line stood still")

    number = desk.propose({PRODUCTION: stage_file(desk, "v1.2.0", expedited="the line stood still")})

    assert ["upstream", "approvals"] == codes(desk, number)


# Rollbacks, holds, empty stages


def test_what_headway_rolls_back_may_be_merged(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.1.0")
    desk.run("rollback", "production")
    desk.github.review(NAME, 1, "grace")

    done = desk.check(1)

    assert YES == done.code
    assert f"rollback of {MODEL} in production from v1.1.0 to v1.0.0" == done.values["files"][0]["what"]


def test_a_rollback_by_hand_is_one_where_the_stage_held_the_version(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.1.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.0.0", hold=HOLD)

    assert ["approvals"] == codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.0.0", hold=HOLD)}))


def test_a_rollback_to_what_never_was_there_is_refused(desk: Desk) -> None:
    hold = HOLD | {"against": "v1.0.0"}

    assert ["never-held", "approvals"] == codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.1.0", hold=hold)}))


def test_going_back_without_a_hold_is_a_promotion(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.1.0")
    desk.line.hold(f"{MODEL}#staging#3", "v1.1.0", reason="again")

    (file,) = desk.check(desk.propose({PRODUCTION: stage_file(desk, "v1.0.0")})).values["files"]

    assert f"promotion of {MODEL}@v1.0.0 to production, which is declared v1.1.0" == file["what"]


@pytest.mark.parametrize(("reason", "expected"), [("it is better", ["hold", "approvals"]), ("mended", ["approvals"])])
def test_a_hold_is_lifted_with_a_reason_of_its_own(desk: Desk, reason: str, expected: list[str]) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD)

    assert expected == codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.0.0", reason=reason)}))


def test_a_stage_on_hold_is_not_emptied(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.0.0", hold=HOLD)

    assert ["hold", "approvals"] == codes(desk, desk.propose({PRODUCTION: None}))


def test_a_stage_may_be_emptied(desk: Desk) -> None:
    (file,) = desk.check(desk.propose({STAGING: None})).values["files"]

    assert ([], f"leaves staging without {MODEL}") == (file["refusals"], file["what"])


def test_the_plan_of_a_stage_may_be_edited(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.1.0", soak_hours=48.0, reason="longer")})

    assert [] == codes(desk, number)


# Files


def test_a_file_of_nonsense_is_named_with_its_line(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.1.0") + "speed: 3\n"})

    done = desk.check(number)

    (file,) = done.values["files"]
    lines = stage_file(desk, "v1.1.0").count("\n") + 1
    assert (NO, "file", True) == (
        done.code, file["refusals"][0]["code"], f"{STAGING}:{lines}: speed" in file["refusals"][0]["sentence"],
    )  # fmt: skip


def test_a_file_of_another_model_than_its_name_is_refused(desk: Desk) -> None:
    reader = "models/registry/staging/reader.yaml"

    assert ["file"] == codes(desk, desk.propose({reader: stage_file(desk, "v1.1.0")}))


def test_a_file_of_no_stage_is_refused(desk: Desk) -> None:
    assert ["stage"] == codes(desk, desk.propose({f"models/registry/canary/{MODEL}.yaml": stage_file(desk, "v1.1.0")}))


def test_a_file_of_no_stage_may_be_taken_away(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#canary#1", "v1.0.0")

    assert [] == codes(desk, desk.propose({f"models/registry/canary/{MODEL}.yaml": None}))


@pytest.mark.parametrize(
    ("path", "expected"),
    [("models/registry/production/Detector.yaml", ["file"]), ("models/registry/staging/a\nb.yaml", ["file"]),
     ("models/registry/production/detector.yml", ["file"]), ("models/registry/a/b/c.yaml", ["file"]),
     ("models/registry/README.md", [])],
)  # fmt: skip
def test_a_file_that_nothing_reads_is_refused_where_it_looks_like_one(
    desk: Desk, path: str, expected: list[str]
) -> None:
    assert expected == codes(desk, desk.propose({path: "model: detector\n"}))


# Rules, order, conflicts


def test_rules_are_those_of_the_base(desk: Desk) -> None:
    desk.line.register_next(V2)
    loose = RULES.replace("    after: staging\n    soak_hours: 24\n    approvals: 1\n", "    gate: registered\n")

    done = desk.check(desk.propose({PRODUCTION: stage_file(desk, "v1.2.0"), STAGES.as_posix(): loose}))

    stage, rules = done.values["files"]
    assert ["upstream", "approvals"] == [one["code"] for one in stage["refusals"]]
    assert {
        "production: after: staging becomes None",
        "production: soak_hours: 24.0 becomes 0.0",
        "production: approvals: 1 becomes 0",
    } == set(rules["notes"])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("stages: {}\n", ["file"]),
        (None, ["rules"]),
        ("schema_version: 1\nstages: {staging: {}}\n", ["rules", "approvals"]),
    ],
)
def test_rules_that_cannot_be_are_refused(desk: Desk, content: str | None, expected: list[str]) -> None:
    assert expected == codes(desk, desk.propose({STAGES.as_posix(): content}))


def test_rules_are_changed_with_the_approvals_that_they_demanded_most(desk: Desk) -> None:
    number = desk.propose({STAGES.as_posix(): RULES.replace("approvals: 1", "approvals: 0")})
    assert ["approvals"] == codes(desk, number)

    desk.github.review(NAME, number, "grace")

    assert [] == codes(desk, number)


def test_findings_are_acknowledged_with_the_approvals_that_a_stage_demands_most(desk: Desk) -> None:
    entry = "{code: tag-moved, subject: detector@v1.0.0, reason: a slip}"
    number = desk.propose({ACKNOWLEDGED.as_posix(): f"schema_version: 1\nfindings: [{entry}]\n"})
    assert ["approvals"] == codes(desk, number)

    desk.github.review(NAME, number, "grace")

    assert [] == codes(desk, number)


def test_acknowledged_findings_that_cannot_be_read_are_refused(desk: Desk) -> None:
    assert ["file"] == codes(desk, desk.propose({ACKNOWLEDGED.as_posix(): "findings: 3\n"}))


@pytest.mark.parametrize("last", ["v1.1.0", "v1.0.0"])
def test_what_a_rebase_would_declare_on_the_way_is_refused(desk: Desk, last: str) -> None:
    before = (desk.line.root / PRODUCTION).read_text()
    desk.line.branch("by-hand")
    desk.line.commit({PRODUCTION: stage_file(desk, "v1.1.0", reason="on the way")})
    desk.line.commit({PRODUCTION: before if last == "v1.0.0" else stage_file(desk, last)})
    desk.line.push()
    number = desk.github.open_pull(NAME, "by-hand")
    desk.github.review(NAME, number, "grace")

    assert ["several-commits"] == codes(desk, number)


def test_what_came_with_the_base_is_no_content_of_its_own(desk: Desk) -> None:
    desk.line.branch("by-hand")
    desk.line.commit({PRODUCTION: stage_file(desk, "v1.1.0")})
    desk.line.git("checkout", "--quiet", "main")
    desk.line.hold(f"{MODEL}#staging#3", "v1.1.0", reason="again")
    desk.line.git("checkout", "--quiet", "by-hand")
    desk.line.git("merge", "--quiet", "--no-edit", "main")
    desk.line.push()

    assert ["approvals"] == codes(desk, desk.github.open_pull(NAME, "by-hand"))


def test_a_hold_turned_round_is_no_rollback(desk: Desk) -> None:
    desk.line.hold(f"{MODEL}#production#2", "v1.1.0")
    desk.line.hold(f"{MODEL}#production#3", "v1.0.0", hold=HOLD)

    number = desk.propose({PRODUCTION: stage_file(desk, "v1.1.0", hold=HOLD | {"against": "v1.0.0"})})

    assert ["shunned", "approvals"] == codes(desk, number)


def test_what_the_forge_says_of_a_soak_counts(desk: Desk) -> None:
    desk.line.register_next(V2)
    desk.line.echo(f"{MODEL}#staging#3", desk.line.declare("staging", "v1.2.0"), pull_request=7)
    desk.line.push()

    assert ["soak", "approvals"] == codes(desk, desk.propose({PRODUCTION: stage_file(desk, "v1.2.0")}))


def test_every_changed_key_is_shown(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.1.0", soak_hours=48.0, reason="longer")})

    assert ["reason: it is better becomes longer", "soak_hours: 0.0 becomes 48.0"] == (
        desk.check(number).values["files"][0]["changes"]
    )


def test_a_stage_and_the_one_before_it_go_one_by_one(desk: Desk) -> None:
    desk.line.register_next(V2)
    both = {STAGING: stage_file(desk, "v1.2.0"), PRODUCTION: stage_file(desk, "v1.2.0")}

    assert ["upstream", "upstream", "approvals"] == codes(desk, desk.propose(both))


def test_what_is_taken_back_before_does_not_go_on_at_the_same_time(desk: Desk) -> None:
    both = {STAGING: stage_file(desk, "v1.0.0", hold=HOLD), PRODUCTION: stage_file(desk, "v1.1.0")}

    assert ["upstream", "approvals"] == codes(desk, desk.propose(both))


def test_a_stage_and_the_one_before_it_may_get_different_versions_at_once(desk: Desk) -> None:
    desk.line.register_next(V2)
    both = {STAGING: stage_file(desk, "v1.2.0"), PRODUCTION: stage_file(desk, "v1.1.0")}

    assert ["approvals"] == codes(desk, desk.propose(both))


def test_what_the_base_says_by_now_counts(desk: Desk) -> None:
    desk.line.register_next(V2)
    number = desk.propose({STAGING: stage_file(desk, "v1.2.0")})
    desk.line.declare("staging", "v1.0.0")
    desk.line.push()

    assert ["conflict"] == codes(desk, number)


def test_a_pull_request_to_another_branch_declares_nothing(desk: Desk) -> None:
    desk.line.git("push", "--quiet", "origin", "main:refs/heads/next")
    number = desk.propose({PRODUCTION: "nonsense"})
    desk.github.pull(NAME, number).base_ref = "next"

    done = desk.run("pr", "promotion", **desk.event(number))

    assert (YES, True) == (done.code, "nothing to promote" in done.out)


def test_an_answer_that_the_status_gives_may_end_well(desk: Desk) -> None:
    number = desk.propose({PRODUCTION: "nonsense"})

    assert YES == desk.check(number, "--no-fail").code
    assert "failure" == status(desk, number)[0]


def test_what_a_workflow_has_pushed_since_its_event_gets_the_answer(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.0.0")})
    event, before = desk.event(number), desk.github.head(NAME, number)
    desk.line.git("checkout", "--quiet", "by-hand")
    pushed = desk.line.commit({"reports/scorecard.json": "{}"})
    desk.line.push()

    assert YES == desk.run("pr", "promotion", HEADWAY_HEAD=pushed, **event).code
    assert ([], ["promotion"]) == ([*desk.github.statuses(NAME, before)], [*desk.github.statuses(NAME, pushed)])


def test_a_merge_queue_asks_for_no_approvals_again(desk: Desk) -> None:
    number = desk.propose({PRODUCTION: stage_file(desk, "v1.1.0")})
    head = desk.github.head(NAME, number)
    group = {"head_sha": head, "base_sha": desk.line.git("rev-parse", "main"), "base_ref": "refs/heads/main"}
    path = desk.line.bare.parent / "queue.json"
    path.write_text(json.dumps({"repository": {"default_branch": "main"}, "merge_group": group}))

    done = desk.told("pr", "promotion", GITHUB_EVENT_NAME="merge_group", GITHUB_EVENT_PATH=str(path))

    assert (YES, ["approvals are not looked at: no pull request is named"]) == (
        done.code, done.values["files"][0]["notes"],
    )  # fmt: skip
    assert ("success", "May be merged.") == status(desk, number)


def test_by_hand_two_revisions_are_compared_without_a_token(desk: Desk) -> None:
    desk.propose({STAGING: stage_file(desk, "v1.0.0")})

    done = desk.run("pr", "promotion", "--base", "origin/main", "--head", "by-hand", GITHUB_TOKEN="")

    assert (YES, True) == (done.code, "May be merged." in done.out)


def test_by_number_a_pull_request_is_looked_at_and_no_status_is_set(desk: Desk) -> None:
    number = desk.propose({STAGING: stage_file(desk, "v1.0.0")})

    assert YES == desk.run("pr", "promotion", "--pr", str(number)).code
    assert {} == desk.github.statuses(NAME, desk.github.head(NAME, number))


def status(desk: Desk, number: int) -> tuple[str, str | None]:
    found = desk.github.statuses(NAME, desk.github.head(NAME, number))["promotion"]
    return found.state, found.description

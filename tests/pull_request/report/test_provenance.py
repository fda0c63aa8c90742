"""Where a report says everything comes from."""

from __future__ import annotations

from dataclasses import replace

from headway.pull_request.report.facts import Facts, Run
from headway.pull_request.report.provenance import provenance
from tests.pull_request.report.rendered import rendered
from tests.pull_request.report.reports import make_facts
from tests.pull_request.report.reports import provenance as trained


def rows_of(facts: Facts) -> dict[str, str]:
    return dict(rendered("\n".join(provenance(facts))).tables[0])


def test_digests_commits_and_the_training_are_named(facts: Facts) -> None:
    rows = rows_of(facts)

    assert "5" * 40 == rows["commit"]
    assert "6" * 40 == rows["merge base"]
    assert facts.run.lock_sha256 == rows["dvc.lock, SHA-256"]
    assert "2" * 64 == rows["policy, digest"]
    assert rows["production"].startswith("from origin/main; commit eeee")
    assert "7" == rows["training, seed"]
    assert "93 s; began 2026-01-02T03:04:05Z" == rows["training, duration"]
    assert "torch 2.14.1, ultralytics 8.4.190" == rows["versions"]


def test_a_tree_with_edits_says_so(facts: Facts) -> None:
    assert f"{'5' * 40}, with uncommitted changes" == rows_of(replace(facts, dirty=True))["commit"]


def test_a_resumed_training_says_what_its_duration_lacks(run: Run) -> None:
    rows = rows_of(make_facts(replace(run, provenance=trained(resumed_epochs=3))))

    assert "93 s, 3 epochs of an earlier process not counted; began 2026-01-02T03:04:05Z" == rows["training, duration"]


def test_what_is_missing_is_said() -> None:
    rows = rows_of(make_facts(Run(), base=None, no_base="there is no base", commit=None))

    assert "not known" == rows["commit"] == rows["dvc.lock, SHA-256"]
    assert "none: there is no base" == rows["merge base"]
    assert "not known: reports/provenance.json is missing" == rows["training"]

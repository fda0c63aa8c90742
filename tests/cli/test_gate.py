"""`headway gate`, in real repositories with real ONNX models."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from headway.cli.gate import default_base, find_champion, policy_at, policy_digest, still_holds
from headway.cli.gate.judging import judge_candidate
from headway.cli.gate.shown import render
from headway.contracts.dataset import read_dataset
from headway.contracts.layout import LATENCY, LOCK, PARAMS, SCORECARD, STAGES, VERDICT
from headway.contracts.manifest import MODEL, manifest_json, read_manifest, seal
from headway.contracts.params.document import ParamsError
from headway.contracts.params.gate import GateParams
from headway.contracts.scorecard import read_scorecard
from headway.contracts.verdict import Interval, Measured, Verdict, read_verdict, write_verdict
from headway.errors import InputError
from tests.cli.command import run_headway
from tests.gated_project import FILES, GatedProject, copy_gated_project, make_gated_project

WORSE: dict[str, Any] = {"shift": 2.0}
UNCLEAR: dict[str, Any] = {"least": 0.35}
GOOD: dict[str, Any] = {"shift": 0.3}


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> GatedProject:
    return make_gated_project(tmp_path_factory.mktemp("gated") / "project")


@pytest.fixture
def project(made_once: GatedProject, tmp_path: Path) -> GatedProject:
    """A repository whose main holds a model, on the branch "work", free to be changed."""
    return copy_gated_project(made_once, tmp_path / "project")


def judged(
    project: GatedProject, base: str = "main", *, candidate: str | None = None, champion: str | None = None
) -> Verdict:
    return judge_candidate(project.root, base=base, candidate=candidate, champion=champion)


def outcomes(verdict: Verdict, rule: str) -> list[str]:
    return [finding.outcome for finding in verdict.findings if finding.rule == rule]


def measured(verdict: Verdict, metric: str = "map50_95") -> Measured:
    return next(row for row in verdict.measured if row.metric == metric)


def champion_estimate(verdict: Verdict, metric: str = "map50_95") -> float:
    champion = measured(verdict, metric).champion
    assert champion is not None
    return champion.estimate


def commit_on_main(project: GatedProject, change: Callable[[], object], message: str = "main moves on") -> str:
    """Commit a change on main, and go back to "work"."""
    project.run("git", "checkout", "--quiet", "main")
    change()
    commit = project.commit(message)
    project.checkout("work")
    return commit


# The verb


def test_the_champion_itself_is_accepted(project: GatedProject) -> None:
    result = run_headway("gate", folder=project.root)
    verdict = read_verdict(project.root / VERDICT)

    assert (0, "accept") == (result.returncode, verdict.decision)
    assert result.stdout.startswith("Accept: the same model as the champion.\n")
    assert "written to reports/verdict.json\n" in result.stderr
    assert Interval(estimate=0, low=0, high=0) == measured(verdict).difference


@pytest.mark.parametrize(
    ("detector", "options", "code"), [(WORSE, (), 1), (UNCLEAR, (), 4), (WORSE, ("--no-fail",), 0)]
)
def test_the_exit_code_is_the_decision_unless_that_is_not_wanted(
    project: GatedProject, detector: dict[str, Any], options: tuple[str, ...], code: int
) -> None:
    project.make_model(**detector)
    result = run_headway("gate", "--json", "--out", "elsewhere.json", *options, folder=project.root)

    assert code == result.returncode
    assert json.loads(result.stdout) == json.loads((project.root / "elsewhere.json").read_text())


def test_a_failure_is_one_sentence_and_a_hint(project: GatedProject) -> None:
    shutil.rmtree(project.root / FILES.evidence)
    result = run_headway("gate", folder=project.root)

    assert (2, "") == (result.returncode, result.stdout)
    assert f"{FILES.evidence} is not here\nhint: run: dvc pull" in result.stderr


def test_the_text_is_at_most_80_columns_wide(project: GatedProject) -> None:
    project.make_model(**WORSE)
    text = render(judged(project))

    assert text.startswith("Reject: mAP50-95 changes by -")
    assert [] == [line for line in text.splitlines() if len(line) > 80]


def test_names_cannot_write_to_the_terminal(project: GatedProject) -> None:
    verdict = judged(project)
    hostile = verdict.classes[0].model_copy(update={"name": "\x1b[2J\nred"})

    assert "\x1b" not in render(verdict.model_copy(update={"classes": (hostile,), "notes": ("\x1b[2J",)}))


def test_equal_input_gives_an_equal_verdict_but_for_the_clock(project: GatedProject) -> None:
    project.make_model(**GOOD)
    first, second = judged(project), judged(project)

    assert first.speed is not None
    assert first.model_copy(update={"speed": None}) == second.model_copy(update={"speed": None})


@pytest.mark.parametrize(("boast", "code"), [(0.0, 0), (0.2, 2)])
def test_scored_again_nothing_is_believed(project: GatedProject, boast: float, code: int) -> None:
    project.make_model(**GOOD)
    manifest = read_manifest(project.root / FILES.folder)
    quality = manifest.metrics.quality
    claimed = quality.model_copy(update={"map50": (quality.map50 or 0.0) - boast})
    metrics = manifest.metrics.model_copy(update={"quality": claimed})
    content = {name: getattr(manifest, name) for name in type(manifest).model_fields if name != "identity"}
    (project.root / FILES.manifest).write_text(manifest_json(seal(**{**content, "metrics": metrics})))
    project.commit("another model")

    result = run_headway("gate", "--candidate", "work", "--rescore", "--json", folder=project.root)

    assert code == result.returncode
    assert bool(boast) == ("work: manifest.json says mAP50 0." in result.stderr)
    assert boast or judged(project).measured == Verdict.model_validate(json.loads(result.stdout)).measured


# What is compared


def test_the_working_trees_model_is_held_against_the_base_branchs(project: GatedProject) -> None:
    champion = read_manifest(project.root / FILES.folder)
    project.make_model(**GOOD)
    candidate, verdict = read_manifest(project.root / FILES.folder), judged(project)

    assert ("working tree", None, candidate.identity) == (
        verdict.candidate.source,
        verdict.candidate.commit,
        verdict.candidate.identity,
    )
    assert verdict.champion is not None
    assert ("main", project.run("git", "rev-parse", "main").strip(), champion.identity) == (
        verdict.champion.source,
        verdict.champion.commit,
        verdict.champion.identity,
    )
    assert (candidate.operating_threshold, champion.operating_threshold) == (
        verdict.candidate.threshold,
        verdict.champion.threshold,
    )


def test_both_models_score_as_their_own_scorecards_say(project: GatedProject) -> None:
    champion = read_scorecard(project.root / SCORECARD)
    project.make_model(**GOOD)
    candidate, verdict = read_scorecard(project.root / SCORECARD), judged(project)

    for card, side in ((candidate, "candidate"), (champion, "champion")):
        estimates = [getattr(row, side).estimate for row in verdict.measured]
        point = card.operating_point
        expected = [card.quality.map50_95, card.quality.map50, point.precision, point.recall]
        assert expected == pytest.approx(estimates, abs=2e-6)
        position = ("candidate", "champion").index(side)
        error = card.calibration.expected_calibration_error
        assert error == pytest.approx(verdict.calibration_error[position], abs=2e-6)


def test_a_commit_is_judged_as_its_working_tree_was_and_nothing_is_checked_out(project: GatedProject) -> None:
    project.make_model(**WORSE)
    in_tree = judged(project)
    commit = project.commit("worse")
    project.checkout("main")
    verdict = judged(project, candidate="work")

    assert ("work", commit) == (verdict.candidate.source, verdict.candidate.commit)
    neutral = {"candidate": in_tree.candidate, "speed": in_tree.speed}
    assert in_tree == verdict.model_copy(update=neutral)
    assert verdict.speed is not None
    assert "" == project.run("git", "status", "--short")


def test_renumbered_classes_change_nothing(project: GatedProject) -> None:
    project.make_model(**GOOD)
    before = judged(project)
    project.make_model(**GOOD, classes=("blue", "red", "green"))
    after = judged(project)

    assert before.test_set == after.test_set
    assert (before.decision, before.measured) == (after.decision, after.measured)
    by_name = {row.name: row.candidate for row in after.classes}
    assert {row.name: row.candidate for row in before.classes} == by_name


def test_a_class_that_is_gone_is_refused(project: GatedProject) -> None:
    project.make_model(**GOOD, classes=("red", "green"))
    verdict = judged(project)

    assert ("reject", ["fail"]) == (verdict.decision, [
        finding.outcome for finding in verdict.findings if finding.subject == "blue"
    ])  # fmt: skip


def test_a_new_class_counts_in_no_difference(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.make_model(classes=("red",)))
    project.make_data()
    project.make_model()
    verdict = judged(project)

    assert {"red": False, "green": True, "blue": True} == {row.name: row.new for row in verdict.classes}
    assert verdict.test_set.changed
    red = next(row for row in verdict.classes if row.name == "red")
    assert champion_estimate(verdict) == red.champion


def test_another_test_set_is_scored_with_both_models_each_at_its_own_operating_point(project: GatedProject) -> None:
    threshold = read_manifest(project.root / FILES.folder).operating_threshold
    project.make_data(seed=1)
    project.make_model()  # the champion's file, to know what it scores there
    expected = read_scorecard(project.root / SCORECARD).quality
    project.make_model(**GOOD)
    verdict = judged(project)

    assert verdict.test_set.changed
    assert verdict.champion is not None
    assert threshold == verdict.champion.threshold
    estimates = [
        (measured(verdict, metric).champion or verdict).model_dump()["estimate"] for metric in ("map50_95", "map50")
    ]
    assert [expected.map50_95, expected.map50] == pytest.approx(estimates, abs=2e-6)


def test_the_test_images_of_a_commit_come_from_dvc(project: GatedProject) -> None:
    project.make_data(seed=1)
    project.make_model(**GOOD)
    in_tree = judged(project)
    project.commit("other images")
    project.checkout("main")

    assert in_tree.measured == judged(project, candidate="work").measured


def test_other_labels_alone_need_neither_the_champions_file_nor_images(project: GatedProject) -> None:
    dataset = read_dataset(project.prepared)
    last = dataset.split("test")[0]
    records = tuple(replace(one, boxes=()) if one is last else one for one in dataset.records)
    project.write_dataset(replace(dataset, records=records))
    project.make_model(**GOOD)
    shutil.rmtree(project.prepared / "images")
    verdict = judged(project)

    assert (True, 40) == (verdict.test_set.changed, verdict.test_set.images)
    assert verdict.notes[0].startswith("The models were not timed: ")


def test_images_of_a_group_are_drawn_together(project: GatedProject) -> None:
    project.make_data(images=62, grouped=True)
    project.make_model(**GOOD)
    verdict = judged(project)

    assert (62, 32, "group") == (verdict.test_set.images, verdict.test_set.groups, verdict.statistics.unit)


def test_images_on_which_the_candidate_is_worse_are_named(project: GatedProject) -> None:
    project.make_model(shift=5.0)
    verdict = judged(project)
    increases = [
        image.candidate_missed + image.candidate_false - image.champion_missed - image.champion_false
        for image in verdict.worse_images
    ]

    assert increases
    assert sorted(increases, reverse=True) == increases


# The champion


def test_production_is_what_the_base_branch_declares(project: GatedProject) -> None:
    project.run("git", "tag", "blobs@v1.0.0", "main")
    expected = read_manifest(project.root / FILES.folder).identity

    def move_on() -> None:
        project.make_model(**WORSE)
        declare(project, version="v1.0.0", identity=expected)

    commit_on_main(project, move_on)
    champion = find_champion(project.root, "main", "blobs")

    assert champion.manifest is not None
    assert ("blobs@v1.0.0", expected) == (champion.source, champion.manifest.identity)
    assert expected == (judged(project).champion or champion.manifest).identity


def test_a_hold_changes_nothing_about_what_is_in_production(project: GatedProject) -> None:
    project.run("git", "tag", "blobs@v1.0.0", "main")
    identity = read_manifest(project.root / FILES.folder).identity
    hold = {"reason": "it misses cans", "against": "v1.1.0", "set_by": "ann"}
    commit_on_main(project, lambda: declare(project, version="v1.0.0", identity=identity, hold=hold))

    assert "blobs@v1.0.0" == find_champion(project.root, "main", "blobs").source


def test_the_last_stage_counts_whatever_its_name(project: GatedProject) -> None:
    project.run("git", "tag", "blobs@v1.0.0", "main")
    identity = read_manifest(project.root / FILES.folder).identity

    def rename() -> None:
        declare(project, version="v1.0.0", identity=identity)
        (project.root / DECLARED).parent.rename(project.root / "models/registry/live")
        (project.root / STAGES).write_text("schema_version: 1\nstages:\n  production: {}\n  live: {}\n")

    commit_on_main(project, rename)

    assert "blobs@v1.0.0" == find_champion(project.root, "main", "blobs").source


def test_an_emptied_stage_leaves_the_base_branchs_own_model(project: GatedProject) -> None:
    commit_on_main(project, lambda: declare(project, version="v1.0.0"))
    commit_on_main(project, lambda: (project.root / DECLARED).unlink())

    assert "main" == find_champion(project.root, "main", "blobs").source


DECLARED = "models/registry/production/blobs.yaml"


def declare(project: GatedProject, **changes: Any) -> None:
    file = project.root / DECLARED
    file.parent.mkdir(parents=True, exist_ok=True)
    values = {"schema_version": 1, "model": "blobs", "identity": "0" * 64, "reason": "tried", "asked_by": "ann"}
    file.write_text(yaml.safe_dump({**values, **changes}, sort_keys=False))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"version": "v9.9.9"}, rf"main:{DECLARED}:6: there is no tag blobs@v9.9.9"),
        (
            {"version": "v1.0.0"},
            rf"main:{DECLARED}:3: identity is 0{{12}}, but the manifest at blobs@v1.0.0 has \w{{12}}",
        ),
        ({"version": "v1.0.0", "model": "cans"}, rf"{DECLARED}:2: model is 'cans', but the file's name says 'blobs'"),
        ({"version": "v0.0.1"}, r"blobs@v0.0.1 holds no model to compare with: blobs@v0.0.1 has no dvc.lock"),
        ({"version": "v1.0.0-rc1"}, rf"(?s)1 thing in {DECLARED} .*:6: version: .*"),
        ({}, rf"(?s)1 thing in {DECLARED} .*: Field required"),
    ],
)
def test_a_declaration_that_leads_nowhere_is_no_reason_to_compare_with_nothing(
    project: GatedProject, changes: dict[str, Any], said: str
) -> None:
    project.run("git", "tag", "blobs@v0.0.1", first_commit(project))
    project.run("git", "tag", "blobs@v1.0.0", "main")
    commit_on_main(project, lambda: declare(project, **changes))

    with pytest.raises(InputError) as failure:
        find_champion(project.root, "main", "blobs")
    assert re.fullmatch(said, failure.value.message), failure.value.message


def first_commit(project: GatedProject) -> str:
    """Return a commit that holds nothing."""
    tree = project.run("git", "hash-object", "-t", "tree", "/dev/null").strip()
    return project.run("git", "commit-tree", "-m", "nothing", tree).strip()


@pytest.mark.parametrize("champion", ["", "none"])
def test_without_a_champion_the_floors_decide_and_the_verdict_says_so(project: GatedProject, champion: str) -> None:
    base = "main" if champion else first_commit(project)
    options = {"champion": champion} if champion else {}
    project.make_model(**WORSE)
    verdict = judged(project, base=base, **options)

    assert (None, "accept", ()) == (verdict.champion, verdict.decision, verdict.worse_images)
    reason = "none was asked for" if champion else f"{base} has no dvc.lock"
    assert f"There is no champion: {reason}." == verdict.notes[-1]


def test_a_named_revision_is_the_champion(project: GatedProject) -> None:
    project.make_model(**WORSE)
    commit = project.commit("worse")
    project.make_model(**GOOD)
    verdict = judged(project, champion="work")

    assert verdict.champion is not None
    assert ("work", commit, "accept") == (verdict.champion.source, verdict.champion.commit, verdict.decision)
    assert verdict.summary.startswith("Accept: better than the champion; ")


@pytest.mark.parametrize("champion", ["nowhere", "--upload-pack=x", "reports"])
def test_a_champion_that_is_neither_revision_nor_bundle_is_refused(project: GatedProject, champion: str) -> None:
    with pytest.raises(InputError, match=r"names no commit|is not a bundle"):
        judged(project, champion=champion)


def test_a_bundle_is_scored_again_on_the_test_images(project: GatedProject, bundle: Path) -> None:
    project.make_model(**WORSE)
    shutil.copytree(bundle, project.root / "old")
    verdict = judged(project, champion="old")
    own = judged(project)

    assert verdict.champion is not None
    assert ("old", None, "reject") == (verdict.champion.source, verdict.champion.commit, verdict.decision)
    assert measured(own).champion == measured(verdict).champion  # main's model is the same blob detector


def test_a_bundle_that_was_tampered_with_is_not_loaded(project: GatedProject, bundle: Path) -> None:
    shutil.copytree(bundle, project.root / "old")
    (project.root / "old" / MODEL).write_bytes(b"not a model")

    with pytest.raises(InputError, match=r"old is no sound bundle: model\.onnx: changed"):
        judged(project, champion="old")


def test_the_champion_comes_from_the_remote_where_the_cache_lacks_it(project: GatedProject) -> None:
    project.run("dvc", "remote", "add", "--local", "--default", "store", "../store")
    project.run("dvc", "push", "--quiet")
    project.make_model(**GOOD)
    shutil.rmtree(project.root / ".dvc/cache")

    assert judged(project).champion is not None
    shutil.rmtree(project.root.parent / "store")
    shutil.rmtree(project.root / ".dvc/cache", ignore_errors=True)
    with pytest.raises(InputError, match="neither DVC's cache nor its remote has models/blobs/evidence"):
        judged(project)


# The policy


def test_a_pull_request_cannot_loosen_its_own_gate(project: GatedProject) -> None:
    project.make_model(**WORSE)
    before = judged(project)
    project.write_params(margin=1.0, classes={"margin": 1.0}, slices={"margin": 1.0})

    assert ("reject", before) == (before.decision, judged(project).model_copy(update={"speed": before.speed}))


def test_a_policy_counts_once_it_is_on_the_base_branch(project: GatedProject) -> None:
    project.make_model(**WORSE)
    project.commit("worse")
    commit_on_main(project, lambda: project.write_params(floors={"map50": 0.999}, margin=1.0))

    assert ["fail"] == outcomes(judged(project), "floor")
    assert ["pass"] == outcomes(judged(project), "non-inferiority")


def test_a_base_without_the_section_asks_for_the_defaults(project: GatedProject) -> None:
    commit_on_main(project, lambda: (project.root / PARAMS).write_text("model: blobs\n"))

    assert GateParams() == policy_at(project.root, "main")


def test_a_base_without_params_leaves_the_policy_to_the_candidate(project: GatedProject) -> None:
    base = first_commit(project)
    verdict = judged(project, base=base)

    assert policy_digest(policy_at(project.root, "main")) == verdict.policy_sha256
    assert f"{base} has no params.yaml: the policy is the candidate's own." == verdict.notes[0]


def test_a_policy_that_cannot_be_used_is_named_with_its_line(project: GatedProject) -> None:
    bad = yaml.safe_dump({"model": "blobs", "gate": {"slices": {"patterns": {"night": "["}}}})
    commit_on_main(project, lambda: (project.root / PARAMS).write_text(bad))

    with pytest.raises(ParamsError, match=r"main:params\.yaml:4: gate\.slices\.patterns\.night: '\[' is no regular"):
        judged(project)


def test_the_policy_may_forbid_another_test_set(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.write_params(test_set={"may_change": False}))
    assert ["pass"] == outcomes(judged(project), "test-set")

    project.make_data(images=39)
    project.make_model(**GOOD)
    assert ["fail"] == outcomes(judged(project), "test-set")


def test_a_base_that_was_never_scored_has_no_test_set_to_keep(project: GatedProject) -> None:
    project.write_params(test_set={"may_change": False})
    project.run("git", "rm", "--quiet", "--cached", "-r", ".")
    project.run("git", "add", "--force", "params.yaml")
    base = project.run("git", "commit-tree", "-m", "params alone", project.run("git", "write-tree").strip()).strip()

    assert ["pass"] == outcomes(judged(project, base=base), "test-set")


def test_slices_follow_the_policys_patterns(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.write_params(slices={"patterns": {"first ten": "/00", "none": "^x"}}))
    project.make_model(**GOOD)
    sizes = {row.name: (row.images, row.judged) for row in judged(project).slices}

    assert ((10, False), (0, False)) == (sizes["first ten"], sizes["none"])


def test_models_that_cannot_be_timed_leave_a_budget_undecided(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.write_params(speed={"ratio": 1.5}))
    project.make_model(**GOOD)
    assert ["pass"] != outcomes(judged(project, champion="none"), "speed")
    (project.root / FILES.onnx).unlink()
    verdict = judged(project)

    assert (None, ["undecided"], "inconclusive") == (verdict.speed, outcomes(verdict, "speed"), verdict.decision)
    assert "The models were not timed: " in verdict.notes[0]
    assert f"{FILES.onnx} is not here." in verdict.notes[0]


# What belongs together


def edit_manifest(project: GatedProject) -> None:
    file = project.root / FILES.manifest
    file.write_text(file.read_text().replace('"name": "blobs"', '"name": "other"'))


def train_again_without_scoring(project: GatedProject) -> None:
    lock = yaml.safe_load((project.root / LOCK).read_text())
    lock["stages"]["export"]["outs"][0]["md5"] = "0" * 32
    (project.root / LOCK).write_text(yaml.safe_dump(lock))


def embellish_scorecard(project: GatedProject) -> None:
    file = project.root / SCORECARD
    file.write_text(file.read_text().replace('"images": 40', '"images": 41'))


def take_evidence_of_another(project: GatedProject) -> None:
    before = project.root.parent / "evidence"
    shutil.copytree(project.root / FILES.evidence, before)
    project.make_model(**GOOD)
    shutil.rmtree(project.root / FILES.evidence)
    shutil.copytree(before, project.root / FILES.evidence)


def take_images_of_another(project: GatedProject) -> None:
    project.make_data(seed=1)
    project.make_model(**GOOD)
    project.make_data(seed=2)


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (edit_manifest, "working tree: models/blobs/manifest.json was edited by hand"),
        (
            train_again_without_scoring,
            "working tree: models/blobs/manifest.json and dvc.lock are about different models",
        ),
        (embellish_scorecard, "working tree: reports/scorecard.json is not the one that was packaged"),
        (take_evidence_of_another, "working tree: models/blobs/evidence is about another model"),
        (take_images_of_another, "does not hold the test images that the candidate was scored on"),
    ],
)
def test_files_that_do_not_belong_together_are_refused(
    project: GatedProject, spoil: Callable[[GatedProject], None], said: str
) -> None:
    spoil(project)

    with pytest.raises(InputError, match=said):
        judged(project)


@pytest.mark.parametrize("missing", [LOCK, FILES.manifest, SCORECARD, LATENCY, PARAMS], ids=lambda path: path.name)
def test_a_missing_file_of_a_commit_is_named_with_the_commit(project: GatedProject, missing: Path) -> None:
    project.make_model(**GOOD)
    (project.root / missing).unlink()
    project.commit("without")
    name = missing.parent if missing == FILES.manifest else missing

    with pytest.raises(InputError, match=rf"^work:{name} "):
        judged(project, candidate="work")


# Verdicts that were given


def test_candidates_that_were_judged_on_a_test_set_are_counted_wherever_git_reaches(project: GatedProject) -> None:
    verdict = judged(project)

    def commit_verdict(letter: str) -> None:
        other = verdict.candidate.model_copy(update={"identity": letter * 64})
        write_verdict(project.root / VERDICT, verdict.model_copy(update={"candidate": other}))
        project.commit(letter)

    assert 1 == verdict.test_set.comparisons
    commit_verdict("a")
    commit_verdict("b")
    commit_verdict("a")
    project.run("git", "checkout", "--quiet", "-b", "other", "main")
    commit_verdict("c")
    project.run("git", "merge", "--quiet", "--strategy", "ours", "--message", "merge", "work")
    project.run("git", "branch", "--delete", "--force", "work")
    project.run("git", "checkout", "--quiet", "main")
    assert 4 == judged(project).test_set.comparisons


def test_a_candidate_is_counted_once_and_on_its_test_set_alone(project: GatedProject) -> None:
    write_verdict(project.root / VERDICT, judged(project))
    project.commit("judged")
    assert 1 == judged(project).test_set.comparisons

    project.make_data(images=39)
    project.make_model(**GOOD)
    assert 1 == judged(project).test_set.comparisons


def test_a_committed_verdict_of_another_schema_counts_for_nothing(project: GatedProject) -> None:
    (project.root / VERDICT).write_text("{}\n")
    project.commit("foreign")

    assert 1 == judged(project).test_set.comparisons


@pytest.fixture(scope="module")
def judged_once(made_once: GatedProject, tmp_path_factory: pytest.TempPathFactory) -> tuple[GatedProject, Verdict]:
    """A repository whose candidate was judged and committed, and the verdict."""
    project = copy_gated_project(made_once, tmp_path_factory.mktemp("judged") / "project")
    project.make_model(**GOOD)
    verdict = judged(project)
    project.commit("good")
    return project, verdict


def retrain_main(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.make_model(**UNCLEAR))


def tighten_main(project: GatedProject) -> None:
    commit_on_main(project, lambda: project.write_params(margin=0.05))


def move_main(project: GatedProject) -> None:
    commit_on_main(project, lambda: (project.root / "README.md").write_text("# Blobs\n"))


def loosen_own_params(project: GatedProject) -> None:
    project.write_params(margin=1.0)


@pytest.mark.parametrize(
    ("change", "objection"),
    [
        (lambda project: None, None),
        (move_main, None),
        (loosen_own_params, None),
        (lambda project: project.make_model(**WORSE), "dvc.lock is another than the one that was judged"),
        (lambda project: (project.root / LOCK).unlink(), "dvc.lock is another than the one that was judged"),
        (tighten_main, "the policy of main is another than the one that it was judged by"),
        (retrain_main, r"the champion is another \(main, [0-9a-f]{12}\) than .* compared with \(main, [0-9a-f]{12}\)"),
    ],
)
def test_a_verdict_holds_for_the_lock_policy_and_champion_that_it_names(
    judged_once: tuple[GatedProject, Verdict],
    change: Callable[[GatedProject], object],
    objection: str | None,
    tmp_path: Path,
) -> None:
    project = copy_gated_project(judged_once[0], tmp_path / "project")
    change(project)
    found = still_holds(project.root, judged_once[1], "main")

    assert found is None if objection is None else re.fullmatch(objection, found or "")


@pytest.mark.parametrize(
    ("changes", "objection"),
    [
        ({"decision": "inconclusive"}, "its findings do not come to inconclusive"),
        ({"candidate": {"model_sha256": "0" * 64}}, ".*is about another model than the one that was judged"),
        ({"candidate": {"identity": None}}, ".*is about another model than the one that was judged"),
        ({"candidate": {"threshold": 0.0}}, ".*is about another model than the one that was judged"),
        ({"model": "other"}, ".*is about another model than the one that was judged"),
    ],
)
def test_a_verdict_that_was_edited_does_not_hold(
    judged_once: tuple[GatedProject, Verdict], changes: dict[str, Any], objection: str
) -> None:
    project, verdict = judged_once
    candidate = verdict.candidate.model_copy(update=changes.get("candidate", {}))
    edited = verdict.model_copy(update={**changes, "candidate": candidate})

    assert re.fullmatch(objection, still_holds(project.root, edited, "main") or "")


def test_a_verdict_without_a_champion_holds_until_there_is_one(project: GatedProject) -> None:
    project.run("git", "branch", "empty", first_commit(project))
    project.make_model(**GOOD)
    verdict = judged(project, base="empty")

    assert still_holds(project.root, verdict, "empty") is None
    assert find_champion(project.root, "empty", "blobs").model_sha256 is None
    assert "the champion is another" in (still_holds(project.root, verdict, "main") or "")


# The base


def test_the_base_is_the_pull_requests_else_the_remotes_default_branch_else_main(project: GatedProject) -> None:
    assert "main" == default_base(project.root, {})
    assert "origin/release" == default_base(project.root, {"GITHUB_BASE_REF": "release"})
    project.run("git", "update-ref", "refs/remotes/origin/trunk", "main")
    project.run("git", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
    assert "origin/HEAD" == default_base(project.root, {})


def test_a_base_that_is_not_here_is_the_callers_fault(project: GatedProject) -> None:
    with pytest.raises(InputError, match="'origin/release' names no commit"):
        judged(project, base="origin/release")
    project.run("git", "branch", "--move", "main", "master")
    with pytest.raises(InputError, match="there is no base to compare with"):
        default_base(project.root, {})

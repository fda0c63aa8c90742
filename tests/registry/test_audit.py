"""Each kind of finding is found on a real history that has it, and not on one that has not."""

from __future__ import annotations

import re
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any, get_args

import pytest

from headway.contracts.layout import STAGES
from headway.registry.audit.findings import KINDS, Finding, is_clean, sort_findings
from headway.registry.state import Reason
from tests.conftest import ROOT
from tests.registry.auditing import (
    PRODUCTION,
    RULES,
    STAGING,
    as_echoed,
    codes,
    find,
    in_last_commit,
    make_promoted_line,
)
from tests.registry.line import GIT, MODEL, Line, copy_line, make_manifest, model_files


@pytest.fixture(scope="module")
def made_once(tmp_path_factory: pytest.TempPathFactory) -> Line:
    return make_promoted_line(tmp_path_factory.mktemp("line"))


@pytest.fixture
def line(made_once: Line, tmp_path: Path) -> Line:
    """Two versions, each promoted to staging and then to production, and nothing to find."""
    return copy_line(made_once, tmp_path)


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in GIT.items():
        monkeypatch.setenv(name, value)


def set_rules(line: Line, **production: object) -> None:
    """Commit other demands of production."""
    demands = "".join(f"    {key}: {value}\n" for key, value in production.items())
    line.commit({STAGES.as_posix(): RULES + demands})


def delete_tag(line: Line, name: str) -> None:
    line.git("tag", "--delete", name)
    line.git("push", "--quiet", "origin", f":refs/tags/{name}")


def test_nothing_is_found_where_all_is_well(line: Line) -> None:
    assert [] == codes(line)


def test_a_lightweight_tag_is_foreign(line: Line) -> None:
    line.git("tag", f"{MODEL}@v9.0.0")
    assert [("tag-lightweight", f"{MODEL}@v9.0.0")] == codes(line)


def test_a_tag_of_another_program_is_foreign(line: Line) -> None:
    line.tag(f"{MODEL}#production#3", "HEAD", "assigned by hand\n", at=1_900_000_000)
    assert [("tag-message", f"{MODEL}#production#3")] == codes(line)


def test_a_tag_on_an_unmerged_branch_is_foreign(line: Line) -> None:
    line.branch("side")
    line.new_model("side")
    line.register(f"{MODEL}@v2.0.0")
    line.git("checkout", "--quiet", "main")
    assert [("tag-unmerged", f"{MODEL}@v2.0.0")] == codes(line)


def test_an_echo_without_a_declaration_is_foreign(line: Line) -> None:
    declared_in = line.git("log", "-1", "--format=%H", "--", STAGING)
    other = line.git("rev-parse", f"{declared_in}~1")
    record = replace(line.echo_record(f"{MODEL}#staging#3", declared_in), declared_in=other)
    line.tag(f"{MODEL}#staging#3", f"{MODEL}@v1.1.0^{{commit}}", record.message(f"{MODEL}#staging#3"))
    assert [("tag-no-declaration", f"{MODEL}#staging#3")] == codes(line)


def test_an_echo_on_another_commit_is_foreign_and_its_declaration_untagged(line: Line) -> None:
    line.echo(f"{MODEL}#staging#3", line.declare("staging", "v1.0.0"), commit="HEAD")
    assert [
        ("tag-wrong-commit", f"{MODEL}#staging#3"),
        ("declaration-untagged", in_last_commit(STAGING, line)),
    ] == codes(line)


def test_a_second_echo_of_one_declaration_is_foreign(line: Line) -> None:
    line.echo(f"{MODEL}#production#3", line.git("log", "-1", "--format=%H", "--", PRODUCTION))
    assert [("tag-repeated", f"{MODEL}#production#3")] == codes(line)


def test_an_echo_of_an_older_declaration_comes_too_late(line: Line) -> None:
    older, newer = line.declare("staging", "v1.0.0"), line.declare("staging", "v1.1.0")
    line.echo(f"{MODEL}#staging#3", newer)
    line.echo(f"{MODEL}#staging#4", older)
    assert [
        ("tag-overtaken", f"{MODEL}#staging#4"),
        ("declaration-overtaken", f"{STAGING} in {older[:10]}"),
    ] == codes(line)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"declared_by": "eve"}, "person"),
        ({"reason": "because"}, "reason"),
        ({"expedited": "in a hurry"}, "expedited"),
    ],
)
def test_an_echo_that_says_other_than_its_file_is_found(line: Line, value: dict[str, Any], said: str) -> None:
    line.echo(f"{MODEL}#staging#3", line.declare("staging", "v1.1.0", reason="again"), **value)
    (found,) = find(line)
    assert f"{MODEL}#staging#3" == found.subject
    assert said in found.sentence


def test_an_echo_of_another_version_than_its_file_names_is_foreign(line: Line) -> None:
    line.echo(f"{MODEL}#staging#3", line.declare("staging", "v1.1.0", reason="again"), version="v1.0.0")
    assert [
        ("tag-contradiction", f"{MODEL}#staging#3"),
        ("declaration-untagged", in_last_commit(STAGING, line)),
    ] == codes(line)


def test_the_object_of_another_tag_is_foreign(line: Line) -> None:
    line.git("update-ref", f"refs/tags/{MODEL}@v1.2.0", f"refs/tags/{MODEL}@v1.1.0")
    assert [("tag-message", f"{MODEL}@v1.2.0")] == codes(line)


def test_texts_are_compared_as_a_tag_keeps_them(line: Line) -> None:
    declared_in = line.declare("staging", "v1.0.0", reason="two  words\n", asked_by="none")
    line.echo(f"{MODEL}#staging#3", declared_in)
    assert [] == codes(line)


def test_a_version_that_was_moved_is_named_by_its_echo_and_by_the_next(line: Line) -> None:
    name = f"{MODEL}@v1.0.0"
    line.tag(name, f"{name}^{{commit}}", line.version_record(line.git("rev-parse", f"{name}^{{commit}}")).message(name),
             force=True)  # fmt: skip
    found = find(line)
    assert {("tag-moved", name)} == {(one.code, one.subject) for one in found}
    assert 3 == len(found)


def test_an_echo_that_was_made_anew_is_named_by_the_next(line: Line) -> None:
    name = f"{MODEL}#staging#1"
    declared_in, told = line.git("log", "--reverse", "--format=%H", "--", STAGING).split()[0], as_echoed(line)
    delete_tag(line, name)
    line.echo(name, declared_in, previous=None, declared_at=told[declared_in].merged_at)
    assert [("tag-moved", name)] == codes(line)


def test_an_echo_that_was_made_as_if_it_were_the_first_is_told_in_plain_words(line: Line) -> None:
    line.echo(f"{MODEL}#staging#3", line.declare("staging", "v1.0.0"), previous=None)
    (found,) = find(line)
    assert f"it is not older than {MODEL}#staging#3, which was made as the first of all" == found.sentence


def test_a_deleted_echo_is_named_by_the_next(line: Line) -> None:
    delete_tag(line, f"{MODEL}#staging#1")
    first = line.git("log", "--reverse", "--format=%H", "--", STAGING).split()[0]
    assert [
        ("tag-deleted", f"{MODEL}#staging#1"),
        ("declaration-overtaken", f"{STAGING} in {first[:10]}"),
    ] == codes(line)


def test_an_echo_whose_name_a_foreign_tag_took_is_moved(line: Line) -> None:
    name = f"{MODEL}#staging#1"
    delete_tag(line, name)
    line.git("tag", name)
    assert [("tag-lightweight", name), ("tag-moved", name)] == codes(line)[:2]


def test_the_newest_echo_that_was_deleted_is_made_again(line: Line) -> None:
    delete_tag(line, f"{MODEL}#production#2")
    assert [("declaration-untagged", in_last_commit(PRODUCTION, line))] == codes(line)


def test_a_deleted_version_is_named_by_its_echoes(line: Line) -> None:
    delete_tag(line, f"{MODEL}@v1.1.0")
    assert {("tag-deleted", f"{MODEL}@v1.1.0")} == set(codes(line))


def test_a_foreign_tag_that_was_taken_away_leaves_a_gap_to_notice(line: Line) -> None:
    line.promote(f"{MODEL}#staging#41", "v1.0.0")
    found = find(line)
    assert [("tag-gap", f"{MODEL}#staging#40")] == [(one.code, one.subject) for one in found]
    assert is_clean(found)


def test_a_declaration_without_its_echo_is_found(line: Line) -> None:
    line.declare("staging", "v1.0.0")
    assert [("declaration-untagged", in_last_commit(STAGING, line))] == codes(line)


@pytest.mark.parametrize("old", ["version: v1.1.0", f"model: {MODEL}"])
def test_a_stage_file_that_cannot_be_used_is_found(line: Line, old: str) -> None:
    line.commit({STAGING: line.stage_file(MODEL, "v1.1.0").replace(old, f"{old.split()[0]} other")})
    assert [("file-faulty", in_last_commit(STAGING, line))] == codes(line)


def test_a_stage_file_that_names_no_version_is_found(line: Line) -> None:
    line.commit({STAGING: line.stage_file(MODEL, "v7.0.0", identity="0" * 64)})
    assert [("file-faulty", in_last_commit(STAGING, line))] == codes(line)


def test_a_file_that_nothing_reads_is_found(line: Line) -> None:
    line.commit({"models/registry/production/Detector.yaml": "x: 1\n", "models/registry/README.md": "Ours.\n"})
    assert [("file-unknown", "models/registry/production/Detector.yaml")] == codes(line)


def test_a_stage_that_the_rules_do_not_know_is_found_until_its_file_goes(line: Line) -> None:
    line.promote(f"{MODEL}#canary#1", "v1.0.0")
    assert [("stage-unknown", f"models/registry/canary/{MODEL}.yaml")] == codes(line)
    line.promote(f"{MODEL}#canary!#2", None)
    assert [] == codes(line)


@pytest.mark.parametrize("text", [None, "stages: 3\n"])
def test_rules_that_cannot_be_used_are_found(line: Line, text: str | None) -> None:
    line.commit({STAGES.as_posix(): text})
    assert [("rules-faulty", STAGES.as_posix())] == codes(line)


def test_a_version_that_staging_never_held_is_out_of_order(line: Line) -> None:
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0")
    line.promote(f"{MODEL}#production#3", "v1.2.0")
    assert [("order-broken", in_last_commit(PRODUCTION, line))] == codes(line)


def test_two_stages_in_one_commit_are_out_of_order(line: Line) -> None:
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0")
    text = line.stage_file(MODEL, "v1.2.0")
    declared_in = line.commit({STAGING: text, PRODUCTION: text})
    for stage in ("staging", "production"):
        line.echo(f"{MODEL}#{stage}#3", declared_in)
    assert [("order-broken", in_last_commit(PRODUCTION, line))] == codes(line)


def test_going_back_to_what_production_held_is_in_order(line: Line) -> None:
    emptied = line.promote(f"{MODEL}#staging!#3", None)
    line.echo(f"{MODEL}#staging!#4", emptied, commit=f"{MODEL}@v1.0.0^{{commit}}")
    line.promote(f"{MODEL}#production#3", "v1.0.0")
    assert [] == codes(line)


def test_the_rules_of_the_time_count(line: Line) -> None:
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0")
    line.commit({STAGES.as_posix(): "schema_version: 1\nstages:\n  staging: {}\n  production: {}\n"})
    line.promote(f"{MODEL}#production#3", "v1.2.0")
    line.commit({STAGES.as_posix(): RULES})
    assert [] == codes(line)


def test_an_expedited_version_is_noticed_and_not_out_of_order(line: Line) -> None:
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0")
    line.echo(f"{MODEL}#production#3", line.declare("production", "v1.2.0", expedited="the shop opens"))
    found = find(line)
    assert [("expedited", "v1.2.0: the shop opens")] == [(one.code, one.sentence) for one in found]
    assert is_clean(found)


def test_too_few_approvals_are_found(line: Line) -> None:
    set_rules(line, approvals=2)
    line.promote(f"{MODEL}#production#3", "v1.0.0")
    (found,) = find(line)
    assert ("approvals-missing", f"{MODEL}#production#3") == (found.code, found.subject)
    assert "demands 2 approvals of this commit by others than who asked (ada); there is 1" == (
        found.sentence.removeprefix("production ")
    )


def test_who_asked_approves_nothing(line: Line) -> None:
    set_rules(line, approvals=1)
    line.echo(f"{MODEL}#production#3", line.declare("production", "v1.0.0", asked_by="@Ada"), approved_by=("ada",))
    assert [("approvals-missing", f"{MODEL}#production#3")] == codes(line)


def test_enough_approvals_are_enough(line: Line) -> None:
    set_rules(line, approvals=1)
    line.promote(f"{MODEL}#production#3", "v1.0.0")
    assert [] == codes(line)


def test_a_hold_is_noticed_while_it_stands(line: Line) -> None:
    hold = {"reason": "worse at night", "against": "v1.1.0", "set_by": "grace"}
    line.echo(f"{MODEL}#production#3", line.declare("production", "v1.0.0", hold=hold))
    assert [("hold", f"{MODEL}#production")] == codes(line)
    line.echo(f"{MODEL}#production#4", line.declare("production", "v1.0.0", reason="mended"))
    assert [] == codes(line)


def test_echoes_that_no_forge_attests_are_noticed_once_a_slot(line: Line) -> None:
    for n in (3, 4):
        declared_in = line.declare("staging", f"v1.{n - 3}.0", reason="again")
        line.echo(f"{MODEL}#staging#{n}", declared_in, declared_at=None, attested="unasked", pull_request=None)
    assert [("unattested", f"{MODEL}#staging")] == codes(line)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ({"lock_sha256": "1" * 64}, "dvc.lock is not the one"),
        ({"model_sha256": "1" * 64}, "model.onnx is not the one"),
    ],
)
def test_a_version_whose_tag_says_other_than_its_commit_is_found(line: Line, value: dict[str, Any], said: str) -> None:
    line.new_model(2)
    line.register(f"{MODEL}@v1.2.0", **value)
    (found,) = find(line)
    assert ("record-disagrees", f"{MODEL}@v1.2.0") == (found.code, found.subject)
    assert said in found.sentence


def test_a_manifest_and_a_lock_of_two_models_are_found(line: Line) -> None:
    line.commit({**model_files(2), "dvc.lock": model_files(3)["dvc.lock"]})
    line.register(f"{MODEL}@v1.2.0")
    (found,) = find(line)
    assert "about different models" in found.sentence


def test_a_manifest_that_was_edited_by_hand_is_found(line: Line) -> None:
    files = dict(model_files(2))
    path = f"models/{MODEL}/manifest.json"
    files[path] = files[path].replace('"jar"', '"jug"')
    line.commit(files)
    line.register(f"{MODEL}@v1.2.0")
    assert make_manifest(2).identity == line.identity(f"{MODEL}@v1.2.0")
    assert [("record-disagrees", f"{MODEL}@v1.2.0")] == codes(line)


def make_key(folder: Path, name: str) -> Path:
    """Make an SSH key and return the private one's place."""
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(folder / name)], check=True)
    return folder / name


@pytest.fixture
def signed(line: Line, tmp_path: Path) -> Line:
    """The same history, every tag of which is signed by a key that counts; and stages.yaml demands it."""
    key = make_key(tmp_path, "key")
    (tmp_path / "allowed").write_text(f"ada@example.org {key.with_suffix('.pub').read_text()}")
    line.git("config", "gpg.format", "ssh")
    line.git("config", "gpg.ssh.allowedSignersFile", str(tmp_path / "allowed"))
    line.git("config", "user.signingkey", str(key))
    line.git("config", "tag.gpgSign", "true")
    for name in line.git("tag", "--list").split():
        line.git("tag", "--delete", name)
    for n in (0, 1):
        commit = line.git("log", "--reverse", "--format=%H", "--", f"models/{MODEL}").split()[n]
        line.register(f"{MODEL}@v1.{n}.0", commit)
        for path, stage in ((STAGING, "staging"), (PRODUCTION, "production")):
            line.echo(f"{MODEL}#{stage}#{n + 1}", line.git("log", "--reverse", "--format=%H", "--", path).split()[n])
    line.commit({STAGES.as_posix(): f"signed_tags: true\n{RULES}"})
    return line


def test_tags_that_are_signed_well_are_well(signed: Line) -> None:
    signed.promote(f"{MODEL}#staging#3", "v1.0.0")
    assert [] == codes(signed)


def test_an_unsigned_tag_is_found(signed: Line) -> None:
    signed.git("config", "tag.gpgSign", "false")
    signed.promote(f"{MODEL}#staging#3", "v1.0.0")
    assert [("tag-unsigned", f"{MODEL}#staging#3")] == codes(signed)


def test_unsigned_tags_from_before_they_had_to_be_signed_are_well(line: Line) -> None:
    line.commit({STAGES.as_posix(): f"signed_tags: true\n{RULES}"})
    assert [] == codes(line)


def test_unsigned_tags_are_well_where_nothing_demands_signatures(line: Line) -> None:
    line.commit({STAGES.as_posix(): f"signed_tags: false\n{RULES}"})
    assert [] == codes(line)


def test_a_tag_of_an_unknown_key_is_found(signed: Line, tmp_path: Path) -> None:
    signed.git("config", "user.signingkey", str(make_key(tmp_path, "other")))
    signed.promote(f"{MODEL}#staging#3", "v1.0.0")
    (found,) = find(signed)
    assert ("tag-signature", f"{MODEL}#staging#3") == (found.code, found.subject)
    assert "key is of nobody" in found.sentence


def test_a_tag_that_was_edited_after_it_was_signed_is_found(signed: Line) -> None:
    signed.promote(f"{MODEL}#staging#3", "v1.0.0")
    edited = signed.git("cat-file", "tag", f"{MODEL}#staging#3").replace("Approved-By: grace", "Approved-By: eve")
    made = signed.git("hash-object", "-t", "tag", "-w", "--stdin", stdin=edited + "\n")
    signed.git("update-ref", f"refs/tags/{MODEL}#staging#3", made)
    (found,) = find(signed)
    assert ("tag-signature", f"{MODEL}#staging#3") == (found.code, found.subject)
    assert "incorrect signature" in found.sentence


def test_without_a_list_of_signers_it_says_what_is_missing(signed: Line) -> None:
    signed.promote(f"{MODEL}#staging#3", "v1.0.0")
    signed.git("config", "--unset", "gpg.ssh.allowedSignersFile")
    found = find(signed)
    assert [("tag-unverified", f"{MODEL}#staging#3")] == [(one.code, one.subject) for one in found]
    assert "gpg.ssh.allowedSignersFile needs to be configured" in found[0].sentence


def test_every_reason_of_distrust_has_a_kind() -> None:
    assert set() == {f"tag-{reason}" for reason in get_args(Reason)} - KINDS.keys()


def test_the_page_lists_every_code_in_the_order_of_reports() -> None:
    page = (ROOT / "docs/audit.md").read_text(encoding="utf-8")
    rows = [(kind.code, kind.title, kind.way) for kind in sorted(KINDS.values(), key=lambda kind: kind.notice)]
    assert rows == re.findall(r"^\| `([a-z-]+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)


def test_failures_come_before_notices_and_each_once() -> None:
    findings = [Finding("hold", "a", ""), Finding("bytes-differ", "b", ""), Finding("tag-moved", "c", "")] * 2
    assert ["tag-moved", "bytes-differ", "hold"] == [one.code for one in sort_findings(findings)]

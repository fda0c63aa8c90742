"""The registry's remote: real bare repositories, real pushes, and what else lies in them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from headway.errors import InputError, OutsideError
from headway.integrations.git.lost import find_lost
from headway.integrations.git.registry import GitRegistry
from headway.integrations.git.remote import Access
from headway.integrations.git.writing import Identity
from headway.ports import NewTag
from tests.registry.line import Line, make_registered_line

BOT = Identity("Bot", "bot@example.org")
NETWORK = {"ls-remote", "fetch", "push"}


@pytest.fixture(autouse=True)
def own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_SYSTEM", os.devnull)


@pytest.fixture
def line(tmp_path: Path) -> Line:
    return make_registered_line(tmp_path)


@pytest.fixture
def commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], list[str]]:
    """Return what tells the commands that git was run with since the last call."""
    trace = tmp_path / "trace"
    monkeypatch.setenv("GIT_TRACE2_EVENT", str(trace))

    def read() -> list[str]:
        events = [json.loads(line) for line in trace.read_text().splitlines()] if trace.exists() else []
        trace.unlink(missing_ok=True)
        return [one["name"] for one in events if one["event"] == "cmd_name"]

    return read


def registry_of(line: Line, *, sign: bool = False) -> GitRegistry:
    return GitRegistry(line.root, Access(), "main", BOT, sign=sign)


def other_clone(line: Line, *words: str, name: str = "other") -> Line:
    """Clone the line's origin anew, as a URL, so that depth counts."""
    clone = line.bare.parent / name
    line.git("clone", "--quiet", *words, line.bare.as_uri(), str(clone))
    return Line(clone, line.bare, clone)


def new_tag(line: Line, name: str = "detector#production#1", at: int = 1_800_000_000) -> NewTag:
    return NewTag(name, line.git("rev-parse", "origin/main"), f"{name}: v1.0.0 is declared\n\nRun: ab\n", at)


def on_remote(line: Line) -> dict[str, str]:
    """Return the tags of the bare repository."""
    listed = line.git("ls-remote", "--refs", "--tags", "origin").splitlines()
    return {name.removeprefix("refs/tags/"): oid for oid, name in (row.split("\t") for row in listed)}


def test_with_nothing_new_the_remote_is_asked_once(line: Line, commands: Callable[[], list[str]]) -> None:
    registry = registry_of(line)
    registry.refresh()
    commands()

    ledger = registry.refresh()

    assert ["ls-remote"] == [name for name in commands() if name in NETWORK]
    assert {"detector@v1.0.0"} == set(ledger.tags)


def test_what_is_new_is_fetched_at_once(line: Line, commands: Callable[[], list[str]]) -> None:
    reader = other_clone(line)
    line.promote("detector#production#1", "v1.0.0")
    line.push()
    commands()

    ledger = registry_of(reader).refresh()

    assert ["ls-remote", "fetch"] == [name for name in commands() if name in NETWORK]
    assert line.head() == ledger.head
    assert {"detector@v1.0.0", "detector#production#1"} == set(ledger.tags)


def test_a_tag_that_was_moved_on_the_remote_is_read_as_it_is_there(line: Line) -> None:
    reader = other_clone(line)
    before = reader.git("rev-parse", "refs/tags/detector@v1.0.0")
    line.git("tag", "--force", "detector@v1.0.0", "HEAD~1")
    line.push()
    moved = line.git("rev-parse", "refs/tags/detector@v1.0.0")

    ledger = registry_of(reader).refresh()
    assert moved == ledger.tags["detector@v1.0.0"].oid
    assert moved == reader.git("rev-parse", "refs/tags/detector@v1.0.0")
    assert (("detector@v1.0.0", before, moved),) == find_lost(reader.root, ledger)


def test_a_tag_that_the_remote_lacks_is_taken_away_here(line: Line) -> None:
    line.git("tag", "-a", "-m", "mine", "detector#production#9")
    line.git("tag", "-a", "-m", "mine", "my-own")
    oid = line.git("rev-parse", "refs/tags/detector#production#9")

    ledger = registry_of(line).refresh()
    assert {"detector@v1.0.0"} == set(ledger.tags)
    assert {"detector@v1.0.0", "my-own"} == set(line.git("tag", "--list").split())
    assert (("detector#production#9", oid, None),) == find_lost(line.root, ledger)


def test_a_tag_that_went_is_kept_until_it_is_put_back_or_forgotten(line: Line) -> None:
    name = "detector#production!#9"
    line.git("tag", "-a", "-m", "mine", name)
    oid = line.git("rev-parse", f"refs/tags/{name}")
    registry = registry_of(line)
    registry.refresh()
    line.git("gc", "--quiet", "--prune=now")
    assert ((name, oid, None),) == find_lost(line.root, registry.refresh())

    line.git("push", "--quiet", "origin", f"{oid}:refs/tags/{name}")
    assert () == find_lost(line.root, registry.refresh())

    line.git("push", "--quiet", "origin", f":refs/tags/{name}")
    line.git("update-ref", "-d", f"refs/headway/lost/{name}/{oid}")
    line.git("tag", "--delete", name)
    assert () == find_lost(line.root, registry.refresh())


def test_other_peoples_tags_stay_as_they_are(line: Line) -> None:
    reader = other_clone(line)
    reader.git("tag", "nightly", "HEAD~1")
    line.git("tag", "nightly")
    line.git("tag", "release")
    line.promote("detector#production#1", "v1.0.0")
    line.push()

    registry_of(reader).refresh()

    assert reader.git("rev-parse", "HEAD~1") == reader.git("rev-parse", "nightly")
    assert "release" not in reader.git("tag", "--list").split()


def test_among_10000_unrelated_tags_the_remote_is_asked_once(line: Line, commands: Callable[[], list[str]]) -> None:
    reader = other_clone(line)
    commit = line.head()
    made = "".join(f"create refs/tags/build-{number} {commit}\n" for number in range(10_000))
    line.git(f"--git-dir={line.bare}", "update-ref", "--stdin", stdin=made)
    commands()

    ledger = registry_of(reader).refresh()

    assert ["ls-remote"] == [name for name in commands() if name in NETWORK]
    assert {"detector@v1.0.0"} == set(ledger.tags)


def test_a_branch_that_was_moved_by_force_is_followed(line: Line) -> None:
    reader = other_clone(line)
    line.git("commit", "--quiet", "--amend", "--allow-empty", "-m", "another")
    line.push()

    ledger = registry_of(reader).refresh()

    assert line.head() == ledger.head
    assert line.head() == reader.git("rev-parse", "refs/remotes/origin/main")
    assert line.head() != reader.head()


def test_a_shallow_clone_stays_shallow(line: Line) -> None:
    reader = other_clone(line, "--depth=1")
    line.commit({"README.md": "new"})
    line.push()

    assert not registry_of(reader).refresh().complete
    assert "true" == reader.git("rev-parse", "--is-shallow-repository")


def test_submodules_are_left_alone(
    line: Line, tmp_path: Path, commands: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GIT_ALLOW_PROTOCOL", "file")
    library = make_registered_line(tmp_path / "library")
    line.git("submodule", "--quiet", "add", str(library.bare), "library")
    line.git("commit", "--quiet", "-m", "submodule")
    line.push()
    reader = other_clone(line, "--recurse-submodules")
    reader.git("config", "fetch.recurseSubmodules", "true")
    library.commit({"README.md": "new"})
    library.push()
    line.git("-C", "library", "pull", "--quiet")
    line.git("commit", "--quiet", "--all", "-m", "newer submodule")
    line.push()
    commands()

    ledger = registry_of(reader).refresh()

    assert line.head() == ledger.head
    assert ["ls-remote", "fetch"] == [name for name in commands() if name in NETWORK]


def test_a_branch_that_the_remote_lacks_is_said(line: Line) -> None:
    with pytest.raises(InputError, match="no branch 'trunk'"):
        GitRegistry(line.root, Access(), "trunk", BOT).refresh()


def test_a_remote_that_is_gone_is_trouble_outside(line: Line) -> None:
    line.bare.rename(line.bare.with_name("gone.git"))

    with pytest.raises(OutsideError, match="origin cannot be asked"):
        registry_of(line).refresh()


def test_a_tag_is_an_object_alone_until_it_is_published(line: Line) -> None:
    registry = registry_of(line)
    tag = new_tag(line)

    oid = registry.make_tag(tag)

    assert "detector#production#1" not in line.git("tag", "--list").split()
    assert (
        f"object {tag.commit}\ntype commit\ntag {tag.name}\n"
        f"tagger Bot <bot@example.org> 1800000000 +0000\n\n{tag.message}".rstrip()
        == line.git("cat-file", "tag", oid)
    )
    assert registry.publish({tag.name: oid})
    assert oid == on_remote(line)[tag.name]


def test_a_message_is_kept_to_the_letter(line: Line) -> None:
    registry = registry_of(line)
    message = "# no comment\n\n\nRun: ab  \n\n"

    oid = registry.make_tag(NewTag("detector#production#1", line.head(), message, 0))

    content = subprocess.run(["git", "cat-file", "tag", oid], cwd=line.root, capture_output=True, check=True).stdout
    assert message == content.decode().partition("\n\n")[2]


def test_a_tag_that_is_there_is_never_overwritten(line: Line) -> None:
    registry = registry_of(line)
    first = registry.make_tag(new_tag(line))
    second = registry.make_tag(new_tag(line, at=1_800_000_001))
    registry.publish({"detector#production#1": first})

    assert not registry.publish({"detector#production#1": second})
    assert first == on_remote(line)["detector#production#1"]


def test_of_several_tags_all_are_pushed_or_none(line: Line) -> None:
    registry = registry_of(line)
    first = registry.make_tag(new_tag(line))
    registry.publish({"detector#production#1": first})
    names = ["detector#production#1", "detector#production#2", "detector#staging#1"]
    new = {name: registry.make_tag(new_tag(line, name, at=1_800_000_001)) for name in names}

    assert not registry.publish(new)
    assert {"detector@v1.0.0", "detector#production#1"} == set(on_remote(line))


def test_what_git_says_of_a_push_is_not_believed(line: Line) -> None:
    registry = registry_of(line)
    hook = line.bare / "hooks/post-receive"
    hook.write_text(f"#!/bin/sh\ngit update-ref -d 'refs/tags/{new_tag(line).name}'\n")
    hook.chmod(0o755)
    oid = registry.make_tag(new_tag(line))

    with pytest.raises(OutsideError, match="cannot be pushed"):
        registry.publish({"detector#production#1": oid})


def test_a_push_that_got_there_though_git_failed_counts(line: Line) -> None:
    registry = registry_of(line)
    oid = registry.make_tag(new_tag(line))
    line.git("push", "--quiet", "origin", f"{oid}:refs/tags/detector#production#1")

    assert registry.publish({"detector#production#1": oid})


@pytest.mark.parametrize(("hook", "said"), [("pre-receive", "creations of tags"), ("update", "creations of tags")])
def test_a_rule_of_the_remote_is_said_in_its_own_words(line: Line, hook: str, said: str) -> None:
    registry = registry_of(line)
    path = line.bare / "hooks" / hook
    path.write_text("#!/bin/sh\necho 'creations of tags must be made by the App' >&2\nexit 1\n")
    path.chmod(0o755)
    oid = registry.make_tag(new_tag(line))

    with pytest.raises(InputError, match=said) as refused:
        registry.publish({"detector#production#1": oid})

    assert "create tags" in refused.value.hint
    assert {"detector@v1.0.0"} == set(on_remote(line))


def test_a_remote_that_forbids_moves_and_deletions_lets_new_tags_in(line: Line) -> None:
    for setting in ("receive.denyDeletes", "receive.denyNonFastForwards"):
        line.git(f"--git-dir={line.bare}", "config", setting, "true")
    registry = registry_of(line)
    oid = registry.make_tag(new_tag(line))

    assert registry.publish({"detector#production#1": oid})


def test_the_clones_own_hooks_do_not_run(line: Line) -> None:
    hook = line.clone / ".git/hooks/pre-push"
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    registry = registry_of(line)
    oid = registry.make_tag(new_tag(line))

    assert registry.publish({"detector#production#1": oid})


def test_a_push_brings_no_other_tag_along(line: Line) -> None:
    line.git("config", "push.followTags", "true")
    line.git("tag", "-a", "-m", "mine", "my-own")
    registry = registry_of(line)
    oid = registry.make_tag(new_tag(line))

    registry.publish({"detector#production#1": oid})

    assert {"detector@v1.0.0", "detector#production#1"} == set(on_remote(line))


def test_the_project_may_lie_below_the_repository(tmp_path: Path) -> None:
    line = make_registered_line(tmp_path, below="vision")
    registry = registry_of(line)
    oid = registry.make_tag(new_tag(line))

    assert registry.publish({"detector#production#1": oid})
    assert {"detector@v1.0.0", "detector#production#1"} == set(registry.refresh().tags)


@pytest.fixture
def ssh_key(tmp_path: Path) -> Path:
    key = tmp_path / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    return key


@pytest.mark.parametrize("asked_by", ["tag.gpgSign", "headway"])
def test_a_signature_is_valid_where_the_tag_is_fetched(line: Line, ssh_key: Path, asked_by: str) -> None:
    line.git("config", "gpg.format", "ssh")
    line.git("config", "user.signingKey", str(ssh_key))
    line.git("config", "tag.gpgSign", json.dumps(asked_by == "tag.gpgSign"))
    registry = registry_of(line, sign=asked_by == "headway")
    registry.publish({"detector#production#1": registry.make_tag(new_tag(line))})
    reader = other_clone(line)
    signers = ssh_key.with_name("signers")
    signers.write_text(f"bot@example.org {ssh_key.with_suffix('.pub').read_text()}")

    registry_of(reader).refresh()

    reader.git("-c", f"gpg.ssh.allowedSignersFile={signers}", "verify-tag", "detector#production#1")


def test_the_signing_program_of_the_clones_settings_is_asked(line: Line, tmp_path: Path) -> None:
    program = tmp_path / "gitsign"
    program.write_text(
        "#!/bin/sh\n"
        "cat >/dev/null\n"
        "echo '[GNUPG:] SIG_CREATED ' >&2\n"
        "echo '-----BEGIN SIGNED MESSAGE-----'\n"
        "git config gitsign.issuer\n"
        "echo '-----END SIGNED MESSAGE-----'\n"
    )
    program.chmod(0o755)
    for setting, value in (("gpg.format", "x509"), ("gpg.x509.program", str(program)), ("gitsign.issuer", "ours")):
        line.git("config", setting, value)

    oid = registry_of(line, sign=True).make_tag(new_tag(line))

    assert "-----BEGIN SIGNED MESSAGE-----\nours\n" in line.git("cat-file", "tag", oid)


def test_a_tag_that_cannot_be_signed_is_not_made(line: Line) -> None:
    line.git("config", "gpg.format", "ssh")
    line.git("config", "user.signingKey", "missing")

    with pytest.raises(InputError, match="cannot be signed"):
        registry_of(line, sign=True).make_tag(new_tag(line))


def test_without_a_wish_nothing_is_signed(line: Line, ssh_key: Path) -> None:
    line.git("config", "gpg.format", "ssh")
    line.git("config", "user.signingKey", str(ssh_key))

    oid = registry_of(line).make_tag(new_tag(line))

    assert "BEGIN" not in line.git("cat-file", "tag", oid)

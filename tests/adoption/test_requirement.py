from __future__ import annotations

import json

import pytest

from headway.adoption.requirement import (
    choose_requirement,
    find_requirement,
    installed_from,
    is_pinned,
    kept_requirement,
)
from headway.errors import InputError

COMMIT = "a" * 40
FROM_GIT = f"headway[train] @ git+https://git.example.org/headway@{COMMIT}"


@pytest.mark.parametrize(
    ("direct_url", "expected"),
    [
        (None, None),
        ({"url": "file:///home/ada/headway", "dir_info": {"editable": True}}, None),
        ({"url": "file:///home/ada/headway-0.1.0.whl", "archive_info": {}}, None),
        (
            {"url": "https://git.example.org/headway", "vcs_info": {"vcs": "git", "commit_id": COMMIT}},
            FROM_GIT,
        ),
        (
            {"url": "https://example.org/headway-0.1.0-py3-none-any.whl", "archive_info": {}},
            "headway[train] @ https://example.org/headway-0.1.0-py3-none-any.whl",
        ),
    ],
)
def test_where_pip_installed_from_is_where_the_team_installs_from(
    direct_url: dict[str, object] | None, expected: str | None
) -> None:
    assert expected == installed_from(None if direct_url is None else json.dumps(direct_url))


@pytest.mark.parametrize(
    ("recorded", "written", "update", "movable", "expected"),
    [
        (None, None, False, True, None),
        (None, "headway==1", False, True, None),
        ("headway==1", "headway==1", False, True, "headway==1"),
        ("headway==1", "headway==2", False, True, "headway==1"),
        ("headway==1", "headway==1", True, True, None),
        ("headway==1", "headway==2", True, True, "headway==2"),
        ("headway==1", None, True, False, None),
        (FROM_GIT, FROM_GIT, True, False, FROM_GIT),
        (FROM_GIT, "headway==2", True, False, "headway==2"),
    ],
)
def test_a_repository_keeps_its_line_until_an_update_and_a_line_that_the_team_changed(
    recorded: str | None, written: str | None, update: bool, movable: bool, expected: str | None
) -> None:
    assert expected == kept_requirement(recorded, written, update=update, movable=movable)


@pytest.mark.parametrize(
    ("asked", "kept", "installed", "expected"),
    [
        ("headway==1", "headway==2", FROM_GIT, "headway==1"),
        (None, "headway==2", FROM_GIT, "headway==2"),
        (None, None, FROM_GIT, FROM_GIT),
        (None, None, None, "headway[train]==3"),
    ],
)
def test_what_was_asked_for_counts_before_what_is_kept_and_what_is_installed(
    asked: str | None, kept: str | None, installed: str | None, expected: str
) -> None:
    assert expected == choose_requirement(asked, kept, installed, "3")


@pytest.mark.parametrize("asked", ["", "requests==1", "headway==1\nrequests", "headwayx==1"])
def test_another_package_is_refused(asked: str) -> None:
    with pytest.raises(InputError, match="does not name Headway"):
        choose_requirement(asked, None, None, "3")


@pytest.mark.parametrize(
    ("line", "pinned"),
    [
        ("headway==0.1.0", True),
        ("headway[train,dev] == 0.1.0", True),
        (FROM_GIT, True),
        ("headway[train] @ https://example.org/headway-0.1.0-py3-none-any.whl", True),
        ("headway", False),
        ("headway>=0.1.0", False),
        ("headway==0.*", False),
        ("headway @ git+https://git.example.org/headway@main", False),
        ("headway @ git+https://git.example.org/headway", False),
    ],
)
def test_what_always_means_the_same_code_is_pinned(line: str, pinned: bool) -> None:
    assert pinned == is_pinned(line)


def test_the_line_of_headway_is_found_without_its_comment() -> None:
    lines = ["# headway==0", "headway-tools==2", "headway[train]==0.1.0  # ours"]
    assert "headway[train]==0.1.0" == find_requirement(lines)
    assert find_requirement(["requests==1"]) is None

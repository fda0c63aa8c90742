from __future__ import annotations

import json

import pytest

from headway.adoption.requirement import choose_requirement, find_requirement, installed_from, is_pinned
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
    ("asked", "installed", "recorded", "update", "expected"),
    [
        ("headway==1", FROM_GIT, "headway==2", True, "headway==1"),
        (None, FROM_GIT, "headway==2", False, "headway==2"),
        (None, FROM_GIT, "headway==2", True, FROM_GIT),
        (None, None, "headway[train]==2", True, "headway[train]==3"),
        (None, None, FROM_GIT, True, FROM_GIT),
        (None, None, None, False, "headway[train]==3"),
        (None, FROM_GIT, None, False, FROM_GIT),
    ],
)
def test_a_repository_keeps_its_line_until_an_update(
    asked: str | None, installed: str | None, recorded: str | None, update: bool, expected: str
) -> None:
    assert expected == choose_requirement(asked, installed, recorded, "3", update=update)


@pytest.mark.parametrize("asked", ["", "requests==1", "headway==1\nrequests", "headwayx==1"])
def test_another_package_is_refused(asked: str) -> None:
    with pytest.raises(InputError, match="does not name Headway"):
        choose_requirement(asked, None, None, "3", update=False)


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

"""Where people see the repository, as far as it is on GitHub."""

from __future__ import annotations

import pytest

from headway.integrations.github.account import find_repository_url


@pytest.mark.parametrize(
    ("origin", "url"),
    [
        ("https://github.com/acme/bottles.git", "https://github.com/acme/bottles"),
        ("git@github.com:acme/bottles.git", "https://github.com/acme/bottles"),
        ("https://token@acme.ghe.com/acme/bottles", "https://acme.ghe.com/acme/bottles"),
        ("https://gitlab.com/acme/bottles.git", None),
        ("https://github.com/acme/bottles/../../x", None),
        ("/srv/git/bottles.git", None),
        (None, None),
    ],
)
def test_origin_says_it_where_it_is_on_github(origin: str | None, url: str | None) -> None:
    assert url == find_repository_url({}, origin)


def test_the_workflow_s_variables_go_first() -> None:
    named = {"GITHUB_REPOSITORY": "acme/bottles", "GITHUB_SERVER_URL": "https://git.acme.example/"}

    assert "https://git.acme.example/acme/bottles" == find_repository_url(named, "https://github.com/other/place")
    assert None is find_repository_url({**named, "GITHUB_SERVER_URL": "javascript:alert(1)//"})
    assert None is find_repository_url({**named, "GITHUB_REPOSITORY": "acme/bottles?x"})

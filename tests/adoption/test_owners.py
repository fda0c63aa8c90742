from __future__ import annotations

import pytest

from headway.adoption.owners import owners_of


@pytest.mark.parametrize(
    ("pattern", "covered", "not_covered"),
    [
        # The examples of GitHub's page on code owners.
        ("*", ["a", "a/b/c.py"], []),
        ("*.js", ["a.js", "lib/b.js"], ["a.jsx", "a.js.map"]),
        ("/build/logs/", ["build/logs/a", "build/logs/b/c"], ["logs/a", "x/build/logs/a"]),
        ("docs/*", ["docs/getting-started.md"], ["docs/build-app/troubleshooting.md", "x/docs/a.md"]),
        ("apps/", ["apps/a", "x/apps/b/c"], ["apps"]),
        ("/docs/", ["docs/a", "docs/b/c"], ["x/docs/a"]),
        ("/scripts/", ["scripts/a"], ["x/scripts/a"]),
        ("**/logs", ["logs/a", "build/logs/b", "deeply/nested/logs/c"], ["logsx/a"]),
        ("/apps/github", ["apps/github/a", "apps/github"], ["apps/githubs"]),
        # And what teams write besides.
        ("/.github/**", [".github/workflows/a.yml"], ["x/.github/a"]),
        ("params.yaml", ["params.yaml", "x/params.yaml"], ["params.yaml.old"]),
        ("/a?c", ["abc"], ["a/c", "ac"]),
        ("/with\\ space", ["with space"], ["with"]),
        ("/a+b.c", ["a+b.c"], ["aab.c", "a+bxc"]),
    ],
)
def test_patterns_cover_what_github_says(pattern: str, covered: list[str], not_covered: list[str]) -> None:
    text = f"{pattern} @acme/team\n"
    assert {path: ["@acme/team"] for path in covered} == {path: list(owners_of(path, text)) for path in covered}
    assert {path: [] for path in not_covered} == {path: list(owners_of(path, text)) for path in not_covered}


def test_the_last_line_that_fits_counts_also_without_owners() -> None:
    text = "* @acme/all\n/src/ @ada grace@example.org # two\n/src/free.py\n"
    assert ["@acme/all"] == owners_of("params.yaml", text)
    assert ["@ada", "grace@example.org"] == owners_of("src/code.py", text)
    assert [] == owners_of("src/free.py", text)


def test_comments_and_placeholders_own_nothing() -> None:
    assert [] == owners_of("src/a", "# * @acme/all\n\n/src/ @OWNER/TEAM\n")

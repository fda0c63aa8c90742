"""Where a team's workflows differ from this project's own: no Makefile, no tests, and a pinned Headway."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

_TEST = """\
          torch-index: ${{ vars.HEADWAY_TORCH_INDEX }}

      - name: Check and test
        run: make check test
"""

_CHECK = """\
          extras: verify

      - name: Check params.yaml
        run: headway params check

      - name: Verify dvc.lock
        run: headway verify --no-remote
"""

_ONLY_HEADWAY = """\
    directory: /
    allow: [{dependency-name: headway}] # constraints.txt comes with it: headway init . --update
"""

_OWNED = """\
# /src/               @OWNER/TEAM
# /requirements.txt   @OWNER/TEAM
"""

DIFFERENCES: Mapping[str, Sequence[tuple[str, str]]] = {
    ".github/actions/setup/action.yml": (
        ("default: train,dev\n", "default: train\n"),
        ("run: make install\n", "run: python tools/install.py\n"),
    ),
    "tools/install.py": (('or "train,dev"\n', 'or "train"\n'),),
    ".github/workflows/check.yml": (
        ("# Lint, types, architecture and the fast tests.", "# Whether params.yaml is usable, and dvc.lock fits it."),
        (_TEST, _CHECK),
    ),
    ".github/dependabot.yml": (("    directory: /\n", _ONLY_HEADWAY),),
    ".github/CODEOWNERS": (("# /src/               @OWNER/TEAM\n", _OWNED),),
}
"""Path -> (this project's text, the team's), each of which stands in the file exactly once."""

_PAGES = ("docs/pull-request-loop.md", "docs/promotion-workflow.md")


def differ(path: str, text: str) -> str:
    """Return a file of this project as a team gets it.

    Raises:
        ValueError: this project's file has changed, so that a difference no longer fits it.
    """
    for ours, theirs in DIFFERENCES.get(path, ()):
        if text.count(ours) != 1:
            raise ValueError(f"{path} holds {ours!r} {text.count(ours)} times, not once")
        text = text.replace(ours, theirs)
    for page in _PAGES:
        text = text.replace(page, f"Headway's {page}")
    return text

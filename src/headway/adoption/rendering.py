"""Makes a team's files out of this project's own: pure functions from text to text.

Only what must differ is written here: a team has no src/, no Makefile and no tests, but a pinned Headway.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from headway.adoption import texts
from headway.adoption.differences import differ
from headway.adoption.plan import Kind, Rendering
from headway.contracts.layout import REGISTRY, STAGES

REQUIREMENTS = "requirements.txt"

_LINES = {".gitignore", ".gitattributes", ".dvcignore", ".dvc/.gitignore"}
_BEGUN = {"params.yaml", ".dvc/config", "README.md", ".github/CODEOWNERS", STAGES.as_posix()}
_NOT_FOR_TEAMS = {"bench/work/", ".mypy_cache/", ".ruff_cache/", ".hypothesis/", ".import_linter_cache/"}
"""Lines of .gitignore that are about the development of Headway itself."""
_KEPT = f"!/{REGISTRY.as_posix()}/*"
"""A stage may be called like what DVC keeps of a model, such as "bundle"."""


def render(template: Mapping[str, str], requirement: str) -> dict[str, Rendering]:
    """Return path -> what a team's repository holds there, in the order of the paths.

    Args:
        template: path -> text of this project's own file, as `read_template` returns it.
        requirement: how requirements.txt names Headway, for example "headway[train]==0.1.0".
    """
    rendered = {path: _changed(path, text, template) for path, text in template.items()}
    rendered[REQUIREMENTS] = texts.REQUIREMENTS.format(requirement=requirement)
    rendered["README.md"] = texts.README
    return {path: Rendering(text.encode(), _kind(path)) for path, text in sorted(rendered.items())}


def render_pipeline(text: str) -> str:
    """Return dvc.yaml for a team: every stage depends on requirements.txt, and on no source of Headway."""
    lines = text[text.index("stages:\n") :].splitlines(keepends=True)
    kept = [line for line in lines if not line.lstrip().startswith("- src/")]
    body = "".join(kept).replace("cmd: PYTHONPATH=src python ", "cmd: python ")
    return texts.PIPELINE_HEAD + re.sub(r"^( *)deps:\n", rf"\g<0>\1  - {REQUIREMENTS}\n", body, flags=re.MULTILINE)


def render_gitignore(text: str, pipeline: str) -> str:
    """Return .gitignore for a team: also what DVC keeps, so that no stage needs to write a .gitignore of its own."""
    kept = [line for line in text.splitlines() if line not in _NOT_FOR_TEAMS]
    return "\n".join([*kept, *cached_outputs(pipeline), _KEPT]) + "\n"


def cached_outputs(pipeline: str) -> list[str]:
    """Return what dvc.yaml keeps in DVC's cache, as patterns of .gitignore; any model's name fits."""
    stages: Mapping[str, Any] = yaml.safe_load(pipeline)["stages"]
    cached = [path for stage in stages.values() for path in stage.get("outs", []) if isinstance(path, str)]
    return [f"/{re.sub(r'[$][{][^}]*[}]', '*', path)}" for path in cached]


def _changed(path: str, text: str, template: Mapping[str, str]) -> str:
    if path == "dvc.yaml":
        return render_pipeline(text)
    if path == ".gitignore":
        return render_gitignore(text, template["dvc.yaml"])
    return differ(path, text)


def _kind(path: str) -> Kind:
    if path in _LINES:
        return Kind.LINES
    return Kind.BEGUN if path in _BEGUN or path.startswith("data/") else Kind.MAINTAINED

"""The files that a team's repository begins with: this project's own, by symbolic links in `template/`.

The links become plain files in a wheel, so an installed Headway reads the same bytes as this checkout
(docs/decisions/0014-adoption.md). Some names differ there: a second dvc.yaml would be a second pipeline to DVC.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

TEMPLATE = Path(__file__).with_name("template")

_PLACES = {
    "data/": "data/",
    "dvc/config": ".dvc/config",
    "dvc/gitignore": ".dvc/.gitignore",
    "dvc/plots/": ".dvc/plots/",
    "dvcignore": ".dvcignore",
    "gitattributes": ".gitattributes",
    "github/": ".github/",
    "gitignore": ".gitignore",
    "constraints.txt": "constraints.txt",
    "params.schema.json": "docs/params.schema.json",
    "params.yaml": "params.yaml",
    "pipeline.yaml": "dvc.yaml",
    "pipelines/": "pipelines/",
    "install": "tools/install.py",
    "stages.yaml": "models/registry/stages.yaml",
}
"""File in template/ -> its path in a repository; a folder, with a slash at its end, stands for all below it."""


def read_template(folder: Path = TEMPLATE) -> Mapping[str, str]:
    """Return path in a repository -> text, in the order of the paths."""
    found = {}
    for source, target in _PLACES.items():
        for file in _files(folder / source):
            below = file.relative_to(folder).as_posix()
            found[target + below.removeprefix(source)] = file.read_text(encoding="utf-8")
    return dict(sorted(found.items()))


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    return [file for file in path.rglob("*") if file.is_file() and file.suffix != ".pyc"]

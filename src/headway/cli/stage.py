"""The one entry point of the scripts in pipelines/: reads a stage's section, runs it, ends it with the right code."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import TypeVar

from headway.cli.failure import guarded
from headway.contracts.layout import PARAMS, ModelFiles
from headway.contracts.params.document import Section, read_document, read_section
from headway.contracts.params.model import read_model

SectionT = TypeVar("SectionT", bound=Section)


def run_stage(name: str, section: type[SectionT], body: Callable[[SectionT, ModelFiles], None]) -> None:
    """Read section `name` of params.yaml, run `body` with it, and exit.

    `body` gets the section and the model's files; paths are relative to the
    repository's root, where DVC runs every stage.
    """
    # Equal seeds must give equal sets and dicts in child processes too.
    os.environ.setdefault("PYTHONHASHSEED", "0")
    with guarded(debug=bool(os.environ.get("HEADWAY_DEBUG"))):
        document = read_document(PARAMS)
        body(read_section(document, name, section), ModelFiles(read_model(document)))
        sys.exit(0)

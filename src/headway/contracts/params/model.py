"""The `model` name of params.yaml: the folder under models/, and later the registry's name."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import Field

from headway.contracts.layout import NAME_PATTERN, REGISTRY
from headway.contracts.params.document import Document, Fault, ParamsError

ModelName = Annotated[str, Field(pattern=NAME_PATTERN)]
DEFAULT = "detector"


def read_model(document: Document) -> str:
    """Return the model's name.

    Raises:
        ParamsError: the name could not be a folder and a registry tag.
    """
    faults = check_model(document)
    if faults:
        raise ParamsError(document.file, faults)
    return str(document.values.get("model", DEFAULT))


def check_model(document: Document) -> list[Fault]:
    """Return what is wrong with the model's name, if anything."""
    name = document.values.get("model", DEFAULT)
    if isinstance(name, str) and re.fullmatch(NAME_PATTERN, name) and name != REGISTRY.name:
        return []
    rule = "lower-case letters, digits and hyphens, a letter first, no hyphen last, at most 63, not registry"
    return [Fault(document.line_of(("model",)), "model", f"a model's name is {rule}, not {name!r}")]

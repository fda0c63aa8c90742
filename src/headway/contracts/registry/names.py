"""The registry's names as fields of its files; apart from their grammar, so that reading tags needs no validation."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headway.contracts.layout import NAME_PATTERN

RegistryName = Annotated[str, Field(pattern=NAME_PATTERN)]
"""Of a model or a stage: lower-case letters, digits and hyphens, a letter first, no hyphen at the end, at most 63."""
VersionText = Annotated[str, Field(pattern=r"^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)$")]

"""The `package` section: what the bundle carries besides the model."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from headway.contracts.params.document import Section


class PackageParams(Section):
    """What the bundle carries besides the model."""

    golden_images: Annotated[int, Field(ge=1, le=64)] = 8
    """Test images with expected detections, run by every device before it switches."""
    profile_windows: Annotated[int, Field(ge=2)] = 14
    """Windows that the reference images are divided into, so that drift thresholds can be learnt from their spread."""
    description: str = ""
    """What the model is for, in the model card."""
    licence: str = "AGPL-3.0"
    """Licence of the weights; Ultralytics' own is AGPL-3.0."""

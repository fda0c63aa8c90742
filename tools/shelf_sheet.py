"""Draws docs/images/shelves.jpg: eight pictures of the default data set, and one for each knob of drift.

Run from the repository's root: python tools/shelf_sheet.py [OUTPUT]
"""

from __future__ import annotations

import sys
from pathlib import Path

from PIL import Image

from headway.contracts.params.scene import SceneDrift
from headway.data.shelves import draw_picture, read_spec

TILE = (200, 150)
COLUMNS = 4
DRIFTS = (
    SceneDrift(brightness=0.45, warmth=0.5),
    SceneDrift(blur_px=2.0),
    SceneDrift(new_product=0.5),
    SceneDrift(density=2.5),
)


def main(output: Path) -> None:
    """Write the sheet to `output`."""
    spec = read_spec(Path("data/shelves.yaml"))
    specs = [spec] * 8 + [spec.model_copy(update={"drift": drift}) for drift in DRIFTS]
    sheet = Image.new("RGB", (TILE[0] * COLUMNS, TILE[1] * len(specs) // COLUMNS))
    for place, tile in enumerate(specs):
        picture = draw_picture(tile, "test", place).image.resize(TILE, Image.Resampling.LANCZOS)
        sheet.paste(picture, (place % COLUMNS * TILE[0], place // COLUMNS * TILE[1]))
    output.parent.mkdir(parents=True, exist_ok=True)
    sheet.save(output, quality=82)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/images/shelves.jpg"))

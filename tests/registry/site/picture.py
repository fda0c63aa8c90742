"""Takes the picture of docs/registry.md: python -m tests.registry.site.picture docs/site.png."""

from __future__ import annotations

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from headway.registry.site.page import render_page
from tests.registry.site.browser import open_browser
from tests.registry.site.sample import usual_site

HEIGHT = 1480
GAP = 24


def main(out: Path) -> None:
    """Write the page as a desktop shows it, and beside it as a phone does."""
    with tempfile.TemporaryDirectory() as folder, open_browser(Path(folder)) as tab:
        page = Path(folder, "index.html")
        page.write_text(render_page(usual_site()), encoding="utf-8")
        shots = []
        for width, start in ((860, ""), (390, "#model.detector.scores")):
            tab.open(page, width=width, height=HEIGHT)
            tab.evaluate(f"location.hash = '{start}'")
            shots.append(Image.open(io.BytesIO(tab.screenshot(whole=False))).convert("RGB"))
    whole = Image.new("RGB", (sum(shot.width for shot in shots) + GAP, HEIGHT), "#d0d4d9")
    whole.paste(shots[0], (0, 0))
    whole.paste(shots[1], (shots[0].width + GAP, 0))
    whole.quantize(128).save(out, optimize=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

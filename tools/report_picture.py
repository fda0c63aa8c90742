"""Takes the picture of a report: Markdown as GitHub renders it, Mermaid charts included, in headless Chromium.

python tools/report_picture.py report.md package/dist/mermaid.min.js docs/report.png

`mermaid.min.js` comes from the npm package: `npm pack mermaid`, then unpack it. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import cmarkgfm
from cmarkgfm.cmark import Options
from PIL import Image, ImageChops

WIDTH = 900
"""Of GitHub's comment column with its margins, in pixels."""
HIGHEST = 6000
MERMAID = re.compile(r'<pre lang="mermaid"><code>(.*?)</code></pre>', re.DOTALL)
STYLE = """
body { color: #1f2328; font: 14px/1.5 "Noto Sans", sans-serif; margin: 0; padding: 24px; width: 852px }
h2 { border-bottom: 1px solid #d1d9e0; font-size: 21px; margin: 0 0 16px; padding-bottom: 6px }
h3 { font-size: 17.5px; margin: 24px 0 12px }
p, details { margin: 0 0 12px }
table { border-collapse: collapse; display: block; margin: 0 0 12px; max-width: 100%; width: max-content }
td, th { border: 1px solid #d1d9e0; padding: 5px 11px }
tr:nth-child(2n) td { background: #f6f8fa }
code { background: #818b981f; border-radius: 6px; font: 85% "Noto Sans Mono", monospace; padding: .2em .4em }
.mermaid { margin: 0 0 12px }
"""


def main() -> int:
    """Render the report that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("report", type=Path)
    parser.add_argument("mermaid", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    browser = shutil.which("chromium") or shutil.which("google-chrome")
    if browser is None:
        print("error: there is no Chromium on the PATH", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder:
        page, shot = Path(folder, "report.html"), Path(folder, "report.png")
        page.write_text(html(arguments.report.read_text(encoding="utf-8"), arguments.mermaid), encoding="utf-8")
        take(browser, page, shot, Path(folder, "profile"))
        trim(shot, arguments.out)
    print(f"{arguments.out}: {arguments.out.stat().st_size:,} bytes")
    return 0


def html(markdown: str, mermaid: Path) -> str:
    """Return the page; folded parts stay folded, as a reviewer first sees them."""
    body = cmarkgfm.github_flavored_markdown_to_html(markdown, Options.CMARK_OPT_UNSAFE)
    body = MERMAID.sub(r'<div class="mermaid">\1</div>', body)
    script = f'<script src="{mermaid.resolve().as_uri()}"></script>'
    start = "<script>mermaid.initialize({startOnLoad: true})</script>"
    return f'<!doctype html><meta charset="utf-8"><style>{STYLE}</style><body>{body}{script}{start}</body>'


def take(browser: str, page: Path, shot: Path, profile: Path) -> None:
    """Write a screenshot that is higher than the page."""
    options = ["no-sandbox", "disable-gpu", "no-first-run", "disable-background-networking", "disable-component-update"]
    options += [
        "headless",
        "disable-sync",
        "hide-scrollbars",
        "virtual-time-budget=10000",
        "allow-file-access-from-files",
    ]
    options += [f"user-data-dir={profile}", f"window-size={WIDTH},{HIGHEST}", f"screenshot={shot}"]
    subprocess.run([browser, *(f"--{option}" for option in options), page.as_uri()], check=True, capture_output=True)


def trim(shot: Path, out: Path) -> None:
    """Cut the white below the text off, and write few colours: a page has no more."""
    with Image.open(shot) as image:
        page = image.convert("RGB")
        content = ImageChops.difference(page, Image.new("RGB", page.size, "white")).getbbox()
        bottom = min(page.height, content[3] + 24) if content else page.height
        page.crop((0, 0, page.width, bottom)).quantize(256).save(out, optimize=True)


if __name__ == "__main__":
    sys.exit(main())

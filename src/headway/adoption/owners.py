"""CODEOWNERS: who must approve a change of which file.

https://docs.github.com/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
"""

from __future__ import annotations

import re
from collections.abc import Sequence

PLACES = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS")
"""Where GitHub looks; the first that is there counts."""

_PLACEHOLDER = re.compile(r"@OWNER\b")


def owners_of(path: str, text: str) -> Sequence[str]:
    """Return the owners of a file: those of the last line whose pattern fits, which may name none."""
    found: Sequence[str] = ()
    for line in text.splitlines():
        words = re.split(r"(?<!\\)\s+", re.sub(r"(^|\s)#.*", "", line).strip())
        if words[0] and _pattern(words[0]).fullmatch(path):
            found = [word for word in words[1:] if not _PLACEHOLDER.match(word)]
    return found


def _pattern(written: str) -> re.Pattern[str]:
    r"""Translate a pattern: as in .gitignore, but without "!" and "[]", and "dir/*" is not the files below dir/x/."""
    anchored = "/" in written.rstrip("/")
    parts = re.split(r"(\*\*/|/\*\*|\*|\?)", written.lstrip("/").rstrip("/").replace("\\ ", " "))
    known = {"**/": "(?:.*/)?", "/**": "/.*", "*": "[^/]*", "?": "[^/]"}
    body = "".join(known.get(part) or re.escape(part) for part in parts)
    below = {"/": "/.*", "*": ""}.get(written[-1], "(?:/.*)?")
    return re.compile(("" if anchored or written.startswith("/") else "(?:.*/)?") + body + below)

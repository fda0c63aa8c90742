"""Which paths lie in which folders."""

from __future__ import annotations

import posixpath
from bisect import bisect_left
from collections.abc import Iterable, Iterator


def folders_above(path: str) -> Iterator[str]:
    """Yield the folders that a path lies in, the nearest first."""
    while path := posixpath.dirname(path):
        yield path


class SortedPaths:
    """Paths among which those in a folder are found without looking at all."""

    def __init__(self, paths: Iterable[str]) -> None:
        self._paths = sorted(set(paths))

    def below(self, folder: str) -> Iterator[str]:
        """Yield those that lie in a folder, at any depth."""
        start = f"{folder}/"
        for place in range(bisect_left(self._paths, start), len(self._paths)):
            if not self._paths[place].startswith(start):
                return
            yield self._paths[place]

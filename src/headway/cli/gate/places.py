"""Where the files of one run of the pipeline lie: in the working tree, or in what Git and DVC hold of a revision."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from headway.cli.progress import show_progress
from headway.contracts.dataset import FACTS, RECORDS, PreparedDataset, read_dataset
from headway.contracts.evidence import DETECTIONS, GROUND_TRUTH, IMAGES
from headway.contracts.layout import PREPARED, ModelFiles
from headway.contracts.manifest import MODEL
from headway.errors import InputError
from headway.integrations.git.reading import file_at
from headway.integrations.git.revisions import commit_of


class Place(Protocol):
    """A run's files, as paths on this machine; relative paths are those of `contracts.layout`."""

    @property
    def source(self) -> str:
        """What was named."""
        ...

    @property
    def commit(self) -> str | None:
        """None in a working tree, whose content no commit vouches for."""
        ...

    def file(self, path: Path) -> Path:
        """Return where a file that Git tracks lies; it may be missing."""
        ...

    def evidence(self, model: ModelFiles) -> Path:
        """Return the folder of the evidence's tables."""
        ...

    def onnx(self, model: ModelFiles) -> Path:
        """Return the model's file."""
        ...

    def dataset(self, most: int | None = None) -> PreparedDataset:
        """Return the prepared data, with (the first `most` of) its test images on this machine."""
        ...


@dataclass(frozen=True)
class WorkingTree:
    """The files as they lie below `root`."""

    root: Path
    source: str = "working tree"
    commit: None = None

    def file(self, path: Path) -> Path:
        return self.root / path

    def evidence(self, model: ModelFiles) -> Path:
        return _present(self.root / model.evidence)

    def onnx(self, model: ModelFiles) -> Path:
        return _present(self.root / model.onnx)

    def dataset(self, most: int | None = None) -> PreparedDataset:  # noqa: ARG002  all are there
        return read_dataset(_present(self.root / PREPARED))


@dataclass(frozen=True)
class Revision:
    """What Git and DVC hold of a commit of the repository in `root`; copied to `scratch` when asked for."""

    root: Path
    source: str
    commit: str
    scratch: Path

    def file(self, path: Path) -> Path:
        target = self.scratch / path
        content = file_at(self.root, self.commit, path)
        if content is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return target

    def evidence(self, model: ModelFiles) -> Path:
        return self._copy(model.evidence, (IMAGES, GROUND_TRUTH, DETECTIONS))

    def onnx(self, model: ModelFiles) -> Path:
        return self._copy(model.bundle, (MODEL,)) / MODEL

    def dataset(self, most: int | None = None) -> PreparedDataset:
        dataset = read_dataset(self._copy(PREPARED, (RECORDS, FACTS)))
        self._copy(PREPARED, [record.file for record in dataset.split("test")[:most]])
        return dataset

    def _copy(self, folder: Path, names: Sequence[str]) -> Path:
        from headway.integrations.dvc.tracked import copy_tracked

        copy_tracked(self.root, self.commit, folder, names, self.scratch / folder, show_progress)
        return self.scratch / folder


@contextmanager
def open_revision(root: Path, revision: str, *, source: str | None = None) -> Iterator[Revision]:
    """Yield the files of `revision`; they are gone afterwards.

    Args:
        root: the repository.
        revision: anything that names a commit.
        source: what to call it, where that is not `revision`.

    Raises:
        InputError: there is no such revision; or what the block raises, its message naming the revision.
    """
    commit = commit_of(root, revision)
    if commit is None:
        raise InputError(f"{revision!r} names no commit", hint="git log --all shows the commits; fetch what is missing")
    name = source or revision
    with tempfile.TemporaryDirectory() as scratch:
        try:
            yield Revision(root, name, commit, Path(scratch))
        except InputError as error:
            if scratch not in error.message:
                raise
            raise InputError(error.message.replace(f"{scratch}/", f"{name}:"), hint=error.hint) from error


def _present(path: Path) -> Path:
    if not path.exists():
        raise InputError(f"{path} is not here", hint=f"run: dvc pull {path}; or: headway repro")
    return path

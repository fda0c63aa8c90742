"""DVC: reads what other revisions tracked, without a checkout."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any

from headway.contracts.layout import LOCK, PIPELINE
from headway.errors import HeadwayError, InputError, OutsideError
from headway.ports import Progress


def read_tracked(root: Path, revision: str, folder: Path, names: Sequence[str]) -> tuple[str, dict[str, bytes]]:
    """Return the full hash of `revision`, and the content of files in a folder that DVC tracked there.

    They come from DVC's cache, or else from its remote; nothing is checked out.

    Args:
        root: the repository.
        revision: anything that names a commit.
        folder: the tracked folder, relative to `root`.
        names: of the files in it.

    Raises:
        InputError: this is no repository, there is no such revision, or neither cache nor remote has the files.
        OutsideError: the remote cannot be reached.
    """
    with _opened(root, revision, folder) as (files, place):
        commit = files.fs.repo.get_rev()
        return commit, {name: files.cat_file(str(place / name)) for name in names}


def copy_tracked(
    root: Path, revision: str, folder: Path, names: Sequence[str], target: Path, progress: Progress
) -> None:
    """Write files of a folder that DVC tracked at `revision` below `target`, one by one.

    Args:
        root, revision, folder, names: as for `read_tracked`.
        target: folder that gets the files.
        progress: shows how far it is.

    Raises:
        InputError: as `read_tracked`, or a name leads out of the folder.
        OutsideError: the remote cannot be reached, or the disk is full.
    """
    outside = [name for name in names if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts]
    if outside:
        raise InputError(f"{folder} of revision {revision} names a file outside itself: {outside[0]!r}")
    with _opened(root, revision, folder) as (files, place):
        for name in progress(names, label=f"files of {folder.as_posix()}"):
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            (target / name).write_bytes(files.cat_file(str(place / name)))


@contextmanager
def _opened(root: Path, revision: str, folder: Path) -> Iterator[tuple[Any, PurePosixPath]]:
    """Yield DVC's view of `revision`, and where in it the output `folder` is; see `read_tracked` for what it raises."""
    try:
        from dvc.exceptions import DvcException
        from dvc.fs import DVCFileSystem
        from dvc.repo import Repo
        from dvc_data.index import DataIndexDirError
    except ImportError as error:
        raise InputError("DVC is not installed in this Python", hint='pip install "headway[train]"') from error
    try:
        with Repo(str(root)) as repository:
            # Where the cache and the remote are today: the revision's own configuration may name another place.
            config = {section: repository.config[section] for section in ("core", "cache", "remote")}
            inside = Path(repository.root_dir).relative_to(repository.scm.root_dir)
        # Its root is Git's: a project below that is a "subrepo" of it.
        files = DVCFileSystem(repo=str(root), rev=revision, config=config, subrepos=inside != Path())
        place = PurePosixPath("/", (inside / folder).as_posix())
        _require_tracked(files, place, revision)
        yield files, place
    except (FileNotFoundError, DataIndexDirError) as error:
        raise InputError(
            f"neither DVC's cache nor its remote has {folder} of revision {revision}",
            hint=f"where it was made, run: dvc push --all-commits; then here: dvc fetch --all-commits {folder}",
        ) from error
    except DvcException as error:
        raise InputError(str(error), hint=f"run this where {PIPELINE} lies, and name a commit") from error
    except HeadwayError:
        raise
    except Exception as error:  # what a remote's client raises: there are dozens
        said = " ".join(str(error).split()) or type(error).__name__
        raise OutsideError(f"DVC cannot read {folder} of revision {revision}: {said}", hint="try again") from error


def _require_tracked(files: Any, place: PurePosixPath, revision: str) -> None:
    if not files.isdvc(str(place)):
        raise InputError(
            f"{place.as_posix()[1:]} is no output of DVC at revision {revision}",
            hint=f"name a commit whose {LOCK} has it: git log --oneline -- {LOCK}",
        )

"""DVC: reads what other revisions tracked, without a checkout."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from headway.contracts.layout import LOCK, PIPELINE
from headway.errors import InputError, OutsideError


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
    try:
        from dvc.exceptions import DvcException
        from dvc.fs import DVCFileSystem
        from dvc.repo import Repo
        from dvc_data.index import DataIndexDirError
    except ImportError as error:
        raise InputError("DVC is not installed in this Python", hint='pip install "headway[train]"') from error
    place = PurePosixPath("/", folder.as_posix())
    try:
        with Repo(str(root)) as repository:
            # Where the cache and the remote are today: the revision's own configuration may name another place.
            config = {section: repository.config[section] for section in ("core", "cache", "remote")}
        files = DVCFileSystem(repo=str(root), rev=revision, config=config)
        if not files.isdvc(str(place)):
            raise _not_tracked(folder, revision)
        return files.fs.repo.get_rev(), {name: files.cat_file(str(place / name)) for name in names}
    except (FileNotFoundError, DataIndexDirError) as error:
        raise InputError(
            f"neither DVC's cache nor its remote has {folder} of revision {revision}",
            hint=f"where it was made, run: dvc push --all-commits; then here: dvc fetch --all-commits {folder}",
        ) from error
    except DvcException as error:
        raise InputError(str(error), hint=f"run this where {PIPELINE} lies, and name a commit") from error
    except OSError as error:
        raise OutsideError(f"DVC cannot read {folder} of revision {revision}: {error}", hint="try again") from error


def _not_tracked(folder: Path, revision: str) -> InputError:
    return InputError(
        f"{folder} is no output of DVC at revision {revision}",
        hint=f"name a commit whose {LOCK} has it: git log --oneline -- {LOCK}",
    )

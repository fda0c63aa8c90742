"""Whether the remote has the bundles that commits vouch for; nothing is pulled."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from headway.contracts.commit import StageOutput
from headway.contracts.layout import ModelFiles
from headway.contracts.manifest import FileDigest
from headway.errors import InputError

if TYPE_CHECKING:
    from headway.integrations.dvc.store import Remote


@dataclass(frozen=True)
class Bundle:
    """A model's bundle at one commit, as dvc.lock and the remote know it.

    Attributes:
        output: of the stage that packs it.
        members: path in the bundle -> MD5; None where the remote lacks their list.
    """

    output: StageOutput
    members: Mapping[str, str] | None


class BundleStore:
    """The project's default remote, asked about bundles."""

    def __init__(self, root: Path) -> None:
        """Prepare to ask; `root` is the folder that holds `.dvc`."""
        self._root = root
        self._remote: Remote | None = None

    def find(self, commit: str, model: str) -> Bundle:
        """Return the bundle that dvc.lock names at a commit.

        Raises:
            InputError: it names none; DVC is not installed; the project has no default remote.
            OutsideError: the remote cannot be reached.
        """
        from headway.integrations.dvc.pipeline import CommittedPipeline
        from headway.integrations.git.objects import Commit

        with Commit(self._root, commit) as files:
            pipeline = CommittedPipeline(self._root, commit, files.kinds(""))
            outputs = [output for stage in pipeline.stages for output in stage.outputs]
        folder = ModelFiles(model).bundle.as_posix()
        output = next((one for one in outputs if one.path == folder and one.md5), None)
        if output is None:
            raise InputError(f"dvc.lock of {commit[:10]} names no {folder}", hint="name a commit that packed the model")
        return Bundle(output, self._open(pipeline.repo).read_folder(output))

    def find_missing(self, bundles: Iterable[Bundle]) -> set[str]:
        """Return the MD5s, of members and of their lists, that the remote lacks; it is asked once for all.

        Raises:
            OutsideError: it cannot be reached.
        """
        objects: dict[str, StageOutput] = {}
        for bundle in bundles:
            for md5 in (bundle.output.md5 or "", *(bundle.members or {}).values()):
                objects[md5] = bundle.output
        return self._opened.find_missing(objects) if objects else set()

    def digest(self, bundle: Bundle, md5: str) -> FileDigest | None:
        """Return what an object of a bundle is, read through on the remote; None where it is not there.

        Raises:
            OutsideError: the remote cannot be reached.
        """
        return self._opened.digest(bundle.output, md5)

    @property
    def _opened(self) -> Remote:
        assert self._remote is not None, "a bundle was found before"
        return self._remote

    def _open(self, repo: object) -> Remote:
        from headway.integrations.dvc.store import Remote, default_remote

        if self._remote is None:
            name = default_remote(repo)
            if name is None:
                raise InputError("the project has no default remote", hint="dvc remote add --default NAME URL")
            self._remote = Remote(repo, name)
        return self._remote


def bundle_missing(root: Path, commit: str, model: str) -> tuple[str, ...]:
    """Return what the remote lacks of a model's bundle at a commit: paths in it, or the bundle's own path for the list.

    Raises:
        InputError, OutsideError: as `BundleStore.find`.
    """
    store = BundleStore(root)
    bundle = store.find(commit, model)
    missing = store.find_missing([bundle])
    whole = bundle.members is None or bundle.output.md5 in missing
    lacking = sorted(path for path, md5 in (bundle.members or {}).items() if md5 in missing)
    return (bundle.output.name, *lacking) if whole else tuple(lacking)

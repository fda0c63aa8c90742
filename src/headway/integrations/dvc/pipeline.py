"""DVC: the stages of a commit as DVC itself resolves them, from Git's objects; no data is read."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any

from headway.contracts.commit import MissingParameters, PipelineStage, StageDependency, StageOutput, StageParameter
from headway.errors import InputError

_PIPELINE = "dvc.yaml"
_LOCK = "dvc.lock"
_OLD = "md5-dos2unix"
"""DVC 3.67's name for the hashes of DVC 2."""
_NOTHING = object()


class CommittedPipeline:
    """The dvc.yaml, dvc.lock and .dvc files of one commit. Implements `ports.Pipeline`."""

    def __init__(self, project: Path, commit: str, paths: Iterable[str]) -> None:
        """Open the project, whose folder holds `.dvc`, at a full commit hash; `paths` are all that the commit has.

        Raises:
            InputError: this Python has no DVC, or the commit has no DVC project there.
        """
        self._repo = _open_repo(project, commit)
        self._paths = paths
        self._ignored: dict[str, bool] = {}
        self._documents: dict[str, Any] = {}

    @property
    def repo(self) -> Any:
        """DVC's own repository object."""
        return self._repo

    @cached_property
    def stages(self) -> Sequence[PipelineStage]:
        return [self._stage(stage) for stage in self._loaded if stage.cmd]

    @cached_property
    def pointers(self) -> Sequence[PipelineStage]:
        return [self._stage(stage) for stage in self._loaded if not stage.cmd]

    @cached_property
    def orphans(self) -> Sequence[tuple[str, str]]:
        known = {(stage.lock, stage.key) for stage in self.stages}
        return sorted(
            (lock, key) for lock, entries in self._locks.items() for key in entries if (lock, key) not in known
        )

    def ignores(self, path: str) -> bool:
        if path not in self._ignored:
            self._ignored[path] = self._repo.dvcignore.is_ignored_file(posixpath.join(self._repo.root_dir, path))
        return self._ignored[path]

    @cached_property
    def _files(self) -> Mapping[str, Any]:
        """Path of each dvc.yaml and .dvc file -> DVC's own object for it, which reads the dvc.lock beside it once."""
        from dvc.dvcfile import is_valid_filename, load_file

        found = [path for path in self._paths if is_valid_filename(path) and not self.ignores(path)]
        return {path: load_file(self._repo, posixpath.join(self._repo.root_dir, path)) for path in found}

    @cached_property
    def _loaded(self) -> Sequence[Any]:
        with _refused("dvc status, at that commit, says more"):
            return [stage for file in self._files.values() for stage in file.stages.values()]

    @cached_property
    def _locks(self) -> Mapping[str, Mapping[str, Any]]:
        """Path of each dvc.lock -> its entries."""
        pipelines = {path: file for path, file in self._files.items() if posixpath.basename(path) == _PIPELINE}
        locks = {_lock_of(path): file.lockfile_contents for path, file in pipelines.items()}
        # The project's own counts also where its dvc.yaml is gone, or .dvcignore hides both.
        alone = {path for path in self._paths if posixpath.basename(path) == _LOCK and path not in locks}
        locks |= {path: self._read_lock(path) for path in sorted(alone) if path == _LOCK or not self.ignores(path)}
        with _refused(f"mend {_LOCK}"):
            _require_finite(locks)
        return {path: content.get("stages") or {} for path, content in locks.items()}

    def _read_lock(self, path: str) -> Mapping[str, Any]:
        """Return a dvc.lock that no dvc.yaml lies beside."""
        from dvc.dvcfile import Lockfile
        from dvc.utils.strictyaml import load

        with _refused(f"mend or delete {path}"):
            return dict(load(posixpath.join(self._repo.root_dir, path), Lockfile.SCHEMA, self._repo.fs)[0])

    def _stage(self, stage: Any) -> PipelineStage:
        pointer = not stage.cmd
        file = self._path(stage.path)
        lock, key = ("", "") if pointer else (_lock_of(file), stage.name)
        entry = None if pointer else self._locks[lock].get(key)
        changed, missing = self._parameters(stage)
        name = file if pointer else key if file == _PIPELINE else f"{file}:{key}"
        return PipelineStage(
            name=name,
            lock=lock,
            key=key,
            entry=entry,
            command=stage.cmd,
            dependencies=tuple(self._dependency(one) for one in stage.deps if not _is_parameter(one)),
            outputs=tuple(self._output(stage, one) for one in stage.outs),
            changed_parameters=(*changed, *_surplus_parameters(stage, entry or {})),
            missing_parameters=tuple(missing),
            frozen=stage.frozen,
            always_changed=bool(stage.always_changed or stage.is_callback),
            records_runs=_records_runs(stage),
            imported=stage.is_import,
        )

    def _dependency(self, dependency: Any) -> StageDependency:
        from dvc.dependency import DatasetDependency

        if isinstance(dependency, DatasetDependency):
            return StageDependency(None, dependency.def_path, _as_json(dependency.hash_info.value))
        path = self._path(dependency.fs_path) if dependency.is_in_repo else None
        old = dependency.hash_name == _OLD
        return StageDependency(path, dependency.def_path, dependency.hash_info.value, old)

    def _output(self, stage: Any, output: Any) -> StageOutput:
        return StageOutput(
            path=self._path(output.fs_path) if output.is_in_repo else None,
            name=output.def_path,
            md5=output.hash_info.value,
            old=output.hash_name == _OLD,
            cached=output.use_cache,
            pushed=output.can_push and not stage.is_repo_import,
            remote=output.remote,
        )

    def _parameters(self, stage: Any) -> tuple[list[StageParameter], list[MissingParameters]]:
        """Return the parameters whose values differ, by DVC's own comparison, and those whose file is not there."""
        changed: list[StageParameter] = []
        missing: list[MissingParameters] = []
        for dependency in filter(_is_parameter, stage.deps):
            if dependency.is_in_repo and dependency.exists:  # outside of it, a server might be asked
                changed += _changed_parameters(dependency, self._read_document(dependency))
            elif dependency.hash_info.value:
                path = self._path(dependency.fs_path) if dependency.is_in_repo else None
                recorded = tuple(_changed_parameters(dependency, {}))
                missing.append(MissingParameters(path, dependency.def_path, recorded))
            else:  # no run has read it
                keys = dependency.params or ["*"]
                changed += [StageParameter(f"{dependency.def_path}:{key}", None, None) for key in keys]
        return changed, missing

    def _read_document(self, dependency: Any) -> Any:
        """Return a file of parameters as DVC reads it: YAML 1.2, JSON, TOML or Python."""
        from dvc.utils.serialize import load_path

        path = dependency.fs_path
        if path not in self._documents:
            with _refused(f"mend {dependency.def_path}"):
                self._documents[path] = load_path(path, self._repo.fs)
                _require_finite(self._documents[path])
        return self._documents[path]

    def _path(self, path: str) -> str:
        return posixpath.relpath(path, self._repo.root_dir)


def _open_repo(project: Path, commit: str) -> Any:
    try:
        from dvc.config import Config
        from dvc.exceptions import DvcException
        from dvc.fs import GitFileSystem
        from dvc.repo import Repo
        from dvc.scm import SCM
    except ImportError as error:
        raise InputError("DVC is not installed in this Python", hint='pip install "headway[train]"') from error

    class CommittedRepo(Repo):  # type: ignore[misc]  # DVC has no types
        """Where cache and remotes are, today's configuration says; the commit's own could be anybody's."""

        @cached_property
        def config(self) -> Any:
            today = Config(str(project / self.DVC_DIR))
            today["parsing"] = Config(self.dvc_dir, fs=self.fs)["parsing"]
            return today

    try:
        scm = SCM(str(project))
        inside = project.resolve().relative_to(Path(scm.root_dir).resolve()).as_posix()
        files = GitFileSystem(scm=scm, rev=commit)
        return CommittedRepo(posixpath.normpath(posixpath.join("/", inside)), fs=files, scm=scm)
    except DvcException as error:
        raise InputError(_sentence(error), hint=f"name a commit at which this folder holds {Repo.DVC_DIR}") from error


def _changed_parameters(dependency: Any, document: Any) -> Iterator[StageParameter]:
    """Yield what `ParamsDependency.workspace_status` of DVC 3.67 finds; it reads the file anew for each stage."""
    recorded = dependency.hash_info.value or {}
    whole = document if isinstance(document, dict) else {}
    found = _pick(document, dependency.params) if dependency.params else whole
    for key in dependency.params or sorted({*found, *recorded}, key=str):
        if key not in found or key not in recorded or not _equal(found[key], recorded[key]):
            sides = (values.get(key, _NOTHING) for values in (recorded, found))
            yield from _differing(f"{dependency.def_path}:{key}", *sides)


def _differing(name: str, recorded: Any, found: Any) -> Iterator[StageParameter]:
    """Yield the values that differ, of two sections each on its own."""
    if isinstance(recorded, dict) and isinstance(found, dict):
        for key in sorted({*recorded, *found}, key=str):
            sides = recorded.get(key, _NOTHING), found.get(key, _NOTHING)
            if not _equal(sides[1], sides[0]):
                yield from _differing(f"{name}.{key}", *sides)
    else:
        yield StageParameter(name, *(None if side is _NOTHING else _as_json(side) for side in (recorded, found)))


def _surplus_parameters(stage: Any, entry: Mapping[str, Any]) -> Iterator[StageParameter]:
    """Yield what an entry says that a run read, and dvc.yaml no longer names; `dvc repro` does not see it."""
    named = {one.def_path: one.params for one in stage.deps if _is_parameter(one)}
    for file, values in (entry.get("params") or {}).items():
        if file in named and not named[file]:  # all that it has
            continue
        for key in sorted(values.keys() - set(named.get(file, ())), key=str):
            yield StageParameter(f"{file}:{key}", _as_json(values[key]), None)


def _pick(document: Any, keys: Iterable[str]) -> dict[str, Any]:
    import dpath

    found = {}
    for key in keys:
        with suppress(KeyError):
            found[key] = dpath.get(document, key, separator=".")
    return found


def _equal(found: Any, recorded: Any) -> bool:
    return bool((list(found) if isinstance(found, tuple) else found) == recorded)


def _records_runs(stage: Any) -> bool:
    """Return whether DVC 3.67's run cache takes this stage: `dvc.stage.cache._can_hash`, but for missing hashes.

    `Stage.run` keeps no record either where an output that Git holds is neither metric nor plot.
    """
    if stage.is_callback or stage.always_changed or not (stage.cmd and stage.deps and stage.outs):
        return False
    if any(not one.use_cache and not (one.is_metric or one.is_plot) for one in stage.outs):
        return False
    local = all(one.protocol == "local" and one.def_path for one in stage.deps)
    return local and all(one.protocol == "local" and not one.persist and one.is_in_repo for one in stage.outs)


def _is_parameter(dependency: Any) -> bool:
    from dvc.dependency import ParamsDependency

    return isinstance(dependency, ParamsDependency)


def _lock_of(path: str) -> str:
    return f"{posixpath.splitext(path)[0]}.lock"


def _as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, default=str)


def _require_finite(document: Any) -> None:
    """Raise RecursionError of what contains itself, through an alias of YAML."""
    try:
        json.dumps(document, default=str, skipkeys=True)
    except ValueError as error:
        raise RecursionError(str(error)) from error


@contextmanager
def _refused(hint: str) -> Iterator[None]:
    """Turn what DVC raises of files that somebody wrote into what that person can mend."""
    from dvc.exceptions import DvcException
    from dvc.fs import RemoteMissingDepsError

    try:
        yield
    except (DvcException, RemoteMissingDepsError, ImportError) as error:  # the latter two: dvc-s3 is not installed
        raise InputError(_sentence(error), hint=hint) from error
    except RecursionError as error:
        raise InputError("a YAML file of the commit refers to itself, or is nested too deeply", hint=hint) from error


def _sentence(error: Exception) -> str:
    return " ".join(str(error).split())

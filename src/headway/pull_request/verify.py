"""Whether code, params, data pointers, dvc.lock and remote agree at one commit."""

from __future__ import annotations

import json
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from headway.contracts.commit import PipelineStage, StageDependency, StageOutput
from headway.contracts.verification import Disagreement, DisagreementKind, StageAnswer
from headway.pull_request.hashes import Hashes
from headway.pull_request.on_remote import find_missing
from headway.pull_request.paths import SortedPaths, folders_above
from headway.pull_request.proof import Proof, Proofs

if TYPE_CHECKING:
    from headway.ports import CommittedFiles, ObjectStore, Pipeline


@dataclass(frozen=True)
class Evidence:
    """All that is looked at.

    Attributes:
        files: Git's files at the commit.
        pipeline: what DVC knows at the commit.
        cache: DVC's cache on this machine, of which nothing is expected.
        remote: where every object is expected; None where none is asked.
        proofs: of the commit.
    """

    files: CommittedFiles
    pipeline: Pipeline
    cache: ObjectStore
    remote: ObjectStore | None
    proofs: Proofs


@dataclass
class _Findings:
    disagreements: list[Disagreement] = field(default_factory=list)
    unverifiable: list[str] = field(default_factory=list)


def verify_stages(evidence: Evidence) -> tuple[StageAnswer, ...]:
    """Return the answer for each .dvc file that has something to say, each stage, upstream first, and each orphan.

    Raises:
        OutsideError: the remote cannot be reached.
    """
    pipeline, remote = evidence.pipeline, evidence.remote
    hashes = Hashes(evidence.files, pipeline, [evidence.cache, *([remote] if remote else [])])
    stages = order_stages(pipeline.stages)
    upstream = _upstream(stages)
    missing = find_missing(remote, (*pipeline.pointers, *stages)) if remote else {}
    answers = []
    for pointer in pipeline.pointers:
        found = _check_pointer(pointer, asked=remote is not None)
        found.disagreements += missing.get(pointer.name, ())
        if found.disagreements or found.unverifiable:
            answers.append(_answer(pointer.name, found))
    for stage in stages:
        proof = evidence.proofs.find(stage, upstream[stage.name])
        found = _check_stage(stage, hashes, proof, asked=remote is not None)
        found.disagreements += missing.get(stage.name, ())
        answers.append(_answer(stage.name, found, proof, frozen=stage.frozen))
    return (*answers, *(_orphan(lock, key) for lock, key in pipeline.orphans))


def order_stages(stages: Sequence[PipelineStage]) -> list[PipelineStage]:
    """Return the stages with those that others depend on before them, else by name."""
    direct = _find_direct(stages)
    waiting = {stage.name: {one.name for one in direct[stage.name]} for stage in stages}
    readers: dict[str, list[str]] = {}
    for name, needed in waiting.items():
        for one in needed:
            readers.setdefault(one, []).append(name)
    ready = sorted(name for name, needed in waiting.items() if not needed)
    by_name = {stage.name: stage for stage in stages}
    ordered: list[PipelineStage] = []
    while waiting:
        # DVC refuses a circle; one that stands in a commit all the same is taken as it comes.
        name = heappop(ready) if ready else min(waiting)
        del waiting[name]
        ordered.append(by_name[name])
        for reader in readers.get(name, ()):
            if reader in waiting:
                waiting[reader].discard(name)
                if not waiting[reader]:
                    heappush(ready, reader)
    return ordered


def _upstream(stages: Sequence[PipelineStage]) -> Mapping[str, Sequence[PipelineStage]]:
    """Return name -> all stages that a stage depends on, at any distance; `stages` come upstream first."""
    found: dict[str, dict[str, PipelineStage]] = {}
    for name, direct in _find_direct(stages).items():
        found[name] = {one.name: one for one in direct}
        for one in direct:
            found[name] |= found.get(one.name, {})
    return {name: list(above.values()) for name, above in found.items()}


def _find_direct(stages: Sequence[PipelineStage]) -> Mapping[str, Sequence[PipelineStage]]:
    """Return name -> the other stages that write what a stage reads, a file in it, or the folder that it lies in."""
    writers: dict[str, list[PipelineStage]] = {}
    for stage in stages:
        for output in stage.outputs:
            if output.path is not None:
                writers.setdefault(output.path, []).append(stage)
    written = SortedPaths(writers)
    found = {}
    for stage in stages:
        read = [one.path for one in stage.dependencies if one.path is not None]
        places = [place for path in read for place in (path, *folders_above(path), *written.below(path))]
        direct = {one.name: one for place in places for one in writers.get(place, ()) if one is not stage}
        found[stage.name] = list(direct.values())
    return found


def _check_stage(stage: PipelineStage, hashes: Hashes, proof: Proof, *, asked: bool) -> _Findings:
    found = _Findings()
    if stage.always_changed:
        found.unverifiable.append("it runs whenever it is asked to: no entry can say that it is up to date")
    elif not stage.records_runs:
        found.unverifiable.append(
            "DVC keeps no record of its runs: something it reads or writes is missing, persistent or outside"
        )
    if stage.entry is None:
        found.disagreements.append(_disagree("not-run", stage.name, None, None))
        return found
    sides = _command(stage.entry.get("cmd")), _command(stage.command)
    if sides[0] != sides[1]:
        found.disagreements.append(_disagree("command", "cmd", *sides))
    _check_parameters(stage, hashes, found)
    for dependency in stage.dependencies:
        _check_dependency(dependency, hashes, found)
    for output in stage.outputs:
        _check_output(output, hashes, found, asked=asked)
    found.disagreements += _surplus("dependency", stage.entry.get("deps"), stage.dependencies)
    found.disagreements += _surplus("output", stage.entry.get("outs"), stage.outputs)
    if proof == "none":
        found.disagreements.append(_disagree("unproven", stage.name, None, None))
    return found


def _check_parameters(stage: PipelineStage, hashes: Hashes, found: _Findings) -> None:
    changed = list(stage.changed_parameters)
    for missing in stage.missing_parameters:
        if missing.path is not None and hashes.was_deleted(missing.path):
            changed += missing.recorded
        else:
            found.unverifiable.append(f"{missing.name}, which has its parameters, is not in Git")
    found.disagreements += [_disagree("params", one.name, one.recorded, one.found) for one in changed]


def _surplus(
    kind: DisagreementKind,
    recorded: Iterable[Mapping[str, str]] | None,
    named: Iterable[StageDependency | StageOutput],
) -> Iterator[Disagreement]:
    """Yield what an entry names and dvc.yaml no longer does; `dvc repro` does not see it."""
    names = {one.name for one in named}
    for item in recorded or ():
        if item["path"] not in names:
            yield _disagree(kind, item["path"], item.get("md5"), None)


def _check_dependency(dependency: StageDependency, hashes: Hashes, found: _Findings) -> None:
    today = hashes.find_dependency(dependency)
    name, recorded = dependency.name, dependency.md5
    if recorded is None or (today.by is None and not today.unverifiable and today.md5 != recorded):
        found.disagreements.append(_disagree("dependency", name, recorded, today.md5))
    elif today.unverifiable:
        found.unverifiable.append(today.unverifiable)
    elif today.by is not None and today.by.md5 is None:
        found.unverifiable.append(f"{name}: what makes it has not been run")
    elif today.by is not None and today.md5 != recorded:
        if dependency.old == today.by.old:
            found.disagreements.append(_disagree("chain", name, recorded, today.md5))
        else:
            found.unverifiable.append(f"{name} was hashed once by DVC 2 and once by DVC 3, which differ on texts")


def _check_output(output: StageOutput, hashes: Hashes, found: _Findings, *, asked: bool) -> None:
    if output.md5 is None:
        found.disagreements.append(_disagree("output", output.name, None, None))
    elif output.path is None:
        found.unverifiable.append(f"{output.name} lies outside of the project")
    elif output.cached:
        if asked and not output.pushed:
            found.unverifiable.append(f"{output.name} is not pushed to any remote")
    else:
        today = hashes.find_in_git(output.path, output.md5, old=output.old)
        if today.unverifiable:
            found.unverifiable.append(today.unverifiable)
        elif today.md5 != output.md5:
            found.disagreements.append(_disagree("output", output.name, output.md5, today.md5))


def _check_pointer(pointer: PipelineStage, *, asked: bool) -> _Findings:
    found = _Findings()
    for output in pointer.outputs:
        if pointer.imported:
            found.unverifiable.append(
                f"{output.name} is imported: only its source can show whether it is still the same"
            )
        elif output.md5 is None:
            found.disagreements.append(_disagree("output", output.name, None, None))
        elif asked and not output.pushed:
            found.unverifiable.append(f"{output.name} is not pushed to any remote")
    return found


def _orphan(lock: str, key: str) -> StageAnswer:
    folder = posixpath.dirname(lock)
    name = f"{folder}/dvc.yaml:{key}" if folder else key
    return _answer(name, _Findings([_disagree("orphan", lock, key, None)]))


def _answer(name: str, found: _Findings, proof: Proof = "unknown", *, frozen: bool = False) -> StageAnswer:
    return StageAnswer(
        name=name,
        disagreements=tuple(found.disagreements),
        unverifiable=tuple(dict.fromkeys(found.unverifiable)),
        proof=proof,
        frozen=frozen,
    )


def _disagree(kind: DisagreementKind, subject: str, expected: str | None, found: str | None) -> Disagreement:
    return Disagreement(kind=kind, subject=subject, expected=expected, found=found)


def _command(command: str | Sequence[str] | None) -> str | None:
    """Return a command, which may be a list of lines, as one text."""
    return command if command is None or isinstance(command, str) else json.dumps(list(command), ensure_ascii=False)

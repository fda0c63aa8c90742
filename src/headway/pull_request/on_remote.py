"""Whether a remote has all that one commit names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from headway.contracts.commit import PipelineStage, StageOutput
from headway.contracts.verification import Disagreement
from headway.pull_request.hashes import FOLDER

if TYPE_CHECKING:
    from headway.ports import ObjectStore

Owners = dict[str, list[tuple[str, str, StageOutput]]]
"""MD5 -> (stage, path that is shown, output) of each that names it."""


def find_missing(remote: ObjectStore, stages: Sequence[PipelineStage]) -> Mapping[str, Sequence[Disagreement]]:
    """Return stage -> what of its outputs, and of the files in them, is not on the remote.

    The remote is asked twice: for the outputs, then for the files in those that are folders.
    """
    outputs: Owners = {}
    for stage in stages:
        for output in _kept(stage):
            outputs.setdefault(output.md5 or "", []).append((stage.name, output.name, output))
    absent = remote.find_missing(_places(outputs))
    members: Owners = {}
    for md5, owners in outputs.items():
        if not md5.endswith(FOLDER) or md5 in absent:
            continue
        listed = remote.read_folder(owners[0][2])
        if listed is None:  # it is there, and damaged
            absent.add(md5)
            continue
        for path, member in listed.items():
            members.setdefault(member, []).extend((name, f"{shown}/{path}", one) for name, shown, one in owners)
    absent_members = remote.find_missing(_places(members))
    found: dict[str, list[Disagreement]] = {}
    for held, missing in ((outputs, absent), (members, absent_members)):
        for md5 in sorted(missing):
            for name, shown, _ in held[md5]:
                found.setdefault(name, []).append(
                    Disagreement(kind="missing-on-remote", subject=shown, expected=md5, found=None)
                )
    return found


def _kept(stage: PipelineStage) -> Iterator[StageOutput]:
    return (one for one in stage.outputs if one.cached and one.pushed and one.md5 and one.path)


def _places(owners: Owners) -> Mapping[str, StageOutput]:
    return {md5: held[0][2] for md5, held in owners.items()}

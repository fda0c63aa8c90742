"""Which model the candidate is compared with: the one in the last stage, else the base branch's, else none."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from headway.cli.gate.places import Place, Revision, open_revision
from headway.contracts.layout import LOCK, STAGES, ModelFiles
from headway.contracts.lock import output_digests, read_lock
from headway.contracts.manifest import MODEL, Manifest, identity_of, read_manifest
from headway.contracts.params.document import read_document
from headway.contracts.registry.desired import Desired, desired_path, parse_stage_file
from headway.contracts.registry.stages import parse_stages
from headway.contracts.registry.tags import Slot
from headway.contracts.verdict import Contender
from headway.errors import InputError
from headway.integrations.git.revisions import commit_of

_UNRULED = "production"
"""The stage whose version counts where no stages are declared."""


@dataclass(frozen=True)
class Champion:
    """The model to compare with, or why there is none.

    Attributes:
        source: what names it: a revision, a tag, a bundle's folder.
        commit: where it was made; None for a bundle.
        manifest: what it is; None where there is no champion.
        reason: why there is none.
        bundle: folder that holds it; None where DVC does.
    """

    source: str
    commit: str | None
    manifest: Manifest | None
    reason: str = ""
    bundle: Path | None = None

    @property
    def model_sha256(self) -> str | None:
        """Of its ONNX file; None where there is no champion."""
        return self.manifest.files[MODEL].sha256 if self.manifest else None

    @property
    def contender(self) -> Contender | None:
        """What the verdict says of it."""
        return describe(self.manifest, self.source, self.commit) if self.manifest else None


def find_champion(root: Path, base: str, model: str) -> Champion:
    """Return the model in the last stage as `base` declares it, else the model of `base` itself.

    Raises:
        InputError: there is no such revision; stages, or a model, are declared or recorded there that cannot be read;
            or the tag holds another manifest than the one that is declared.
    """
    files = ModelFiles(model)
    with open_revision(root, base) as place:
        rules = place.file(STAGES)
        slot = Slot(find_last_stage(rules.read_bytes() if rules.is_file() else None), model)
        file = place.file(Path(desired_path(slot)))
        if not file.is_file():
            return _champion_of(place, files)
        return _declared(root, parse_stage_file(file.read_bytes(), slot), files, file)


def find_last_stage(rules: bytes | None) -> str:
    """Return the stage whose version a candidate has to stand up to: the last one of stages.yaml, if there is one.

    Raises:
        InputError: stages.yaml cannot be read.
    """
    return _UNRULED if rules is None else list(parse_stages(rules, STAGES.as_posix()).stages)[-1]


def name_champion(root: Path, name: str, model: str) -> Champion:
    """Return the champion that a person named: a bundle's folder, a revision, or "none".

    Raises:
        InputError: it is neither, or holds no model, or the bundle is not sound.
    """
    if name == "none":
        return Champion(name, None, None, "none was asked for")
    if (root / name).is_dir():
        return Champion(name, None, _sound_bundle(root / name), bundle=root / name)
    with open_revision(root, name) as place:
        return _required(_champion_of(place, ModelFiles(model)))


def read_packaged(place: Place, model: ModelFiles) -> Manifest:
    """Return the manifest of what was packaged last, once it is known to be about what dvc.lock records.

    Raises:
        InputError: a file is missing or damaged, or they are about different models.
    """
    manifest = read_manifest(place.file(model.manifest).parent)
    recorded = output_digests(read_lock(place.file(LOCK))).get(model.onnx.as_posix())
    if identity_of(manifest) != manifest.identity or MODEL not in manifest.files:
        raise InputError(f"{place.source}: {model.manifest} was edited by hand", hint="run: headway repro")
    if recorded != manifest.files[MODEL].md5:
        raise InputError(
            f"{place.source}: {model.manifest} and {LOCK} are about different models", hint="run: headway repro"
        )
    return manifest


def describe(manifest: Manifest, source: str, commit: str | None) -> Contender:
    """Return what the verdict says of a model."""
    file = manifest.files[MODEL]
    return Contender(
        source=source,
        commit=commit,
        identity=manifest.identity,
        model_sha256=file.sha256,
        size_bytes=file.size_bytes,
        threshold=manifest.operating_threshold,
    )


def _champion_of(place: Revision, model: ModelFiles) -> Champion:
    for path in (LOCK, model.manifest):
        if not place.file(path).is_file():
            return Champion(place.source, place.commit, None, f"{place.source} has no {path}")
    if model.evidence.as_posix() not in output_digests(read_lock(place.file(LOCK))):
        return Champion(place.source, place.commit, None, f"{LOCK} of {place.source} has no {model.evidence}")
    return Champion(place.source, place.commit, read_packaged(place, model))


def _required(champion: Champion) -> Champion:
    if champion.manifest is None:
        raise InputError(
            f"{champion.source} holds no model to compare with: {champion.reason}",
            hint="name another: --champion REV, a bundle's folder, or none",
        )
    return champion


def _declared(root: Path, desired: Desired, files: ModelFiles, file: Path) -> Champion:
    """Return the model that a stage file declares."""
    tag, lines = f"{files.name}@{desired.version}", read_document(file)

    def refused(key: str, said: str, hint: str) -> InputError:
        return InputError(f"{file}:{lines.line_of((key,))}: {said}", hint=hint)

    if commit_of(root, f"refs/tags/{tag}") is None:
        raise refused("version", f"there is no tag {tag}", "fetch tags: git fetch --tags")
    with open_revision(root, f"refs/tags/{tag}", source=tag) as place:
        champion = _required(_champion_of(place, files))
    assert champion.manifest is not None
    if champion.manifest.identity != desired.identity:
        said = f"identity is {desired.identity[:12]}, but the manifest at {tag} has {champion.manifest.identity[:12]}"
        raise refused("identity", said, "one of them was changed since: headway audit")
    return champion


def _sound_bundle(folder: Path) -> Manifest:
    from headway.cli.bundle import installed_checks
    from headway.packaging.verify import verify_bundle

    answer = verify_bundle(folder, installed_checks())
    if not answer.sound:
        raise InputError(
            f"{folder} is no sound bundle: {answer.faults[0]}", hint=f"see all of it: headway bundle verify {folder}"
        )
    return read_manifest(folder)

"""Every Protocol that the packages need from outside, on one page.

`integrations/` holds the implementations; `cli/` and `pipelines/` choose one and pass it in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from headway.contracts.commit import FileKind, PipelineStage, StageOutput
from headway.contracts.dataset import Box, PreparedDataset
from headway.contracts.github import (
    Comment,
    CommitStatus,
    Environment,
    MergedPullRequest,
    Protection,
    PullRequest,
    Ruleset,
    State,
)
from headway.contracts.model_facts import ExportFacts
from headway.contracts.registry.ledger import Ledger
from headway.contracts.scorecard import AtThreshold, Calibration, ClassScore, Slice
from headway.detection.detections import Detections

Item = TypeVar("Item")

ImageReader = Callable[[Path], NDArray[np.uint8]]
"""Decodes an image file to (height, width, 3) uint8 RGB, upright (EXIF applied).

Raises `InputError` for a file that is no image, is cut off, or claims an absurd size.
"""

ReadImageSize = Callable[[Path], tuple[int, int]]
"""Returns (width, height) of the upright image from its header alone.

Raises `InputError` for a file that is no image or claims an absurd size.
"""


@dataclass(frozen=True, slots=True)
class Inspection:
    """What an image file's bytes say, header and pixels.

    Attributes:
        kind: type by content as Pillow names it ("JPEG", "PNG"); "" where it is no image.
        width, height: size in pixels of the upright image; 0 where it is not known.
        mode: colour mode as Pillow names it ("RGB", "L").
        orientation: EXIF orientation, 1 (upright) to 8.
        clean_end: False for a JPEG whose last two bytes are not its end marker.
        damage: code of what keeps it from being used ("image-unreadable", "image-truncated", "image-huge"), or None.
        detail: one sentence about the damage.
        grey: (height, width) uint8, grey, upright, the longer side at most 256 pixels; None where damaged.
        tiny: (8, 8) uint8, grey, bilinear; None where damaged.
        perceptual_hash: 64-bit DCT hash of the grey image; None where damaged.
    """

    kind: str
    width: int
    height: int
    mode: str
    orientation: int = 1
    clean_end: bool = True
    damage: str | None = None
    detail: str = ""
    grey: NDArray[np.uint8] | None = None
    tiny: NDArray[np.uint8] | None = None
    perceptual_hash: int | None = None


InspectImage = Callable[[bytes], Inspection]
"""Decodes the bytes of an image file in full, once. A damaged image is a value, not an exception."""


ForeignFault = tuple[str, str, int | None]
"""Code of a kind of problem, one sentence, and index of the box that it is about, where it is one."""


@dataclass(frozen=True, slots=True)
class ForeignImage:
    """The labels of one image, as a general library read them.

    Attributes:
        file: image file as the labels name it.
        labels: file that the labels are written in.
        boxes: corners in pixels; also bad ones.
        faults: what is wrong with its labels.
    """

    file: str
    labels: Path
    boxes: tuple[Box, ...]
    faults: tuple[ForeignFault, ...] = ()


ReadForeign = Callable[[Path, str], Sequence[ForeignImage]]
"""Reads a data set (path, format: "cvat", "labelme", "openimages" or "via") whole, or raises `InputError`.

`data.readers.foreign.read_foreign_source` makes a `Source` of what it returns.
"""


class Progress(Protocol):
    """Shows how far long work has come: a bar in a terminal, plain lines in CI."""

    def __call__(self, items: Iterable[Item], *, label: str, total: int | None = None) -> Iterable[Item]:
        """Yield `items` while showing `label` and the count."""
        ...


class Runtime(Protocol):
    """One loaded detector: the shipped ONNX file, or the checkpoint that it came from."""

    @property
    def input_size(self) -> int:
        """Side of the square input, in pixels."""
        ...

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; the position is the class id."""
        ...

    @property
    def engine(self) -> str:
        """Name and version of what computes, for example "onnxruntime 1.32.0"."""
        ...

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map (n, 3, size, size) RGB in [0, 1] to (n, rows, 6): corners in input pixels, score, class id.

        Rows come by falling score; unused rows are all zero.
        """
        ...


class Checkpoint(Protocol):
    """A trained detector, before it becomes the file that ships."""

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names; the position is the class id."""
        ...

    @property
    def train_size(self) -> int:
        """Side of the square input that it was trained with, in pixels."""
        ...

    @property
    def end2end(self) -> bool:
        """Whether the network suppresses duplicates itself."""
        ...

    def trace(self, facts: ExportFacts, *, opset: int) -> bytes:
        """Return the network alone as ONNX; equal weights and facts give equal bytes."""
        ...

    def runtime(self, facts: ExportFacts) -> Runtime:
        """Return the checkpoint as something to run, with its own framework's post-processing."""
        ...


class CocoScorer(Protocol):
    """Computes COCO numbers with a maintained library."""

    @property
    def engine(self) -> str:
        """Name and version, printed beside the numbers."""
        ...

    def score(self, ground_truth: Mapping[str, Any], detections: Sequence[Mapping[str, Any]]) -> Mapping[str, Any]:
        """Score `detections` (COCO result dicts) against `ground_truth` (a COCO data set dict).

        Returns "map50_95", "map50", "map75", "map_small", "map_medium", "map_large", "recall_100" and
        "per_class" (category id -> {"map50_95", "map50"}); a number without ground truth is None.
        """
        ...


class TableStore(Protocol):
    """Keeps column tables as files (Parquet)."""

    def write(
        self, path: Path, columns: Mapping[str, Sequence[Any] | NDArray[Any]], metadata: Mapping[str, str]
    ) -> None:
        """Write equal-length columns; equal content gives equal bytes."""
        ...

    def read(self, path: Path) -> Mapping[str, NDArray[Any]]:
        """Read every column."""
        ...

    def read_metadata(self, path: Path) -> Mapping[str, str]:
        """Read the metadata that `write` was given."""
        ...


class TrainedModel(Protocol):
    """What a finished training hands over."""

    @property
    def epochs(self) -> Sequence[Mapping[str, float]]:
        """One mapping an epoch: losses, validation metrics, learning rates. No clock times."""
        ...

    @property
    def best_epoch(self) -> int:
        """1-based epoch whose weights were kept."""
        ...

    @property
    def resumed_epochs(self) -> int:
        """Epochs that an earlier, interrupted process had done."""
        ...

    def save(self, path: Path) -> None:
        """Write the weights; equal weights give equal bytes.

        Raises:
            OSError: the file cannot be written; nothing half-written stays.
        """
        ...


class Trainer(Protocol):
    """Trains, and continues where a killed run left off."""

    def train(
        self,
        dataset: PreparedDataset,
        arguments: Mapping[str, Any],
        *,
        checkpoints: Path,
        progress: Progress,
        say: Callable[[str], None],
    ) -> TrainedModel:
        """Train with Ultralytics `arguments`; `checkpoints` is this run's own folder for resuming.

        `progress` shows the batches of an epoch, `say` takes one line an epoch.

        Raises:
            InputError: the arguments or the starting weights cannot be used.
            OutsideError: the device or the network is not there.
        """
        ...


DrawDetections = Callable[[NDArray[np.uint8], Detections, Sequence[str]], NDArray[np.uint8]]
"""Returns a copy of an RGB image, enlarged where it is small, with boxes, class names and scores drawn."""


@dataclass(frozen=True)
class Picture:
    """One image of a contact sheet.

    Attributes:
        image_id: stands below it.
        path: the image file.
        boxes: what is labelled on it.
        bad: indices of the boxes to be marked.
    """

    image_id: str
    path: Path
    boxes: tuple[Box, ...]
    bad: tuple[int, ...] = ()


EncodeImage = Callable[[NDArray[np.uint8], str], bytes]
"""Returns RGB pixels as an image file of the kind that a suffix (".png", ".jpg") names."""


class Plotter(Protocol):
    """Draws the model card's plots as PNG; equal numbers give equal bytes."""

    def plot_precision_recall(
        self, recall: NDArray[np.float64], curves: Mapping[str, NDArray[np.float64]], at: AtThreshold
    ) -> bytes:
        """Draw precision over `recall` for each class, and the operating point."""
        ...

    def plot_classes(self, scores: Sequence[ClassScore]) -> bytes:
        """Draw mAP50-95, precision and recall of each class as bars."""
        ...

    def plot_reliability(self, calibration: Calibration) -> bytes:
        """Draw precision over score, and how many detections stand behind each bin."""
        ...

    def plot_robustness(self, slices: Sequence[Slice]) -> bytes:
        """Draw the share of mAP50-95 that is left under each corruption."""
        ...


DrawSamples = Callable[[Sequence[tuple[NDArray[np.uint8], Sequence[Box]]], Sequence[str]], NDArray[np.uint8]]
"""Returns one RGB picture of several, each with its labelled boxes; the second argument lists all class names."""


class DatasetPlotter(Protocol):
    """Draws the data set card's plots as PNG; equal numbers give equal bytes."""

    def plot_class_counts(self, counts: Mapping[str, Mapping[str, int]]) -> bytes:
        """Draw the number of boxes of each class (class -> split -> boxes) as bars."""
        ...

    def plot_boxes(self, sides: NDArray[np.float64], places: NDArray[np.int64], per_image: NDArray[np.int64]) -> bytes:
        """Draw how large boxes are, where they lie, and how many an image has.

        `sides` are square roots of box areas in pixels, `places` a map of counts (rows from the top), `per_image`
        the number of boxes of each image.
        """
        ...


class CommittedFiles(Protocol):
    """The files of one commit, read from Git's objects alone. Paths are relative to the project, with slashes."""

    @property
    def commit(self) -> str:
        """The commit's full hash."""
        ...

    def kinds(self, path: str) -> Mapping[str, FileKind]:
        """Return path -> kind of `path` itself, or of everything below it; nothing where the commit lacks it."""
        ...

    def md5s(self, paths: Sequence[str], *, line_ends: Literal["stored", "unix", "dos"] = "stored") -> Sequence[str]:
        """Return the MD5 of each file, of the bytes as stored, or of a text's with other ends of lines."""
        ...

    def changed_by_checkout(self, paths: Sequence[str]) -> Mapping[str, Literal["line-ends", "filter"]]:
        """Return which files a checkout may write with other bytes than are stored: Git's attributes and settings."""
        ...

    def was_there(self, path: str) -> bool:
        """Return whether the commit or one before it held something at `path`."""
        ...


class Pipeline(Protocol):
    """What DVC knows at one commit, without its data."""

    @property
    def stages(self) -> Sequence[PipelineStage]:
        """The stages of every dvc.yaml."""
        ...

    @property
    def pointers(self) -> Sequence[PipelineStage]:
        """The .dvc files."""
        ...

    @property
    def orphans(self) -> Sequence[tuple[str, str]]:
        """(dvc.lock, key) of the entries without a stage."""
        ...

    def ignores(self, path: str) -> bool:
        """Return whether a .dvcignore keeps a file out of DVC's sight."""
        ...


class ObjectStore(Protocol):
    """A place where DVC keeps data and records of runs: its cache, or a remote.

    Every method raises `OutsideError` when it cannot be reached.
    """

    def find_missing(self, objects: Mapping[str, StageOutput]) -> set[str]:
        """Return which of the MD5s are not there; the output that an object belongs to says where it should be."""
        ...

    def read_folder(self, output: StageOutput) -> Mapping[str, str] | None:
        """Return path in the folder -> MD5 of an output that is a folder; None where its list is not there."""
        ...

    def has_run(self, entry: Mapping[str, Any]) -> bool:
        """Return whether the record of a run that made exactly this entry of dvc.lock is there."""
        ...


class LockHistory(Protocol):
    """The commits that changed dvc.lock, as a graph."""

    @property
    def tip(self) -> str | None:
        """The newest of them, seen from the commit that is asked about; None where there is none."""
        ...

    @property
    def commits(self) -> Sequence[str]:
        """All of them, the newest first."""
        ...

    def parents(self, commit: str) -> Sequence[str]:
        """Return those before `commit`: none at the first, several at a merge that took from several."""
        ...

    def read(self, commit: str, lock: str) -> bytes:
        """Return a dvc.lock at `commit`; empty where there was none."""
        ...


class Forge(Protocol):
    """One repository on GitHub.

    Every method raises `OutsideError` when GitHub cannot be reached, limits the rate or fails (after retries), and
    `InputError` when the token is bad or lacks a permission (the hint names it) or when there is no such thing.
    """

    @property
    def repository(self) -> str:
        """The repository's "owner/name"."""
        ...

    def login(self) -> str:
        """Return the login that comments will be posted as."""
        ...

    def pull_request(self, number: int) -> PullRequest:
        """Return one pull request."""
        ...

    def find_pull_requests(self, head_repository: str, head_ref: str) -> Sequence[PullRequest]:
        """Return the open pull requests of a branch, which may lie in a fork."""
        ...

    def open_pull_request(self, *, head_ref: str, base_ref: str, title: str, body: str) -> PullRequest:
        """Open a pull request from a branch of this repository."""
        ...

    def comments(self, number: int) -> Sequence[Comment]:
        """Return all comments of a pull request, every page, oldest first."""
        ...

    def add_comment(self, number: int, body: str) -> Comment: ...

    def edit_comment(self, number: int, comment_id: int, body: str) -> Comment: ...

    def delete_comment(self, number: int, comment_id: int) -> None:
        """Delete a comment; one that is gone already is no failure."""
        ...

    def set_status(self, sha: str, state: State, description: str, *, context: str, url: str | None = None) -> None:
        """Set a commit status; the description is cut at GitHub's 140 characters."""
        ...

    def statuses(self, sha: str, *, final: bool = False) -> Mapping[str, CommitStatus]:
        """Return context -> the newest status that a commit has of it, of all pages; pending ones too, or `final`."""
        ...

    def dispatch(self, workflow: str, ref: str, inputs: Mapping[str, str]) -> None:
        """Start a workflow (file name) by hand on a branch."""
        ...

    def protection(self, branch: str) -> Protection:
        """Return what a branch demands."""
        ...

    def variables(self) -> Mapping[str, str] | None:
        """Return the repository's Actions variables; None where the token may not read them."""
        ...

    def merged_pull_request(self, sha: str) -> MergedPullRequest | None:
        """Return the merged pull request that brought a commit to the default branch; None where none did."""
        ...

    def approvals(self, number: int) -> tuple[str, ...]:
        """Return who approved the head of a pull request as it is now: last reviews only, without the author."""
        ...

    def rulesets(self) -> Sequence[Ruleset] | None:
        """Return the repository's rulesets; None where the token may not read them."""
        ...

    def environments(self) -> Sequence[Environment] | None:
        """Return the repository's environments; None where the token may not read them."""
        ...


@dataclass(frozen=True)
class NewTag:
    """An annotated tag that is to be made.

    Attributes:
        name: without "refs/tags/".
        commit: that it shall lead to.
        message: whole.
        tagged_at: in seconds since the epoch.
    """

    name: str
    commit: str
    message: str
    tagged_at: int


class RegistryRepository(Protocol):
    """A clone, and the remote whose tags and default branch are the registry.

    Every method raises `OutsideError` when the remote cannot be reached or refuses for no fault of ours, and
    `InputError` when a token or a rule of the repository does not allow a push.
    """

    def refresh(self) -> Ledger:
        """Return the registry as the remote has it now: one question to it, and a fetch only where something is new.

        Tags that the remote no longer has, or has with another object, are read as the remote has them.
        """
        ...

    def read(self, blob: str) -> bytes:
        """Return the content of one of Git's objects that a ledger named."""
        ...

    def make_tag(self, tag: NewTag) -> str:
        """Make the tag's object, signed where the user's Git is set up for it, and return its name; no ref is made."""
        ...

    def publish(self, tags: Mapping[str, str]) -> bool:
        """Push tags (name -> tag object) in one atomic push in which none may exist, then read the remote again.

        What is there then, the clone has as well.

        Returns:
            Whether the remote has every one of them as given; False where somebody else was first, and nothing of it
            is there.
        """
        ...

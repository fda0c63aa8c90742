"""What can be wrong with a data set: every kind of problem has a stable code, and a policy that params.yaml may change.

`fail` stops whoever reads the data; `drop` leaves out the row or the image; `keep` goes on with it. All report it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from headway.contracts.problem import Problem

Policy = Literal["fail", "drop", "keep"]
Takes = Literal["row", "image", "set"]
"""What a problem is about: `drop` leaves out that row or that image; of the set as a whole nothing can be dropped."""

_ALL: tuple[Policy, ...] = ("fail", "drop", "keep")
_LEAVE: tuple[Policy, ...] = ("fail", "drop")
"""For what no training could use."""
_TELL: tuple[Policy, ...] = ("fail", "keep")
_STOP: tuple[Policy, ...] = ("fail",)


@dataclass(frozen=True)
class Kind:
    """One kind of problem.

    Attributes:
        code: what params.yaml, JSON output and tests call it; never changes.
        title: what it is, for tables.
        takes: the row, the image or the set.
        default: the policy where params.yaml sets none.
        allowed: the policies that params.yaml may set.
        fix: the policy by which `headway data check --fix` mends it, where there is an obvious way.
        kept: what keeping does beside leaving it as it is.
    """

    code: str
    title: str
    takes: Takes
    default: Policy
    allowed: tuple[Policy, ...]
    fix: Policy | None = None
    kept: str = ""


def _kinds(*kinds: Kind) -> Mapping[str, Kind]:
    return {kind.code: kind for kind in kinds}


KINDS: Mapping[str, Kind] = _kinds(
    # Files
    Kind("path-escapes", "path or link that leads out of the data set", "image", "fail", _LEAVE),
    Kind("code-in-data", "code or download line; never executed", "set", "keep", _TELL),
    Kind("image-missing", "labels name an image that is not there", "row", "fail", _LEAVE),
    Kind("image-unreadable", "file that is no image", "image", "fail", _LEAVE),
    Kind("image-truncated", "image that is cut off or damaged", "image", "fail", _LEAVE),
    Kind("image-huge", "image of an absurd size (decompression bomb)", "image", "fail", _LEAVE),
    Kind("image-changed", "image that is not the one that was imported", "image", "fail", _LEAVE),
    Kind("settled-at-import", "problem that was settled when the set was imported or mended", "set", "keep", _TELL),
    Kind("image-id-clash", "images that share one id", "set", "fail", _STOP),
    Kind("image-trailing-bytes", "JPEG with bytes behind its end, or no end marker", "image", "keep", _ALL),
    Kind("image-type", "content of another type than the file's extension", "image", "keep", _ALL),
    Kind("image-orientation", "EXIF orientation other than upright", "image", "keep", _ALL, kept="turned upright"),
    Kind("image-colour-mode", "colour mode that few images of the set have", "image", "keep", _ALL, kept="read as RGB"),
    # Labels
    Kind("label-encoding", "label file that is not UTF-8 text", "image", "fail", _LEAVE),
    Kind("label-malformed", "label that is not what its format demands", "row", "fail", _LEAVE),
    Kind("label-fields", "row with a wrong number of fields", "row", "fail", _LEAVE),
    Kind(
        "label-extra-columns", "row with extra columns", "row", "fail", _ALL, fix="keep", kept="extra columns ignored"
    ),
    Kind("label-separator", "row with wrong separators", "row", "fail", _ALL, fix="keep", kept="read as it was meant"),
    Kind("label-number", "field that is no number", "row", "fail", _LEAVE),
    Kind("label-not-finite", "number that is not finite", "row", "fail", _LEAVE),
    Kind("label-polygon", "polygon or turned box", "row", "fail", _ALL, kept="taken as the box around it"),
    Kind("label-crowd", "crowd region, which is no box of one object", "row", "drop", _LEAVE),
    Kind("label-image-size", "label made for an image of another size", "image", "keep", _ALL),
    Kind("label-empty", "label file without a box", "image", "keep", _ALL, kept="taken as background"),
    Kind("image-without-label", "image without a label", "image", "keep", _ALL, kept="taken as background"),
    Kind("label-without-image", "label without an image", "set", "keep", _TELL),
    Kind("listed-twice", "image that is listed again", "set", "keep", _TELL, kept="taken once"),
    # Boxes
    Kind("box-no-area", "box of zero or negative size", "row", "fail", _LEAVE, fix="drop"),
    Kind("box-off-image", "box wholly outside the image", "row", "fail", _LEAVE, fix="drop"),
    Kind("box-outside", "box that reaches out of the image", "row", "fail", _ALL, fix="keep", kept="cut at the border"),
    Kind("box-tiny", "tiny box", "row", "keep", _ALL),
    Kind("box-duplicate", "box that repeats another", "row", "keep", _ALL, fix="drop"),
    Kind("box-near-duplicate", "box that nearly equals another", "row", "keep", _ALL),
    Kind("box-two-classes", "same box with two classes", "row", "keep", _ALL),
    # Classes
    Kind("class-unknown", "class that is not declared", "row", "fail", _LEAVE),
    Kind("class-ids-from-one", "class ids that start at 1", "set", "fail", _TELL),
    Kind("class-order-changed", "class ids that differ from the registry", "set", "fail", _TELL),
    Kind("class-new", "class that the registry lacks", "set", "fail", _STOP),
    Kind("class-unseen", "class without a box", "set", "keep", _TELL),
    Kind("class-not-in-train", "class that is scored but not learnt", "set", "fail", _TELL),
    Kind("class-not-scored", "class without a box in val or test", "set", "keep", _TELL),
    Kind("class-rare", "class too rare to score", "set", "keep", _TELL),
    # Copies
    Kind("image-duplicate", "exact copy of another image", "image", "keep", _ALL),
    Kind("image-near-duplicate", "near duplicate of another image", "image", "keep", _ALL),
    Kind("image-similar", "images that look alike in 8 x 8 pixels", "set", "keep", _TELL),
    Kind("image-augmented", "one photo, augmented several times", "set", "keep", _TELL),
    # Splits
    Kind("split-conflict", "image that is listed in two splits", "set", "fail", _STOP),
    Kind("split-empty", "split without images or boxes", "set", "fail", _STOP),
    Kind("leak-duplicate", "exact copies in different splits", "set", "keep", _TELL),
    Kind("leak-near-duplicate", "near duplicates in different splits", "set", "keep", _TELL),
    Kind("leak-augmented", "copies of one photo in different splits", "set", "keep", _TELL),
    Kind("leak-group", "one capture group in different splits", "set", "keep", _TELL),
    Kind("split-quarantined", "image that belongs to several splits at once", "image", "drop", _LEAVE),
    # Looks
    Kind("image-dark", "dark image", "image", "keep", _ALL),
    Kind("image-blurred", "blurred image", "image", "keep", _ALL),
    Kind("image-blank", "blank image", "image", "keep", _ALL),
    Kind("image-odd-size", "image of a size far from the others'", "image", "keep", _ALL),
    Kind("image-many-boxes", "image with far more boxes than the others", "image", "keep", _ALL),
    # Review: the model disagrees with the label. Never acted upon.
    Kind("suspect-missing", "confident detection where no box is labelled", "row", "keep", ("keep",)),
    Kind("suspect-class", "confident detection of another class than the label", "row", "keep", ("keep",)),
    Kind("suspect-box", "label that no detection supports", "row", "keep", ("keep",)),
)
"""Every kind by its code, in the order of reports."""

_ORDER = {code: number for number, code in enumerate(KINDS)}


def sorted_problems(problems: Iterable[Problem]) -> list[Problem]:
    """Return problems by kind, file, line and message."""
    return sorted(problems, key=lambda one: (_ORDER[one.code], one.file, one.line or 0, one.box or 0, one.message))

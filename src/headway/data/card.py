"""The data set card: what is in a prepared data set, as a page with pictures that people like to read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from headway.contracts.dataset import ImageRecord, PreparedDataset, dataset_facts
from headway.contracts.markdown import code, escape, table
from headway.contracts.problem import Problem
from headway.contracts.problems import KINDS
from headway.data.statistics import (
    LARGE_SIDE,
    SMALL_SIDE,
    ClassStatistics,
    DatasetStatistics,
    choose_samples,
    describe,
)
from headway.ports import DatasetPlotter, DrawSamples, EncodeImage, ImageReader

CARD = "card.md"
SAMPLES, CLASSES, BOXES = "samples.jpg", "classes.png", "boxes.png"
_SAMPLES_SHOWN = 12
_CLASSES_SHOWN = 40
_SIZES_SHOWN = 5
_USES = {
    "train": "fitting the weights",
    "val": "choosing the epoch and the threshold",
    "test": "the scores; frozen",
    "fresh": "images that came after test was frozen",
}


@dataclass(frozen=True)
class CardFacts:
    """What the card is written from.

    Attributes:
        dataset: the prepared data.
        statistics: of its images and boxes.
        problems: that checking found and the policies did not stop at.
        about: "licence", "origin", "description", "version", "format", as far as they are known.
        samples: the images that the sample sheet shows.
    """

    dataset: PreparedDataset
    statistics: DatasetStatistics
    problems: tuple[Problem, ...]
    about: Mapping[str, str]
    samples: tuple[ImageRecord, ...]


def gather_facts(dataset: PreparedDataset, problems: tuple[Problem, ...], about: Mapping[str, str]) -> CardFacts:
    """Count what the card tells, and choose its samples."""
    return CardFacts(
        dataset, describe(dataset), problems, about, tuple(choose_samples(dataset.records, _SAMPLES_SHOWN))
    )


def draw_pictures(
    facts: CardFacts, *, plotter: DatasetPlotter, read_image: ImageReader, draw: DrawSamples, encode: EncodeImage
) -> Iterator[tuple[str, bytes]]:
    """Yield file name and content of each picture of the card.

    Raises:
        InputError: a sample is no longer the image that was prepared.
    """
    statistics = facts.statistics
    if facts.samples:
        tiles = [(read_image(facts.dataset.image_path(sample)), sample.boxes) for sample in facts.samples]
        yield SAMPLES, encode(draw(tiles, facts.dataset.classes), ".jpg")
    yield CLASSES, plotter.plot_class_counts({one.name: one.boxes for one in statistics.classes})
    yield BOXES, plotter.plot_boxes(statistics.sides, statistics.places, statistics.per_image)


def card_values(facts: CardFacts) -> dict[str, Any]:
    """Return what the card says as JSON values, nothing cut."""
    statistics = facts.statistics
    return {
        **dataset_facts(facts.dataset),
        "about": dict(facts.about),
        "class_statistics": [{**asdict(one), "total": one.total} for one in statistics.classes],
        "image_sizes": [[*size, count] for size, count in statistics.image_sizes.items()],
        "problems": _count_problems(facts.problems),
        "samples": [sample.image_id for sample in facts.samples],
    }


def card_markdown(facts: CardFacts) -> str:
    """Return the card; it shows the pictures of `draw_pictures`, which lie beside it."""
    sections = (
        _summary(facts),
        _splits(facts.dataset),
        _classes(facts.statistics),
        _boxes(facts.statistics),
        _problems(facts.problems),
        _origin(facts),
    )
    return "\n\n".join("\n".join(section) for section in sections) + "\n"


def _summary(facts: CardFacts) -> Iterator[str]:
    records = facts.dataset.records
    boxes = int(facts.statistics.per_image.sum())
    yield "# Data set card"
    yield ""
    if facts.about.get("description"):
        yield from (escape(facts.about["description"]), "")
    head = ("images", "boxes", "classes", "boxes per image", "licence")
    counts = f"{len(records):,}", f"{boxes:,}", str(len(facts.dataset.classes)), _mean(boxes, len(records))
    yield from _centred_table(head, (*counts, escape(facts.about.get("licence", "")) or "unknown"))
    if facts.samples:
        shown = {box.class_name for sample in facts.samples for box in sample.boxes}
        yield from ("", f"![{len(facts.samples)} images with their boxes]({SAMPLES})", "")
        yield (
            f"*{len(facts.samples)} of {len(records):,} images, which show {len(shown)} of "
            f"{len(facts.dataset.classes)} classes.*"
        )


def _splits(dataset: PreparedDataset) -> Iterator[str]:
    splits = dataset_facts(dataset)["splits"]
    rows = [
        (
            name,
            f"{split['images']:,}",
            _share(split["images"], len(dataset.records)),
            f"{split['boxes']:,}",
            _mean(split["boxes"], split["images"]),
            f"{split['background_images']:,}",
            _USES[name],
        )
        for name, split in splits.items()
    ]
    yield "## Splits"
    yield ""
    yield from table(("split", "images", "share", "boxes", "boxes per image", "images without any", "used for"), rows)
    groups = {record.group for record in dataset.records if record.group is not None}
    if groups:
        yield from (
            "",
            f"Images of one group (capture session, scene or copies) stay together: {len(groups):,} groups.",
        )


def _classes(statistics: DatasetStatistics) -> Iterator[str]:
    splits = [name for name in _USES if any(one.boxes.get(name) for one in statistics.classes)]
    shown = sorted(enumerate(statistics.classes), key=lambda item: (-item[1].total, item[0]))[:_CLASSES_SHOWN]
    head = ("class", "id", "boxes", *splits, "images", "small", "medium", "large", "median side")
    yield "## Classes"
    yield ""
    yield f"![Boxes of each class]({CLASSES})"
    yield ""
    yield from table(head, [_class_row(number, one, splits) for number, one in shown])
    yield ""
    if len(shown) < len(statistics.classes):
        yield f"The {len(shown)} most frequent of {len(statistics.classes)} classes."
    yield (
        f"Small is under {SMALL_SIDE} x {SMALL_SIDE} pixels in area, large over {LARGE_SIDE} x {LARGE_SIDE} (COCO); "
        "the side is the square root of the area."
    )


def _class_row(class_id: int, one: ClassStatistics, splits: list[str]) -> tuple[str, ...]:
    side = "-" if one.median_side is None else f"{one.median_side:.0f} px"
    counts = one.total, *(one.boxes.get(name, 0) for name in splits), one.images, one.small, one.medium, one.large
    return (escape(one.name), str(class_id), *(f"{count:,}" for count in counts), side)


def _boxes(statistics: DatasetStatistics) -> Iterator[str]:
    sizes = list(statistics.image_sizes.items())
    named = [f"{width} x {height} ({count:,})" for (width, height), count in sizes[:_SIZES_SHOWN]]
    rest = len(sizes) - len(named)
    yield "## Boxes and images"
    yield ""
    yield f"![Size and place of boxes, and boxes in an image]({BOXES})"
    yield ""
    yield f"Image sizes in pixels: {', '.join(named) or 'none'}{f' and {rest:,} others' if rest > 0 else ''}."


def _problems(problems: tuple[Problem, ...]) -> Iterator[str]:
    yield "## Known problems"
    yield ""
    counts = _count_problems(problems)
    if not counts:
        yield "None: every check passed."
        return
    rows = [(f"`{name}`", KINDS[name].title, f"{count:,}") for name, count in counts.items()]
    yield from table(("code", "what it is", "how often"), rows)
    yield ""
    yield "`headway data check` names each of them; `headway data codes` says what may be done about a kind."


def _origin(facts: CardFacts) -> Iterator[str]:
    about = facts.about
    yield "## Licence and origin"
    yield ""
    yield f"- Licence: {escape(about.get('licence', '')) or '*nobody has written it down (`prepare.licence`)*'}"
    yield f"- Origin: {escape(about.get('origin', '')) or '*nobody has written it down (`prepare.origin`)*'}"
    yield from (f"- {name.capitalize()}: {escape(about[name])}" for name in ("version", "format") if about.get(name))
    yield f"- Digest of images and labels: `{facts.dataset.digest}`"
    if facts.samples:
        yield f"- Shown above: {', '.join(code(sample.image_id) for sample in facts.samples)}"


def _count_problems(problems: tuple[Problem, ...]) -> dict[str, int]:
    found = Counter(one.code for one in problems)
    return {name: found[name] for name in KINDS if found[name]}


def _centred_table(head: tuple[str, ...], row: tuple[str, ...]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{'|'.join([' :---: '] * len(head))}|"
    yield f"| {' | '.join(row)} |"


def _mean(total: int, count: int) -> str:
    return f"{total / count:.1f}" if count else "-"


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "-"

"""The difference between two versions of a data set, as JSON and as Markdown for a pull request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from headway.contracts.dataset import Box
from headway.contracts.markdown import code, folded, table
from headway.contracts.problem import Problem, problem_values
from headway.contracts.problems import KINDS
from headway.data.diff import BoxChange, Copy, Count, DatasetDiff, ImageEntry, ImagePair

LONGEST = 60_000
"""Characters; GitHub takes comments of 65,536."""
_SHOWN = (30, 10, 3, 0)
"""Entries of a list or table that are shown; the first of these that keeps the whole under LONGEST."""
_LEAK = "leak-"


def diff_values(diff: DatasetDiff) -> dict[str, Any]:
    """Return the diff as JSON values, nothing cut."""
    lists = ("added", "removed", "copies_added", "copies_removed", "moved", "renamed", "replaced")
    return {
        "empty": diff.empty,
        "digest": {"before": diff.digest_before, "now": diff.digest_now},
        "images": {name: asdict(count) for name, count in diff.images.items()},
        "boxes": {name: asdict(count) for name, count in diff.boxes.items()},
        "new_classes": list(diff.new_classes),
        "gone_classes": list(diff.gone_classes),
        "class_ids": {name: {"before": ids[0], "now": ids[1]} for name, ids in diff.class_ids.items()},
        **{name: [asdict(entry) for entry in getattr(diff, name)] for name in lists},
        "relabelled": [{"kind": change.kind, **asdict(change)} for change in diff.relabelled],
        "problems": {name: asdict(count) for name, count in diff.problems.items()},
        "problems_added": [problem_values(one) for one in diff.problems_added],
        "problems_removed": [problem_values(one) for one in diff.problems_removed],
    }


def diff_markdown(diff: DatasetDiff, revision: str) -> str:
    """Return the diff for a pull request, at most LONGEST characters.

    Names from the data cannot become markup, mentions or links; long lists are folded and cut.
    """
    texts = ("\n\n".join("\n".join(block) for block in _blocks(diff, revision, shown)) + "\n" for shown in _SHOWN)
    return next(text for text in texts if len(text) <= LONGEST)


def _blocks(diff: DatasetDiff, revision: str, shown: int) -> Iterator[list[str]]:
    yield [f"## Data since {code(revision)}"]
    if diff.empty:
        yield ["Nothing changed."]
        yield [_digests(diff)]
        return
    yield [_headline(diff)]
    yield from _warnings(diff, shown)
    yield list(_counts("images", diff.images, shown, total=True))
    yield list(_counts("boxes of class", diff.boxes, shown))
    for found in _image_lists(diff, shown):
        yield list(found)
    yield from _relabelled(diff.relabelled, shown)
    yield from _problems(diff, shown)
    yield [_digests(diff)]


def _headline(diff: DatasetDiff) -> str:
    boxes = Counter(change.kind for change in diff.relabelled)
    labels = sum(boxes.values())
    parts = [
        _plural(len(diff.added), "image", "added"),
        _plural(len(diff.removed), "image", "removed"),
        _plural(len(diff.replaced), "image", "replaced"),
        _plural(len(diff.moved), "image", "moved to another split"),
        _plural(labels, "label", "changed on images that stayed"),
        _plural(len(diff.new_classes), "new class"),
        _plural(sum(_is_leak(one) for one in diff.problems_added), "new leak"),
    ]
    said = [part for part in parts if part]
    return f"**{', '.join(said)}.**" if said else "**The same images and labels; other facts about them changed.**"


def _warnings(diff: DatasetDiff, shown: int) -> Iterator[list[str]]:
    """Yield what a reviewer must not miss: changes of classes, and images that cross into another split's ground."""
    lines = []
    if diff.renumbered_classes:
        ids = [f"{code(name)} {_ids(diff.class_ids[name])}" for name in diff.renumbered_classes]
        lines.append(f"- Class ids **changed**: {_joined(ids, shown)}. Models and labels made before no longer fit.")
    if diff.gone_classes:
        lines.append(f"- Classes **gone**: {_joined([code(name) for name in diff.gone_classes], shown)}.")
    if diff.new_classes:
        names = [f"{code(name)} (id {diff.class_ids[name][1]})" for name in diff.new_classes]
        lines.append(f"- New classes: {_joined(names, shown)}.")
    crossed = [copy for copy in diff.copies_added if any(one.split != copy.image.split for one in copy.originals)]
    if crossed:
        lines.append(f"- Added images that copy an image of **another split**: {len(crossed):,}.")
    if lines:
        yield lines


def _counts(head: str, counts: Mapping[str, Count], shown: int, *, total: bool = False) -> Iterator[str]:
    names = list(counts) if len(counts) <= shown else _largest_changes(counts, shown)
    rows = [_count_row(code(name), counts[name]) for name in names]
    if total:
        whole = Count(sum(one.before for one in counts.values()), sum(one.now for one in counts.values()))
        rows.append(_count_row("all", whole))
    yield from table((head, "before", "now", "change"), rows)
    if len(names) < len(counts):
        yield from ("", f"The {len(names)} largest changes of {len(counts)}.")


def _largest_changes(counts: Mapping[str, Count], shown: int) -> list[str]:
    return sorted(counts, key=lambda name: (-abs(counts[name].change), name))[:shown]


def _count_row(name: str, count: Count) -> tuple[str, str, str, str]:
    change = f"{count.change:+,}" if count.change else "±0"
    return name, f"{count.before:,}", f"{count.now:,}", change


def _image_lists(diff: DatasetDiff, shown: int) -> Iterator[Iterator[str]]:
    lists = (
        ("Images added", [_entry_line(entry) for entry in diff.added]),
        ("Images removed", [_entry_line(entry) for entry in diff.removed]),
        (
            "Images moved between splits",
            [f"- {code(pair.id_now)}: {pair.split_before} → {pair.split_now}" for pair in diff.moved],
        ),
        ("Images replaced: the same id, other bytes", [f"- {code(pair.id_now)}" for pair in diff.replaced]),
        ("Images renamed: the same bytes, another id", [_rename_line(pair) for pair in diff.renamed]),
        ("Added images with the bytes of an image that was there", [_copy_line(copy) for copy in diff.copies_added]),
        ("Removed images with the bytes of one that is there", [_copy_line(copy) for copy in diff.copies_removed]),
    )
    return (_list(title, lines, shown) for title, lines in lists if lines)


def _entry_line(entry: ImageEntry) -> str:
    return f"- {code(entry.image_id)} ({entry.split}, {_plural(entry.boxes, 'box') or 'no box'})"


def _rename_line(pair: ImagePair) -> str:
    return f"- {code(pair.id_before)} → {code(pair.id_now)}"


def _copy_line(copy: Copy) -> str:
    originals = [f"{code(one.image_id)} ({one.split})" for one in copy.originals]
    return f"- {code(copy.image.image_id)} ({copy.image.split}) = {_joined(originals, 3)}"


def _relabelled(changes: Sequence[BoxChange], shown: int) -> Iterator[list[str]]:
    if not changes:
        return
    yield ["### Labels changed on images that stayed"]
    kinds = Counter(_change_title(change) for change in changes)
    rows = [(title, f"{count:,}") for title, count in sorted(kinds.items(), key=lambda item: (-item[1], item[0]))]
    lines = list(table(("what", "boxes"), rows[:shown]))
    yield lines if len(rows) <= shown else [*lines, "", f"The {shown} most frequent of {len(rows)}."]
    yield list(_list("Every changed label", [_change_line(change) for change in changes], shown))


def _change_title(change: BoxChange) -> str:
    one = change.before or change.now
    assert one is not None
    if change.kind == "class":
        assert change.before and change.now
        return f"{code(change.before.class_name)} → {code(change.now.class_name)}"
    return f"{code(one.class_name)} {change.kind}"


def _change_line(change: BoxChange) -> str:
    places = [_place(box) for box in (change.before, change.now) if box is not None]
    return f"- {code(change.image_id)}: {_change_title(change)}, {' → '.join(dict.fromkeys(places))}"


def _place(box: Box) -> str:
    return f"({', '.join(f'{side:.6g}' for side in (box.x_min, box.y_min, box.x_max, box.y_max))})"


def _problems(diff: DatasetDiff, shown: int) -> Iterator[list[str]]:
    for title, wanted in (("Leaks between splits", True), ("Other problems", False)):
        counts = {name: count for name, count in diff.problems.items() if name.startswith(_LEAK) == wanted}
        if not counts:
            continue
        yield [f"### {title}"]
        rows = [(f"`{name}`: {KINDS[name].title}", *_count_row("", count)[1:]) for name, count in counts.items()]
        yield list(table(("problem", "before", "now", "change"), rows))
        new = [f"- `{one.code}` {code(str(one))}" for one in diff.problems_added if _is_leak(one) == wanted]
        if new:
            yield list(_list(f"New: {title.lower()}", new, shown))


def _is_leak(problem: Problem) -> bool:
    return problem.code.startswith(_LEAK)


def _list(title: str, lines: Sequence[str], shown: int) -> Iterator[str]:
    rest = len(lines) - shown
    cut = [*lines[:shown], f"- and {rest:,} more"] if rest > 0 else lines
    return folded(f"{title} ({len(lines):,})", cut)


def _digests(diff: DatasetDiff) -> str:
    if diff.digest_before == diff.digest_now:
        return f"Digest of images and labels: `{diff.digest_now}`, as before."
    return f"Digest of images and labels: `{diff.digest_before}` → `{diff.digest_now}`."


def _ids(ids: tuple[int | None, int | None]) -> str:
    return f"{ids[0]} → {ids[1]}"


def _joined(parts: Iterable[str], shown: int) -> str:
    parts = list(parts)
    rest = len(parts) - shown
    return ", ".join(parts) if rest <= 0 else ", ".join([*parts[:shown], f"{rest:,} more"])


def _plural(count: int, noun: str, what: str = "") -> str:
    """Return "3 images added", "1 image added", or nothing for none."""
    if not count:
        return ""
    many = f"{noun}{'es' if noun.endswith(('x', 's')) else 's'}"
    return f"{count:,} {noun if count == 1 else many}{f' {what}' if what else ''}"

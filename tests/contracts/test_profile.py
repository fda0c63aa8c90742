"""The reference profile: fixed bins whose counts add exactly."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.profile import (
    CLASS_SIGNALS,
    EDGES,
    IMAGE_SIGNALS,
    Profile,
    Window,
    bin_of,
    count,
    merge,
    profile_json,
    read_profile,
)

CLASSES = ("can", "jar")


@st.composite
def windows(draw: st.DrawFn) -> Window:
    """A window whose counts are those of some images."""
    images = draw(st.integers(0, 4))
    signals = {name: st.lists(st.floats(-10, 400), min_size=images, max_size=images) for name in IMAGE_SIGNALS}
    by_class = {}
    for signal in CLASS_SIGNALS:
        size = images if signal == "detections" else draw(st.integers(0, 5))
        values = st.lists(st.floats(-10, 400), min_size=size, max_size=size)
        by_class[signal] = np.stack([count(signal, np.array(draw(values))) for _ in CLASSES])
    return Window(images, {name: count(name, np.array(draw(signals[name]))) for name in IMAGE_SIGNALS}, by_class)


@given(windows(), windows())
def test_windows_add_in_any_order(first: Window, second: Window) -> None:
    assert first + second == second + first


@given(windows(), windows(), windows())
def test_windows_add_in_any_grouping(first: Window, second: Window, third: Window) -> None:
    assert (first + second) + third == first + (second + third)


@given(windows())
def test_adding_the_empty_window_changes_nothing(window: Window) -> None:
    assert window == window + Window.empty(len(CLASSES))


@given(st.sampled_from(sorted(EDGES)), st.lists(st.floats(allow_nan=False)), st.lists(st.floats(allow_nan=False)))
def test_counts_of_a_union_are_the_sum_of_counts(signal: str, first: list[float], second: list[float]) -> None:
    together = count(signal, np.array([*first, *second]))

    assert together.tolist() == (count(signal, np.array(first)) + count(signal, np.array(second))).tolist()


@given(st.sampled_from(sorted(EDGES)), st.lists(st.floats(allow_nan=False), min_size=1))
def test_every_value_is_counted_once(signal: str, values: list[float]) -> None:
    assert len(values) == count(signal, np.array(values)).sum()


@pytest.mark.parametrize("signal", sorted(EDGES))
def test_edges_rise_and_open_their_bins(signal: str) -> None:
    edges = np.array(EDGES[signal], dtype=np.float64)

    assert (np.diff(edges) > 0).all()
    assert list(range(len(edges) - 1)) == bin_of(signal, edges[:-1]).tolist()


def test_values_beyond_the_edges_fall_into_the_outer_bins() -> None:
    assert [0, 49, 49] == bin_of("confidence", np.array([-0.5, 1.0, 1.5])).tolist()


@given(st.lists(windows(), max_size=3))
def test_a_profile_comes_back_from_its_file(tmp_path_factory: pytest.TempPathFactory, found: list[Window]) -> None:
    path = tmp_path_factory.getbasetemp() / "profile.json"
    profile = Profile(CLASSES, 0.3, tuple(found))
    path.write_text(profile_json(profile))

    assert profile == read_profile(path)


def test_the_total_is_the_sum_of_the_windows() -> None:
    one = Window(1, {name: count(name, np.array([0.5])) for name in IMAGE_SIGNALS}, Window.empty(2).by_class)

    assert merge([one, one, one], 2) == Profile(CLASSES, 0.3, (one, one, one)).total


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"bins_version": 2}, "schema and bins"),
        ({"windows": [{"images": 1}]}, "by_class"),
        ({"threshold": "high"}, "could not convert"),
    ],
)
def test_a_file_that_is_no_profile_of_these_bins_is_refused(
    tmp_path: Path, change: dict[str, object], reason: str
) -> None:
    path = tmp_path / "profile.json"
    path.write_text(json.dumps({**json.loads(profile_json(Profile(CLASSES, 0.3, ()))), **change}))

    with pytest.raises(Exception, match=reason) as failure:
        read_profile(path)
    assert "InputError" == type(failure.value).__name__


def test_counts_that_do_not_sum_to_the_images_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "profile.json"
    values = json.loads(profile_json(Profile(CLASSES, 0.3, (Window.empty(2),))))
    values["windows"][0]["images"] = 3
    path.write_text(json.dumps(values))

    with pytest.raises(Exception, match="do not sum to the window's 3 images"):
        read_profile(path)

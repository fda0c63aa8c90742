"""How two models' boxes are paired, and what counts as straying too far."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from headway.contracts.export_report import ParityReport, Tolerances
from headway.contracts.params.export import ParityParams
from headway.detection.detections import Detections
from headway.detection.matching import Labels
from headway.packaging.parity import (
    DEFAULT_TOLERANCES,
    build_report,
    choose_tolerances,
    compare,
    find_excesses,
    find_gaps,
)

Row = tuple[float, float, float, float, float, int]


def found(*rows: Row) -> Detections:
    table = np.array(sorted(rows, key=lambda row: -row[4]), dtype=np.float64).reshape(-1, 6)
    return Detections(table[:, :4].astype(np.float32), table[:, 4].astype(np.float32), table[:, 5].astype(np.int64))


def report(reference: list[Detections], exported: list[Detections], labels: list[Labels]) -> ParityReport:
    return build_report(
        reference,
        exported,
        labels,
        class_count=2,
        model_sha256="0" * 64,
        precision="fp16",
        reference_engine="torch",
        engine="onnxruntime",
        tolerances=Tolerances(matched_boxes=0.9, score_difference=0.01, map_difference=0.01),
    )


detections = st.lists(
    st.builds(
        lambda left, top, score, class_id: (left, top, left + 20.0, top + 20.0, score, class_id),
        st.integers(0, 4).map(lambda step: 30.0 * step),
        st.integers(0, 4).map(lambda step: 30.0 * step),
        st.floats(1 / 64, 1.0, width=32),
        st.integers(0, 1),
    ),
    max_size=12,
).map(lambda rows: found(*rows))


@given(images=st.lists(detections, max_size=4))
def test_model_agrees_with_itself(images: list[Detections]) -> None:
    agreement = compare(images, images)

    assert agreement.strong_boxes == agreement.matched
    assert bool(agreement.strong_boxes) == any(image.scores.size for image in images)
    assert not agreement.score_differences.any()


@given(first=detections, second=detections)
def test_only_a_reference_without_boxes_leaves_parity_unmeasured(first: Detections, second: Detections) -> None:
    agreement = compare([first], [second])

    assert (agreement.matched_share is None) == (not first.scores.size and not (second.scores > 0.25).any())


@given(first=detections, second=detections)
def test_no_more_boxes_match_than_there_are(first: Detections, second: Detections) -> None:
    agreement = compare([first], [second])

    if agreement.strong_rule == "score above 0.25":
        assert agreement.strong_boxes == (first.scores > 0.25).sum() + (second.scores > 0.25).sum()
    else:
        assert agreement.strong_boxes == min(20, first.scores.size)
    assert 0 <= agreement.matched <= agreement.strong_boxes


@pytest.mark.parametrize(
    ("partner", "matched"),
    [
        ((0, 0, 100, 100, 0.8, 0), 2),
        ((0, 0, 100, 91, 0.8, 0), 2),
        ((0, 0, 100, 89, 0.8, 0), 0),
        ((0, 0, 100, 100, 0.8, 1), 0),
    ],
    ids=["same place", "IoU 0.91", "IoU 0.89", "other class"],
)
def test_partner_is_of_the_same_class_at_the_same_place(partner: Row, matched: int) -> None:
    assert matched == compare([found((0, 0, 100, 100, 0.9, 0))], [found(partner)]).matched


def test_strong_box_finds_its_partner_among_weak_ones() -> None:
    agreement = compare([found((0, 0, 10, 10, 0.26, 0))], [found((0, 0, 10, 10, 0.24, 0))])

    assert (1, 1) == (agreement.strong_boxes, agreement.matched)
    np.testing.assert_allclose([0.02], agreement.score_differences, rtol=1e-5)


def test_pairs_of_weak_boxes_do_not_count_beside_strong_ones() -> None:
    strong = (50, 50, 60, 60, 0.9, 0)

    agreement = compare([found((0, 0, 10, 10, 0.2, 0), strong)], [found((0, 0, 10, 10, 0.1, 0), strong)])

    assert [0.0] == agreement.score_differences.tolist()


def test_without_a_strong_box_the_best_of_each_image_are_compared() -> None:
    row = [(20.0 * place, 0, 20.0 * place + 10, 10, 0.2 - place / 1000, 0) for place in range(30)]
    shifted = [
        (left, 4 if place == 3 else 0, right, 10, score, 0) for place, (left, _, right, _, score, _) in enumerate(row)
    ]

    agreement = compare([found(*row), found()], [found(*shifted), found()])

    assert ("20 best boxes of the checkpoint in each image", 20, 19) == (
        agreement.strong_rule,
        agreement.strong_boxes,
        agreement.matched,
    )
    assert 19 == agreement.score_differences.size


def test_of_two_boxes_at_one_place_the_nearer_score_is_the_partner() -> None:
    both = found((0, 0, 10, 10, 0.9, 0), (0, 0, 10, 10, 0.5, 0))

    np.testing.assert_allclose([0.01], compare([found((0, 0, 10, 10, 0.51, 0))], [both]).score_differences, rtol=1e-4)


def test_boxes_are_not_paired_across_images() -> None:
    box, nothing = found((0, 0, 10, 10, 0.9, 0)), found()

    assert 0 == compare([box, nothing], [nothing, box]).matched


def test_report_gives_the_loss_of_map() -> None:
    labels = [Labels(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([0]))]

    lost = report([found((0, 0, 10, 10, 0.9, 0))], [found((0, 0, 10, 6, 0.9, 0))], labels)

    assert 1.0 == lost.reference_map50_95
    assert 0.3 == lost.map50_95, "IoU 0.6 counts at 3 of the 10 overlaps"
    assert 0.7 == lost.map_difference


def test_report_without_boxes_claims_nothing_and_says_so() -> None:
    empty = report([found()], [found()], [Labels(np.empty((0, 4)), np.empty(0, dtype=np.int64))])

    assert (None, None, None) == (empty.matched_boxes, empty.score_difference_p99, empty.map_difference)
    assert [] == find_excesses(empty)
    assert ["parity: the checkpoint finds nothing in 1 images, so no box could be compared"] == find_gaps(empty)


def test_weak_boxes_are_compared_but_only_scores_and_map_are_held() -> None:
    labels = [Labels(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([0]))]
    weak, elsewhere = [found((0, 0, 10, 10, 0.02, 0))], [found((50, 0, 60, 10, 0.02, 0))]

    agreeing, straying = report(weak, weak, labels), report(weak, elsewhere, labels)

    assert [] == find_excesses(agreeing)
    assert "1.00 of the 1 best boxes match" in find_gaps(agreeing)[0]
    assert "0.00 of the 1 best boxes match" in find_gaps(straying)[0]
    assert ["mAP50-95 falls by 1.0000 (at most 0.01)"] == find_excesses(straying)


def test_every_tolerance_that_is_exceeded_is_named_with_both_numbers() -> None:
    labels = [Labels(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([0]))]
    reference = [found((0, 0, 10, 10, 0.9, 0), (50, 50, 60, 60, 0.8, 1))]
    exported = [found((0, 0, 10, 9.4, 0.7, 0))]

    assert [
        "0.6667 of the boxes match (at least 0.9)",
        "scores differ by 0.2000 (at most 0.01)",
        "mAP50-95 falls by 0.1000 (at most 0.01)",
    ] == find_excesses(report(reference, exported, labels))


def test_better_file_does_not_stray() -> None:
    labels = [Labels(np.array([[0.0, 0.0, 10.0, 10.0]]), np.array([0]))]

    better = report([found((0, 0, 10, 9.4, 0.9, 0))], [found((0, 0, 10, 10, 0.9, 0))], labels)

    assert better.map_difference is not None
    assert better.map_difference < 0
    assert [] == find_excesses(better)


def test_given_tolerance_replaces_only_its_default() -> None:
    chosen = choose_tolerances("int8", ParityParams(matched_boxes=0.5))

    assert 0.5 == chosen.matched_boxes
    assert DEFAULT_TOLERANCES["int8"].score_difference == chosen.score_difference


def test_less_precise_arithmetic_is_allowed_to_stray_further() -> None:
    ordered = [DEFAULT_TOLERANCES[name] for name in ("fp32", "fp16", "int8")]

    assert ordered == sorted(ordered, key=lambda one: (-one.matched_boxes, one.score_difference, one.map_difference))

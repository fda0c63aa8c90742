"""Post-processing inside the graph against plain NumPy, what a file says about itself, and which files are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import onnx.parser
import onnxruntime
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from headway.contracts.model_facts import ExportFacts, ModelFacts, Precision, read_model_facts
from headway.detection.geometry import iou_matrix
from headway.errors import InputError
from headway.integrations.onnx import assemble, check_model_file

CLASSES = ("red", "green", "blue")
ANCHORS = 12
IOU = 0.4513  # no ratio of small whole numbers comes near it


def make_facts(
    *, max_det: int = 300, score_floor: float = 0.1, end2end: bool = False, precision: Precision = "fp32"
) -> ExportFacts:
    return ExportFacts(CLASSES, 64, precision, score_floor, IOU, max_det, end2end)


def make_network(sides: str) -> bytes:
    """Return a network that hands its input through."""
    text = f"""
    <ir_version: 9, opset_import: ["": 20]>
    network (float[batch, {sides}] images) => (float[batch, {sides}] raw) {{ raw = Identity (images) }}
    """
    content: bytes = onnx.parser.parse_model(text).SerializeToString()
    return content


def run_assembled(raw: NDArray[np.float32], facts: ExportFacts) -> NDArray[np.float32]:
    content = assemble(make_network(", ".join(map(str, raw.shape[1:]))), facts)
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    rows: NDArray[np.float32] = session.run(["detections"], {"images": raw})[0]
    return rows


def suppress(raw: NDArray[np.float32], facts: ExportFacts) -> NDArray[np.float32]:
    """Non-maximum suppression of one image, (4 + classes, anchors), a box at a time."""
    centre, size = raw[:2].T, raw[2:4].T
    boxes = np.hstack([centre - size / 2, centre + size / 2])
    iou = iou_matrix(boxes, boxes)
    kept = []
    for class_id, scores in enumerate(raw[4:]):
        chosen: list[int] = []
        for anchor in np.argsort(-scores, kind="stable"):
            if scores[anchor] > facts.score_floor and all(iou[anchor, other] <= facts.iou for other in chosen):
                chosen.append(int(anchor))
        kept += [[*boxes[anchor], scores[anchor], class_id] for anchor in chosen]
    rows = np.zeros((min(facts.max_det, raw[4:].size), 6), dtype=np.float32)
    strongest = sorted(kept, key=lambda row: -row[4])[: len(rows)]
    rows[: len(strongest)] = np.array(strongest, dtype=np.float32).reshape(-1, 6)
    return rows


def draw_raw(images: int, seed: int, candidates: float) -> NDArray[np.float32]:
    """Return (images, 4 + classes, anchors): small whole boxes that overlap a lot, all scores of an image different."""
    rng = np.random.default_rng(seed)
    boxes = np.concatenate(
        [rng.integers(10, 30, (images, 2, ANCHORS)), 2 * rng.integers(3, 15, (images, 2, ANCHORS))], 1
    )
    count = len(CLASSES) * ANCHORS
    ranks = rng.permuted(np.tile(np.arange(1, count + 1), (images, 1)), axis=1)
    scores = np.where(rng.random((images, count)) < candidates, ranks / (count + 1), 0.0)
    return np.concatenate([boxes, scores.reshape(images, len(CLASSES), ANCHORS)], 1).astype(np.float32)


@settings(max_examples=60, deadline=None)
@given(
    images=st.integers(1, 7),
    seed=st.integers(0, 2**32 - 1),
    candidates=st.sampled_from([0.0, 0.1, 0.5, 1.0]),
    max_det=st.sampled_from([1, 5, 36, 300]),
)
def test_suppression_in_the_graph_equals_numpy_for_every_image(
    images: int, seed: int, candidates: float, max_det: int
) -> None:
    raw, facts = draw_raw(images, seed, candidates), make_facts(max_det=max_det)

    expected = np.stack([suppress(image, facts) for image in raw])

    np.testing.assert_array_equal(expected, run_assembled(raw, facts))


def test_image_without_candidates_gives_only_empty_rows() -> None:
    assert not run_assembled(draw_raw(2, seed=0, candidates=0.0), make_facts()).any()


def test_same_place_is_kept_once_a_class() -> None:
    raw = np.zeros((1, 7, ANCHORS), dtype=np.float32)
    raw[:, :4] = np.array([20, 20, 10, 10]).reshape(1, 4, 1)
    raw[0, 4:6] = np.linspace(0.2, 0.9, ANCHORS)

    rows = run_assembled(raw, make_facts())[0]

    assert [0.0, 1.0] == sorted(rows[rows[:, 4] > 0, 5].tolist())


def test_end_to_end_rows_at_the_floor_or_below_are_emptied() -> None:
    raw = np.array(
        [[[1, 2, 3, 4, 0.9, 2], [1, 2, 3, 4, 0.11, 1], [5, 6, 7, 8, 0.1, 1], [5, 6, 7, 8, 0.0, 2]]], np.float32
    )

    rows = run_assembled(raw, make_facts(end2end=True))

    np.testing.assert_array_equal(np.concatenate([raw[:, :2], np.zeros((1, 2, 6), np.float32)], 1), rows)


def test_file_states_its_facts_and_nothing_else() -> None:
    model = onnx.load_from_string(assemble(make_network("7, 12"), make_facts(precision="fp16")))

    (entry,) = model.metadata_props
    expected = {
        "schema_version": 1, "classes": list(CLASSES), "input_size": 64, "letterbox": {"pad": 114, "centered": True},
        "colour": "RGB", "scale": "1/255", "score_floor": 0.1, "iou": IOU, "max_det": 300, "precision": "fp16",
        "end2end": False,
    }  # fmt: skip
    assert "headway" == entry.key
    assert expected == json.loads(entry.value)


def test_facts_are_read_back(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(assemble(make_network("7, 12"), make_facts(precision="int8")))

    checked = check_model_file(file)

    assert ModelFacts(CLASSES, 64, "int8") == read_model_facts(checked.properties, "model.onnx")
    assert 20 == checked.opset


def test_third_party_detector_of_standard_operators_is_accepted(shared_folder: Path) -> None:
    assert 20 == check_model_file(shared_folder / "weights" / "yolov8n_int8.onnx").opset


def assembled() -> onnx.ModelProto:
    return onnx.load_from_string(assemble(make_network("7, 12"), make_facts()))


def with_external_weights(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer.add(name="weights", data_type=onnx.TensorProto.FLOAT, dims=[1])
    tensor.data_location = onnx.TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../secret.bin")


def with_external_constant_in_a_branch(model: onnx.ModelProto) -> None:
    """Hide the reference in a constant of an If's branch, and leave the marker off."""
    branch = onnx.parser.parse_graph("branch () => (float[1] x) { x = Constant <value = float[1] {1}> () }")
    branch.node[0].attribute[0].t.external_data.add(key="location", value="../secret.bin")
    model.graph.node.append(onnx.helper.make_node("If", ["used"], ["y"], then_branch=branch, else_branch=branch))


def with_foreign_domain(model: onnx.ModelProto) -> None:
    model.opset_import.add(domain="com.microsoft", version=1)


def with_foreign_node_in_a_branch(model: onnx.ModelProto) -> None:
    branch = onnx.parser.parse_graph("branch () => (float[1] x) { x = Constant <value = float[1] {1}> () }")
    branch.node[0].domain = "com.example"
    model.graph.node.append(onnx.helper.make_node("If", ["used"], ["y"], then_branch=branch, else_branch=branch))


def with_function(model: onnx.ModelProto) -> None:
    model.functions.add(name="Sigmoid", domain="")


def with_opset(version: int) -> Callable[[onnx.ModelProto], None]:
    def change(model: onnx.ModelProto) -> None:
        model.opset_import[0].version = version

    return change


def with_unknown_operator(model: onnx.ModelProto) -> None:
    model.graph.node[0].op_type = "FormatDisk"


REFUSED: dict[str, tuple[Callable[[onnx.ModelProto], None], str]] = {
    "external weights": (with_external_weights, r"keeps tensor 'weights' outside itself, in '\.\./secret\.bin'"),
    "external constant": (with_external_constant_in_a_branch, r"outside itself, in '\.\./secret\.bin'"),
    "foreign domain": (with_foreign_domain, r"beyond the standard: domain 'com\.microsoft'"),
    "foreign node": (with_foreign_node_in_a_branch, r"beyond the standard: com\.example\.Constant"),
    "function": (with_function, "defines operators of its own, such as 'Sigmoid'"),
    "old opset": (with_opset(9), "operator set 9, outside 11 to 23"),
    "future opset": (with_opset(99), "operator set 99, outside 11 to 23"),
    "unknown operator": (with_unknown_operator, "is no valid ONNX model: .*FormatDisk"),
}


@pytest.mark.parametrize(("change", "reason"), REFUSED.values(), ids=REFUSED)
def test_file_that_reaches_outside_itself_is_refused(
    change: Callable[[onnx.ModelProto], None], reason: str, tmp_path: Path
) -> None:
    model, file = assembled(), tmp_path / "model.onnx"
    change(model)
    file.write_bytes(model.SerializeToString())

    with pytest.raises(InputError, match=reason) as caught:
        check_model_file(file)

    assert "dvc repro export" in caught.value.hint


@pytest.mark.parametrize(
    "content",
    [b"", b"\x00\x01garbage\xff" * 40, b"<!doctype html><html>404</html>", b"\x80\x02}q\x00.", b"PK\x03\x04"],
    ids=["empty", "garbage", "HTML", "pickle", "zip"],
)
def test_file_that_is_no_model_is_refused(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)

    with pytest.raises(InputError, match="is no ONNX model"):
        check_model_file(file)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_file_that_was_cut_off_is_refused(share: float, tmp_path: Path) -> None:
    file, content = tmp_path / "model.onnx", assembled().SerializeToString()
    file.write_bytes(content[: int(share * len(content))])

    with pytest.raises(InputError, match=r"is no (valid )?ONNX model"):
        check_model_file(file)


@settings(max_examples=300, deadline=None)
@example(changes={529: 128})  # the checker refuses it without a word
@given(changes=st.dictionaries(st.integers(0, 10_000), st.integers(0, 255), min_size=1, max_size=8))
def test_damaged_file_is_accepted_or_refused_but_never_a_bug(
    changes: dict[int, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    content = bytearray(assembled().SerializeToString())
    for place, value in changes.items():
        content[place % len(content)] = value
    file = tmp_path_factory.getbasetemp() / "damaged.onnx"
    file.write_bytes(content)

    try:
        assert bytes(content) == check_model_file(file).content
    except InputError as error:
        assert "damaged.onnx" in error.message


def test_limits_of_size_and_nodes_hold(tmp_path: Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(assembled().SerializeToString())

    with pytest.raises(InputError, match="more than the 100 allowed"):
        check_model_file(file, max_size_bytes=100)
    with pytest.raises(InputError, match="more than 10 nodes"):
        check_model_file(file, max_nodes=10)


def test_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is no file"):
        check_model_file(tmp_path / "model.onnx")

"""ONNX Runtime: runs the file that ships. Imports neither torch nor Ultralytics."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from headway.contracts.model_facts import INPUT, OUTPUT, ModelFacts, read_model_facts
from headway.errors import InputError, OutsideError

_ERRORS_ONLY = 3


class OnnxModel:
    """A loaded detector. Implements `ports.Runtime`; calls from several threads are safe."""

    def __init__(self, session: onnxruntime.InferenceSession, facts: ModelFacts) -> None:
        self._session = session
        self._facts = facts

    @property
    def input_size(self) -> int:
        return self._facts.input_size

    @property
    def classes(self) -> tuple[str, ...]:
        return self._facts.classes

    @property
    def engine(self) -> str:
        return f"onnxruntime {onnxruntime.__version__}"

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        rows: NDArray[np.float32] = self._session.run([OUTPUT], {INPUT: batch})[0]
        return rows


def open_model(path: Path, *, threads: int = 0, providers: Sequence[str] = ("CPUExecutionProvider",)) -> OnnxModel:
    """Load an ONNX file that Headway exported.

    Args:
        path: the file.
        threads: threads of one operator; 0 takes one per core.
        providers: ONNX Runtime execution providers, by falling preference.

    Raises:
        InputError: the file is missing, no ONNX model, or not one of ours.
        OutsideError: a provider is not there, or fails to start.
    """
    session = open_session(path, threads=threads, providers=providers)
    facts = read_model_facts(session.get_modelmeta().custom_metadata_map, str(path))
    _check_signature(session, facts, path)
    return OnnxModel(session, facts)


def open_session(
    path: Path, *, threads: int = 0, providers: Sequence[str] = ("CPUExecutionProvider",)
) -> onnxruntime.InferenceSession:
    """Load any ONNX file, with settings under which equal inputs give equal outputs.

    Raises:
        InputError: the file is missing or no ONNX model.
        OutsideError: a provider is not there, or fails to start.
    """
    missing = [name for name in providers if name not in onnxruntime.get_available_providers()]
    if missing:
        raise OutsideError(
            f"ONNX Runtime has no {missing[0]} here", hint="install the ONNX Runtime build for this hardware"
        )
    if not path.is_file():
        raise InputError(f"{path} does not exist", hint="run: dvc repro export")
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.use_deterministic_compute = True
    options.log_severity_level = _ERRORS_ONLY
    try:
        return onnxruntime.InferenceSession(str(path), options, providers=list(providers))
    except Exception as error:  # ONNX Runtime's exceptions have no base of their own
        raise _translated(error, path) from error


def _translated(error: Exception, path: Path) -> InputError | OutsideError:
    reason = str(error).splitlines()[0]
    if type(error).__name__ == "EPFail":
        return OutsideError(f"ONNX Runtime could not start its provider: {reason}")
    return InputError(f"{path} is no ONNX model that can be run: {reason}", hint="export it again: dvc repro export")


def _check_signature(session: onnxruntime.InferenceSession, facts: ModelFacts, path: Path) -> None:
    """Refuse a graph whose ends are not those of `contracts.model_facts`."""
    size = facts.input_size
    ends = [*session.get_inputs(), *session.get_outputs()]
    wanted = {INPUT: (3, size, size), OUTPUT: (None, 6)}
    if [end.name for end in ends] == [*wanted] and all(_fits(end, wanted[end.name]) for end in ends):
        return
    found = ", ".join(f"{end.name}: {end.type} {end.shape}" for end in ends)
    raise InputError(
        f"{path} has the ends {found}, not {INPUT}: float (n, 3, {size}, {size}), {OUTPUT}: float (n, rows, 6)",
        hint="export it again: dvc repro export",
    )


def _fits(end: Any, sides: tuple[int | None, ...]) -> bool:
    """Tell whether an input or output is float32 with a free batch, then `sides`; a name stands for a free side."""
    batch, *rest = end.shape or [1]
    return (
        end.type == "tensor(float)"
        and not isinstance(batch, int)
        and len(rest) == len(sides)
        and all(
            side is None or not isinstance(given, int) or given == side for given, side in zip(rest, sides, strict=True)
        )
    )

"""TensorRT: builds a plan for the GPU of this machine, and runs it. Written for TensorRT 10 and 11."""

from __future__ import annotations

import csv
import importlib
import subprocess
from typing import Any

import numpy as np
from numpy.typing import NDArray

from headway.contracts.engine_plan import GpuStack
from headway.contracts.model_facts import INPUT, OUTPUT
from headway.errors import InputError, OutsideError

_QUERY = ("name", "compute_cap", "driver_version")
_TIMEOUT_S = 30


def find_gpu(gpu: str = "0") -> GpuStack:
    """Return what a plan built here would be bound to.

    Args:
        gpu: index by PCI bus, or UUID, as nvidia-smi has them.

    Raises:
        OutsideError: there is no NVIDIA GPU or driver, or TensorRT is not installed.
    """
    command = ["nvidia-smi", f"--id={gpu}", f"--query-gpu={','.join(_QUERY)}", "--format=csv,noheader"]
    hint = "run this on a machine with an NVIDIA GPU; everything else of Headway works without one"
    try:
        answer = subprocess.run(command, capture_output=True, text=True, timeout=_TIMEOUT_S, check=True)
        ((name, compute_capability, driver),) = csv.reader(answer.stdout.splitlines(), skipinitialspace=True)
    except FileNotFoundError as error:
        raise OutsideError("no NVIDIA GPU here: the driver's nvidia-smi was not found", hint=hint) from error
    except (subprocess.SubprocessError, ValueError) as error:
        raise OutsideError(f"no NVIDIA GPU {gpu} here: nvidia-smi could not describe it", hint=hint) from error
    return GpuStack(gpu=name, compute_capability=compute_capability, driver=driver, tensorrt=_tensorrt().__version__)


def build_plan(model: bytes, *, file: str, input_size: int, max_batch: int) -> bytes:
    """Build a plan for batches of 1 to `max_batch` images; the network keeps the precision of its ONNX.

    Args:
        model: ONNX bytes that `check_model_file` passed.
        file: names the model in messages.
        input_size: side of the square input, in pixels.
        max_batch: images per call, at most; the plan is tuned for this many.

    Raises:
        InputError: TensorRT cannot express the model.
        OutsideError: TensorRT is not installed, or the build failed on this GPU.
    """
    trt = _tensorrt()
    logger = trt.Logger(trt.Logger.ERROR)
    builder = trt.Builder(logger)
    # Types come from the graph: the way of TensorRT 10, and the only one of 11, which ignores the flag.
    network = builder.create_network(1 << int(trt.NetworkDefinitionCreationFlag.STRONGLY_TYPED))
    parser = trt.OnnxParser(network, logger)
    if not parser.parse(model):
        reasons = "; ".join(parser.get_error(number).desc() for number in range(parser.num_errors))
        raise InputError(f"TensorRT {trt.__version__} cannot use {file}: {reasons}", hint="try a newer TensorRT")
    config = builder.create_builder_config()
    profile = builder.create_optimization_profile()
    image = (3, input_size, input_size)
    profile.set_shape(INPUT, min=(1, *image), opt=(max_batch, *image), max=(max_batch, *image))
    config.add_optimization_profile(profile)
    plan = builder.build_serialized_network(network, config)
    if plan is None:
        raise OutsideError(f"TensorRT {trt.__version__} could not build a plan of {file}: its log is above")
    return bytes(plan)


class TensorRTPlan:
    """A loaded plan. `run` is that of `ports.Runtime`; calls from several threads are not safe."""

    def __init__(self, content: bytes) -> None:
        """Load a plan. It is machine code: hand in only what `packaging.engine.read_plan` returned.

        Raises:
            OutsideError: TensorRT or torch is not installed, or the plan does not load here.
        """
        trt, self._torch = _tensorrt(), _import("torch", "pip install torch")
        self._engine = trt.Runtime(trt.Logger(trt.Logger.ERROR)).deserialize_cuda_engine(content)
        if self._engine is None:
            raise OutsideError("TensorRT could not load the plan: its log is above", hint="build it again")
        self._context = self._engine.create_execution_context()

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """Map (n, 3, size, size) RGB in [0, 1] to (n, rows, 6), as `ports.Runtime.run` does."""
        torch, context = self._torch, self._context
        images = torch.from_numpy(np.ascontiguousarray(batch)).cuda()
        context.set_input_shape(INPUT, tuple(images.shape))
        rows = torch.empty(tuple(context.get_tensor_shape(OUTPUT)), dtype=torch.float32, device="cuda")
        context.set_tensor_address(INPUT, images.data_ptr())
        context.set_tensor_address(OUTPUT, rows.data_ptr())
        stream = torch.cuda.current_stream()
        if not context.execute_async_v3(stream.cuda_stream):
            raise OutsideError("TensorRT could not run the plan: its log is above")
        stream.synchronize()
        found: NDArray[np.float32] = rows.cpu().numpy()
        return found


def _tensorrt() -> Any:
    return _import("tensorrt", "pip install 'headway[tensorrt]'")


def _import(name: str, install: str) -> Any:
    try:
        return importlib.import_module(name)
    except ImportError as error:
        raise OutsideError(f"the Python package {name!r} is not installed here", hint=install) from error

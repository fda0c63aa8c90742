"""How long processes take to start, and what the edge parts import."""

from __future__ import annotations

from functools import partial

from bench.scratch import Clone
from bench.timing import Measure, alone, alternate, say

ROUNDS = 5
HELP_GOAL_S = 0.3

EDGE = (
    "headway.cli.predict",
    "headway.detection.detector",
    "headway.integrations.onnxruntime",
    "headway.integrations.pillow.reading",
    "headway.integrations.pillow.drawing",
)
"""What predicting on a device needs."""
HEAVY = frozenset({"cv2", "dvc", "matplotlib", "mlflow", "onnx", "pyarrow", "torch", "torchvision", "ultralytics"})
"""What no device should have to install."""
STAGES = ("prepare", "train", "export", "evaluate", "package")

_EDGE_IMPORT = f"import {', '.join(EDGE)}"


def measure_starts(clone: Clone) -> list[Measure]:
    """Measure the command line, the edge parts, and each stage's imports, as whole processes."""
    say("process starts ...")
    stages = {f"imports of {name}.py": ("python", "-c", _stage_imports(name)) for name in STAGES}
    commands = {
        "headway --help": ("headway", "--help"),
        "import of the edge parts": ("python", "-c", _EDGE_IMPORT),
        "python alone": ("python", "-c", ""),
        "import of torch and Ultralytics": ("python", "-c", "from ultralytics import YOLO"),
        **stages,
    }
    for command in commands.values():  # writes the bytecode, as any first run does
        clone.run(*command)
    seconds = alternate({name: partial(clone.seconds, *command) for name, command in commands.items()}, ROUNDS)
    goals = {"headway --help": HELP_GOAL_S}
    notes = {f"imports of {name}.py": "the start also imports torch and Ultralytics" for name in ("train", "export")}
    return [alone(name, seconds[name], goal=goals.get(name), note=notes.get(name, "")) for name in commands]


def find_heavy_imports(clone: Clone) -> list[str]:
    """Return which heavy packages a fresh process holds after it imported the edge parts; none is right."""
    imported = clone.run("python", "-c", f"{_EDGE_IMPORT}, sys\nprint(*sys.modules)").split()
    return sorted(HEAVY.intersection(name.partition(".")[0] for name in imported))


def _stage_imports(name: str) -> str:
    return f"import runpy; runpy.run_path('pipelines/{name}.py')"

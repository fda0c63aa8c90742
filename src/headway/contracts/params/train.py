"""The `train` section: every Ultralytics training argument, by its own name, type and range."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from headway.contracts.params.document import Section

Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
NonNegative = Annotated[float, Field(ge=0.0)]

OWNED = {
    "data": "the prepare stage decides the data",
    "mode": "this section only trains",
    "task": "Headway trains detectors",
    "resume": "an interrupted run resumes by itself",
    "project": "outputs lie where dvc.yaml says",
    "name": "outputs lie where dvc.yaml says",
    "exist_ok": "outputs lie where dvc.yaml says",
    "save": "a resume checkpoint is always kept",
    "save_period": "only the best weights leave the stage",
    "cfg": "params.yaml is the configuration",
    "split": "epochs are chosen on the val split",
    "plots": "the evaluate stage draws the plots",
}
"""Arguments that Ultralytics has and Headway sets itself, each with the reason that a user is shown."""


class TrainParams(Section):
    """How the model is trained. Arguments left out keep Ultralytics' defaults.

    Names, types, ranges and defaults are those of Ultralytics 8.4.190
    (https://docs.ultralytics.com/usage/cfg); a test holds them to the installed one.
    """

    model: Annotated[str, Field(pattern=r"\.(pt|ya?ml)$")] = "yolo11n.yaml"
    """Weights to start from (yolo11n.pt, yolo26s.pt, a path) or an architecture alone (yolo11n.yaml)."""
    epochs: Annotated[int, Field(ge=1)] = 100
    """Passes over the training split."""
    time: Annotated[float, Field(gt=0)] | None = None
    """Hours to train instead of a number of epochs; such a run is not reproducible."""
    patience: Annotated[int, Field(ge=0)] = 100
    """Stop after this many epochs without a better validation score."""
    batch: Annotated[int, Field(ge=-1)] | Annotated[float, Field(gt=0, lt=1)] = 16
    """Images per step; -1 or a fraction of the GPU's memory lets Ultralytics choose (not reproducible)."""
    imgsz: Annotated[int, Field(ge=32, multiple_of=32)] = 640
    """Side of the square network input, in pixels; a multiple of 32."""
    cache: bool | Literal["ram", "disk"] = False
    """Keep decoded images in memory, or on disk outside the data folder."""
    device: int | str | list[int] | None = None
    """"cpu", "mps", 0, or [0, 1] for several GPUs; empty chooses the first GPU, else the CPU."""
    workers: Annotated[int, Field(ge=0)] = 8
    """Data loading processes per GPU; honoured on the CPU too, where 0 is usually fastest."""
    pretrained: bool | str = True
    """Load weights that the model names, none, or those of this file."""
    cls_remap: bool = True
    """Carry rows of a pretrained class head over to classes of the same name."""
    optimizer: Literal["SGD", "MuSGD", "Adam", "Adamax", "AdamW", "NAdam", "RAdam", "RMSProp", "auto"] = "auto"
    """"auto" also chooses lr0 and momentum, whatever stands here."""
    verbose: bool = True
    """Print one line an epoch."""
    seed: Annotated[int, Field(ge=0)] = 0
    """Seed of everything random in training."""
    deterministic: bool = True
    """Deterministic kernels only; without it two runs differ."""
    single_cls: bool = False
    """Train all classes as one."""
    rect: bool = False
    """Rectangular training batches (no shuffling)."""
    cos_lr: bool = False
    """Cosine instead of linear decay of the learning rate."""
    close_mosaic: Annotated[int, Field(ge=0)] = 10
    """Epochs at the end that see whole images only."""
    amp: bool | Literal["fp16", "bf16", "fp32"] = True
    """Mixed precision on a GPU; no effect on the CPU."""
    fraction: Annotated[float, Field(gt=0, le=1)] | Annotated[int, Field(gt=1)] = 1.0
    """Share (or count) of the training images to use."""
    profile: bool = False
    """Ultralytics' speed profile while training."""
    freeze: Annotated[int, Field(ge=0)] | list[int | str] | None = None
    """Layers that keep their weights: the first N, or a list."""
    multi_scale: Fraction = 0.0
    """Random input sizes, as a share of imgsz."""
    compile: bool | Literal["default", "reduce-overhead", "max-autotune-no-cudagraphs"] = False
    """torch.compile the model."""
    channels_last: bool | None = None
    """NHWC memory layout on CUDA."""
    val: bool = True
    """Validate after every epoch; without it the last weights win instead of the best."""
    iou: Fraction = 0.7
    """IoU threshold of the suppression during validation."""
    conf: Fraction | None = None
    """Confidence floor during validation (Ultralytics: 0.001)."""
    max_det: Annotated[int, Field(ge=1)] = 300
    """Detections kept an image during validation."""
    agnostic_nms: bool = False
    """Suppress across classes during validation."""
    quantize: int | str | None = None
    """Quantization-aware training (8), as Ultralytics has it."""
    classes: int | list[int] | None = None
    """Train on these class ids only."""
    lr0: Fraction = 0.01
    """Initial learning rate."""
    lrf: Fraction = 0.01
    """Final learning rate as a share of lr0."""
    momentum: Fraction = 0.937
    """SGD momentum, or Adam's beta1."""
    weight_decay: Fraction = 0.0005
    """L2 penalty."""
    warmup_epochs: NonNegative = 3.0
    """Epochs until lr0 is reached; fractions allowed."""
    warmup_momentum: Fraction = 0.8
    """Momentum at the start of the warm-up."""
    warmup_bias_lr: Fraction = 0.1
    """Learning rate of biases at the start of the warm-up."""
    distill_model: str | None = None
    """Teacher weights for knowledge distillation."""
    dis: float = 6.0
    """Gain of the distillation loss."""
    box: float = 7.5
    """Gain of the box loss."""
    cls: float = 0.5
    """Gain of the class loss."""
    cls_pw: Fraction = 0.0
    """Power of inverse class frequency in the class loss; 0 weighs all classes alike."""
    dfl: float = 1.5
    """Gain of the distribution focal loss."""
    nbs: Annotated[int, Field(ge=1)] = 64
    """Nominal batch size: gradients of nbs / batch batches make one step. 64 starves a small set of steps."""
    hsv_h: Fraction = 0.015
    """Hue jitter."""
    hsv_s: Fraction = 0.7
    """Saturation jitter."""
    hsv_v: Fraction = 0.4
    """Brightness jitter."""
    degrees: float = 0.0
    """Random rotation, in degrees either way."""
    translate: Fraction = 0.1
    """Random shift, as a share of the image."""
    scale: Fraction | Annotated[list[float], Field(min_length=2, max_length=2)] = 0.5
    """Random zoom, either way, or [smallest, largest]."""
    shear: float = 0.0
    """Random shear, in degrees."""
    perspective: Fraction = 0.0
    """Random perspective; 0 to 0.001 is usual."""
    flipud: Fraction = 0.0
    """Chance of an upside-down image."""
    fliplr: Fraction = 0.5
    """Chance of a mirrored image."""
    bgr: Fraction = 0.0
    """Chance of swapped colour channels."""
    mosaic: Fraction = 1.0
    """Chance of a mosaic of four images."""
    mixup: Fraction = 0.0
    """Chance of two blended images."""
    cutmix: Fraction = 0.0
    """Chance of a patch from another image."""
    copy_paste: Fraction = 0.0
    """Share of objects copied to other images (needs polygons)."""
    copy_paste_mode: Literal["flip", "mixup"] = "flip"
    """How copied objects are placed."""

    @classmethod
    def refuse(cls, key: str) -> str:
        return f"not for params.yaml: {OWNED[key]}" if key in OWNED else super().refuse(key)

    def given(self) -> dict[str, Any]:
        """Return the model and the arguments that params.yaml gives, which is what Ultralytics is handed."""
        return {"model": self.model, **self.model_dump(exclude_unset=True)}

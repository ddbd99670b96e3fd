"""Which backend encodes: measured once per model and processor, and remembered in the model's folder."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import platform
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sam_core.checkpoints import LoadedModel
from sam_core.encoders.agreement import LEAST_IOU, check_picture, largest_difference, mask_iou
from sam_core.encoders.base import BACKENDS, ON_CPU, ON_GPU, BackendError, Encoder, in_halves
from sam_core.encoders.cuda_encoder import CudaEncoder
from sam_core.encoders.fused_encoder import FusedEncoder
from sam_core.encoders.onnx_encoder import OnnxEncoder, export, quantise
from sam_core.encoders.products import check_int8
from sam_core.encoders.torch_encoder import TorchEncoder, check_bf16
from sam_core.predictor import to_embedding
from sam_core.transforms import to_input

FORMAT = "2"
BACKENDS_AS_OF = "torch-int8, and images side by side"
"""Say another thing here when a backend gets faster or wider: what was measured before then counts no more."""
EXACT = {"torch-fp32", "torch-fused", "onnx-fp32"}
LONG_SECONDS = 2.0  # an encoder that takes so long is timed once; a quicker one again, warm


@dataclass
class Choice:
    """The backend, and what was measured of each: seconds per image, mask IoU with torch in fp32, why not offered."""

    backend: str
    seconds: dict[str, float] = field(default_factory=dict)
    iou: dict[str, float] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)


def choose(model: LoadedModel, folder: Path, forced: str | None = None) -> Encoder:
    """The fastest encoder for the model on this processor whose answers are the model's own.

    The first call measures, which takes some seconds, or two minutes for a ViT-B; later ones read what it wrote to
    `folder`, which is made if need be and holds exported encoders as well. forced: this backend instead of the
    fastest; BackendError when it cannot be used.
    """
    if forced is not None and forced not in BACKENDS:
        raise BackendError(f"there is no encoder backend {forced!r}: use one of {', '.join(BACKENDS)}")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"choice-{_processor_key(forced)}.json"
    choice = _read(path)
    if choice is None:
        choice = measure(model, folder, candidates() if forced is None else ("torch-fp32", forced))
        choice.backend = forced or choice.backend
        _write(path, choice)
    if choice.backend in choice.refused:  # remembered too: every photo that waits asks
        raise BackendError(f"the encoder backend {forced} cannot be used: {choice.refused[choice.backend]}")
    return build(model, folder, choice.backend)


def candidates() -> tuple[str, ...]:
    return ON_GPU if torch.cuda.is_available() else ON_CPU


def measure(model: LoadedModel, folder: Path, backends: Sequence[str]) -> Choice:
    """Try the backends, torch-fp32 as the measure of the others."""
    pixels = to_input(check_picture(), model.config)
    choice = Choice("torch-fp32")
    expected, choice.seconds["torch-fp32"] = timed(build(model, folder, "torch-fp32"), pixels)
    for backend in backends:
        if backend == "torch-fp32":
            continue
        try:
            tensors, seconds = timed(build(model, folder, backend), pixels)
            choice.iou[backend] = _agreement(model, backend, expected, tensors)
        except BackendError as error:
            choice.refused[backend] = str(error)
        else:
            choice.seconds[backend] = seconds
    choice.backend = min(choice.seconds, key=lambda backend: choice.seconds[backend])
    return choice


def build(model: LoadedModel, folder: Path, backend: str) -> Encoder:
    """The encoder by that name; exports it into `folder` where that was not done. BackendError when it cannot be."""
    if backend == "torch-fp32":
        return TorchEncoder(model.sam, backend, "cuda" if torch.cuda.is_available() else "cpu")
    if backend == "cuda-bf16":
        if not torch.cuda.is_available():
            raise BackendError("torch finds no GPU here")
        return CudaEncoder(model.sam)
    if backend.endswith("int8") and model.config.encoder != "vit":
        raise BackendError("int8 is for encoders of linear layers, and this one is of convolutions")
    if backend == "torch-int8":
        check_int8()
    if backend in ("torch-fused", "torch-int8"):
        return FusedEncoder(model.sam, backend)
    if backend == "torch-bf16":
        check_bf16()
        return TorchEncoder(model.sam, backend)
    full, small = folder / f"fp32-{FORMAT}.onnx", folder / f"int8-{FORMAT}.onnx"
    path = small if backend == "onnx-int8" else full
    if not path.is_file():
        if not full.is_file():
            export(model.sam, full)
        if path is small:
            quantise(full, small)
    return OnnxEncoder(path, backend)


@torch.inference_mode()
def timed(encoder: Encoder, pixels: Tensor) -> tuple[Sequence[Tensor], float]:
    """What the encoder makes of one image's pixels, and its seconds per image, of a full batch, once it is warm."""
    batch = pixels.repeat(encoder.batch, 1, 1, 1)
    seconds: list[float] = []
    while len(seconds) < 3 and (not seconds or seconds[-1] < LONG_SECONDS):
        start = time.perf_counter()
        tensors = [tensor.cpu() for tensor in in_halves(encoder, batch)]  # on a GPU it is done only when it is back
        seconds.append(time.perf_counter() - start)
    return [tensor[:1] for tensor in tensors], min(seconds) / len(batch)


def _agreement(model: LoadedModel, backend: str, expected: Sequence[Tensor], tensors: Sequence[Tensor]) -> float:
    """The mask IoU with the plain encoder. BackendError when it is another model that answers."""
    if backend in EXACT:
        if (difference := largest_difference(expected, tensors)) > 1:
            raise BackendError(f"it answers otherwise than torch, by {difference:.1f} times the tolerance")
        return 1.0
    size = check_picture().shape[:2]
    iou = mask_iou(model, to_embedding(model, expected, size), to_embedding(model, tensors, size))
    if iou < LEAST_IOU:
        raise BackendError(f"its masks agree with those of full precision at {iou:.3f} IoU, less than {LEAST_IOU}")
    return iou


def _processor_key(forced: str | None) -> str:
    """Another processor, another number of threads or another version is measured anew."""
    import onnxruntime

    name = platform.processor() or platform.machine()
    with contextlib.suppress(OSError), open("/proc/cpuinfo") as file:
        name = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), name)
    if torch.cuda.is_available():
        name = torch.cuda.get_device_name()
    versions = (torch.__version__, onnxruntime.__version__)
    parts = (FORMAT, BACKENDS_AS_OF, forced, name, os.cpu_count(), torch.get_num_threads(), *versions)
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:12]


def _read(path: Path) -> Choice | None:
    """None where nothing was measured yet, or what is there cannot be read."""
    try:
        data: Any = json.loads(path.read_text())
        choice = Choice(**data)
    except (OSError, ValueError, TypeError):
        return None
    return choice if choice.backend in BACKENDS else None


def _write(path: Path, choice: Choice) -> None:
    temporary = path.with_suffix(f".{os.getpid()}")
    temporary.write_text(json.dumps(asdict(choice), indent=1) + "\n")
    os.replace(temporary, path)

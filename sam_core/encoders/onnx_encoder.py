"""The image encoder in ONNX Runtime on the CPU: its modules exported as they stand, in fp32 or with int8 products."""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from sam_core.encoders.base import BackendError
from sam_core.modeling import Sam

OPSET = 17
LARGEST_BYTES = 1_900_000_000
"""An ONNX file is a protobuf, and that ends at 2 GB: ViT-H's encoder does not fit."""


class EncodeGraph(nn.Module):
    """`Sam.encode`, as the exporter wants it: a module with a forward."""

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.sam = sam

    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        return self.sam.encode(pixels)


@torch.no_grad()
def export(sam: Sam, path: Path) -> None:
    """Write the encoder for one image at a time; whole or not at all. BackendError when it is too large for a file."""
    size = sum(tensor.numel() * 4 for tensor in sam.image_encoder.state_dict().values())
    if size > LARGEST_BYTES:
        raise BackendError(f"its encoder has {size / 1e9:.1f} GB, and an ONNX file holds at most 2")
    side = sam.config.image_size
    with tempfile.TemporaryDirectory(dir=path.parent) as folder, warnings.catch_warnings():
        # The tracer warns of every Python number it fixes; all of them are sizes that are fixed by the config.
        warnings.simplefilter("ignore")
        written = Path(folder) / "encoder.onnx"
        torch.onnx.export(
            EncodeGraph(sam).eval(),  # else the exporter puts it, and the model in it, into training mode at the end
            (torch.zeros(1, 3, side, side),),
            written,
            input_names=["pixels"],
            output_names=list(sam.embedding_names),
            opset_version=OPSET,
            dynamo=False,
        )
        os.replace(written, path)


def quantise(source: Path, target: Path) -> None:
    """Write the fp32 encoder at `source` with its linear layers in int8, one scale per channel of the weights.

    Activations get their scale as they come, so that no sample photos are needed.
    """
    from onnxruntime.quantization import QuantType, quantize_dynamic

    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        written = Path(folder) / "encoder.onnx"
        quantize_dynamic(
            source,
            written,
            op_types_to_quantize=["MatMul"],
            per_channel=True,
            # Without VNNI, pairs of products are summed in 16 bits: seven bits of weight keep them from overflowing.
            reduce_range=not torch.cpu._is_vnni_supported(),
            weight_type=QuantType.QInt8,
        )
        os.replace(written, target)


class OnnxEncoder:
    """An exported encoder. Images go through it one by one: two at once take a gigabyte more, and are no faster."""

    batch = 1
    device = torch.device("cpu")

    def __init__(self, path: Path, backend: str) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        options.log_severity_level = 3
        self.backend = backend
        self._session = onnxruntime.InferenceSession(
            str(path), sess_options=options, providers=["CPUExecutionProvider"]
        )

    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        each = [self._session.run(None, {"pixels": image[None].cpu().numpy()}) for image in pixels]
        return tuple(torch.cat([torch.from_numpy(one) for one in same]) for same in zip(*each, strict=True))

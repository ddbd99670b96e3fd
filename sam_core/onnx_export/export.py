"""Writes prepare.onnx, decode.onnx and manifest.json from the very modules that torch runs."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import torch
from torch import Tensor, nn

from sam_core.checkpoints import LoadedModel
from sam_core.modeling import Sam
from sam_core.onnx_export.manifest import FORMAT, Manifest, TensorSpec, graph_spec

OPSET = 17
PROMPT_INPUTS = ("point_coords", "point_labels", "mask_input", "has_mask_input")
OUTPUTS = ("low_res_logits", "predicted_ious")


class PrepareGraph(nn.Module):
    """`Sam.prepare`, as the exporter wants it: a module with a forward."""

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.sam = sam

    def forward(self, *embedding: Tensor) -> tuple[Tensor, ...]:
        return self.sam.prepare(*embedding)


class DecodeGraph(nn.Module):
    """`Sam.decode`, with the prepared tensors as the first inputs."""

    def __init__(self, sam: Sam) -> None:
        super().__init__()
        self.sam = sam

    def forward(self, *inputs: Tensor) -> tuple[Tensor, Tensor]:
        count = len(self.sam.prepared_names)
        coords, labels, mask_input, has_mask = inputs[count:]
        return self.sam.decode(inputs[:count], coords, labels, mask_input, has_mask)


def specs(names: tuple[str, ...], tensors: tuple[Tensor, ...], free: bool = False) -> list[TensorSpec]:
    """Names, shapes and dtypes; with `free`, the points' axis 1 is "N"."""
    found: list[TensorSpec] = []
    for name, tensor in zip(names, tensors, strict=True):
        shape: list[int | str] = list(tensor.shape)
        if free and name.startswith("point_"):
            shape[1] = "N"
        found.append({"name": name, "shape": shape, "dtype": str(tensor.dtype).removeprefix("torch.")})
    return found


def write_graph(
    graph: nn.Module, inputs: tuple[Tensor, ...], names: tuple[str, ...], outputs: tuple[str, ...], path: Path
) -> None:
    dynamic = {name: {1: "N"} for name in names if name.startswith("point_")}
    with warnings.catch_warnings():
        # The tracer warns of every Python number it fixes; all of them are sizes that are fixed by the config.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph,
            inputs,
            path,
            input_names=list(names),
            output_names=list(outputs),
            dynamic_axes=dynamic,
            opset_version=OPSET,
            dynamo=False,
        )


@torch.no_grad()
def export(model: LoadedModel, out: Path) -> Manifest:
    """Writes the two graphs and the manifest into the folder `out`, which is made if need be."""
    out.mkdir(parents=True, exist_ok=True)
    sam, config = model.sam.cpu().eval(), model.config
    side = config.low_res_size
    blank = torch.zeros(1, 3, config.image_size, config.image_size)
    embedding = tuple(tensor.half() for tensor in sam.encode(blank))
    prepared = sam.prepare(*embedding)
    # Three points, so that no axis that the tracer sees is 1 by chance.
    prompts = (
        torch.tensor([[[10.0, 20.0], [30.0, 5.0], [0.0, 0.0]]]),
        torch.tensor([[1.0, 0.0, -1.0]]),
        torch.zeros(1, 1, side, side),
        torch.zeros(1),
    )
    write_graph(PrepareGraph(sam), embedding, sam.embedding_names, sam.prepared_names, out / "prepare.onnx")
    inputs = (*prepared, *prompts)
    names = (*sam.prepared_names, *PROMPT_INPUTS)
    write_graph(DecodeGraph(sam), inputs, names, OUTPUTS, out / "decode.onnx")
    answers = sam.decode(prepared, *prompts)
    manifest: Manifest = {
        "format": FORMAT,
        "model_version": model.version,
        "name": config.name,
        "checkpoint_sha256": model.checkpoint_sha256,
        "image_size": config.image_size,
        "low_res_size": side,
        "mask_threshold": config.mask_threshold,
        "pixel_mean": list(config.pixel_mean),
        "pixel_std": list(config.pixel_std),
        "embedding": {"tensors": specs(sam.embedding_names, embedding)},
        "graphs": {
            "prepare": graph_spec(
                out / "prepare.onnx",
                specs(sam.embedding_names, embedding),
                specs(sam.prepared_names, prepared),
            ),
            "decode": graph_spec(out / "decode.onnx", specs(names, inputs, free=True), specs(OUTPUTS, answers)),
        },
        "tokens": {"single": 0, "multimask": list(range(1, config.mask_tokens))},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest

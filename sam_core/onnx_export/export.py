"""Writes a model's graphs and manifest.json from the very modules that torch runs."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import torch

from sam_core.checkpoints import LoadedModel
from sam_core.onnx_export.graphs import Graph, Named, absorbed_graphs, plain_graphs
from sam_core.onnx_export.manifest import FORMAT, Form, Manifest, TensorSpec, file_spec
from sam_core.onnx_export.packing import pack
from sam_core.onnx_export.shared_weights import share_weights

WEIGHTS = "weights.bin"
OPSET = 20  # has GELU and layer norm as one node each


def forms_of(model: LoadedModel) -> tuple[Form, ...]:
    """The forms that a model's decoder can be exported in, the fastest first."""
    return ("plain",) if model.config.high_res else ("absorbed", "plain")


def specs(tensors: Named, free: dict[str, dict[int, str]]) -> list[TensorSpec]:
    """Names, shapes and dtypes; the caller's axes by their letters."""
    found: list[TensorSpec] = []
    for name, tensor in tensors.items():
        shape = [free.get(name, {}).get(axis, size) for axis, size in enumerate(tensor.shape)]
        found.append({"name": name, "shape": shape, "dtype": str(tensor.dtype).removeprefix("torch.")})
    return found


def write_graph(graph: Graph, path: Path) -> None:
    with warnings.catch_warnings():
        # The tracer warns of every Python number it fixes; all of them are sizes that are fixed by the config.
        warnings.simplefilter("ignore")
        torch.onnx.export(
            graph.module.eval(),  # else the exporter leaves it, and the model in it, in training mode
            tuple(graph.inputs.values()),
            path,
            input_names=list(graph.inputs),
            output_names=list(graph.outputs),
            dynamic_axes=graph.free,
            opset_version=OPSET,
            dynamo=False,
        )


@torch.no_grad()
def export(model: LoadedModel, out: Path, form: Form | None = None, *, packs: bool = True) -> Manifest:
    """Writes the graphs and the manifest into the folder `out`, which is made if need be.

    form: by default the fastest of `forms_of`. Raises ValueError for one that the model's decoder does not have.
    packs: whether large weights are rounded and packed as in `packing.py`; else the files are twice as long, and differ
    from the model by float32's rounding only.
    """
    out.mkdir(parents=True, exist_ok=True)
    sam, config = model.sam.cpu().eval(), model.config
    form = form or forms_of(model)[0]
    blank = torch.zeros(1, 3, config.image_size, config.image_size)
    embedding = tuple(tensor.half() for tensor in sam.encode(blank))
    graphs = (absorbed_graphs if form == "absorbed" else plain_graphs)(sam, embedding)
    files = {name: out / f"{name}.onnx" for name in graphs}
    for name, graph in graphs.items():
        write_graph(graph, files[name])
        if packs:
            pack(files[name])
    weights = out / WEIGHTS
    share_weights(list(files.values()), weights)
    manifest: Manifest = {
        "format": FORMAT,
        "form": form,
        "model_version": model.version,
        "name": config.name,
        "checkpoint_sha256": model.checkpoint_sha256,
        "image_size": config.image_size,
        "low_res_size": config.low_res_size,
        "mask_threshold": config.mask_threshold,
        "pixel_mean": list(config.pixel_mean),
        "pixel_std": list(config.pixel_std),
        "embedding": {"tensors": specs(dict(zip(sam.embedding_names, embedding, strict=True)), {})},
        "graphs": {
            name: {
                **file_spec(files[name]),
                "inputs": specs(graph.inputs, graph.free),
                "outputs": specs(graph.answers(), graph.free),
            }
            for name, graph in graphs.items()
        },
        "weights": file_spec(weights),
        "tokens": {"single": 0, "multimask": list(range(1, config.mask_tokens))},
    }
    (out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    return manifest

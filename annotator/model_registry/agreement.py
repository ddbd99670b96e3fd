"""Whether the exported graphs answer as the model in torch does, on random prompts."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

    from sam_core.checkpoints import LoadedModel

TOLERANCE = 1e-3
"""Of the largest number in torch's answer, and never less than 1e-3 itself: float32's rounding is far below it."""


def largest_difference(loaded: "LoadedModel", folder: Path, manifest: dict[str, Any]) -> float:
    """The largest difference of the graphs in `folder` from torch, in units of the tolerance: up to 1 they agree."""
    import numpy as np
    import onnxruntime
    import torch

    random = np.random.default_rng(1)
    sam = loaded.sam
    graphs = {
        name: onnxruntime.InferenceSession(str(folder / graph["file"]), providers=["CPUExecutionProvider"])
        for name, graph in manifest["graphs"].items()
    }
    embedding = {
        spec["name"]: random.standard_normal(spec["shape"]).astype(spec["dtype"])
        for spec in manifest["embedding"]["tensors"]
    }
    worst = 0.0
    with torch.inference_mode():
        prepared = sam.prepare(*(torch.from_numpy(value) for value in embedding.values()))
        ours = graphs["prepare"].run(list(sam.prepared_names), embedding)
        worst = max(worst, *(_difference(a, b.numpy()) for a, b in zip(ours, prepared, strict=True)))
        inputs = dict(zip(sam.prepared_names, ours, strict=True))
        for prompt in random_prompts(random, manifest["image_size"], manifest["low_res_size"]):
            answers = graphs["decode"].run(["low_res_logits", "predicted_ious"], {**inputs, **prompt})
            expected = sam.decode(prepared, *(torch.from_numpy(value) for value in prompt.values()))
            worst = max(worst, *(_difference(a, b.numpy()) for a, b in zip(answers, expected, strict=True)))
    return worst


def random_prompts(random: "np.random.Generator", side: int, low_res: int) -> Iterator[dict[str, "np.ndarray"]]:
    """A point, five of them, a box and a box with points, each with and without a mask. Inputs of the decode graph."""
    import numpy as np

    for labels in ([1, -1], [1, 0, 1, 0, 1, -1], [2, 3], [1, 0, 2, 3]):
        for has_mask in (0, 1):
            yield {
                "point_coords": random.uniform(0, side, (1, len(labels), 2)).astype(np.float32),
                "point_labels": np.array([labels], np.float32),
                "mask_input": random.normal(0, 5, (1, 1, low_res, low_res)).astype(np.float32) * np.float32(has_mask),
                "has_mask_input": np.array([has_mask], np.float32),
            }


def _difference(ours: "np.ndarray", expected: "np.ndarray") -> float:
    """In units of the tolerance; infinite for other shapes and for numbers that are not finite."""
    import numpy as np

    if ours.shape != expected.shape or not (np.isfinite(ours).all() and np.isfinite(expected).all()):
        return float("inf")
    scale = max(1.0, float(np.abs(expected).max()))
    return float(np.abs(ours - expected).max()) / (TOLERANCE * scale)

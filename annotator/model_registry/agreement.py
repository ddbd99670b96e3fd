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
    """The largest difference of the graphs in `folder` from the plain model in torch, whatever form they are exported
    in, in units of the tolerance: up to 1 they agree."""
    import numpy as np
    import torch

    from sam_core.onnx_export.running import ExportedDecoder

    random = np.random.default_rng(1)
    decoder = ExportedDecoder(folder, manifest)
    embedding = {
        spec["name"]: random.standard_normal(spec["shape"]).astype(spec["dtype"])
        for spec in manifest["embedding"]["tensors"]
    }
    worst = 0.0
    with torch.inference_mode():
        expected_image = loaded.sam.prepare(*(torch.from_numpy(value) for value in embedding.values()))
        image = decoder.prepare(embedding)
        for coords, labels, mask in random_prompts(random, manifest["image_size"], manifest["low_res_size"]):
            answers = [decoder.decode(image, coords, labels, mask)]
            if decoder.has_rows:
                answers.append(decoder.decode(image, coords, labels, mask, rows=True))
            if decoder.has_first and mask is None:
                answers.append(decoder.decode_first(embedding, coords, labels))
            given = np.zeros((1, 1, *[manifest["low_res_size"]] * 2), np.float32) if mask is None else mask
            prompt = (coords, labels, given, np.array([mask is not None], np.float32))
            expected = loaded.sam.decode(expected_image, *(torch.from_numpy(value) for value in prompt))
            for answer in answers:
                worst = max(worst, *(_difference(a, b.numpy()) for a, b in zip(answer, expected, strict=True)))
    return worst


def random_prompts(
    random: "np.random.Generator", side: int, low_res: int
) -> "Iterator[tuple[np.ndarray, np.ndarray, np.ndarray | None]]":
    """A point, five of them, a box and a box with points, each without and with a mask: coords, labels and mask."""
    import numpy as np

    for labels in ([1, -1], [1, 0, 1, 0, 1, -1], [2, 3], [1, 0, 2, 3]):
        for with_mask in (False, True):
            coords = random.uniform(0, side, (1, len(labels), 2)).astype(np.float32)
            mask = random.normal(0, 5, (1, 1, low_res, low_res)).astype(np.float32) if with_mask else None
            yield coords, np.array([labels], np.float32), mask


def _difference(ours: "np.ndarray", expected: "np.ndarray") -> float:
    """In units of the tolerance; infinite for other shapes and for numbers that are not finite."""
    import numpy as np

    if ours.shape != expected.shape or not (np.isfinite(ours).all() and np.isfinite(expected).all()):
        return float("inf")
    scale = max(1.0, float(np.abs(expected).max()))
    return float(np.abs(ours - expected).max()) / (TOLERANCE * scale)

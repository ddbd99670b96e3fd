"""The exported graphs, run as the browser runs them: for checks before a model is offered, tests and benchmarks."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import torch
from numpy.typing import NDArray

from sam_core.modeling.absorbed import Upscaling
from sam_core.onnx_export.manifest import GraphSpec

Floats = NDArray[np.float32]
Values = dict[str, NDArray[Any]]

BEST = -1
"""For `shown`: the plane of the multimask token with the best predicted IoU."""
ALL_STEPS = ((0, 1), (2, 3))
EVERY_SECOND = ((0,),)


class ExportedDecoder:
    """The graphs of one manifest, opened by onnxruntime on the CPU."""

    def __init__(self, folder: Path, manifest: Mapping[str, Any], threads: int = 0) -> None:
        """threads 0: onnxruntime's default."""
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        self.manifest = manifest
        self.sessions = {
            name: onnxruntime.InferenceSession(
                str(folder / graph["file"]), sess_options=options, providers=["CPUExecutionProvider"]
            )
            for name, graph in manifest["graphs"].items()
        }

    def run(self, name: str, values: Mapping[str, NDArray[Any]]) -> Values:
        """One graph: takes what it needs of `values`, gives its outputs by name."""
        spec: GraphSpec = self.manifest["graphs"][name]
        outputs = [output["name"] for output in spec["outputs"]]
        feeds = {one["name"]: values[one["name"]] for one in spec["inputs"]}
        return dict(zip(outputs, self.sessions[name].run(outputs, feeds), strict=True))

    def prepare(self, embedding: Mapping[str, NDArray[Any]]) -> Values:
        """The embedding's tensors by name → the prepared ones."""
        return self.run("prepare", embedding)

    def decode(
        self,
        prepared: Values,
        coords: Floats,
        labels: Floats,
        mask_input: Floats | None = None,
        *,
        crop: tuple[int, int] | None = None,
        shown: tuple[int, ...] | None = None,
        steps: tuple[tuple[int, ...], ...] = ALL_STEPS,
        rows: bool = False,
    ) -> tuple[Floats, Floats]:
        """coords [1, N, 2] and labels [1, N] as for `Sam.decode`, mask_input [1, 1, L, L] → logits and predicted IoUs.

        crop: rows and columns of the embedding whose logits are wanted; shown: the tokens whose planes are; steps: see
        `modeling/absorbed/planes.py`. The plain form makes everything in any case and knows none of the three.
        rows: by `decode_rows`, with torch in the place of the browser's kernel.
        """
        values = prepared | {"point_coords": coords, "point_labels": labels}
        low_res = self.manifest["low_res_size"]
        if self.manifest["form"] == "plain":
            blank = np.zeros((1, 1, low_res, low_res), np.float32)
            values["mask_input"] = blank if mask_input is None else mask_input
            values["has_mask_input"] = np.array([mask_input is not None], np.float32)
        else:
            if mask_input is None:
                values["mask_rows"] = np.zeros((1, (low_res // 4) ** 2), np.float32)
                values["mask_cross"] = np.zeros_like(prepared["prepared_masks"][:, :1])
            else:
                masked = self.run("prompt_mask", prepared | {"mask_input": mask_input})
                values |= {name.replace("masked_", "prepared_"): value for name, value in masked.items()}
                values["mask_cross"] = prepared["prepared_masks"]
            values |= self._wanted(crop, shown, steps)
        return self._finished(values) if rows else self._answer("decode", values)

    @property
    def has_rows(self) -> bool:
        """Whether `decode` can be asked with `rows`."""
        return "decode_rows" in self.sessions

    def _finished(self, values: Values) -> tuple[Floats, Floats]:
        *parts, ious = self.run("decode_rows", values).values()
        rows, norm, eps, second, *rest = (torch.from_numpy(part) for part in parts)
        upscaling = Upscaling(rows, norm, eps, second.transpose(0, 1).flatten(1), *rest)
        return upscaling.planes(torch.from_numpy(values["crop"]), len(values["steps"])).numpy(), ious

    @property
    def has_first(self) -> bool:
        """Whether `decode_first` can be asked."""
        return "first" in self.sessions

    def decode_first(
        self,
        embedding: Mapping[str, NDArray[Any]],
        coords: Floats,
        labels: Floats,
        *,
        crop: tuple[int, int] | None = None,
        shown: tuple[int, ...] | None = None,
        steps: tuple[tuple[int, ...], ...] = ALL_STEPS,
    ) -> tuple[Floats, Floats]:
        """`decode` without a mask prompt of an embedding that is not prepared."""
        values = {"point_coords": coords, "point_labels": labels, **embedding}
        return self._answer("first", values | self._wanted(crop, shown, steps))

    def _wanted(
        self, crop: tuple[int, int] | None, shown: tuple[int, ...] | None, steps: tuple[tuple[int, ...], ...]
    ) -> Values:
        tokens, side = self.manifest["tokens"], self.manifest["low_res_size"] // 4
        return {
            "shown": np.array(shown or (tokens["single"], *tokens["multimask"]), np.int64),
            "crop": np.array(crop or (side, side), np.int64),
            "steps": np.array(steps, np.int64),
        }

    def _answer(self, graph: str, values: Values) -> tuple[Floats, Floats]:
        answers = self.run(graph, values)
        return answers["low_res_logits"], answers["predicted_ious"]

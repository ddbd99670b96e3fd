"""The graphs of each form of decoder: modules whose forward is exported, with inputs to trace them on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from sam_core.modeling import Sam
from sam_core.modeling.absorbed import AbsorbedDecoder

OUTPUTS = ("low_res_logits", "predicted_ious")
ROWS_OUTPUTS = ("rows", "norm", "eps", "second", "second_bias", "plane_weights", "predicted_ious")
Named = dict[str, Tensor]


@dataclass(frozen=True)
class Graph:
    """One file: a module, its inputs by name and in order, its outputs' names, and which axes are the caller's."""

    module: nn.Module
    inputs: Named
    outputs: tuple[str, ...]
    free: dict[str, dict[int, str]] = field(default_factory=dict)

    def answers(self) -> Named:
        """The module's outputs for its inputs, by name."""
        return dict(zip(self.outputs, self.module(*self.inputs.values()), strict=True))


class Calls(nn.Module):
    """One method of a module as a forward of its own: the exporter knows no other entrance."""

    def __init__(self, owner: nn.Module, method: str, packed: int = 0) -> None:
        """packed: how many of the first inputs the method takes as one tuple; 0 if it takes none."""
        super().__init__()
        self.owner, self.method, self.packed = owner, method, packed

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        method = getattr(self.owner, self.method)
        answers = method(inputs[: self.packed], *inputs[self.packed :]) if self.packed else method(*inputs)
        assert isinstance(answers, tuple)
        return answers


def prepared_name(name: str) -> str:
    return f"prepared_{name}"


def points() -> Named:
    """Three points, so that no axis that the tracer sees is 1 by chance."""
    return {
        "point_coords": torch.tensor([[[10.0, 20.0], [30.0, 5.0], [0.0, 0.0]]]),
        "point_labels": torch.tensor([[1.0, 0.0, -1.0]]),
    }


FREE_POINTS = {"point_coords": {1: "N"}, "point_labels": {1: "N"}}


def plain_graphs(sam: Sam, embedding: Sequence[Tensor]) -> dict[str, Graph]:
    """`Sam.prepare` and `Sam.decode` as they stand."""
    side = sam.config.low_res_size
    prepare = Graph(Calls(sam, "prepare"), dict(zip(sam.embedding_names, embedding, strict=True)), sam.prepared_names)
    prepared = prepare.answers()
    prompts = points() | {"mask_input": torch.zeros(1, 1, side, side), "has_mask_input": torch.zeros(1)}
    decode = Graph(Calls(sam, "decode", packed=len(prepared)), prepared | prompts, OUTPUTS, FREE_POINTS)
    return {"prepare": prepare, "decode": decode}


def absorbed_graphs(sam: Sam, embedding: Sequence[Tensor]) -> dict[str, Graph]:
    """The re-associated decoder. One decode graph does for clicks with and without a mask, for parts of the planes and
    for previews: what differs is how long some of its inputs are. `decode_rows` is the same but for its last part,
    which the browser's own kernel does faster than WASM's operators. `first` answers clicks on an image that is not
    prepared yet."""
    decoder = AbsorbedDecoder(sam).eval()
    config = sam.config
    names = tuple(prepared_name(name) for name in decoder.prepare.names)
    prepare = Graph(Calls(decoder, "prepare"), {"image_embedding": embedding[0]}, names)
    prepared = prepare.answers()
    first_layer = ("key_1", "query_1", "value_1")
    blank = torch.zeros(1, 1, config.low_res_size, config.low_res_size)
    unmasked = {prepared_name(name): prepared[prepared_name(name)] for name in first_layer}
    prompt_mask = Graph(
        Calls(decoder, "prompt_mask"),
        {"mask_input": blank} | unmasked,
        ("mask_rows", *(f"masked_{name}" for name in first_layer)),
    )
    masks = prepared.pop("prepared_masks")
    side = config.embedding_size
    wanted = {
        "shown": torch.tensor([0, 1, 2]),
        "crop": torch.tensor([side - 1, side]),
        "steps": torch.tensor([[0, 1], [2, 3]]),
    }
    mask = {"mask_rows": prompt_mask.answers()["mask_rows"], "mask_cross": masks}
    free = FREE_POINTS | {
        "mask_rows": {0: "R"},
        "mask_cross": {1: "R"},
        "shown": {0: "P"},
        "steps": {0: "S", 1: "S"},
        "low_res_logits": {1: "P", 2: "H", 3: "W"},
    }
    decode = Graph(Calls(decoder, "decode", packed=len(prepared)), prepared | points() | mask | wanted, OUTPUTS, free)
    graphs = {"prepare": prepare, "prompt_mask": prompt_mask, "decode": decode}
    if decoder.has_rows:
        free_rows = free | {"rows": {0: "A"}, "second": {0: "B"}, "plane_weights": {0: "P"}}
        rows = Calls(decoder, "decode_rows", packed=len(prepared))
        graphs["decode_rows"] = Graph(rows, decode.inputs, ROWS_OUTPUTS, free_rows)
    first = Graph(Calls(decoder, "decode_first"), {"image_embedding": embedding[0]} | points() | wanted, OUTPUTS, free)
    return graphs | {"first": first}

"""Simulated interactive rounds: a click or a box, then clicks where the mask is wrong, with the previous logits."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from sam_core.modeling import Sam
from sam_core.prompts import (
    BACKGROUND,
    BOX_BOTTOM_RIGHT,
    BOX_TOP_LEFT,
    FOREGROUND,
    PADDING,
    innermost_point,
    largest_component,
)
from sam_core.training.loader import Batch


@dataclass
class Prompting:
    """A batch's prompts so far: coords [B*M, N, 2], labels [B*M, N], previous logits [B*M, 1, L, L], flags [B*M]."""

    coords: Tensor
    labels: Tensor
    logits: Tensor
    has_mask: Tensor

    @staticmethod
    def start(batch: Batch, rng: np.random.Generator, boxes: float, device: torch.device) -> Prompting:
        """First prompts: a box for the given share of masks, a click and the padding point for the others."""
        b, m, side, _ = batch.masks.shape
        use_box = rng.random((b, m, 1)) < boxes
        clicks = np.concatenate([batch.clicks, np.zeros_like(batch.clicks)], axis=2)
        coords = np.where(use_box, batch.boxes, clicks).reshape(b * m, 2, 2)
        labels = np.where(use_box, [BOX_TOP_LEFT, BOX_BOTTOM_RIGHT], [FOREGROUND, PADDING]).reshape(b * m, 2)
        return Prompting(
            torch.from_numpy(coords.astype(np.float32)).to(device),
            torch.from_numpy(labels.astype(np.float32)).to(device),
            torch.zeros(b * m, 1, side, side, device=device),
            torch.zeros(b * m, device=device),
        )

    def decode(self, model: Sam, prepared: tuple[Tensor, ...]) -> tuple[Tensor, Tensor]:
        """The model's answer to the prompts so far: logits [B*M, T, L, L] and predicted IoUs [B*M, T]."""
        return model.decode(prepared, self.coords, self.labels, self.logits, self.has_mask)

    def add(self, logits: Tensor, truth: NDArray[np.bool_], rng: np.random.Generator) -> None:
        """One more click per mask, where `logits` [B*M, L, L] and `truth` differ; the logits become the mask input."""
        predicted = (logits > 0).cpu().numpy()
        clicks = [error_click(rng, p, t) for p, t in zip(predicted, truth, strict=True)]
        points = torch.tensor([[x, y] for x, y, _ in clicks], dtype=torch.float32, device=self.coords.device)
        labels = torch.tensor([label for *_, label in clicks], dtype=torch.float32, device=self.coords.device)
        self.coords = torch.cat([points[:, None], self.coords], dim=1)
        self.labels = torch.cat([labels[:, None], self.labels], dim=1)
        self.logits = logits[:, None]
        self.has_mask = torch.ones_like(self.has_mask)


def error_click(
    rng: np.random.Generator, predicted: NDArray[np.bool_], truth: NDArray[np.bool_]
) -> tuple[float, float, int]:
    """(x, y, label) in pixels of the crop, from quarter-size masks: mostly as a careful person clicks, not always."""
    missed, spilled = truth & ~predicted, predicted & ~truth
    # A little more often background than its share: those clicks are rarer, and harder to learn.
    share = 1.3 * spilled.sum() / max(1, missed.sum() + 1.3 * spilled.sum())
    background = share > 0.5 if rng.random() < 0.7 else rng.random() < share
    error, label = (spilled, BACKGROUND) if background else (missed, FOREGROUND)
    if not error.any():
        error, label = (truth, FOREGROUND) if truth.any() else (~truth, BACKGROUND)
    if rng.random() < 0.8:
        error = largest_component(error)
    if rng.random() < 0.7:
        x, y = innermost_point(error)
    else:
        ys, xs = np.nonzero(error)
        i = rng.integers(len(ys))
        x, y = int(xs[i]), int(ys[i])
    dx, dy = rng.uniform(-1.5, 1.5, 2)
    return 4 * x + 1.5 + dx, 4 * y + 1.5 + dy, label

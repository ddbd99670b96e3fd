"""What a step of most of a run teaches: better masks, and how good they are."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from sam_core.config import SamConfig
from sam_core.modeling import Sam
from sam_core.training.loader import Batch
from sam_core.training.losses import Auxiliary, judging_loss, mask_iou, mask_loss
from sam_core.training.rounds import Prompting
from sam_core.training.settings import TrainingConfig

AFFINITY_POINTS = 48


def device_of(model: Sam) -> torch.device:
    return model.mask_decoder.mask_tokens.weight.device


def normalised(batch: Batch, config: SamConfig, device: torch.device) -> Tensor:
    """uint8 [B, S, S, 3] → [B, 3, S, S]"""
    mean, std = (torch.tensor(values, device=device) for values in (config.pixel_mean, config.pixel_std))
    return ((torch.from_numpy(batch.pixels).to(device).float() - mean) / std).permute(0, 3, 1, 2)


def passes(model: Sam, run: TrainingConfig) -> torch.autocast:
    """The context of a forward pass: bfloat16 where the run has mixed precision."""
    return torch.autocast(device_of(model).type, torch.bfloat16, enabled=run.bf16)


def true_masks(batch: Batch, device: torch.device) -> Tensor:
    """[B, M, L, L] of 0..255 → [B*M, L, L] of 0..1"""
    return torch.from_numpy(batch.masks).to(device).flatten(0, 1).float() / 255


def first_round_loss(per_token: Tensor, predicted: Tensor, iou: Tensor) -> Tensor:
    """One prompt is ambiguous: the best of tokens 1-3 learns. per_token, predicted and iou [B, T] → scalar"""
    masks = per_token[:, 1:].amin(1).mean() + 0.3 * per_token[:, 0].mean()
    # A little for the others too, or a token that is never best never learns.
    masks = masks + 0.05 * per_token[:, 1:].mean()
    return masks + judging_loss(predicted, iou, ambiguous=True)


def learn_masks(
    model: Sam, auxiliary: Auxiliary, run: TrainingConfig, batch: Batch, rng: np.random.Generator
) -> dict[str, float]:
    """Encodes the photos once, clicks on them for several rounds, and leaves gradients on all weights.

    Returns figures for the log: losses, and the mean IoU after each round.
    """
    device = device_of(model)
    side = batch.pixels.shape[1]
    points = torch.from_numpy(rng.uniform(0, side, (len(batch.pixels), AFFINITY_POINTS, 2))).float().to(device)
    boundary, segments = (torch.from_numpy(array).to(device) for array in (batch.boundary, batch.segments))
    with passes(model, run):
        embedding = model.encode(normalised(batch, model.config, device))
        prepared = model.prepare(*embedding)
        on_features = auxiliary(model, embedding, prepared, boundary, segments, points)
    # Each round's graph is freed before the next begins; the encoder gets the sum of their gradients once.
    leaves = tuple(p.detach().requires_grad_(p.requires_grad) for p in prepared)
    figures = {"aux": float(on_features.detach()), "side": float(side)}
    figures |= click_rounds(model, leaves, run, batch, rng)
    pairs = [(p, leaf.grad) for p, leaf in zip(prepared, leaves, strict=True) if leaf.grad is not None]
    if on_features.requires_grad:
        pairs.append((on_features, torch.ones_like(on_features)))
    # Empty where the image encoder stays as it is and there is nothing else before the decoder.
    pairs = [(tensor, gradient) for tensor, gradient in pairs if tensor.requires_grad]
    if pairs:
        torch.autograd.backward([tensor for tensor, _ in pairs], [gradient for _, gradient in pairs])
    return figures


def click_rounds(
    model: Sam, prepared: tuple[Tensor, ...], run: TrainingConfig, batch: Batch, rng: np.random.Generator
) -> dict[str, float]:
    """The rounds on one batch; the first two and the last one are learned from."""
    truth = true_masks(batch, device_of(model))
    solid = batch.masks.reshape(truth.shape) > 127
    prompting = Prompting.start(batch, rng, run.boxes, device_of(model))
    count = int(rng.choice(run.rounds))
    figures: dict[str, float] = {}
    for turn in range(count):
        learned = turn in (0, 1, count - 1)
        with torch.set_grad_enabled(learned):
            with passes(model, run):
                logits, predicted = (tensor.float() for tensor in prompting.decode(model, prepared))
            per_token = mask_loss(logits, truth[:, None].expand_as(logits))  # [B*M, T]
            iou = mask_iou(logits.detach(), truth[:, None])
            if turn == 0:
                loss = first_round_loss(per_token, predicted, iou)
                pick = 1 + (iou if rng.random() < 0.5 else predicted.detach())[:, 1:].argmax(1)
                shown = 1 + predicted.detach()[:, 1:].argmax(1)
                figures |= {"loss1": float(loss.detach()), "best1": float(iou[:, 1:].amax(1).mean())}
            else:
                loss = per_token[:, 0].mean() + judging_loss(predicted[:, :1], iou[:, :1], ambiguous=False)
                pick = shown = torch.zeros(len(iou), dtype=torch.long, device=logits.device)
            figures[f"iou{turn + 1}"] = float(iou.gather(1, shown[:, None]).mean())
            if learned:
                loss.backward()
        if turn + 1 < count:
            prompting.add(logits.detach()[torch.arange(len(pick), device=pick.device), pick], solid, rng)
    return figures

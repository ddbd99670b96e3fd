"""The IoU head's own phase: the masks no longer change, so each one is made once and judged many times."""

from __future__ import annotations

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from sam_core.modeling import Sam
from sam_core.modeling.iou_head import MaskIouHead
from sam_core.training.interaction import device_of, normalised, passes, true_masks
from sam_core.training.loader import Batch
from sam_core.training.losses import judging_loss, mask_iou
from sam_core.training.rounds import Prompting
from sam_core.training.settings import TrainingConfig

KEPT = 6000


def layers(model: Sam) -> nn.Module:
    """The part of the IoU head that learns. What it is given is small, whatever the size of the masks."""
    head = model.mask_decoder.iou_prediction_head
    return head.mlp if isinstance(head, MaskIouHead) else head


class Answers:
    """The last answers to one kind of prompt.

    given [N, …]: what `layers` was given; ious [N, T]: the masks' true IoUs; shares [N]: how often each is drawn.
    """

    def __init__(self) -> None:
        self.given: Tensor = torch.empty(0)
        self.ious: Tensor = torch.empty(0)
        self.shares: NDArray[np.float64] = np.empty(0)

    def add(self, given: Tensor, ious: Tensor, shares: NDArray[np.float32]) -> None:
        self.given = given if not len(self.given) else torch.cat([self.given, given])[-KEPT:]
        self.ious = ious if not len(self.ious) else torch.cat([self.ious, ious])[-KEPT:]
        self.shares = np.concatenate([self.shares, shares])[-KEPT:]

    def loss(self, model: Sam, ambiguous: bool, count: int, rng: np.random.Generator) -> Tensor:
        """The head's loss on `count` of them, drawn at random."""
        drawn = rng.choice(len(self.shares), size=count, p=self.shares / self.shares.sum())
        predicted = layers(model)(self.given[drawn]).reshape(count, -1)
        return judging_loss(predicted, self.ious[drawn], ambiguous)

    def state(self) -> dict[str, Tensor]:
        return {"given": self.given, "ious": self.ious, "shares": torch.from_numpy(self.shares)}

    def load_state(self, state: dict[str, Tensor]) -> None:
        self.given, self.ious, self.shares = state["given"], state["ious"], state["shares"].cpu().numpy()


def learn_to_judge(
    model: Sam, run: TrainingConfig, batch: Batch, rng: np.random.Generator, first: Answers, corrected: Answers
) -> dict[str, float]:
    """Adds the batch's answers to those after one prompt and after a correction; leaves gradients on the IoU head."""
    figures: dict[str, float] = {"side": float(batch.pixels.shape[1])}
    given: list[Tensor] = []
    hook = layers(model).register_forward_pre_hook(lambda _, inputs: given.append(inputs[0].float()))
    try:
        with torch.no_grad():
            figures |= _answer(model, run, batch, rng, given, (first, corrected))
    finally:
        hook.remove()
    loss = first.loss(model, True, run.judge_batch, rng)
    figures["judge1"] = float(loss.detach())
    later = corrected.loss(model, False, run.judge_batch, rng)
    figures["judge2"] = float(later.detach())
    (loss + later).backward()
    return figures


def _answer(
    model: Sam,
    run: TrainingConfig,
    batch: Batch,
    rng: np.random.Generator,
    given: list[Tensor],
    turns: tuple[Answers, Answers],
) -> dict[str, float]:
    device = device_of(model)
    with passes(model, run):
        prepared = model.prepare(*model.encode(normalised(batch, model.config, device)))
    truth = true_masks(batch, device)
    solid = batch.masks.reshape(truth.shape) > 127
    prompting = Prompting.start(batch, rng, run.boxes, device)
    figures: dict[str, float] = {}
    for answers in turns:
        with passes(model, run):
            logits, predicted = (tensor.float() for tensor in prompting.decode(model, prepared))
        iou = mask_iou(logits, truth[:, None])
        answers.add(given.pop(), iou, batch.shares.reshape(-1))
        if answers is turns[0]:
            pick = 1 + predicted[:, 1:].argmax(1)
            figures["iou1"] = float(iou.gather(1, pick[:, None]).mean())
            figures["best1"] = float(iou[:, 1:].amax(1).mean())
            prompting.add(logits[torch.arange(len(pick), device=pick.device), pick], solid, rng)
    return figures

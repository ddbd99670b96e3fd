"""The moving average of the weights: what is evaluated and saved."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Ema:
    def __init__(self, model: nn.Module, decay: float) -> None:
        self.decay = decay
        self.state: dict[str, Tensor] = {key: value.detach().clone() for key, value in model.state_dict().items()}

    @torch.no_grad()
    def update(self, model: nn.Module, step: int) -> None:
        """Early on the average is short, so that the random start is soon forgotten."""
        keep = min(self.decay, (1 + step) / (10 + step))
        now = model.state_dict()
        floats = [key for key, value in now.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.state[key] for key in floats], [now[key] for key in floats], 1 - keep)
        for key in now.keys() - floats:
            self.state[key].copy_(now[key])

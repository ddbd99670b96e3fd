"""Model, optimizer, moving average and clock of one run, saved and resumed together."""

from __future__ import annotations

import math
import os
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from torch import nn

from sam_core.checkpoints import save
from sam_core.config import SamConfig
from sam_core.modeling import Sam
from sam_core.training.ema import Ema
from sam_core.training.interaction import learn_masks
from sam_core.training.judging import Answers, learn_to_judge
from sam_core.training.loader import Batch
from sam_core.training.losses import Auxiliary
from sam_core.training.settings import TrainingConfig


class Trainer:
    def __init__(self, config: SamConfig, run: TrainingConfig, device: str = "cpu") -> None:
        torch.manual_seed(run.seed)
        self.config, self.run = config, run
        self.model = Sam(config).to(device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.model.image_encoder.requires_grad_(not run.decoder_only)
        self.auxiliary = Auxiliary(config).to(device)
        self.ema = Ema(self.model, run.ema)
        self.optimizer = self.optimizer_for([*self.model.parameters(), *self.auxiliary.parameters()])
        self.step, self.seconds, self.judging = 0, 0.0, False
        self.first_answers, self.corrected_answers = Answers(), Answers()

    def optimizer_for(self, parameters: list[nn.Parameter]) -> torch.optim.Optimizer:
        """AdamW; vectors (norms, biases) are not decayed."""
        decayed = [p for p in parameters if p.requires_grad and p.ndim > 1]
        others = [p for p in parameters if p.requires_grad and p.ndim <= 1]
        groups = [{"params": decayed, "weight_decay": self.run.weight_decay}, {"params": others, "weight_decay": 0.0}]
        # Not fused: on the CPU it applies contiguous gradients to channels-last weights as if both had one layout.
        return torch.optim.AdamW(groups, lr=self.run.learning_rate, betas=(0.9, 0.98), foreach=True, fused=False)

    @property
    def progress(self) -> float:
        """The share of the run that is done, 0..1."""
        if self.run.steps:
            return self.step / self.run.steps
        return self.seconds / (60 * self.run.minutes)

    def learning_rate(self) -> float:
        """Warm-up, then a cosine to zero; the IoU head's own phase has its own."""
        run = self.run
        begin, end = (run.judge_from, 1.0) if self.judging else (0.0, run.judge_from)
        share = (self.progress - begin) / (end - begin)
        cosine = 0.5 * (1 + math.cos(math.pi * min(max(share, 0.0), 1.0)))
        return run.learning_rate * cosine * min(1.0, (self.step + 1) / run.warmup)

    def judge(self) -> None:
        """From now on the averaged weights stand still, and only the IoU head learns."""
        self.judging = True
        self.model.load_state_dict(self.ema.state)
        self.model.requires_grad_(False)
        head = self.model.mask_decoder.iou_prediction_head.requires_grad_(True)
        self.optimizer = self.optimizer_for(list(head.parameters()))

    def train_step(self, batch: Batch) -> dict[str, float]:
        """One update. Returns the figures for the log. Raises FloatingPointError where training has exploded."""
        if self.progress >= self.run.judge_from and not self.judging:
            self.judge()
        rng = np.random.default_rng([self.run.seed, batch.step, 1])
        for group in self.optimizer.param_groups:
            group["lr"] = self.learning_rate()
        self.optimizer.zero_grad(set_to_none=True)
        if self.judging:
            self.model.eval()
            figures = learn_to_judge(self.model, self.run, batch, rng, self.first_answers, self.corrected_answers)
        else:
            self.model.train()
            if self.run.decoder_only:
                self.model.image_encoder.eval()  # its running means stay, too
            figures = learn_masks(self.model, self.auxiliary, self.run, batch, rng)
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        figures["grad"] = float(nn.utils.clip_grad_norm_(parameters, self.run.clip))
        if not math.isfinite(figures["grad"]):
            raise FloatingPointError(f"the gradient of step {self.step} is not finite")
        self.optimizer.step()
        self.ema.update(self.model, self.step)
        self.step += 1
        return figures

    def averaged(self) -> Sam:
        """The model with the averaged weights, for use."""
        model = Sam(self.config)
        model.load_state_dict(self.ema.state)
        return model.eval()

    def state(self) -> dict:
        """Everything that `load_state` needs to go on as if there had been no stop."""
        return {
            "config": self.config.to_json(),
            "run": asdict(self.run),
            "model": self.model.state_dict(),
            "auxiliary": self.auxiliary.state_dict(),
            "ema": self.ema.state,
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "judging": self.judging,
            "answers": [answers.state() for answers in (self.first_answers, self.corrected_answers)],
        }

    def load_state(self, state: dict) -> None:
        """Raises ValueError if the state is of another model."""
        if state["config"] != self.config.to_json():
            raise ValueError("the checkpoint is of another model")
        self.ema.state = state["ema"]
        if state["judging"]:
            self.judge()
        self.model.load_state_dict(state["model"])
        self.auxiliary.load_state_dict(state["auxiliary"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        for answers, kept in zip((self.first_answers, self.corrected_answers), state["answers"], strict=True):
            answers.load_state(kept)

    def begin_from(self, state: dict) -> None:
        """A new run, with a schedule of its own, from where another one ended: its averaged weights.

        That run's settings and image size may differ. Raises ValueError if its weights do not fit this model.
        """
        try:
            self.model.load_state_dict(state["ema"])
            self.auxiliary.load_state_dict(state["auxiliary"])
        except RuntimeError as error:
            raise ValueError(f"the checkpoint is of another model: {error}") from error
        self.ema = Ema(self.model, self.run.ema)

    def save(self, out: Path) -> None:
        """`checkpoint.pt` to resume from, and `model.safetensors`: the averaged weights, in half precision."""
        temporary = out / "checkpoint.tmp"
        torch.save(self.state(), temporary)
        os.replace(temporary, out / "checkpoint.pt")
        save(self.averaged(), out / "model.safetensors", dtype=torch.float16)

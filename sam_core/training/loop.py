"""From a budget to a model: batches in, a log line per step, checkpoints now and then."""

from __future__ import annotations

import json
import time
from pathlib import Path

import torch

from sam_core.config import SamConfig
from sam_core.label_maps import Source
from sam_core.training.loader import Loader
from sam_core.training.settings import TrainingConfig
from sam_core.training.trainer import Trainer


def train(
    config: SamConfig,
    run: TrainingConfig,
    sources: list[Source],
    out: Path,
    *,
    device: str = "cpu",
    resume: bool = False,
    begin_from: Path | None = None,
) -> Trainer:
    """Runs to the end of the budget; writes `log.jsonl`, `checkpoint.pt` and `model.safetensors` into `out`.

    With `resume` it goes on from `out/checkpoint.pt`; else it begins with the weights of the checkpoint `begin_from`,
    if there is one. Raises ValueError if the checkpoint is of another model.
    """
    out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, run, device)
    if resume:
        trainer.load_state(torch.load(out / "checkpoint.pt", weights_only=True, map_location=device))
    elif begin_from:
        trainer.begin_from(torch.load(begin_from, weights_only=True, map_location=device))
    loader = Loader(sources, run, first=trainer.step, progress=lambda: trainer.progress)
    try:
        with (out / "log.jsonl").open("a") as log:
            batch = loader.get()  # the data sets are read before the clock starts
            started, before, saved = time.monotonic(), trainer.seconds, time.monotonic()
            while trainer.progress < 1:
                figures = trainer.train_step(batch)
                trainer.seconds = before + time.monotonic() - started
                record = {"step": trainer.step, "seconds": round(trainer.seconds, 1), "lr": trainer.learning_rate()}
                log.write(json.dumps(record | {k: round(v, 4) for k, v in figures.items()}) + "\n")
                log.flush()
                if time.monotonic() - saved > 60 * run.save_minutes:
                    trainer.save(out)
                    saved = time.monotonic()
                if trainer.progress < 1:
                    batch = loader.get()
            trainer.save(out)
    finally:
        loader.close()
    return trainer

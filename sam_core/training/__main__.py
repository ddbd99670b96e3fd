"""`python -m sam_core.training --data PATH[,options] … --out FOLDER --minutes N --seed 0 [--resume]`

`python -m sam_core.training plot OUT/log.jsonl PICTURE.png` draws a run's log,
`python -m sam_core.training pseudo --model MODEL --photos ZIP --out ZIP` labels photos with a model's confident masks.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path

import cv2
import torch

from sam_core.config import PRESETS
from sam_core.label_maps import Source
from sam_core.training import plot, pseudo
from sam_core.training.loop import train
from sam_core.training.settings import TrainingConfig


def share(text: str) -> float:
    """A number from 0 to 1. Raises ValueError."""
    if not 0 <= (value := float(text)) <= 1:
        raise ValueError(f"{text} is not between 0 and 1")
    return value


def main() -> None:
    if sys.argv[1:2] == ["plot"]:
        plot.main(sys.argv[2:])
        return
    if sys.argv[1:2] == ["pseudo"]:
        pseudo.main(sys.argv[2:])
        return
    parser = argparse.ArgumentParser(prog="python -m sam_core.training", description=__doc__)
    parser.add_argument(
        "--data",
        action="append",
        required=True,
        type=Source.parse,
        help="folder or zip of NAME.jpg with NAME_*.png label maps; options after commas: within=PREFIX, weight=W, "
        "aside=N (leave the last N photos out), whole (the union of all labels is a mask too), "
        "backgrounds (photos without label maps, for --paste)",
    )
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--model", choices=sorted(PRESETS), default="builtin")
    parser.add_argument("--minutes", type=float, default=TrainingConfig.minutes)
    parser.add_argument("--steps", type=int, default=0, help="length in steps instead of minutes")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--boxes", type=float, default=TrainingConfig.boxes, help="share of masks begun with a box")
    parser.add_argument(
        "--paste", type=share, default=0.0, help="share of crops with objects of other photos pasted onto them"
    )
    parser.add_argument("--made-up", type=share, default=0.0, help="share of crops of drawn, textured shapes")
    parser.add_argument("--learning-rate", type=float, default=TrainingConfig.learning_rate)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--bf16", action="store_true", help="mixed precision; on by itself on a GPU")
    parser.add_argument("--decoder-only", action="store_true", help="the image encoder stays as it is")
    parser.add_argument("--judge-only", action="store_true", help="only the IoU head learns")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    parser.add_argument("--begin-from", type=Path, help="checkpoint.pt of an earlier run, whose weights to begin with")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    cv2.setNumThreads(1)
    run = TrainingConfig(
        seed=arguments.seed,
        minutes=arguments.minutes,
        steps=arguments.steps,
        boxes=arguments.boxes,
        paste=arguments.paste,
        made_up=arguments.made_up,
        learning_rate=arguments.learning_rate,
        bf16=arguments.bf16 or arguments.device.startswith("cuda"),
        decoder_only=arguments.decoder_only,
        judge_from=0.0 if arguments.judge_only else TrainingConfig.judge_from,
    )
    config = PRESETS[arguments.model]
    if config.encoder != "light":  # the paper's position tables fit one size only
        run = replace(run, side=config.image_size, late_side=config.image_size)
    train(
        config,
        run,
        arguments.data,
        arguments.out,
        device=arguments.device,
        resume=arguments.resume,
        begin_from=arguments.begin_from,
    )


if __name__ == "__main__":
    main()

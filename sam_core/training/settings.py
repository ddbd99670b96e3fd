"""The settings of a run."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class TrainingConfig:
    """`minutes`, or `steps` if it is above 0, is the length; the schedule follows it, so that the end is kept."""

    seed: int = 0
    minutes: float = 90.0
    steps: int = 0
    side: int = 256
    late_side: int = 384  # for the last part: closer to the size in use
    late_from: float = 0.6
    whole: float = 0.4  # share of crops that are whole photos, as in use; the others are parts, larger
    late_whole: float = 0.9
    centred: float = 0.5  # share of first clicks at the innermost point; the others are anywhere in the mask
    late_centred: float = 0.85
    judge_from: float = 0.94  # from here on only the IoU head learns, on masks that no longer change
    judge_batch: int = 96  # of the answers given so far, for one step of the IoU head
    batch: int = 4
    late_batch: int = 2
    masks: int = 6
    boxes: float = 0.12  # share of masks whose first prompt is a box
    paste: float = 0.0  # share of crops with objects of other photos pasted onto them
    made_up: float = 0.0  # share of crops of procedural images
    rounds: tuple[int, ...] = (2, 2, 3, 3, 4, 6)  # one is drawn for each step
    learning_rate: float = 1e-3
    weight_decay: float = 0.03
    warmup: int = 150
    clip: float = 1.0
    ema: float = 0.998
    bf16: bool = False  # mixed precision: the passes in bfloat16, weights and losses in float32
    decoder_only: bool = False  # the image encoder stays as it is
    save_minutes: float = 5.0

"""Batches made in a process of their own, each from its own seed: batch n is the same however often one resumes."""

from __future__ import annotations

import multiprocessing
import queue
from collections.abc import Callable
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from sam_core.label_maps import Source, load
from sam_core.training.crops import Ask, Crop, make_crop
from sam_core.training.drawing import Photos
from sam_core.training.settings import TrainingConfig

AHEAD = 4  # batches ordered before they are needed


@dataclass(frozen=True)
class Batch:
    """`Crop`s stacked: each array has a leading dimension B."""

    step: int
    pixels: NDArray[np.uint8]
    masks: NDArray[np.uint8]
    clicks: NDArray[np.float32]
    boxes: NDArray[np.float32]
    shares: NDArray[np.float32]
    boundary: NDArray[np.uint8]
    segments: NDArray[np.int32]


def make_batch(photos: Photos, seed: int, step: int, ask: Ask) -> Batch:
    """Batch number `step` of a run."""
    rng = np.random.default_rng([seed, step])
    crops: list[Crop] = []
    while len(crops) < ask.crops:
        crop = make_crop(rng, photos.draw(rng, ask.paste, ask.made_up), ask)
        if crop is not None:
            crops.append(crop)
    fields = ("pixels", "masks", "clicks", "boxes", "shares", "boundary", "segments")
    return Batch(step, *(np.stack([getattr(crop, f) for crop in crops]) for f in fields))


def serve(sources: list[Source], seed: int, requests, answers) -> None:  # type: ignore[no-untyped-def]
    cv2.setNumThreads(1)
    photos = Photos([photo for source in sources for photo in load(source)])
    while (request := requests.get()) is not None:
        answers.put(make_batch(photos, seed, *request))


class Loader:
    """Keeps a few batches ahead. `progress` is asked when a batch is ordered, and decides what crops it has."""

    def __init__(self, sources: list[Source], run: TrainingConfig, first: int, progress: Callable[[], float]) -> None:
        context = multiprocessing.get_context("spawn")
        self.requests, self.answers = context.Queue(), context.Queue()
        self.run, self.next, self.progress = run, first, progress
        arguments = (sources, run.seed, self.requests, self.answers)
        self.process = context.Process(target=serve, args=arguments, daemon=True)
        self.process.start()
        for _ in range(AHEAD):
            self.order()

    def order(self) -> None:
        self.requests.put((self.next, Ask.at(self.progress(), self.run)))
        self.next += 1

    def get(self) -> Batch:
        """The next batch. Raises RuntimeError if the loader process has died."""
        self.order()
        while True:
            try:
                return self.answers.get(timeout=5)
            except queue.Empty as error:
                if not self.process.is_alive():
                    raise RuntimeError("the loader process has ended; its error is above") from error

    def close(self) -> None:
        self.process.terminate()
        self.process.join()

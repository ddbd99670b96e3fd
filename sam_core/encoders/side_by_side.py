"""Images side by side on a CPU, each on its share of the threads.

Two threads that work on one image wait for each other after every layer, and a matrix product is not twice as fast on
two; with an image of its own, each thread goes on without a stop. So several images are done sooner than one by one,
though one of them alone is done sooner on all threads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import torch
from torch import Tensor

MOST_AT_ONCE = 4
"""Images: each takes memory for its own layers, and all are done only with the last."""

Tensors = tuple[Tensor, ...]


def batch_for(threads: int) -> int:
    """How many images a CPU with so many threads takes at once."""
    return min(threads, MOST_AT_ONCE)


def side_by_side(run: Callable[[Tensor], Tensors], images: Sequence[Tensor]) -> list[Tensors]:
    """`run` of each image, in a thread of its own; of one alone here, on all threads.

    Raises what the first image that failed raised, once all have ended. The threads end with the call.
    """
    if len(images) == 1:
        return [run(images[0])]
    threads = torch.get_num_threads()
    share = max(1, threads // len(images))

    def run_on_share(image: Tensor) -> Tensors:
        torch.set_num_threads(share)  # of this thread, and of every thread that begins from now on
        return run(image)

    try:
        with ThreadPoolExecutor(len(images), thread_name_prefix="image") as pool:
            return list(pool.map(run_on_share, images))
    finally:
        torch.set_num_threads(threads)  # so that threads that begin later have all of them again

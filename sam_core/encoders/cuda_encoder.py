"""The image encoder on a GPU: bf16, fused attention, batches of fixed sizes, each recorded once as a CUDA graph.

Everything but the recording is the same on any device, and is tested on the CPU. How fast it is on a GPU has not been
measured yet: `python -m benchmarks.encoder` on a machine with one says it.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Callable
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sam_core.encoders.torch_encoder import converted
from sam_core.modeling import Sam

logger = logging.getLogger(__name__)

LARGEST_BATCH = 8
WARM_UP = 3  # runs before a recording: kernels are picked and compiled in them, and memory that is too small shows
Program = Callable[[Tensor], tuple[Tensor, ...]]


class CudaEncoder:
    """Takes any number of images; they go through in batches of at most `batch`, filled up to a power of two."""

    backend = "cuda-bf16"

    def __init__(
        self,
        sam: Sam,
        device: torch.device | str = "cuda",
        dtype: torch.dtype = torch.bfloat16,
        batch: int = LARGEST_BATCH,
    ) -> None:
        self.device, self.dtype, self.batch = torch.device(device), dtype, batch
        self.side = sam.config.image_size
        self.sam = converted(sam, self.device, dtype)
        self._programs: dict[int, Program] = {}
        self._plain: nn.ModuleList | None = None
        if self.device.type == "cuda":
            self._pool = torch.cuda.graph_pool_handle()
            if can_compile():
                self._compile()

    def _compile(self) -> None:
        """Fuse what lies between the products of a ViT's blocks: one by one, as equal blocks are compiled once."""
        blocks = getattr(self.sam.image_encoder, "blocks", None)
        if isinstance(blocks, nn.ModuleList):
            self._plain = blocks
            compiled: list[Any] = [torch.compile(block, dynamic=False) for block in blocks]
            self.sam.image_encoder.blocks = nn.ModuleList(compiled)

    def _encode(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """With compiled blocks, or as they stand from then on where one does not compile."""
        try:
            return self.sam.encode(pixels)
        except torch.OutOfMemoryError:
            raise
        except Exception:
            if self._plain is None:
                raise
            logger.warning("the image encoder cannot be compiled here, and runs slower without", exc_info=True)
            self.sam.image_encoder.blocks, self._plain = self._plain, None
        return self.sam.encode(pixels)

    @torch.inference_mode()
    def __call__(self, pixels: Tensor) -> tuple[Tensor, ...]:
        parts = [self._filled(part) for part in pixels.to(self.device, self.dtype).split(self.batch)]
        return tuple(torch.cat(same) for same in zip(*parts, strict=True))

    def _filled(self, pixels: Tensor) -> tuple[Tensor, ...]:
        """At most `batch` images, with empty ones behind them, so that few sizes have to be recorded."""
        count = len(pixels)
        size = size_for(count)
        filled = F.pad(pixels, (0, 0, 0, 0, 0, 0, 0, size - count))
        if size not in self._programs:
            self._programs[size] = self._recorded(size) if self.device.type == "cuda" else self._encode
        return tuple(tensor[:count].float() for tensor in self._programs[size](filled))

    def _recorded(self, size: int) -> Program:
        """The encoder for `size` images as one launch. OutOfMemoryError where they do not fit: in the warm-up."""
        given = torch.zeros(size, 3, self.side, self.side, device=self.device, dtype=self.dtype)
        beside = torch.cuda.Stream()
        beside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(beside):
            for _ in range(WARM_UP):
                self._encode(given)
        torch.cuda.current_stream().wait_stream(beside)
        graph = torch.cuda.CUDAGraph()
        # One pool for all sizes: they never run at the same time, and what they answer is copied at once.
        with torch.cuda.graph(graph, pool=self._pool):
            answers = self._encode(given)

        def replay(pixels: Tensor) -> tuple[Tensor, ...]:
            given.copy_(pixels)
            graph.replay()
            return tuple(answer.clone() for answer in answers)

        return replay


def size_for(count: int) -> int:
    """The smallest power of two that holds `count` images."""
    return 1 << (count - 1).bit_length()


def can_compile() -> bool:
    """Whether torch can compile for a GPU: not every build of it comes with what that takes."""
    return importlib.util.find_spec("triton") is not None

"""Photos as an encoder wants them, read ahead of it in confined children, several at once."""

import os
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings

from annotator.images.models import Image
from annotator.lib import storage
from annotator.lib.confined import Confined, Refused
from sam_core.crops import CropBox

if TYPE_CHECKING:
    import numpy as np

MOST_READERS = 8


@dataclass(frozen=True)
class Part:
    """What is encoded: an image, or the crop of it."""

    image: Image
    crop: CropBox | None = None

    @property
    def size(self) -> tuple[int, int]:
        """(height, width) in the image's pixels."""
        whole = self.crop or self.image
        return whole.height, whole.width


def decoder() -> Confined:
    """A child that decodes pictures and zips within the limits of the settings."""
    return Confined(
        "annotator.images.decoding:run",
        memory_bytes=settings.DECODE_MEMORY_BYTES,
        seconds=settings.DECODE_SECONDS,
    )


def readers_for(batch: int) -> int:
    """How many children: as many as the encoder takes photos at once, and no more than there are cores."""
    return min(batch, MOST_READERS, os.cpu_count() or 1)


class Readers:
    """`count` children that read photos into a model's frame, until the end of the `with`.

    A child reads photo after photo, as starting one takes longer than reading. What one photo does to it, the next
    might suffer: so they live for one task of a worker, and no longer.
    """

    def __init__(self, image_size: int, count: int) -> None:
        self.image_size = image_size
        self._pool = ThreadPoolExecutor(count, thread_name_prefix="reader")
        self._own = threading.local()
        self._children: list[Confined] = []

    def __enter__(self) -> "Readers":
        return self

    def __exit__(self, *exception: object) -> None:
        self._pool.shutdown(cancel_futures=True)
        for child in self._children:
            child.__exit__()

    def begin(self, part: Part) -> "Future[np.ndarray]":
        """The upright photo, or the part of it, in the model's frame, [h, w, 3] uint8.

        Its result raises Refused when the photo cannot be decoded, FileNotFoundError when it is gone.
        """
        return self._pool.submit(self._read, part)

    def _read(self, part: Part) -> "np.ndarray":
        import numpy as np

        from sam_core.frame import Frame

        image = part.image
        source = storage.path(image.display_sha256)
        if not source.is_file():
            raise FileNotFoundError(source)
        with storage.scratch_folder() as folder:
            target = folder / "frame"
            size = self._child()(
                act="frame",
                source=str(source),
                target=str(target),
                max_pixels=settings.MAX_PHOTO_PIXELS,
                image_size=self.image_size,
                crop=part.crop.to_list() if part.crop else None,
            )
            if (size["width"], size["height"]) != (image.width, image.height):
                raise Refused("wrong_size", "The stored picture has another size than its row. Upload the photo again.")
            height, width = Frame(*part.size, self.image_size).resized
            return np.fromfile(target, np.uint8).reshape(height, width, 3)

    def _child(self) -> Confined:
        """This thread's own; a Confined answers one caller at a time."""
        if not hasattr(self._own, "child"):
            self._own.child = decoder()
            self._children.append(self._own.child)
        child: Confined = self._own.child
        return child

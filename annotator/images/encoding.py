"""Photo → image embedding, in a worker. The only place of the web application's code that runs the image encoder."""

import errno
import logging
import time
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import transaction

from annotator.images import queue
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import jobs, storage
from annotator.lib.confined import Confined, Refused
from annotator.model_registry.models import ModelVersion

if TYPE_CHECKING:
    import numpy as np

    from sam_core.checkpoints import LoadedModel
    from sam_core.encoders import Encoder

logger = logging.getLogger(__name__)


def encode(embedding_id: int) -> None:
    """Claim the row, encode, store, finish; returns at once when somebody else has it or it is done.

    Every way it can go wrong ends in the row, with a reason in words.
    """
    embedding = jobs.claim(ImageEmbedding.objects.filter(pk=embedding_id))
    if embedding is None:
        return
    queue.tell(embedding)
    try:
        with jobs.beating(embedding):
            start = time.perf_counter()
            data = embed(embedding.image, embedding.model_version)
            milliseconds = (time.perf_counter() - start) * 1000
            sha256 = storage.put_bytes(data)
        with transaction.atomic():
            jobs.finish(embedding, sha256=sha256, bytes=len(data), encode_ms=milliseconds)
            queue.tell(embedding)
    except jobs.LostLease:
        logger.warning("embedding %s went to another worker", embedding_id)
    except Exception as error:
        _fail(embedding, error)


def _fail(embedding: ImageEmbedding, error: Exception) -> None:
    reason, again = reason_of(error)
    logger.warning("embedding %s, attempt %s: %s", embedding.pk, embedding.attempt, reason, exc_info=error)
    try:
        with transaction.atomic():
            jobs.fail(embedding, reason, again=again)
            queue.tell(embedding)
            if embedding.state == jobs.JobState.QUEUED:
                queue.wake_worker(embedding.pk)
    except jobs.LostLease:
        logger.warning("embedding %s went to another worker", embedding.pk)


def reason_of(error: Exception) -> tuple[str, bool]:
    """(why, for the person who can mend it; whether it may go away by itself)."""
    if isinstance(error, Refused):
        return error.reason, error.code in ("time_limit", "memory_limit", "crashed")
    if type(error).__name__ == "BackendError":  # of sam_core, which is not loaded just to ask
        return f"The setting ENCODER_BACKEND does not fit: {error}. Set it to auto.", False
    if isinstance(error, FileNotFoundError):
        return "A file is missing from the server's store. Upload the photo again, or tell an admin.", False
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "The server's disk is full. Make room, then retry.", True
    if isinstance(error, MemoryError) or "out of memory" in str(error).lower():
        return "The worker has too little memory for this model. Give it more, then retry.", True
    return f"Encoding broke ({type(error).__name__}). The worker's log says more; retry once it is mended.", True


def embed(image: Image, model_version: ModelVersion) -> bytes:
    """The image's embedding as a file's bytes."""
    pixels = read_pixels(image)
    from sam_core.predictor import encode as encode_pixels

    sha256 = model_version.checkpoint_sha256
    return encode_pixels(loaded_model(sha256), pixels, image.sha256, encoder_of(sha256)).to_bytes()


@lru_cache(maxsize=2)
def loaded_model(checkpoint_sha256: str) -> "LoadedModel":
    """The model, kept in this process: loading takes longer than encoding."""
    from sam_core import checkpoints

    return checkpoints.load(storage.path(checkpoint_sha256))


@lru_cache(maxsize=2)
def encoder_of(checkpoint_sha256: str) -> "Encoder":
    """The model's image encoder in the way that is fastest here; what was measured is kept beside the model's files.

    BackendError when ENCODER_BACKEND names one that cannot be used.
    """
    from sam_core import encoders

    folder = Path(settings.DATA_DIR) / "encoders" / checkpoint_sha256
    forced = None if settings.ENCODER_BACKEND == "auto" else settings.ENCODER_BACKEND
    encoder = encoders.choose(loaded_model(checkpoint_sha256), folder, forced)
    logger.info("photos are encoded by %s", encoder.backend)
    return encoder


def read_pixels(image: Image) -> "np.ndarray":
    """The upright photo, [height, width, 3] uint8, as the browser shows it.

    Refused when it cannot be decoded, FileNotFoundError when it is gone.
    """
    import numpy as np

    source = storage.path(image.display_sha256)
    if not source.is_file():
        raise FileNotFoundError(source)
    with storage.scratch_folder() as folder, decoder() as decode:
        target = folder / "pixels"
        size = decode(act="pixels", source=str(source), target=str(target), max_pixels=settings.MAX_PHOTO_PIXELS)
        if (size["width"], size["height"]) != (image.width, image.height):
            raise Refused("wrong_size", "The stored picture has another size than its row. Upload the photo again.")
        return np.fromfile(target, np.uint8).reshape(image.height, image.width, 3)


def decoder() -> Confined:
    """A child that decodes pictures and zips within the limits of the settings."""
    return Confined(
        "annotator.images.decoding:run",
        memory_bytes=settings.DECODE_MEMORY_BYTES,
        seconds=settings.DECODE_SECONDS,
    )

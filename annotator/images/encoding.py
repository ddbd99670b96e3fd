"""Photo → image embedding, in a worker. The only place of the web application's code that runs the image encoder."""

import errno
import logging
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.db import transaction

from annotator.images import queue
from annotator.images.models import AnyEmbedding, CropEmbedding, ImageEmbedding
from annotator.images.reading import Part, Readers, readers_for
from annotator.lib import jobs, storage
from annotator.lib.confined import Refused
from annotator.model_registry.models import ModelVersion

if TYPE_CHECKING:
    import numpy as np

    from sam_core.checkpoints import LoadedModel
    from sam_core.encoders import Encoder

logger = logging.getLogger(__name__)

Kind = TypeVar("Kind", ImageEmbedding, CropEmbedding)
DRAIN_SECONDS = 10.0
"""How long one task goes on taking what is queued: then the worker's other queues have their turn."""


@dataclass(frozen=True)
class Photo:
    """A claimed row, and its photo, or the part of it that is to be encoded, on the way from a reader."""

    embedding: AnyEmbedding
    frame: "Future[np.ndarray]"


@dataclass(frozen=True)
class Encoded:
    """What became of a row: its embedding's file and the time it took, or what went wrong."""

    embedding: AnyEmbedding
    result: bytes | Exception
    milliseconds: float = 0.0


def encode(embedding_id: int) -> None:
    """Claim the row, encode, store, finish, and go on with what else is queued; returns at once when others have it.

    Every way it can go wrong ends in the row, with a reason in words. What is queued for the same model is claimed
    along, a batch at a time, and read while the batch before it is encoded: the messages for those rows then find
    nothing to do. A row that failed before is encoded alone, so that it takes no others down with it.
    """
    _encode(jobs.claim(ImageEmbedding.objects.filter(pk=embedding_id)))


def encode_crop(crop_id: int) -> None:
    """As `encode`, for a part of an image, which is encoded alone."""
    _encode(jobs.claim(CropEmbedding.objects.filter(pk=crop_id)))


def _encode(first: AnyEmbedding | None) -> None:
    if first is None:
        return
    queue.tell(first)
    with jobs.Beating() as held:
        held.add(first)
        try:
            most = at_once(first.model_version)
        except Exception as error:
            _fail(first, error)
            return
        with Readers(image_size_of(first.model_version), readers_for(most)) as readers:
            _drain(first, held, readers)


def _drain(first: AnyEmbedding, held: jobs.Beating, readers: Readers) -> None:
    """Three things at a time: photos are read, those read before are encoded, those encoded before are stored."""
    model_version = first.model_version
    deadline = time.monotonic() + DRAIN_SECONDS
    batch = [Photo(first, readers.begin(part_of(first)))]
    if first.attempt == 1 and isinstance(first, ImageEmbedding):
        batch += _take(ImageEmbedding, model_version, at_once(model_version) - 1, held, readers)
    encoded: list[Encoded] = []
    with ThreadPoolExecutor(1, thread_name_prefix="encoder") as encoder:
        while batch:
            encoding = encoder.submit(_encode_batch, model_version, batch)
            _finish(encoded)
            go_on = first.attempt == 1 and time.monotonic() < deadline
            batch = _next(model_version, held, readers) if go_on else []
            encoded = encoding.result()
    _finish(encoded)


def _next(model_version: ModelVersion, held: jobs.Beating, readers: Readers) -> list[Photo]:
    """The next batch: a crop alone, or photos.

    Somebody looks at a crop right now, and it is done sooner alone; a photo may be for tomorrow.
    """
    crop = _take(CropEmbedding, model_version, 1, held, readers)
    return crop or _take(ImageEmbedding, model_version, at_once(model_version), held, readers)


def _take(
    kind: type[Kind], model_version: ModelVersion, count: int, held: jobs.Beating, readers: Readers
) -> list[Photo]:
    """At most `count` that wait for this model and never failed, claimed and being read."""
    waiting = kind.objects.filter(model_version=model_version, state=jobs.JobState.QUEUED, attempt=0)
    taken: list[Photo] = []
    while len(taken) < count:
        embedding = jobs.claim(waiting)
        if embedding is None:
            break
        held.add(embedding)
        queue.tell(embedding)
        taken.append(Photo(embedding, readers.begin(part_of(embedding))))
    return taken


def part_of(embedding: AnyEmbedding) -> Part:
    """What is to be encoded."""
    return Part(embedding.image, embedding.box if isinstance(embedding, CropEmbedding) else None)


def _encode_batch(model_version: ModelVersion, batch: list[Photo]) -> "list[Encoded]":
    """What became of each photo; one that breaks the encoder does not fail the others. Never asks the database."""
    start = time.perf_counter()
    read: list[tuple[Photo, Any]] = []
    ended: list[Encoded] = []
    for photo in batch:
        try:
            read.append((photo, photo.frame.result()))
        except Exception as error:
            ended.append(Encoded(photo.embedding, error))
    if not read:
        return ended
    try:
        files = embed(model_version, [(part_of(photo.embedding), frame) for photo, frame in read])
    except Exception as error:
        if len(read) == 1:
            return [*ended, Encoded(read[0][0].embedding, error)]
        logger.warning("a batch of %s photos broke; each is tried alone", len(read), exc_info=error)
        for photo, _ in read:
            ended += _encode_batch(model_version, [photo])
        return ended
    milliseconds = (time.perf_counter() - start) * 1000 / len(read)
    return ended + [Encoded(photo.embedding, data, milliseconds) for (photo, _), data in zip(read, files, strict=True)]


def _finish(encoded: "list[Encoded]") -> None:
    """Every row gets its file, or the reason why there is none."""
    for one in encoded:
        if isinstance(one.result, Exception):
            _fail(one.embedding, one.result)
        else:
            _store(one.embedding, one.result, one.milliseconds)


def _store(embedding: AnyEmbedding, data: bytes, milliseconds: float) -> None:
    try:
        sha256 = storage.put_bytes(data)
        with transaction.atomic():
            jobs.finish(embedding, sha256=sha256, bytes=len(data), encode_ms=milliseconds)
            queue.tell(embedding)
    except jobs.LostLease:
        logger.warning("embedding %s went to another worker", embedding.pk)
    except Exception as error:
        _fail(embedding, error)


def _fail(embedding: AnyEmbedding, error: Exception) -> None:
    reason, again = reason_of(error)
    logger.warning("embedding %s, attempt %s: %s", embedding.pk, embedding.attempt, reason, exc_info=error)
    try:
        with transaction.atomic():
            jobs.fail(embedding, reason, again=again)
            queue.tell(embedding)
            if embedding.state == jobs.JobState.QUEUED:
                queue.wake_worker(embedding)
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


def embed(model_version: ModelVersion, photos: "Sequence[tuple[Part, np.ndarray]]") -> list[bytes]:
    """The files of the photos' embeddings. Each photo comes with its pixels in the model's frame."""
    return embed_by(loaded_model(model_version.checkpoint_sha256), encoder_of(model_version.checkpoint_sha256), photos)


def embed_by(model: "LoadedModel", encoder: "Encoder", photos: "Sequence[tuple[Part, np.ndarray]]") -> list[bytes]:
    """As `embed`, with the model and the way to run its encoder at hand."""
    import torch

    from sam_core.encoders import in_halves
    from sam_core.predictor import to_embedding
    from sam_core.transforms import to_input

    pixels = torch.cat([to_input(frame, model.config, encoder.device) for _, frame in photos])
    tensors = in_halves(encoder, pixels)
    files = []
    for place, (part, _) in enumerate(photos):
        own = [tensor[place : place + 1] for tensor in tensors]
        files.append(to_embedding(model, own, part.size, part.image.sha256, part.crop).to_bytes())
    return files


def at_once(model_version: ModelVersion) -> int:
    """How many photos of this model are encoded fastest in one go."""
    return encoder_of(model_version.checkpoint_sha256).batch


def image_size_of(model_version: ModelVersion) -> int:
    """The side of the model's square input, in pixels."""
    size: int = model_version.manifest["image_size"]
    return size


@lru_cache(maxsize=2)
def loaded_model(checkpoint_sha256: str) -> "LoadedModel":
    """The model, kept in this process: loading takes longer than encoding.

    Refused when the stored file is not what its name says: an embedding of it would be of another version than its row.
    """
    from sam_core import checkpoints

    model = checkpoints.load(storage.path(checkpoint_sha256))
    if model.checkpoint_sha256 != checkpoint_sha256:
        raise Refused("wrong_model", "The stored checkpoint of this model is damaged. Import it again, then retry.")
    return model


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

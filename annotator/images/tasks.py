"""What Celery workers run for images. A message carries an id and nothing else."""

from celery import shared_task

from annotator.images import crops, encoding, queue
from annotator.images.models import CropEmbedding, ImageEmbedding
from annotator.lib import reconciler


@shared_task(name="annotator.images.tasks.encode_image")
def encode_image(embedding_id: int) -> None:
    encoding.encode(embedding_id)


@shared_task(name="annotator.images.tasks.encode_crop")
def encode_crop(crop_id: int) -> None:
    encoding.encode_crop(crop_id)


reconciler.watch(
    ImageEmbedding,
    queue="encode",
    send=encode_image.delay,
    gave_up=queue.tell,
    prepare=queue.queue_missing_embeddings,
)
reconciler.watch(CropEmbedding, queue="encode", send=encode_crop.delay, gave_up=queue.tell)
reconciler.chore(crops.forget_old)

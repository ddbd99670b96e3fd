"""What Celery workers run for models. A message carries an id and nothing else."""

from celery import shared_task

from annotator.lib import reconciler
from annotator.model_registry import import_run, uploads
from annotator.model_registry.models import ModelImport

LONGEST_SECONDS = 3600  # of reading, exporting and trying out; fetching takes turns


@shared_task(
    name="annotator.model_registry.tasks.import_model",
    soft_time_limit=LONGEST_SECONDS,
    time_limit=LONGEST_SECONDS + 60,
)
def import_model(import_id: int) -> None:
    import_run.run(import_id)


reconciler.watch(ModelImport, queue="default", send=import_model.delay)
reconciler.chore(uploads.sweep)

"""What Celery workers run for datasets. A message carries an id and nothing else."""

from celery import shared_task

from annotator.datasets import exporting
from annotator.datasets.models import Export
from annotator.lib import reconciler

LONGEST_SECONDS = 4 * 3600


@shared_task(
    name="annotator.datasets.tasks.export_project",
    soft_time_limit=LONGEST_SECONDS,
    time_limit=LONGEST_SECONDS + 60,
)
def export_project(export_id: int) -> None:
    exporting.run(export_id)


reconciler.watch(Export, queue="default", send=export_project.delay, gave_up=exporting.tell)

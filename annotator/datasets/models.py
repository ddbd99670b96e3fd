from django.db import models

from annotator.accounts.models import Project, User
from annotator.lib.jobs import Job


class Export(Job):
    """A project's masks as a zip: COCO JSON, SA-1B JSON per image, PNG masks."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="exports")
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    sha256 = models.CharField(max_length=64, blank=True)
    bytes = models.PositiveBigIntegerField(default=0)
    images = models.PositiveIntegerField(default=0)
    masks = models.PositiveIntegerField(default=0)

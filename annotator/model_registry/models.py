from django.db import models

from annotator.accounts.models import User
from annotator.lib.jobs import Job, JobState


class ModelState(models.TextChoices):
    CANDIDATE = "candidate"
    ACTIVE = "active"
    RETIRED = "retired"


class SourceKind(models.TextChoices):
    """Where a version's checkpoint came from."""

    BUILTIN = "builtin"
    OFFICIAL = "official"
    FILE = "file"


class ModelVersion(models.Model):
    """A checkpoint with its exported decoder. Files live in the write-once store, named by SHA-256."""

    version = models.CharField(max_length=80, unique=True, help_text="NAME-<first 12 of the checkpoint's SHA-256>")
    name = models.CharField(max_length=60)
    preset = models.CharField(max_length=60, blank=True, help_text="The known model whose layout it has")
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.CANDIDATE)
    checkpoint_sha256 = models.CharField(max_length=64)
    decoder_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64, blank=True, help_text="Of manifest.json as it is served")
    files = models.JSONField(default=dict, help_text="What the browser may fetch: {file name: SHA-256}")
    source_kind = models.CharField(max_length=10, choices=SourceKind.choices, default=SourceKind.FILE)
    source_name = models.CharField(max_length=255, blank=True, help_text="Name of the file that was imported")
    source_sha256 = models.CharField(max_length=64, blank=True, help_text="Of the file that was imported, as it came")
    registered_by = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="Nobody: a command"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    activated_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["state"], condition=models.Q(state="active"), name="at_most_one_active_model"
            )
        ]

    def __str__(self) -> str:
        return self.version


class ImportKind(models.TextChoices):
    OFFICIAL = "official"
    UPLOAD = "upload"


class ImportStep(models.TextChoices):
    """What an import is at, in this order; an upload has nothing to fetch."""

    FETCHING = "fetching"
    CHECKING = "checking"
    READING = "reading"
    EXPORTING = "exporting"
    VERIFYING = "verifying"
    REGISTERING = "registering"


class ModelImport(Job):
    """A checkpoint on its way to be a model version, asked for on the page. `progress` is that of fetching."""

    kind = models.CharField(max_length=10, choices=ImportKind.choices)
    source = models.CharField(max_length=60, help_text="The official model's name, or the upload's id")
    url = models.URLField(max_length=2000, blank=True, help_text="Another address than the publisher's")
    file_name = models.CharField(max_length=255)
    name = models.CharField(max_length=60, blank=True, help_text="The version's name, instead of its model's")
    step = models.CharField(max_length=12, choices=ImportStep.choices, blank=True)
    bytes_done = models.PositiveBigIntegerField(default=0)
    bytes_total = models.PositiveBigIntegerField(null=True, blank=True)
    bytes_per_second = models.FloatField(null=True, blank=True)
    cancelled = models.BooleanField(default=False, help_text="Failed because somebody wanted it to")
    model_version = models.ForeignKey(
        ModelVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="+", help_text="What became of it"
    )
    requested_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source"],
                condition=models.Q(state__in=[JobState.QUEUED.value, JobState.RUNNING.value]),
                name="one_open_import_per_source",
            )
        ]

    def __str__(self) -> str:
        return self.file_name

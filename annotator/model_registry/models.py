from django.db import models


class ModelState(models.TextChoices):
    CANDIDATE = "candidate"
    ACTIVE = "active"
    RETIRED = "retired"


class ModelVersion(models.Model):
    """A checkpoint with its exported decoder. Files live in the write-once store, named by SHA-256."""

    version = models.CharField(max_length=80, unique=True, help_text="NAME-<first 12 of the checkpoint's SHA-256>")
    name = models.CharField(max_length=60)
    state = models.CharField(max_length=10, choices=ModelState.choices, default=ModelState.CANDIDATE)
    checkpoint_sha256 = models.CharField(max_length=64)
    decoder_sha256 = models.CharField(max_length=64)
    manifest = models.JSONField()
    manifest_sha256 = models.CharField(max_length=64, blank=True, help_text="Of manifest.json as it is served")
    files = models.JSONField(default=dict, help_text="What the browser may fetch: {file name: SHA-256}")
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

import uuid

from django.db import models
from django.db.models import Q
from django.utils import timezone

from annotator.accounts.models import Project, User
from annotator.images.models import Image
from annotator.model_registry.models import ModelVersion


class SessionState(models.TextChoices):
    RESERVED = "reserved"  # leased ahead, so that image and embedding can be prefetched
    ACTIVE = "active"
    FINISHED = "finished"
    SKIPPED = "skipped"
    RELEASED = "released"  # lease ran out; the image is free again


class SkipReason(models.TextChoices):
    UNCLEAR = "unclear"
    LOW_QUALITY = "low_quality"
    INAPPROPRIATE = "inappropriate"
    TIME_LIMIT = "time_limit"
    OTHER = "other"


class AnnotationSession(models.Model):
    """One annotator's lease on one image, with the model version it is pinned to."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="sessions")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="sessions")
    annotator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="sessions")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10, choices=SessionState.choices)
    place = models.PositiveSmallIntegerField(
        default=0, help_text="Which of the project's annotators_per_image this one is while leased, from 0"
    )
    lease_token = models.UUIDField(default=uuid.uuid4)
    lease_expires_at = models.DateTimeField()
    created_at = models.DateTimeField(default=timezone.now)
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    skip_reason = models.CharField(max_length=20, choices=SkipReason.choices, blank=True)
    skip_note = models.TextField(blank=True)
    active_ms = models.PositiveIntegerField(default=0, help_text="By the formula of timing.py, from the stored events")
    claimed_active_ms = models.PositiveIntegerField(
        default=0, help_text="Before the clamp to the time that passed here: more than active_ms is worth a look"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["image", "place"], condition=Q(state__in=["reserved", "active"]), name="one_lease_per_place"
            ),
            models.UniqueConstraint(
                fields=["image", "annotator"],
                condition=Q(state__in=["reserved", "active"]),
                name="one_lease_per_member",
            ),
        ]
        indexes = [models.Index(fields=["annotator", "project", "state"], name="session_of_annotator")]

    def __str__(self) -> str:
        return f"{self.state} session {self.pk}"


class TimeLimitOutcome(models.TextChoices):
    WITHIN = "within"
    KEPT = "kept"  # over the limit, kept, then next image
    DROPPED = "dropped"
    EXTENDED = "extended"  # accepted after 'five more seconds'
    IGNORED = "ignored"  # accepted over the limit without an answer


class Mask(models.Model):
    """An accepted mask at the image's oriented resolution: its RLE is the truth. Never changed, only soft-deleted."""

    id = models.UUIDField(primary_key=True, help_text="Named by the client: saves are idempotent")
    session = models.ForeignKey(AnnotationSession, on_delete=models.CASCADE, related_name="masks")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="masks")
    image = models.ForeignKey(Image, on_delete=models.CASCADE, related_name="masks")
    annotator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="masks")
    model_version = models.ForeignKey(ModelVersion, on_delete=models.PROTECT, related_name="+")
    replaces = models.ForeignKey("self", null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    counts = models.TextField(help_text="Compressed COCO RLE counts; the size is the image's [height, width]")
    area = models.PositiveIntegerField()
    bbox = models.JSONField(help_text="[x, y, width, height]")
    prompts = models.JSONField(help_text="{points: [[x, y, label]…], box: [x0, y0, x1, y1] | null} in image pixels")
    chosen_token = models.PositiveSmallIntegerField(null=True, blank=True, help_text="Null: brush only")
    predicted_iou = models.FloatField(null=True, blank=True)
    stability_score = models.FloatField(null=True, blank=True)
    brush_pixels_added = models.PositiveIntegerField(default=0)
    brush_pixels_removed = models.PositiveIntegerField(default=0)
    active_ms = models.PositiveIntegerField(help_text="This version's own time, clamped to what passed here")
    claimed_active_ms = models.PositiveIntegerField(help_text="As sent: more than active_ms is worth a look")
    time_limit_outcome = models.CharField(max_length=10, choices=TimeLimitOutcome.choices)
    body_sha256 = models.CharField(max_length=64, help_text="Of the request: same id, other body is refused")
    created_at = models.DateTimeField(default=timezone.now)
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes = [models.Index(fields=["project", "created_at"], name="masks_of_project_in_time")]

    def __str__(self) -> str:
        return str(self.id)


class TimingEvent(models.Model):
    """What the client saw and when, by its monotonic clock. Append-only."""

    id = models.UUIDField(primary_key=True, help_text="Named by the client")
    session = models.ForeignKey(AnnotationSession, on_delete=models.CASCADE, related_name="timing_events")
    annotator = models.ForeignKey(User, on_delete=models.PROTECT, related_name="timing_events")
    page_id = models.UUIDField(help_text="One per page load: the origin of its monotonic clock")
    sequence = models.PositiveIntegerField()
    kind = models.CharField(max_length=40)
    monotonic_ms = models.FloatField()
    mask_id = models.UUIDField(null=True, blank=True)
    data = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["session", "kind"], name="events_of_session_by_kind")]

    def __str__(self) -> str:
        return f"{self.kind} {self.id}"

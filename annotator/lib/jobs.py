"""The abstract job row: the database is the truth of what a worker has to do, a Celery message only wakes it."""

from django.db import models


class JobState(models.TextChoices):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


MAX_ATTEMPTS = 3


class Job(models.Model):
    """A piece of background work.

    A worker claims it with one conditional update that raises `attempt` and `fencing_token` and sets the lease; every
    later write of that worker names the token, so that a worker thought dead cannot overwrite its successor.
    """

    state = models.CharField(max_length=10, choices=JobState.choices, default=JobState.QUEUED, db_index=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    fencing_token = models.PositiveIntegerField(default=0)
    lease_expires_at = models.DateTimeField(null=True, blank=True)
    heartbeat_at = models.DateTimeField(null=True, blank=True)
    progress = models.FloatField(default=0.0, help_text="0 to 1")
    reason = models.TextField(blank=True, help_text="Why it failed, in words for the person who can mend it")
    queued_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        abstract = True

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractUser, UserManager
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models


class Role(models.TextChoices):
    ANNOTATOR = "annotator"
    MANAGER = "manager"
    ADMIN = "admin"


class PeopleManager(UserManager["User"]):
    def create_superuser(
        self, username: str, email: str | None = None, password: str | None = None, **extra: Any
    ) -> "User":
        return super().create_superuser(username, email, password, **{**extra, "role": Role.ADMIN})


class User(AbstractUser):
    """A person. The role is the truth; Django's own flags follow it, so that only admins enter Django's admin."""

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.ANNOTATOR)

    objects: ClassVar[PeopleManager] = PeopleManager()

    def save(self, *args: Any, **kwargs: Any) -> None:
        self.is_staff = self.is_superuser = self.role == Role.ADMIN
        if kwargs.get("update_fields") is not None and "role" in kwargs["update_fields"]:
            kwargs["update_fields"] = {*kwargs["update_fields"], "is_staff", "is_superuser"}
        super().save(*args, **kwargs)


class Preferences(models.Model):
    """What a person chose about the product for themselves. No row: everything as it comes."""

    user = models.OneToOneField(User, on_delete=models.CASCADE, primary_key=True, related_name="preferences")
    keys = models.JSONField(default=dict, help_text="Command id → the keys it has instead of its own")


class SignInLink(models.Model):
    """A one-time sign-in address. Only the token's SHA-256 is stored."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="sign_in_links")
    token_sha256 = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True, blank=True)


class TimeLimitPolicy(models.TextChoices):
    """What happens when a mask takes longer than the limit (the paper's 30-second rule)."""

    OFF = "off"
    REMIND = "remind"
    ADVANCE = "advance"


class Project(models.Model):
    name = models.CharField(max_length=120)
    guidelines = models.TextField(blank=True)
    time_limit_policy = models.CharField(max_length=8, choices=TimeLimitPolicy.choices, default=TimeLimitPolicy.REMIND)
    time_limit_seconds = models.PositiveSmallIntegerField(
        default=30, validators=[MinValueValidator(3), MaxValueValidator(600)]
    )
    max_extensions = models.PositiveSmallIntegerField(default=3, help_text="How often 'five more seconds' per mask")
    idle_seconds = models.PositiveSmallIntegerField(
        default=15,
        validators=[MinValueValidator(2), MaxValueValidator(300)],
        help_text="Active time ends so long after the last input; shorter than the limit for a mask",
    )
    annotators_per_image = models.PositiveSmallIntegerField(
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(20)],
        help_text="How many different people annotate each image, each without seeing the others' masks",
    )
    created_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    members = models.ManyToManyField(User, through="Membership", related_name="projects")

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["project", "user"], name="one_membership_per_project")]


class Hint(models.Model):
    """Something changed in a project ("embedding 7 is ready"). Append-only; sockets fan it out, GET tells the same."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=40)
    payload = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

"""What a person's first page tells of each project."""

from dataclasses import dataclass

from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from annotator.accounts.models import Membership, User
from annotator.accounts.permissions import visible_projects
from annotator.annotation.assignment import ENDED, people_of
from annotator.annotation.models import AnnotationSession, Mask
from annotator.images.models import Image, ImageEmbedding
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelState


@dataclass(frozen=True)
class ProjectProgress:
    """Done: as many people as the project asks for finished or skipped the image. Ready and failed speak of the active
    model version."""

    id: int
    name: str
    guidelines: str
    images: int
    images_ready: int
    images_failed: int
    images_done: int
    masks: int
    members: int
    images_for_others: int = 0  # not done, but by this person: other people are wanted for them

    @property
    def images_encoding(self) -> int:
        return max(0, self.images - self.images_ready - self.images_failed)

    @property
    def has_work(self) -> bool:
        """Whether an annotator who starts now gets an image at once."""
        return self.images_ready > self.images_done + self.images_for_others

    @property
    def images_left(self) -> int:
        """What an annotator can still be given, now or once it is encoded."""
        return max(0, self.images - self.images_done - self.images_for_others - self.images_failed)


def projects_with_progress(user: User, *, project_id: int | None = None) -> list[ProjectProgress]:
    """The projects that `user` may see, by name, or only the one; in one query."""
    projects = visible_projects(user) if project_id is None else visible_projects(user).filter(pk=project_id)
    embeddings = ImageEmbedding.objects.filter(model_version__state=ModelState.ACTIVE)
    ended = AnnotationSession.objects.filter(image=OuterRef("pk"), state__in=ENDED)
    by_people = Image.objects.alias(people=people_of(ended))
    wanted = F("project__annotators_per_image")
    rows = projects.order_by("name", "pk").values(
        "id",
        "name",
        "guidelines",
        total=_count(Image.objects.all()),
        ready=_count(embeddings.filter(state=JobState.DONE), project="image__project"),
        failed=_count(embeddings.filter(state=JobState.FAILED), project="image__project"),
        done=_count(by_people.filter(people__gte=wanted)),
        for_others=_count(by_people.filter(Exists(ended.filter(annotator=user)), people__lt=wanted)),
        kept=_count(Mask.objects.filter(deleted_at__isnull=True)),
        people=_count(Membership.objects.all()),
    )
    return [
        ProjectProgress(
            id=row["id"],
            name=row["name"],
            guidelines=row["guidelines"],
            images=row["total"],
            images_ready=row["ready"],
            images_failed=row["failed"],
            images_done=row["done"],
            masks=row["kept"],
            members=row["people"],
            images_for_others=row["for_others"],
        )
        for row in rows
    ]


def _count(rows: QuerySet, *, of: str = "pk", project: str = "project") -> Coalesce:
    """How many different `of` there are among a project's `rows`. A subquery each: joins would multiply them."""
    per_project = (
        rows.order_by()
        .annotate(its_project=F(project))
        .filter(its_project=OuterRef("pk"))
        .values("its_project")
        .annotate(n=Count(of, distinct=True))
        .values("n")
    )
    return Coalesce(Subquery(per_project, output_field=IntegerField()), 0)

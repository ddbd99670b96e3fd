"""`manage.py demo`: three people, one project and some photographs to try everything on."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from annotator.accounts.models import Project, Role, User
from annotator.accounts.people import create_person
from annotator.accounts.projects import add_member, create_project
from annotator.dashboards.demo_photos import DEMO_PHOTOS, demo_photo
from annotator.images.ingest import ingest

DEMO_USERS = {"demo-annotator": Role.ANNOTATOR, "demo-manager": Role.MANAGER, "demo-admin": Role.ADMIN}
PROJECT_NAME = "Demo: everyday photos"
GUIDELINES = (
    "Mask every object that you could name, the most prominent first: things with a shape of their own, and areas such "
    "as sky or grass. One mask per object. When a mask is not right after some clicks, use the brush, or leave it."
)


class Command(BaseCommand):
    help = "Adds the demo people, and the demo project unless there is a project already. Safe to repeat."

    def handle(self, *args: Any, **options: Any) -> None:
        people = demo_people()
        if Project.objects.exists():
            return
        project = demo_project(people)
        added = add_demo_photos(project, people["demo-manager"])
        self.stdout.write(f"Made the project “{PROJECT_NAME}” with {added} photos.")


def demo_people() -> dict[str, User]:
    """The demo users by name. They have no passwords: only a one-time link lets somebody in."""
    known = {user.username: user for user in User.objects.filter(username__in=DEMO_USERS)}
    return {name: known.get(name) or create_person(username=name, role=role) for name, role in DEMO_USERS.items()}


@transaction.atomic
def demo_project(people: dict[str, User]) -> Project:
    project = create_project(by=people["demo-manager"], name=PROJECT_NAME, guidelines=GUIDELINES)
    add_member(project=project, username="demo-annotator")
    return project


def add_demo_photos(project: Project, user: User) -> int:
    """Uploads them as `user` would, through the same checks and into the same queue. Returns how many were taken."""
    return sum(
        len(ingest(project=project, user=user, path=demo_photo(name), name=name).accepted) for name in DEMO_PHOTOS
    )

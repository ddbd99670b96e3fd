"""`manage.py demo`: three people, one project and some photographs to try everything on."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from annotator.accounts.models import Membership, Project, Role, User
from annotator.dashboards.management.commands.sign_in_link import make_person

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
        demo_project(people)
        self.stdout.write(f"Made the project “{PROJECT_NAME}”.")


def demo_people() -> dict[str, User]:
    """The demo users by name. They have no passwords: only a one-time link lets somebody in."""
    known = User.objects.in_bulk(list(DEMO_USERS), field_name="username")
    return {name: known.get(name) or make_person(name, role) for name, role in DEMO_USERS.items()}


@transaction.atomic
def demo_project(people: dict[str, User]) -> Project:
    project = Project.objects.create(name=PROJECT_NAME, guidelines=GUIDELINES, created_by=people["demo-manager"])
    for name in ("demo-manager", "demo-annotator"):
        Membership.objects.create(project=project, user=people[name])
    return project

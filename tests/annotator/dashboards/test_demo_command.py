"""`manage.py demo`: what `make run` shows a newcomer."""

from io import StringIO

import pytest
from django.core.management import call_command

from annotator.accounts.models import Project, User
from annotator.dashboards.demo_photos import DEMO_PHOTOS
from annotator.images.models import Image
from annotator.lib import storage

pytestmark = pytest.mark.django_db


def demo() -> str:
    output = StringIO()
    call_command("demo", stdout=output)
    return output.getvalue()


def test_it_makes_one_person_per_role_without_passwords() -> None:
    demo()
    people = {user.username: user for user in User.objects.all()}
    assert {name: user.role for name, user in people.items()} == {
        "demo-annotator": "annotator",
        "demo-manager": "manager",
        "demo-admin": "admin",
    }
    assert not any(user.has_usable_password() for user in people.values())


def test_the_project_has_its_annotator_and_manager() -> None:
    demo()
    members = Project.objects.get().members.values_list("username", flat=True)
    assert set(members) == {"demo-annotator", "demo-manager"}


def test_its_photos_wait_to_be_encoded() -> None:
    demo()
    images = Image.objects.order_by("pk")
    assert [image.file_name for image in images] == list(DEMO_PHOTOS)
    assert all(storage.exists(image.sha256) for image in images)


def test_a_second_run_changes_nothing() -> None:
    demo()
    before = User.objects.count(), Project.objects.count()
    assert demo() == ""
    assert (User.objects.count(), Project.objects.count()) == before


def test_it_adds_no_project_beside_one_of_ones_own(owner: User) -> None:
    Project.objects.create(name="Mine", created_by=owner)
    demo()
    assert [project.name for project in Project.objects.all()] == ["Mine"]

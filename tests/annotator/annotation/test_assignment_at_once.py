"""Many people asking at once, from several processes, as in production: no image goes to two of them."""

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from annotator.accounts.models import Membership, Project, User
from annotator.annotation import assignment
from annotator.annotation.models import AnnotationSession
from annotator.images.models import Image
from tests.annotator.making import make_image, make_model

ROOT = Path(__file__).parents[3]
PROCESSES, PEOPLE_EACH = 3, 6


def database_url() -> str:
    """Of the test's database, for another process to open.

    SQLite itself lets nobody wait there: our queue alone keeps apart who writes, or the database is locked at once.
    """
    values = connection.settings_dict
    if connection.vendor == "sqlite":
        return f"sqlite:///{values['NAME']}?timeout=0"
    return f"postgres://{values['USER']}:{values['PASSWORD']}@{values['HOST']}:{values['PORT']}/{values['NAME']}"


def ask_at_once(project: Project, users: list[User]) -> list[dict]:
    environment = {**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "annotator.settings"}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.annotator.annotation.asking", str(project.pk), *map(str, part)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for part in ([user.pk for user in users[start::PROCESSES]] for start in range(PROCESSES))
    ]
    outputs = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0] * PROCESSES
    return [json.loads(line) for output in outputs for line in output.splitlines()]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("wanted", "photos"), [(1, 90), (3, 25)])
def test_no_image_is_given_to_more_people_than_the_project_asks_for(wanted: int, photos: int):
    User.objects.bulk_create(
        User(username=f"person {number}", password="!") for number in range(PROCESSES * PEOPLE_EACH)
    )
    users = list(User.objects.order_by("pk"))
    project = Project.objects.create(name="Crowd", created_by=users[0], annotators_per_image=wanted)
    Membership.objects.bulk_create(Membership(project=project, user=user) for user in users)
    model = make_model()
    images = {make_image(project, model).pk for _ in range(photos)}

    leases = ask_at_once(project, users)

    finished = Counter(lease["image"] for lease in leases if not lease["lapses"])
    assert set(finished) == images  # none was forgotten, those whose lease lapsed included
    assert set(finished.values()) == {wanted}
    once = Counter((lease["user"], lease["image"]) for lease in leases if not lease["lapses"])
    assert set(once.values()) == {1}, "one person got an image twice"
    assert len({lease["user"] for lease in leases}) > 1


@pytest.mark.django_db
def test_the_database_itself_refuses_a_second_lease(project: Project, owner: User, colleague: User):
    make_image(project, make_model())
    session = assignment.ask(annotator=colleague, project=project).session
    assert session is not None
    with pytest.raises(IntegrityError), transaction.atomic():
        AnnotationSession.objects.create(
            project=project,
            image=session.image,
            annotator=owner,
            model_version=session.model_version,
            state="reserved",
            lease_expires_at=timezone.now(),
        )


@pytest.mark.django_db
def test_one_who_looked_too_early_looks_again(project: Project, owner: User, colleague: User, monkeypatch):
    """A lease that began and ended between the look and the lock: the image is not given a second time."""
    model = make_model()
    first, second = make_image(project, model), make_image(project, model)
    real = assignment.free_images

    def stale(asked: Project, annotator: User, **options):
        """What the statement saw: the first image free, though it was finished meanwhile."""
        monkeypatch.setattr(assignment, "free_images", real)
        given = assignment.ask(annotator=owner, project=project).session
        assert given is not None
        AnnotationSession.objects.filter(pk=given.pk).update(state="finished")
        return Image.objects.filter(pk=first.pk, embeddings__state="done")

    monkeypatch.setattr(assignment, "free_images", stale)
    given = assignment.ask(annotator=colleague, project=project).session
    assert given is not None
    assert given.image_id == second.pk
    assert AnnotationSession.objects.filter(image=first).count() == 1

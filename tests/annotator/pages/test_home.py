"""The first page: annotators see where to go on working, managers and admins how their projects fare."""

import uuid
from collections.abc import Callable

import pytest
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from annotator.accounts.models import Membership, Project, User
from annotator.annotation.models import AnnotationSession, Mask, SessionState
from annotator.dashboards.home import ProjectProgress, projects_with_progress
from annotator.images.models import Image, ImageEmbedding
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelState, ModelVersion

ClientOf = Callable[[User], Client]


@pytest.fixture
def model_version(db: None) -> ModelVersion:
    return ModelVersion.objects.create(version="tiny-1", name="tiny", state=ModelState.ACTIVE, manifest={})


def make_image(project: Project, name: str, version: ModelVersion | None, state: JobState = JobState.DONE) -> Image:
    image = Image.objects.create(
        project=project, file_name=name, sha256=name, width=4, height=3, bytes=9, uploaded_by=project.created_by
    )
    if version:
        ImageEmbedding.objects.create(image=image, model_version=version, state=state)
    return image


def end_session(image: Image, annotator: User, version: ModelVersion, state: SessionState, masks: int = 0) -> None:
    session = AnnotationSession.objects.create(
        project=image.project,
        image=image,
        annotator=annotator,
        model_version=version,
        state=state,
        lease_expires_at=timezone.now(),
    )
    for _ in range(masks):
        Mask.objects.create(
            id=uuid.uuid4(),
            session=session,
            project=image.project,
            image=image,
            annotator=annotator,
            model_version=version,
            counts="<",
            area=1,
            bbox=[0, 0, 1, 1],
            prompts={},
            active_ms=1000,
            claimed_active_ms=1000,
            time_limit_outcome="within",
        )


def test_progress_counts_each_thing_once(
    project: Project, owner: User, colleague: User, model_version: ModelVersion
) -> None:
    old = ModelVersion.objects.create(version="old-1", name="old", state=ModelState.RETIRED, manifest={})
    images = [make_image(project, f"{n}.jpg", model_version) for n in range(4)]
    ImageEmbedding.objects.create(image=images[0], model_version=old, state=JobState.FAILED)
    make_image(project, "broken.jpg", model_version, JobState.FAILED)
    make_image(project, "queued.jpg", model_version, JobState.QUEUED)
    make_image(project, "new.jpg", None)
    end_session(images[0], colleague, model_version, SessionState.FINISHED, masks=3)
    end_session(images[0], owner, model_version, SessionState.FINISHED)
    end_session(images[1], colleague, model_version, SessionState.SKIPPED)
    end_session(images[2], colleague, model_version, SessionState.RELEASED, masks=1)
    Mask.objects.filter(session__image=images[2]).update(deleted_at=timezone.now())

    (progress,) = projects_with_progress(colleague)
    assert progress == ProjectProgress(
        id=project.pk,
        name="Street scenes",
        guidelines="",
        images=7,
        images_ready=4,
        images_failed=1,
        images_done=2,
        masks=3,
        members=2,
    )
    assert progress.images_encoding == 2
    assert progress.images_left == 4


def test_the_queries_of_the_page_do_not_grow(
    as_user: ClientOf,
    owner: User,
    project: Project,
    model_version: ModelVersion,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    client = as_user(owner)
    for number in range(12):
        other = Project.objects.create(name=f"Project {number}", created_by=owner)
        Membership.objects.create(project=other, user=owner)
        make_image(other, "a.jpg", model_version)
    with django_assert_num_queries(3):  # session, user, projects
        answer = client.get("/")
    assert answer.content.decode().count("<article") == 13


def test_an_annotator_is_one_press_from_work(
    as_user: ClientOf, project: Project, colleague: User, model_version: ModelVersion
) -> None:
    finished = Project.objects.create(name="A finished one", created_by=project.created_by)
    Membership.objects.create(project=finished, user=colleague)
    end_session(make_image(finished, "a.jpg", model_version), colleague, model_version, SessionState.FINISHED)
    make_image(project, "b.jpg", model_version)
    page = as_user(colleague).get("/").content.decode()
    assert page.index("Street scenes") < page.index("A finished one"), "what can be worked on comes first"
    assert page.count('class="button button-large button-primary"') == 1
    assert f'href="/projects/{project.pk}/annotate/"' in page
    assert "1 image left of 1" in page
    assert "All 1 image done" in page
    assert "/projects/new/" not in page


def test_people_see_only_projects_of_theirs(
    as_user: ClientOf, project: Project, owner: User, stranger: User, admin: User
) -> None:
    assert "Street scenes" in as_user(owner).get("/").content.decode()
    assert "Street scenes" in as_user(admin).get("/").content.decode()
    assert "No projects yet" in as_user(stranger).get("/").content.decode()


def test_an_annotator_without_project_is_told_whom_to_ask(as_user: ClientOf, make_user: Callable[..., User]) -> None:
    page = as_user(make_user("newcomer")).get("/").content.decode()
    assert "You are in no project yet" in page
    assert "newcomer" in page

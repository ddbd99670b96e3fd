"""Every page of a project: open to its managers and to admins, closed to its annotators, unknown to strangers."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from annotator.accounts.models import Project, User
from annotator.model_registry.models import ModelState, ModelVersion

MANAGERS_PAGES = ["project", "project_members", "project_settings", "project_exports", "project_throughput"]
ClientOf = Callable[[User], Client]


@pytest.mark.parametrize("name", MANAGERS_PAGES)
def test_managers_and_admins_see_it(name: str, as_user: ClientOf, project: Project, owner: User, admin: User) -> None:
    for user in (owner, admin):
        answer = as_user(user).get(reverse(name, args=[project.pk]))
        assert answer.status_code == 200
        page = answer.content.decode()
        assert "<h1>Street scenes</h1>" in page
        assert page.count('aria-current="page"') == 1, "one tab is the current one"


@pytest.mark.parametrize("name", MANAGERS_PAGES)
def test_an_annotator_of_the_project_is_told_to_ask(
    name: str, as_user: ClientOf, project: Project, colleague: User
) -> None:
    answer = as_user(colleague).get(reverse(name, args=[project.pk]))
    assert answer.status_code == 403
    assert "This is not open to you" in answer.content.decode()


@pytest.mark.parametrize("name", MANAGERS_PAGES)
def test_for_a_stranger_it_does_not_exist(name: str, as_user: ClientOf, project: Project, stranger: User) -> None:
    for project_id in (project.pk, project.pk + 1000, 2**70):
        answer = as_user(stranger).get(reverse(name, args=[project_id]))
        assert answer.status_code == 404
        assert "There is nothing here" in answer.content.decode()
        assert "Street scenes" not in answer.content.decode()


def test_members_annotate_and_strangers_find_nothing(
    as_user: ClientOf, project: Project, owner: User, colleague: User, stranger: User
) -> None:
    address = reverse("annotate", args=[project.pk])
    for user in (owner, colleague):
        answer = as_user(user).get(address)
        assert answer.status_code == 200
        assert "csrftoken" in answer.cookies, "masks are saved with it, and the page may have no form that sets it"
    assert answer.context["page_data"] == {
        "project": {
            "id": project.pk,
            "name": "Street scenes",
            "guidelines": "",
            "time_limit": {"policy": "remind", "seconds": 30, "max_extensions": 3},
        },
        "user": {"id": colleague.pk, "username": "colleague", "role": "annotator"},
        "preferences": {"keys": {}},
    }
    assert as_user(stranger).get(address).status_code == 404


def test_without_an_active_model_the_images_page_says_what_photos_wait_for(
    as_user: ClientOf, project: Project, owner: User
) -> None:
    address = reverse("project", args=[project.pk])
    assert "No model is active" in as_user(owner).get(address).content.decode()
    ModelVersion.objects.create(version="tiny-1", name="tiny", state=ModelState.ACTIVE, manifest={})
    assert "No model is active" not in as_user(owner).get(address).content.decode()


def test_people_are_for_admins(as_user: ClientOf, admin: User, owner: User, colleague: User) -> None:
    assert as_user(admin).get("/people/").status_code == 200
    for user in (owner, colleague):
        assert as_user(user).get("/people/").status_code == 403
        assert "/people/" not in as_user(user).get("/").content.decode()


def test_a_new_project_is_for_managers(as_user: ClientOf, owner: User, colleague: User) -> None:
    assert as_user(owner).get("/projects/new/").status_code == 200
    assert as_user(colleague).get("/projects/new/").status_code == 403


@pytest.mark.django_db
def test_pages_carry_no_inline_style_or_script(
    client: Client, as_user: ClientOf, project: Project, admin: User
) -> None:
    signed_in = as_user(admin)
    addresses = ["/", "/people/", "/models/", "/password/", "/projects/new/", "/nothing/"]
    addresses += [reverse(name, args=[project.pk]) for name in MANAGERS_PAGES]
    for page in [signed_in.get(address).content.decode() for address in addresses] + [
        client.get("/sign-in/").content.decode()
    ]:
        assert " style=" not in page
        assert "<style" not in page
        assert " onclick=" not in page
        for tag in page.split("<script")[1:]:
            assert "src=" in tag.split(">")[0] or 'type="application/json"' in tag.split(">")[0]

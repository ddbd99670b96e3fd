"""Making a project and changing its settings."""

from collections.abc import Callable

import pytest
from django.test import Client

from annotator.accounts.models import Project, User

ClientOf = Callable[[User], Client]
VALUES = {
    "name": "Harbour",
    "guidelines": "Every boat.\nNo water.",
    "time_limit_policy": "advance",
    "time_limit_seconds": "20",
    "max_extensions": "1",
    "idle_seconds": "12",
    "annotators_per_image": "2",
}


def test_a_manager_makes_a_project_and_is_its_member(as_user: ClientOf, owner: User) -> None:
    answer = as_user(owner).post("/projects/new/", VALUES)
    project = Project.objects.get(name="Harbour")
    assert answer.headers["Location"] == f"/projects/{project.pk}/"
    assert (project.created_by, list(project.members.all())) == (owner, [owner])
    assert (project.time_limit_policy, project.time_limit_seconds, project.max_extensions) == ("advance", 20, 1)
    assert (project.idle_seconds, project.annotators_per_image) == (12, 2)


@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("name", " ", "Give the project a name."),
        ("name", "x" * 121, "at most 120 characters"),
        ("time_limit_policy", "shout", "not one of the available choices"),
        ("time_limit_seconds", "2", "At least 3 seconds."),
        ("time_limit_seconds", "601", "At most 600 seconds."),
        ("time_limit_seconds", "soon", "Enter a whole number."),
        ("max_extensions", "21", "At most 20"),
        ("max_extensions", "-1", "greater than or equal to 0"),
        ("idle_seconds", "1", "At least 2 seconds."),
        ("idle_seconds", "20", "less than 20 seconds"),
        ("annotators_per_image", "0", "At least 1 person."),
        ("annotators_per_image", "21", "At most 20 people."),
    ],
)
def test_a_wrong_value_is_told_beside_its_field(
    field: str, value: str, told: str, as_user: ClientOf, owner: User, project: Project
) -> None:
    for address in ("/projects/new/", f"/projects/{project.pk}/settings/"):
        answer = as_user(owner).post(address, {**VALUES, field: value})
        assert answer.status_code == 422
        assert told in " ".join(answer.context["form"].errors[field])
        page = answer.content.decode()
        assert told in page
        assert "Every boat." in page, "what was typed is kept"
    assert list(Project.objects.values_list("name", flat=True)) == ["Street scenes"]


def test_settings_are_saved_and_said(as_user: ClientOf, owner: User, project: Project) -> None:
    address = f"/projects/{project.pk}/settings/"
    answer = as_user(owner).post(address, VALUES, follow=True)
    assert "Settings saved." in answer.content.decode()
    project.refresh_from_db()
    assert (project.name, project.guidelines) == ("Harbour", "Every boat.\nNo water.")


def test_a_refused_name_does_not_reach_the_heading(as_user: ClientOf, owner: User, project: Project) -> None:
    answer = as_user(owner).post(f"/projects/{project.pk}/settings/", {**VALUES, "time_limit_seconds": "1"})
    assert "<h1>Street scenes</h1>" in answer.content.decode()


def test_only_the_project_s_managers_change_it(
    as_user: ClientOf, project: Project, stranger: User, colleague: User
) -> None:
    for user, status in ((stranger, 404), (colleague, 403)):
        assert as_user(user).post(f"/projects/{project.pk}/settings/", VALUES).status_code == status
    project.refresh_from_db()
    assert project.name == "Street scenes"

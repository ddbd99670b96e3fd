"""Adding people to a project by user name, and removing them."""

from collections.abc import Callable

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotator.accounts.models import Membership, Project, User

ClientOf = Callable[[User], Client]


def names(project: Project) -> set[str]:
    return set(project.members.values_list("username", flat=True))


def test_a_member_is_added_by_user_name(as_user: ClientOf, owner: User, project: Project, stranger: User) -> None:
    address = f"/projects/{project.pk}/members/"
    page = as_user(owner).get(address).content.decode()
    assert '<option value="stranger">' in page, "who is not in yet is suggested"
    assert '<option value="colleague">' not in page
    answer = as_user(owner).post(address, {"username": " stranger "}, follow=True)
    assert "stranger is a member." in answer.content.decode()
    assert names(project) == {"owner", "colleague", "stranger"}


def test_adding_twice_changes_nothing(as_user: ClientOf, owner: User, project: Project) -> None:
    as_user(owner).post(f"/projects/{project.pk}/members/", {"username": "colleague"})
    assert Membership.objects.filter(project=project).count() == 2


def test_an_unknown_or_deactivated_name_is_refused_beside_the_field(
    as_user: ClientOf, owner: User, project: Project, stranger: User
) -> None:
    User.objects.filter(pk=stranger.pk).update(is_active=False)
    for username in ("nobody", "stranger", ""):
        answer = as_user(owner).post(f"/projects/{project.pk}/members/", {"username": username})
        assert answer.status_code == 422
        assert answer.context["form"].errors["username"]
        assert 'aria-invalid="true"' in answer.content.decode()
    assert names(project) == {"owner", "colleague"}


def test_removing_a_member_asks_first_and_then_does_it(as_user: ClientOf, owner: User, project: Project) -> None:
    colleague = project.members.get(username="colleague")
    page = as_user(owner).get(f"/projects/{project.pk}/members/").content.decode()
    assert 'data-confirm="Remove colleague?"' in page
    address = f"/projects/{project.pk}/members/{colleague.pk}/remove/"
    assert as_user(owner).get(address).status_code == 405
    assert as_user(owner).post(address).headers["Location"] == f"/projects/{project.pk}/members/"
    assert names(project) == {"owner"}
    assert as_user(owner).post(address).status_code == 404, "the second time there is nobody to remove"


def test_who_leaves_a_project_lands_on_the_first_page(as_user: ClientOf, owner: User, project: Project) -> None:
    answer = as_user(owner).post(f"/projects/{project.pk}/members/{owner.pk}/remove/")
    assert answer.headers["Location"] == "/"


def test_strangers_and_annotators_change_no_membership(
    as_user: ClientOf, project: Project, stranger: User, colleague: User, owner: User
) -> None:
    for user, status in ((stranger, 404), (colleague, 403)):
        client = as_user(user)
        assert client.post(f"/projects/{project.pk}/members/", {"username": "stranger"}).status_code == status
        assert client.post(f"/projects/{project.pk}/members/{owner.pk}/remove/").status_code == status
    assert names(project) == {"owner", "colleague"}


def test_the_queries_of_the_page_do_not_grow(
    as_user: ClientOf,
    owner: User,
    project: Project,
    make_user: Callable[..., User],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(10):
        Membership.objects.create(project=project, user=make_user(f"member{number}"))
        make_user(f"other{number}")
    client = as_user(owner)
    with django_assert_num_queries(5):  # session, user, project, members, suggestions
        client.get(f"/projects/{project.pk}/members/")

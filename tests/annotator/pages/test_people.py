"""People: an admin adds someone, hands over a link that works once, and turns accounts off."""

import re
from collections.abc import Callable

from django.test import Client
from pytest_django import DjangoAssertNumQueries

from annotator.accounts.models import SignInLink, User

ClientOf = Callable[[User], Client]


def link_in(page: str) -> str:
    found = re.search(r'value="http://testserver(/sign-in/link/[^"]+/)"', page)
    assert found, "the page shows a sign-in link"
    return found[1]


def test_a_new_person_gets_a_link_that_works_once(as_user: ClientOf, admin: User) -> None:
    answer = as_user(admin).post("/people/", {"username": "newcomer", "role": "annotator"})
    person = User.objects.get(username="newcomer")
    assert (person.role, person.is_staff, person.has_usable_password()) == ("annotator", False, False)
    assert "no-store" in answer.headers["Cache-Control"]
    link = link_in(answer.content.decode())
    assert "/sign-in/link/" not in as_user(admin).get("/people/").content.decode(), "it is shown once"

    visitor = Client()
    door = visitor.get(link).content.decode()
    assert "Continue as newcomer" in door
    assert SignInLink.objects.get().used_at is None, "looking does not use it up: mail scanners look"
    assert visitor.post(link).headers["Location"] == "/"
    assert "newcomer" in visitor.get("/").content.decode()
    second = Client().post(link)
    assert second.status_code == 410
    assert "This link no longer works" in second.content.decode()


def test_an_admin_may_open_the_database_admin_and_others_may_not(as_user: ClientOf, admin: User) -> None:
    as_user(admin).post("/people/", {"username": "second-admin", "role": "admin"})
    as_user(admin).post("/people/", {"username": "boss", "role": "manager"})
    assert as_user(User.objects.get(username="second-admin")).get("/admin/").status_code == 200
    assert as_user(User.objects.get(username="boss")).get("/admin/").status_code == 403


def test_names_are_checked_beside_the_field(as_user: ClientOf, admin: User, colleague: User) -> None:
    for username, told in (
        ("colleague", "This name is taken."),
        ("", "Give the person a user name."),
        ("a b", "valid"),
    ):
        answer = as_user(admin).post("/people/", {"username": username, "role": "annotator"})
        assert answer.status_code == 422
        assert told in answer.content.decode()
    answer = as_user(admin).post("/people/", {"username": "fine", "role": "king"})
    assert answer.status_code == 422
    assert User.objects.count() == 2
    assert not SignInLink.objects.exists()


def test_an_existing_person_gets_a_new_link(as_user: ClientOf, admin: User, colleague: User) -> None:
    answer = as_user(admin).post(f"/people/{colleague.pk}/link/")
    assert "Continue as colleague" in Client().get(link_in(answer.content.decode())).content.decode()
    assert as_user(admin).get(f"/people/{colleague.pk}/link/").status_code == 405


def test_a_deactivated_person_is_out_at_once(as_user: ClientOf, admin: User, colleague: User) -> None:
    theirs = as_user(colleague)
    link = link_in(as_user(admin).post(f"/people/{colleague.pk}/link/").content.decode())
    as_user(admin).post(f"/people/{colleague.pk}/active/", {"active": "no"})
    assert theirs.get("/").status_code == 302
    assert Client().get(link).status_code == 410
    assert as_user(admin).post(f"/people/{colleague.pk}/link/").status_code == 409
    as_user(admin).post(f"/people/{colleague.pk}/active/", {"active": "yes"})
    assert as_user(colleague).get("/").status_code == 200


def test_an_admin_can_t_lock_themselves_out(as_user: ClientOf, admin: User) -> None:
    answer = as_user(admin).post(f"/people/{admin.pk}/active/", {"active": "no"}, follow=True)
    assert "Ask another admin." in answer.content.decode()
    admin.refresh_from_db()
    assert admin.is_active


def test_managers_make_nobody(as_user: ClientOf, owner: User, colleague: User) -> None:
    client = as_user(owner)
    assert client.post("/people/", {"username": "x", "role": "admin"}).status_code == 403
    assert client.post(f"/people/{colleague.pk}/link/").status_code == 403
    assert client.post(f"/people/{colleague.pk}/active/", {"active": "no"}).status_code == 403
    assert not SignInLink.objects.exists()


def test_the_queries_of_the_page_do_not_grow(
    as_user: ClientOf, admin: User, make_user: Callable[..., User], django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(10):
        make_user(f"person{number}")
    client = as_user(admin)
    with django_assert_num_queries(3):  # session, user, people
        client.get("/people/")

"""Who came in by a link may choose a password; who has one must know it to change it."""

from collections.abc import Callable

from django.test import Client

from annotator.accounts.models import User
from annotator.accounts.people import create_person

ClientOf = Callable[[User], Client]
NEW = {"new_password1": "wine-dark sea 17", "new_password2": "wine-dark sea 17"}


def test_a_first_password_needs_no_old_one(as_user: ClientOf, db: None) -> None:
    person = create_person(username="newcomer", role="annotator")
    client = as_user(person)
    assert "have no password yet" in client.get("/password/").content.decode()
    assert client.post("/password/", NEW).headers["Location"] == "/"
    assert client.get("/").status_code == 200, "the session lives on"
    answer = Client().post("/sign-in/", {"username": "newcomer", "password": "wine-dark sea 17"})
    assert answer.headers["Location"] == "/"


def test_changing_it_needs_the_old_one(as_user: ClientOf, colleague: User) -> None:
    client = as_user(colleague)
    answer = client.post("/password/", {**NEW, "old_password": "a guess"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["old_password"]
    assert client.post("/password/", {**NEW, "old_password": "pass of colleague"}).status_code == 302


def test_a_weak_password_is_refused_beside_the_field(as_user: ClientOf, db: None) -> None:
    person = create_person(username="newcomer", role="annotator")
    answer = as_user(person).post("/password/", {"new_password1": "12345", "new_password2": "12345"})
    assert answer.status_code == 422
    assert answer.context["form"].errors["new_password2"]

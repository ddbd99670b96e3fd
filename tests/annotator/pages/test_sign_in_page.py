"""The sign-in page's words and the appearance that a cookie remembers."""

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db


def test_the_form_says_what_to_do_after_a_wrong_password(client: Client) -> None:
    answer = client.post("/sign-in/", {"username": "someone", "password": "wrong", "next": "/people/"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Name and password do not match." in page
    assert '<input type="hidden" name="next" value="/people/">' in page, "where one wanted to go is kept"


@pytest.mark.parametrize(
    ("cookie", "root"),
    [
        ("dark", '<html lang="en" data-theme="dark">'),
        ("light", '<html lang="en" data-theme="light">'),
        ("system", '<html lang="en">'),
        ('"><script>', '<html lang="en">'),
    ],
)
def test_the_chosen_appearance_is_in_the_first_byte(client: Client, cookie: str, root: str) -> None:
    client.cookies["theme"] = cookie
    assert root in client.get("/sign-in/").content.decode()


def test_the_page_for_our_own_errors_needs_no_request() -> None:
    from django.template.loader import get_template

    page = get_template("500.html").render(None, None)
    assert "Something broke on our side" in page
    assert "<script" not in page

"""`manage.py sign_in_link`: the way in for the first admin."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from annotator.accounts.models import Role, User

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> str:
    output = StringIO()
    call_command("sign_in_link", *arguments, stdout=output)
    return output.getvalue()


def test_it_makes_an_admin_and_the_link_signs_in() -> None:
    name, path = run("ada", "--role", "admin").split()
    assert name == "ada"
    client = Client()
    client.post(path)
    assert client.get("/api/me").json()["username"] == "ada"
    user = User.objects.get(username="ada")
    assert user.role == Role.ADMIN
    assert user.is_superuser
    assert not user.has_usable_password()


def test_a_second_call_gives_another_link_and_keeps_the_role() -> None:
    first = run("ada", "--role", "admin")
    assert run("ada", "--role", "annotator") != first
    assert User.objects.get(username="ada").role == Role.ADMIN


def test_nobody_is_made_without_a_role() -> None:
    with pytest.raises(CommandError, match=r"There is nobody named ada\. With --role ROLE they are made\."):
        run("ada")
    assert not User.objects.exists()


def test_an_odd_name_is_refused() -> None:
    with pytest.raises(CommandError, match=r"valid username"):
        run("a da", "--role", "annotator")


def test_a_deactivated_person_gets_no_link(colleague: User) -> None:
    User.objects.update(is_active=False)
    with pytest.raises(CommandError, match="is deactivated"):
        run(colleague.username)

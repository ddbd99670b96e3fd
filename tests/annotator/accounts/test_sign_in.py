"""The doors: name and password, a link that works once, and the way out."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from annotator.accounts import links
from annotator.accounts.models import Role, SignInLink, User


def _sign_in(client: Client, username: str, password: str, **more: str) -> int:
    return client.post("/sign-in/", {"username": username, "password": password, **more}).status_code


def _is_signed_in(client: Client) -> bool:
    return client.get("/api/me").status_code == 200


def test_name_and_password_open_the_door(client: Client, colleague: User) -> None:
    answer = client.post(
        "/sign-in/", {"username": "colleague", "password": "pass of colleague", "next": "/projects/7/annotate/"}
    )
    assert (answer.status_code, answer.headers["Location"]) == (302, "/projects/7/annotate/")
    assert _is_signed_in(client)


def test_a_wrong_password_is_said_without_telling_which_is_wrong(client: Client, colleague: User) -> None:
    texts = []
    for username in ("colleague", "nobody"):
        answer = client.post("/sign-in/", {"username": username, "password": "wrong"})
        assert answer.status_code == 422
        texts.append(answer.content.decode().count("do not match"))
    assert texts == [1, 1]
    assert not _is_signed_in(client)


def test_after_many_tries_the_door_stays_shut_for_this_name_only(client: Client, colleague: User, owner: User) -> None:
    for _ in range(8):
        _sign_in(client, "colleague", "wrong")
    answer = client.post("/sign-in/", {"username": "colleague", "password": "pass of colleague"})
    assert answer.status_code == 429
    assert "Wait a quarter of an hour" in answer.content.decode()
    assert not _is_signed_in(client)
    assert _sign_in(client, "owner", "pass of owner") == 302


def test_next_never_leads_to_another_site(client: Client, colleague: User) -> None:
    for elsewhere in ("https://evil.example/", "//evil.example/", "javascript:alert(1)"):
        answer = client.post("/sign-in/", {"username": "colleague", "password": "pass of colleague", "next": elsewhere})
        assert answer.headers["Location"] == "/"


def test_a_link_signs_in_once(client: Client, colleague: User) -> None:
    address = links.make_link(user=colleague)
    shown = client.get(address)
    assert "Continue as colleague" in shown.content.decode()
    assert not _is_signed_in(client)  # a mail scanner that opens it changes nothing
    assert client.post(address).headers["Location"] == "/"
    assert client.get("/api/me").json()["username"] == "colleague"
    other = Client()
    assert other.get(address).status_code == 410
    assert other.post(address).status_code == 410
    assert not _is_signed_in(other)


def test_only_the_hash_of_a_link_is_stored(colleague: User) -> None:
    token = links.make_link(user=colleague).rstrip("/").rsplit("/", 1)[1]
    link = SignInLink.objects.get()
    assert token not in str(vars(link))
    assert links.user_of(token) == colleague


def test_an_old_a_wrong_and_a_deactivated_link_open_nothing(client: Client, colleague: User) -> None:
    address = links.make_link(user=colleague)
    SignInLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert client.post(address).status_code == 410
    assert client.post("/sign-in/link/wrong/").status_code == 410
    address = links.make_link(user=colleague)
    User.objects.update(is_active=False)
    assert client.post(address).status_code == 410
    assert not _is_signed_in(client)


def test_signing_out_takes_a_post(client: Client, colleague: User) -> None:
    client.force_login(colleague)
    assert client.get("/sign-out/").status_code == 405
    assert _is_signed_in(client)
    client.post("/sign-out/")
    assert not _is_signed_in(client)


def test_a_deactivated_person_is_out_at_once(client: Client, colleague: User) -> None:
    client.force_login(colleague)
    User.objects.update(is_active=False)
    assert not _is_signed_in(client)


def test_a_form_of_another_site_changes_nothing(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    answer = client.post("/api/projects", {"name": "Harbour"}, content_type="application/json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "csrf_failed")


def test_with_the_token_the_api_takes_it(owner: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(owner)
    client.cookies["csrftoken"] = "a" * 32
    answer = client.post(
        "/api/projects", {"name": "Harbour"}, content_type="application/json", headers={"X-CSRFToken": "a" * 32}
    )
    assert answer.status_code == 201


@pytest.mark.parametrize(("role", "status"), [(Role.ANNOTATOR, 403), (Role.MANAGER, 403), (Role.ADMIN, 200)])
def test_djangos_admin_is_for_admins(client: Client, colleague: User, role: Role, status: int) -> None:
    colleague.role = role
    colleague.save()
    client.force_login(colleague)
    assert client.get("/admin/").status_code == status
    assert client.get("/admin/accounts/user/").status_code == status


def test_a_superuser_is_an_admin_and_losing_the_role_takes_the_flags(db: None) -> None:
    user = User.objects.create_superuser("root", password="a long password")
    assert (user.role, user.is_staff) == (Role.ADMIN, True)
    user.role = Role.ANNOTATOR
    user.save(update_fields=["role"])
    user.refresh_from_db()
    assert (user.is_staff, user.is_superuser) == (False, False)

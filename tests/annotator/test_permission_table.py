"""Every route and socket message is in the permission table, and the table is what is enforced."""

from collections.abc import Callable, Iterator

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLPattern, URLResolver, get_resolver

from annotator.accounts.models import User
from annotator.accounts.permissions import RULES, api_operations, rule_named
from annotator.lib.errors import ApiError, Conflict, Forbidden, NotFound, PageErrorsMiddleware


def _view_names(resolver: URLResolver, namespaces: tuple[str, ...] = ()) -> Iterator[str]:
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            inner = (*namespaces, entry.namespace) if entry.namespace else namespaces
            yield from _view_names(entry, inner)
        elif isinstance(entry, URLPattern):
            yield ":".join((*namespaces, entry.name or f"(no name) {entry.pattern}"))


def test_every_route_has_a_rule() -> None:
    without = {name for name in _view_names(get_resolver()) if rule_named(name) is None}
    assert not without, f"add these to accounts.permissions.RULES: {sorted(without)}"


def test_every_api_operation_has_a_rule_of_its_own() -> None:
    without = {name for name in api_operations().values() if name not in RULES}
    assert not without, f"add these to accounts.permissions.RULES: {sorted(without)}"


def test_no_rule_is_left_of_a_route_that_is_gone() -> None:
    routes = {*_view_names(get_resolver()), *api_operations().values()}
    left = {name for name in RULES if not name.endswith(":*") and not name.startswith("socket:")} - routes
    assert not left, f"take these out of accounts.permissions.RULES: {sorted(left)}"


def test_two_operations_never_share_a_name() -> None:
    names = list(api_operations().values())
    assert len(names) == len(set(names))


def test_the_api_answers_me(as_user: Callable[[User], Client], colleague: User) -> None:
    answer = as_user(colleague).get("/api/me")
    assert answer.json() == {"id": colleague.pk, "username": "colleague", "role": "annotator"}


@pytest.mark.django_db
def test_the_api_refuses_the_signed_out_in_the_one_error_shape() -> None:
    answer = Client().get("/api/me")
    assert answer.status_code == 401
    assert answer.json()["error"]["code"] == "not_signed_in"


@pytest.mark.django_db
def test_a_page_sends_the_signed_out_to_the_door_and_back() -> None:
    answer = Client().get("/?tab=images")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/sign-in/?next=%2F%3Ftab%3Dimages"


@pytest.mark.django_db
def test_an_unknown_api_address_is_json(client: Client) -> None:
    answer = client.get("/api/nothing")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "not_found"


def test_every_answer_isolates_the_page(client: Client) -> None:
    for address in ("/api/nothing", "/static/nothing.js"):
        headers = client.get(address, HTTP_ACCEPT="application/json").headers
        assert headers["Cross-Origin-Opener-Policy"] == "same-origin", address
        assert headers["Cross-Origin-Embedder-Policy"] == "require-corp", address
        assert headers["Cross-Origin-Resource-Policy"] == "same-origin", address
        assert "wasm-unsafe-eval" in headers["Content-Security-Policy"], address


@pytest.mark.parametrize("error", [NotFound(), Forbidden(), Conflict("own_account", "Ask another admin.")])
def test_a_page_that_refuses_shows_a_page_of_its_status(error: ApiError, rf: RequestFactory) -> None:
    request = rf.get("/projects/7/")
    request.user = AnonymousUser()
    answer = PageErrorsMiddleware(lambda request: HttpResponse()).process_exception(request, error)
    assert answer is not None
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.status_code == error.status


def test_a_static_file_is_served_whole_and_isolated(client: Client) -> None:
    answer = client.get("/static/css/base.css")
    assert answer.status_code == 200
    assert not answer.streaming
    assert len(answer.content) == int(answer.headers["Content-Length"]) > 100
    assert answer.headers["Content-Type"].startswith("text/css")
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    again = client.get("/static/css/base.css", HTTP_IF_NONE_MATCH=answer.headers["ETag"])
    assert (again.status_code, again.content) == (304, b"")

"""HEAD, as monitors and proxies ask it: the same answer as to GET, without its body."""

from collections.abc import Callable

import pytest
from django.test import Client

from annotator.accounts.models import User

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("address", ["/sign-in/", "/sign-in/link/used-already/", "/", "/nothing/", "/api/me"])
def test_it_is_answered_as_get_is(address: str, colleague: User, as_user: Callable[[User], Client]) -> None:
    for client in (Client(), as_user(colleague)):
        got, head = client.get(address), client.head(address)
        assert (head.status_code, head.content) == (got.status_code, b"")
        assert head.status_code != 405
        assert head.headers.get("Content-Type") == got.headers.get("Content-Type")
        assert head.headers.get("Location") == got.headers.get("Location")


def test_where_get_is_not_answered_it_is_not_either(colleague: User, as_user: Callable[[User], Client]) -> None:
    assert as_user(colleague).head("/sign-out/").status_code == 405

"""Projects, members and hints, as JSON."""

from typing import cast

from django.http import HttpRequest
from ninja import Router, Schema

from annotator.accounts.models import User

router = Router(tags=["accounts"])


class Me(Schema):
    id: int
    username: str
    role: str


@router.get("/me", response=Me, url_name="me")
def me(request: HttpRequest) -> User:
    return cast(User, request.user)

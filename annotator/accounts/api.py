"""Who I am, a project's members, and its hints, as JSON."""

from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Query, Router, Schema
from ninja.responses import Status
from pydantic import Field

from annotator.accounts import hints, preferences, projects
from annotator.accounts.models import Membership, Role, User
from annotator.accounts.permissions import project_for
from annotator.lib.http import MAX_ID, Body, Id

router = Router(tags=["accounts"])


class Me(Schema):
    id: int
    username: str
    role: str


CommandId = Annotated[str, Field(pattern=r"^[a-z0-9][a-zA-Z0-9._-]{0,59}$")]
Chord = Annotated[str, Field(pattern=r"^(Ctrl\+)?(Alt\+)?(Shift\+)?\S{1,20}$")]


class PreferencesIn(Body):
    """All of them: what is not named goes back to what it was by itself."""

    keys: dict[CommandId, Annotated[list[Chord], Field(max_length=4)]] = Field(max_length=200)


class PreferencesOut(Schema):
    keys: dict[str, list[str]]


class MemberIn(Body):
    username: str = Field(min_length=1, max_length=150)


class MemberOut(Schema):
    user_id: int
    username: str
    role: str


class HintOut(Schema):
    sequence: int
    kind: str
    payload: dict[str, Any]


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _member_out(membership: Membership) -> MemberOut:
    user = membership.user
    return MemberOut(user_id=user.pk, username=user.username, role=user.role)


@router.get("/me", response=Me, url_name="me")
def me(request: HttpRequest) -> User:
    return _user(request)


@router.put("/me/preferences", response=PreferencesOut, url_name="preferences_save")
def preferences_save(request: HttpRequest, body: PreferencesIn) -> dict[str, Any]:
    preferences.save(user=_user(request), keys=body.keys)
    return preferences.of(_user(request))


@router.get("/projects/{project_id}/members", response=list[MemberOut], url_name="member_list")
def member_list(request: HttpRequest, project_id: Id) -> list[MemberOut]:
    project = project_for(_user(request), project_id, at_least=Role.MANAGER)
    memberships = project.memberships.select_related("user").order_by("user__username")
    return [_member_out(membership) for membership in memberships]


@router.post("/projects/{project_id}/members", response={201: MemberOut}, url_name="member_add")
def member_add(request: HttpRequest, project_id: Id, body: MemberIn) -> Status[MemberOut]:
    project = project_for(_user(request), project_id, at_least=Role.MANAGER)
    return Status(201, _member_out(projects.add_member(project=project, username=body.username)))


@router.delete("/projects/{project_id}/members/{user_id}", response={204: None}, url_name="member_remove")
def member_remove(request: HttpRequest, project_id: Id, user_id: Id) -> Status[None]:
    project = project_for(_user(request), project_id, at_least=Role.MANAGER)
    projects.remove_member(project=project, user_id=user_id)
    return Status(204, None)


@router.get("/projects/{project_id}/hints", response=list[HintOut], url_name="hint_list")
def hint_list(
    request: HttpRequest, project_id: Id, after: Annotated[int, Query(ge=0, le=MAX_ID)] = 0
) -> list[dict[str, Any]]:
    """What came after the hint of that number, oldest first; ask again with the last one's while there are 500."""
    project = project_for(_user(request), project_id)
    return [hints.as_message(hint) for hint in hints.after(after, project.pk)]

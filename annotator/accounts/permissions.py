"""Who may do what: one table for every route and every socket message. A route that is not in it fails the tests.

The table says which role is needed at least. Whether this user may touch this very project is asked where the object is
fetched (`project_for` and its kin): a stranger gets 404, so that ids tell nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from ninja.security import APIKeyCookie
from ninja.utils import check_csrf

from annotator.accounts.models import Project, Role, User
from annotator.lib.errors import ApiError, Forbidden, NotFound, NotSignedIn, error_response, forbidden
from annotator.lib.http import MAX_ID

if TYPE_CHECKING:
    from ninja import NinjaAPI

RANK: dict[str, int] = {Role.ANNOTATOR: 1, Role.MANAGER: 2, Role.ADMIN: 3}


@dataclass(frozen=True)
class Rule:
    """at_least: the role needed, None for everyone, signed in or not; scope: whose objects the route touches."""

    at_least: Role | None
    scope: str = ""  # "", "project" (its members; others 404) or "own" (the one user; others 404)


ANYONE = Rule(None)
SIGNED_IN = Rule(Role.ANNOTATOR)
MEMBER = Rule(Role.ANNOTATOR, "project")
OWN = Rule(Role.ANNOTATOR, "own")
MANAGER = Rule(Role.MANAGER)
PROJECT_MANAGER = Rule(Role.MANAGER, "project")
ADMIN = Rule(Role.ADMIN)

RULES: dict[str, Rule] = {
    # pages
    "sign_in": ANYONE,
    "sign_in_link": ANYONE,
    "sign_out": ANYONE,
    "home": SIGNED_IN,
    "password": SIGNED_IN,
    "project_new": MANAGER,
    "project": PROJECT_MANAGER,
    "project_members": PROJECT_MANAGER,
    "project_member_remove": PROJECT_MANAGER,
    "project_settings": PROJECT_MANAGER,
    "project_exports": PROJECT_MANAGER,
    "project_throughput": PROJECT_MANAGER,
    "annotate": MEMBER,
    "people": ADMIN,
    "person_link": ADMIN,
    "person_active": ADMIN,
    "models": ADMIN,
    "admin:*": ADMIN,
    # API
    "api:openapi-json": SIGNED_IN,
    "api:api-root": SIGNED_IN,
    "api:me": SIGNED_IN,
    "api:preferences_save": SIGNED_IN,
    "api:project_list": SIGNED_IN,
    "api:project_create": MANAGER,
    "api:project_detail": MEMBER,
    "api:project_update": PROJECT_MANAGER,
    "api:member_list": PROJECT_MANAGER,
    "api:member_add": PROJECT_MANAGER,
    "api:member_remove": PROJECT_MANAGER,
    "api:hint_list": MEMBER,
    "api:image_upload": PROJECT_MANAGER,
    "api:image_list": MEMBER,
    "api:image_retry": PROJECT_MANAGER,
    "api:image_delete": PROJECT_MANAGER,
    "api:image_display": MEMBER,
    "api:image_thumbnail": MEMBER,
    "api:embedding_file": MEMBER,
    "api:crop_file": MEMBER,
    "api:model_file": SIGNED_IN,
    "api:model_list": ADMIN,
    "api:model_download": ADMIN,
    "api:model_import": ADMIN,
    "api:model_import_cancel": ADMIN,
    "api:model_import_retry": ADMIN,
    "api:model_import_remove": ADMIN,
    "api:model_upload_state": ADMIN,
    "api:model_upload_part": ADMIN,
    "api:model_upload_remove": ADMIN,
    "api:model_activate": ADMIN,
    "api:session_create": MEMBER,
    "api:session_detail": OWN,
    "api:session_start": OWN,
    "api:session_renew": OWN,
    "api:session_finish": OWN,
    "api:session_skip": OWN,
    "api:crop_create": OWN,
    "api:crop_detail": OWN,
    "api:mask_save": OWN,
    "api:mask_delete": OWN,
    "api:event_store": SIGNED_IN,
    "api:export_create": PROJECT_MANAGER,
    "api:export_list": PROJECT_MANAGER,
    "api:export_file": PROJECT_MANAGER,
    "api:throughput": PROJECT_MANAGER,
    "api:throughput_csv": PROJECT_MANAGER,
    "api:mask_times_csv": PROJECT_MANAGER,
    "api:visit_times_csv": PROJECT_MANAGER,
    # socket: what a client may send, and being connected at all
    "socket:project_hints": MEMBER,
    "socket:ping": MEMBER,
}


def rule_named(name: str) -> Rule | None:
    """The rule of a url name or "socket:MESSAGE"; a whole namespace may have one, "admin:*"."""
    return RULES.get(name) or RULES.get(f"{name.partition(':')[0]}:*")


def has_role(user: User, at_least: Role | None) -> bool:
    return at_least is None or (user.is_active and RANK.get(user.role, 0) >= RANK[at_least])


# -- Objects ---------------------------------------------------------------------------------------------------------


def visible_projects(user: User) -> QuerySet[Project]:
    """Admins see every project, the others those they are members of."""
    if user.role == Role.ADMIN:
        return Project.objects.all()
    return Project.objects.filter(memberships__user=user)


def visible(user: User, path: str = "project") -> Q:
    """A condition on rows that belong to a project, by the `path` of their foreign key to it."""
    return Q() if user.role == Role.ADMIN else Q(**{f"{path}__memberships__user": user})


def project_for(user: User, project_id: int, *, at_least: Role = Role.ANNOTATOR) -> Project:
    """The project. NotFound for strangers, Forbidden for members whose role is too low."""
    project = visible_projects(user).filter(pk=project_id).first() if 0 < project_id <= MAX_ID else None
    if project is None:
        raise NotFound()
    if not has_role(user, at_least):
        raise Forbidden()
    return project


# -- Enforcement -----------------------------------------------------------------------------------------------------


@cache
def api_operations() -> dict[tuple[str, str], str]:
    """(route, method) → url name of every API operation: several operations share one Django route."""
    from annotator.urls import api  # the routers import this module

    found: dict[tuple[str, str], str] = {}
    for prefix, view in _api_views(api):
        for operation in view.operations:
            for method in operation.methods:
                found[prefix, method] = f"api:{operation.url_name}"
    return found


def _api_views(api: "NinjaAPI") -> list[tuple[str, Any]]:
    return [
        ("api/" + "/".join(part.strip("/") for part in (router.prefix, path) if part.strip("/")), view)
        for router in api._get_bound_routers()
        for path, view in router.path_operations.items()
    ]


def _route_name(request: HttpRequest) -> str:
    match = request.resolver_match
    assert match is not None
    route = match.route.replace("<", "{").replace(">", "}")
    return api_operations().get((route, request.method or ""), match.view_name)


class TableAuth(APIKeyCookie):
    """How the API asks the table. Signed in, then the role, then the CSRF token."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> User | AnonymousUser:
        return self.authenticate(request, None)

    def authenticate(self, request: HttpRequest, key: str | None) -> User | AnonymousUser:
        rule = rule_named(_route_name(request))
        if rule is None:
            raise Forbidden("This route is not in the permission table.")
        user = request.user
        if rule.at_least is None:
            return user
        if isinstance(user, AnonymousUser):
            raise NotSignedIn()
        if not has_role(user, rule.at_least):
            raise Forbidden()
        if check_csrf(request):  # reads a form's body, an upload's too: so it comes last
            message = "This page was open too long, or cookies are blocked. Reload it and try again."
            raise ApiError("csrf_failed", message, 403)
        return user


class PermissionTableMiddleware:
    """Asks the table for every page; the API's operations ask it themselves, with the method known."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: Any, args: Any, kwargs: Any) -> HttpResponse | None:
        name = _route_name(request)
        is_api = name.startswith("api:")
        if is_api and name not in ("api:openapi-json", "api:api-root"):
            return None
        rule = rule_named(name)
        if rule is not None and rule.at_least is None:
            return None
        if not request.user.is_authenticated:
            if is_api:
                return error_response(NotSignedIn())
            return HttpResponseRedirect(f"{reverse('sign_in')}?{urlencode({'next': request.get_full_path()})}")
        if rule is None or not has_role(request.user, rule.at_least):
            return error_response(Forbidden()) if is_api else forbidden(request, Forbidden())
        return None

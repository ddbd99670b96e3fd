"""Projects with how far they are, as JSON. It stands here since only dashboards may look at every app's rows."""

from dataclasses import asdict
from typing import Annotated, Any, cast

from django.http import HttpRequest
from ninja import Router, Schema
from ninja.responses import Status
from pydantic import AfterValidator, Field

from annotator.accounts import projects
from annotator.accounts.models import Project, Role, TimeLimitPolicy, User
from annotator.accounts.permissions import project_for, visible_projects
from annotator.dashboards.home import ProjectProgress, projects_with_progress
from annotator.lib.errors import ApiError
from annotator.lib.http import Body, Id

router = Router(tags=["projects"])


def _policy(value: str) -> str:
    if value not in TimeLimitPolicy.values:
        raise ValueError(f"must be one of {', '.join(TimeLimitPolicy.values)}")
    return value


def _named(value: str) -> str:
    if not value.strip():
        raise ValueError("give the project a name")
    return value.strip()


Name = Annotated[str, Field(max_length=120), AfterValidator(_named)]
Guidelines = Annotated[str, Field(max_length=20_000)]
Policy = Annotated[str, AfterValidator(_policy)]
Seconds = Annotated[int, Field(ge=3, le=600)]
Extensions = Annotated[int, Field(ge=0, le=20)]
IdleSeconds = Annotated[int, Field(ge=2, le=300)]
People = Annotated[int, Field(ge=1, le=20)]


class ProjectIn(Body):
    name: Name
    guidelines: Guidelines = ""
    time_limit_policy: Policy = TimeLimitPolicy.REMIND.value
    time_limit_seconds: Seconds = 30
    max_extensions: Extensions = 3
    idle_seconds: IdleSeconds = 15
    annotators_per_image: People = 1


class ProjectChange(Body):
    name: Name | None = None
    guidelines: Guidelines | None = None
    time_limit_policy: Policy | None = None
    time_limit_seconds: Seconds | None = None
    max_extensions: Extensions | None = None
    idle_seconds: IdleSeconds | None = None
    annotators_per_image: People | None = None


class ProjectOut(Schema):
    id: int
    name: str
    guidelines: str
    time_limit_policy: str
    time_limit_seconds: int
    max_extensions: int
    idle_seconds: int
    annotators_per_image: int
    images: int
    images_ready: int
    images_failed: int
    images_done: int
    masks: int
    members: int


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


def _out(project: Project, progress: ProjectProgress) -> ProjectOut:
    rule: dict[str, Any] = {
        "time_limit_policy": project.time_limit_policy,
        "time_limit_seconds": project.time_limit_seconds,
        "max_extensions": project.max_extensions,
        "idle_seconds": project.idle_seconds,
        "annotators_per_image": project.annotators_per_image,
    }
    return ProjectOut(**asdict(progress), **rule)


def _one(user: User, project: Project) -> ProjectOut:
    (progress,) = projects_with_progress(user, project_id=project.pk)
    return _out(project, progress)


def _check_idle_limit(values: dict[str, Any], project: Project | None = None) -> None:
    def value(name: str) -> Any:
        return values.get(name, getattr(project, name, None))

    objection = projects.idle_objection(
        policy=value("time_limit_policy"),
        limit_seconds=value("time_limit_seconds"),
        idle_seconds=value("idle_seconds"),
    )
    if objection:
        raise ApiError("invalid", objection, 422, {"idle_seconds": objection})


@router.get("/projects", response=list[ProjectOut], url_name="project_list")
def project_list(request: HttpRequest) -> list[ProjectOut]:
    user = _user(request)
    by_id = visible_projects(user).in_bulk()
    return [_out(by_id[progress.id], progress) for progress in projects_with_progress(user) if progress.id in by_id]


@router.post("/projects", response={201: ProjectOut}, url_name="project_create")
def project_create(request: HttpRequest, body: ProjectIn) -> Status[ProjectOut]:
    user = _user(request)
    values = body.model_dump()
    _check_idle_limit(values)
    return Status(201, _one(user, projects.create_project(by=user, **values)))


@router.get("/projects/{project_id}", response=ProjectOut, url_name="project_detail")
def project_detail(request: HttpRequest, project_id: Id) -> ProjectOut:
    user = _user(request)
    return _one(user, project_for(user, project_id))


@router.patch("/projects/{project_id}", response=ProjectOut, url_name="project_update")
def project_update(request: HttpRequest, project_id: Id, body: ProjectChange) -> ProjectOut:
    user = _user(request)
    project = project_for(user, project_id, at_least=Role.MANAGER)
    changes: dict[str, Any] = body.model_dump(exclude_unset=True)
    empty = [name for name, value in changes.items() if value is None]
    if empty:
        fields = dict.fromkeys(empty, "Leave it out to keep it as it is.")
        raise ApiError("invalid", f"These values may not be empty: {', '.join(empty)}.", 422, fields)
    if changes:
        _check_idle_limit(changes, project)
        projects.change_project(project=project, **changes)
        project.refresh_from_db()
    return _one(user, project)

"""A project's throughput, as JSON and as a sheet."""

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Annotated, Any, cast

from django.http import HttpRequest, HttpResponse
from django.utils.http import content_disposition_header
from ninja import Query, Router
from pydantic import BaseModel

from annotator.accounts.models import Project, Role, User
from annotator.accounts.permissions import project_for
from annotator.dashboards.figures import PersonRow, throughput
from annotator.dashboards.sheet import csv_text
from annotator.dashboards.timing_sheet import MASK_COLUMNS, VISIT_COLUMNS, csv_lines, mask_rows, visit_rows
from annotator.lib.errors import ApiError
from annotator.lib.http import Id

router = Router(tags=["dashboards"])

First = Annotated[date | None, Query(None, alias="from")]
Last = Annotated[date | None, Query(None, alias="to")]


class FiguresOut(BaseModel):
    masks: int
    median_seconds: float | None
    mean_seconds: float | None
    images: int
    masks_per_image: float | None
    skips: int
    over_limit_share: float | None
    active_seconds: float


class PersonOut(FiguresOut):
    user_id: int
    username: str


class DayOut(PersonOut):
    day: date


class ThroughputOut(BaseModel):
    limit_seconds: int
    annotators: list[PersonOut]
    days: list[DayOut]
    total: FiguresOut


def _project(request: HttpRequest, project_id: int, first: date | None, last: date | None) -> Project:
    project = project_for(cast(User, request.user), project_id, at_least=Role.MANAGER)
    if first and last and first > last:
        message = "The first day is after the last. Swap them."
        raise ApiError("invalid", message, 422, {"from": message})
    return project


def _sheet(lines: Iterable[str], file_name: str) -> HttpResponse:
    # The mark tells spreadsheets that it is UTF-8.
    response = HttpResponse("\ufeff" + "".join(lines), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, file_name) or "attachment"
    return response


def _values(row: PersonRow) -> dict[str, Any]:
    return {"user_id": row.user_id, "username": row.username, **asdict(row.figures)}


@router.get("/projects/{project_id}/throughput", response=ThroughputOut, url_name="throughput")
def get_throughput(request: HttpRequest, project_id: Id, first: First, last: Last) -> ThroughputOut:
    """Figures of the days (UTC) `from` to `to`, both included: per annotator, per day and annotator, and of all."""
    found = throughput(_project(request, project_id, first, last), first=first, last=last)
    return ThroughputOut(
        limit_seconds=found.limit_seconds,
        annotators=[PersonOut(**_values(row)) for row in found.annotators],
        days=[DayOut(**_values(row), day=row.day) for row in found.days if row.day is not None],
        total=FiguresOut(**asdict(found.total)),
    )


@router.get("/projects/{project_id}/throughput.csv", url_name="throughput_csv")
def get_throughput_csv(request: HttpRequest, project_id: Id, first: First, last: Last) -> HttpResponse:
    project = _project(request, project_id, first, last)
    text = csv_text(throughput(project, first=first, last=last))
    return _sheet([text], f"throughput-{project.pk}.csv")


@router.get("/projects/{project_id}/mask-times.csv", url_name="mask_times_csv")
def get_mask_times_csv(request: HttpRequest, project_id: Id, first: First, last: Last) -> HttpResponse:
    """Every mask that was begun, with its times and counts; the columns are explained in the README."""
    project = _project(request, project_id, first, last)
    return _sheet(csv_lines(MASK_COLUMNS, mask_rows(project, first, last)), f"mask-times-{project.pk}.csv")


@router.get("/projects/{project_id}/visit-times.csv", url_name="visit_times_csv")
def get_visit_times_csv(request: HttpRequest, project_id: Id, first: First, last: Last) -> HttpResponse:
    """Every visit of an annotator to an image, with its times."""
    project = _project(request, project_id, first, last)
    return _sheet(csv_lines(VISIT_COLUMNS, visit_rows(project, first, last)), f"visit-times-{project.pk}.csv")

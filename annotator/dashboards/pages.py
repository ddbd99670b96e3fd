"""The first page, by role, and a project's throughput."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.http import require_safe

from annotator.accounts.models import Role, User
from annotator.accounts.permissions import has_role, project_for
from annotator.dashboards.home import projects_with_progress
from annotator.dashboards.pace import own_pace
from annotator.dashboards.throughput import FORMULA, SECONDS_PER_MASK


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Annotators see where to go on working; managers and admins see how their projects fare."""
    user = cast(User, request.user)
    is_manager = has_role(user, Role.MANAGER)
    projects = projects_with_progress(user)
    if not is_manager:  # what can be worked on comes first, so that the first button is the right one
        projects.sort(key=lambda project: (not project.has_work, project.images_left == 0))
    context: dict[str, Any] = {
        "projects": projects,
        "is_manager": is_manager,
        "people_count": User.objects.filter(is_active=True).count() if user.role == Role.ADMIN else 0,
        "section": "projects",
    }
    if not is_manager:
        pace = own_pace(user, today=datetime.now(UTC).date())
        # What someone without any mask would see is an empty chart.
        context["page_data"] = {"pace": asdict(pace), "formula": SECONDS_PER_MASK} if pace.days else None
    return render(request, "dashboards/home.html", context)


@require_safe
def project_throughput(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_for(cast(User, request.user), project_id, at_least=Role.MANAGER)
    page_data = {
        "project": {"id": project.pk, "name": project.name},
        "formula": FORMULA,
        "annotate_url": reverse("annotate", args=[project.pk]),
    }
    context = {"project": project, "page_data": page_data, "tab": "throughput", "section": "projects"}
    return render(request, "dashboards/project_throughput.html", context)


urlpatterns = [
    path("", home, name="home"),
    path("projects/<int:project_id>/throughput/", project_throughput, name="project_throughput"),
]

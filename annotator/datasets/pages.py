"""A project's exports, for its managers. The page reads and writes through the API."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotator.accounts.models import Role, User
from annotator.accounts.permissions import project_for


@require_safe
def project_exports(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_for(cast(User, request.user), project_id, at_least=Role.MANAGER)
    page_data = {"project": {"id": project.pk, "name": project.name}}
    context = {"project": project, "page_data": page_data, "tab": "exports", "section": "projects"}
    return render(request, "datasets/project_exports.html", context)


urlpatterns = [path("projects/<int:project_id>/exports/", project_exports, name="project_exports")]

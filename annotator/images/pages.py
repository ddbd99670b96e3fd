"""A project's images, for its managers: upload, states, thumbnails. The page reads and writes through the API."""

from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from annotator.accounts.models import Role, User
from annotator.accounts.permissions import project_for
from annotator.model_registry.registry import active_model


@require_safe
def project_images(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_for(cast(User, request.user), project_id, at_least=Role.MANAGER)
    page_data = {
        "project": {"id": project.pk, "name": project.name},
        "max_upload_bytes": settings.MAX_UPLOAD_BYTES,
    }
    context = {
        "project": project,
        "page_data": page_data,
        "no_model": active_model() is None,
        "tab": "images",
        "section": "projects",
    }
    return render(request, "images/project_images.html", context)


urlpatterns = [path("projects/<int:project_id>/", project_images, name="project")]

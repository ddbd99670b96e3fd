"""The page where masks are made. It gets who and what for; images and sessions it asks for itself."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from annotator.accounts import preferences
from annotator.accounts.models import User
from annotator.accounts.permissions import project_for


@ensure_csrf_cookie  # the page has no form that would set it, and saves masks with it
@require_safe
def annotate(request: HttpRequest, project_id: int) -> HttpResponse:
    user = cast(User, request.user)
    project = project_for(user, project_id)
    page_data = {
        "project": {
            "id": project.pk,
            "name": project.name,
            "guidelines": project.guidelines,
            "time_limit": {
                "policy": project.time_limit_policy,
                "seconds": project.time_limit_seconds,
                "max_extensions": project.max_extensions,
            },
        },
        "user": {"id": user.pk, "username": user.username, "role": user.role},
        "preferences": preferences.of(user),
    }
    context = {"project": project, "page_data": page_data, "section": "projects"}
    return render(request, "annotation/annotate.html", context)


urlpatterns = [path("projects/<int:project_id>/annotate/", annotate, name="annotate")]

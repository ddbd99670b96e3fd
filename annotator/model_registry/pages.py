"""The models page, for admins. It reads and writes through the API."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.csrf import ensure_csrf_cookie
from django.views.decorators.http import require_safe

from annotator.model_registry import uploads
from annotator.model_registry.importing import MAX_CHECKPOINT_BYTES


@ensure_csrf_cookie
@require_safe
def models_page(request: HttpRequest) -> HttpResponse:
    page_data = {"part_bytes": uploads.part_bytes(), "max_bytes": MAX_CHECKPOINT_BYTES}
    return render(request, "model_registry/models.html", {"page_data": page_data, "section": "models"})


urlpatterns = [path("models/", models_page, name="models")]

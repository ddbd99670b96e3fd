"""What a browser fetches of a model: its manifest and its graphs."""

from django.http import HttpRequest, HttpResponse
from ninja import Router

from annotator.lib.errors import NotFound
from annotator.lib.http import stored_file
from annotator.model_registry.models import ModelVersion
from annotator.model_registry.registry import compressed_name

router = Router(tags=["models"])


@router.get("/models/{version}/{file}", url_name="model_file")
def model_file(request: HttpRequest, version: str, file: str, v: str = "") -> HttpResponse:
    """`v`, the file's SHA-256, lets the answer be kept for ever; a wrong one is not answered with another file."""
    model = ModelVersion.objects.filter(version=version).only("files").first()
    sha256 = model.files.get(file) if model else None
    if model is None or sha256 is None or (v and v != sha256):
        raise NotFound("There is no such file of this model. Reload the page.")
    content_type = "application/json" if file.endswith(".json") else "application/octet-stream"
    response = stored_file(request, sha256, content_type, model.files.get(compressed_name(file)))
    if not v:
        response.headers["Cache-Control"] = "private, no-cache"
    return response

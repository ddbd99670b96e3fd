"""What API routes share: types of their parameters, and how a stored file is answered."""

import re
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseNotModified
from ninja import Path
from pydantic import BaseModel, ConfigDict, model_validator

from annotator.lib import storage
from annotator.lib.errors import NotFound

MAX_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
"""An integer id in an address: what the database can hold, so that a silly number is 422 and not a crash."""


class Body(BaseModel):
    """A request's JSON: unknown names and wrong types are refused, and text that PostgreSQL would not keep."""

    model_config = ConfigDict(extra="forbid", strict=True)

    @model_validator(mode="before")
    @classmethod
    def _no_nul(cls, values: Any) -> Any:
        if _holds_nul(values):
            raise ValueError("it holds a NUL character")
        return values


def _holds_nul(value: Any) -> bool:
    match value:
        case str():
            return "\0" in value
        case dict():
            return any(_holds_nul(key) or _holds_nul(inner) for key, inner in value.items())
        case list():
            return any(_holds_nul(inner) for inner in value)
    return False


def takes_brotli(request: HttpRequest) -> bool:
    """Whether its Accept-Encoding names brotli, and not with a weight of nothing."""
    offers = (offer.replace(" ", "").split(";") for offer in request.headers.get("Accept-Encoding", "").split(","))
    return any(name == "br" and not re.fullmatch(r"q=0(\.0*)?", "".join(rest)) for name, *rest in offers)


def stored_file(request: HttpRequest, sha256: str, content_type: str, brotli_sha256: str | None = None) -> HttpResponse:
    """A file of the store whose address holds its hash: never changes, and only for who asked.

    brotli_sha256: its compressed copy, sent to browsers that take brotli: on https and on localhost they all do.
    Bytes and not FileResponse, which sends no ETag. NotFound when the file is gone.
    """
    compressed = brotli_sha256 is not None and takes_brotli(request)
    sha256 = brotli_sha256 if brotli_sha256 is not None and compressed else sha256
    etag = f'"{sha256}"'
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("If-None-Match", "").split(",")}
    response: HttpResponse
    if etag in known or "*" in known:
        response = HttpResponseNotModified()
    else:
        try:
            response = HttpResponse(storage.read(sha256), content_type=content_type)
        except FileNotFoundError as missing:
            raise NotFound("The file is missing from the server's store. Tell an admin.") from missing
    if compressed:
        response.headers["Content-Encoding"] = "br"
    if brotli_sha256 is not None:
        response.headers["Vary"] = "Accept-Encoding"
    response.headers["ETag"] = etag
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    return response

"""The one shape of an error: {"error": {"code", "message", "fields"?}}. A message says what to do."""

import logging
import sys
from collections.abc import Callable
from http import HTTPStatus
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import DataError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.http.multipartparser import MultiPartParserError
from django.template.loader import get_template
from ninja import NinjaAPI
from ninja.errors import HttpError, ValidationError

logger = logging.getLogger(__name__)


class ApiError(Exception):
    """Refuses a request.

    code: stable word for programs; message: a sentence for people; status: HTTP status; fields: field name → sentence.
    """

    headers: ClassVar[dict[str, str]] = {}

    def __init__(self, code: str, message: str, status: int = 400, fields: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.status, self.fields = code, message, status, fields


class NotFound(ApiError):
    def __init__(self, message: str = "This does not exist, or you are not a member of its project.") -> None:
        super().__init__("not_found", message, 404)


class Forbidden(ApiError):
    def __init__(self, message: str = "Your role does not allow this. Ask a manager or an admin.") -> None:
        super().__init__("forbidden", message, 403)


class NotSignedIn(ApiError):
    def __init__(self) -> None:
        super().__init__("not_signed_in", "You are signed out. Sign in again, then repeat this.", 401)


class Conflict(ApiError):
    def __init__(self, code: str, message: str) -> None:
        super().__init__(code, message, 409)


class TooLarge(ApiError):
    def __init__(self, message: str = "This is larger than the server accepts. Send less at a time.") -> None:
        super().__init__("too_large", message, 413)


class Busy(ApiError):
    """Nothing is wrong with the request: the same one goes through later. The browser repeats it by itself."""

    headers: ClassVar[dict[str, str]] = {"Retry-After": "2"}  # seconds

    def __init__(self) -> None:
        super().__init__("busy", "Too many people save at this moment. Nothing is lost: try again in a moment.", 503)


def error_response(error: ApiError) -> JsonResponse:
    body: dict[str, Any] = {"code": error.code, "message": error.message}
    if error.fields:
        body["fields"] = error.fields
    return JsonResponse({"error": body}, status=error.status, headers=error.headers)


def from_exception(exc: Exception) -> ApiError:
    """What an API route answers to any exception; the unknown ones tell nothing of their inside."""
    match exc:
        case ApiError():
            return exc
        case ValidationError():
            return _invalid(exc)
        case HttpError():
            code = HTTPStatus(exc.status_code).phrase.lower().replace(" ", "_")
            return ApiError(code, str(exc) or "The request was refused.", exc.status_code)
        case Http404():
            return NotFound()
        case PermissionDenied():
            return Forbidden()
        case RequestDataTooBig():
            return TooLarge()
        case DataError() | UnicodeEncodeError():
            return _unstorable()
        case ValueError() if "NUL" in str(exc):
            return _unstorable()
        case OperationalError() if _waited_in_vain(exc):
            return Busy()
        case SuspiciousOperation() | MultiPartParserError():
            return ApiError("bad_request", "The request could not be read. Reload the page and try again.", 400)
    return ApiError("server_error", "Something broke on our side. Try again; if it stays, tell an admin.", 500)


def _waited_in_vain(exc: OperationalError) -> bool:
    """For one's turn to write in SQLite, or for a connection of the pool to PostgreSQL."""
    return "database is locked" in str(exc) or "couldn't get a connection" in str(exc)


def _unstorable() -> ApiError:
    """Characters or numbers that pass for text or a number, but that no database keeps."""
    return ApiError("invalid", "A value holds characters that cannot be stored, or is too long. Type it again.", 422)


def _invalid(exc: ValidationError) -> ApiError:
    fields: dict[str, str] = {}
    for problem in exc.errors:
        source, *place = [str(part) for part in problem.get("loc", ())] or ["body"]
        if source == "body" and len(place) > 1:
            place = place[1:]  # the name of our own parameter tells nobody anything
        fields[".".join(place) or source] = str(problem.get("msg", "Not valid"))
    told = "; ".join(f"{name}: {message}" for name, message in list(fields.items())[:3])
    return ApiError("invalid", f"Some values are not valid: {told}.", 422, fields)


def install(api: NinjaAPI) -> None:
    """Let `api` answer every exception in the one shape."""

    def handle(request: HttpRequest, exc: Exception | type[Exception]) -> HttpResponse:
        assert isinstance(exc, Exception)
        error = from_exception(exc)
        if isinstance(error, Busy):
            logger.warning("%s %s: %s", request.method, request.path, exc)
        elif error.status >= 500:
            logger.exception("%s %s failed", request.method, request.path, exc_info=exc)
        return error_response(error)

    for kind in (Exception, ApiError, ValidationError, HttpError, Http404):
        api.add_exception_handler(kind, handle)


def _answer(request: HttpRequest, error: ApiError, template: str = "") -> HttpResponse:
    """JSON for the API; for people the page of the status, drawn without what a broken request may lack."""
    if request.path.startswith("/api/"):
        return error_response(error)
    page = template or f"{error.status if error.status in (400, 403, 404, 500, 503) else 400}.html"
    text = get_template(page).render(None, None if error.status >= 500 else request)
    return HttpResponse(text, status=error.status, headers=error.headers)


class PageErrorsMiddleware:
    """Lets a page's view refuse with an ApiError too: people get the page of its status."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        return _answer(request, exception) if isinstance(exception, ApiError) else None


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, from_exception(exception))


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, Forbidden())


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, NotFound("There is nothing at this address."))


def server_error(request: HttpRequest) -> HttpResponse:
    """Called by Django while it handles the exception."""
    error = sys.exception()
    return _answer(request, from_exception(error if isinstance(error, OperationalError) else RuntimeError()))


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    message = "This page was open too long, or cookies are blocked. Reload it and try again."
    return _answer(request, ApiError("csrf_failed", message, 403), "403_csrf.html")

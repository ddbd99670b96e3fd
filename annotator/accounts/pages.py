"""Signing in and out, and the pages of projects and people."""

from django.http import HttpRequest, HttpResponse
from django.urls import path

from annotator.accounts import sign_in


def home(request: HttpRequest) -> HttpResponse:
    return HttpResponse("Annotator")


urlpatterns = [
    path("", home, name="home"),
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
]

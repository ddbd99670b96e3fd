"""The three doors: name and password, a one-time link, and the way out. Templates only show what is decided here."""

from django import forms
from django.contrib.auth import authenticate, login, logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotator.accounts import links

MODEL_BACKEND = "django.contrib.auth.backends.ModelBackend"


class SignInForm(forms.Form):
    username = forms.CharField(max_length=150, widget=forms.TextInput({"autocomplete": "username", "autofocus": True}))
    password = forms.CharField(
        max_length=1024, strip=False, widget=forms.PasswordInput({"autocomplete": "current-password"})
    )


@never_cache
@sensitive_post_parameters("password")
@require_http_methods(["GET", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """Context: form (username, password, its errors), next."""
    following = _safe_next(request)
    if request.user.is_authenticated and request.method == "GET":
        return redirect(following)
    form = SignInForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        user = authenticate(request, **form.cleaned_data)
        if user is not None:
            login(request, user)
            return redirect(following)
        form.add_error(None, "Name and password do not match. Check both; an admin can give you a sign-in link.")
    status = 200 if request.method == "GET" else 422
    return render(request, "accounts/sign_in.html", {"form": form, "next": following}, status=status)


def locked_out(request: HttpRequest, *args: object, **kwargs: object) -> HttpResponse:
    """What axes answers instead of `sign_in` after too many tries for one name from one address."""
    form = SignInForm(request.POST)
    form.add_error(None, "Too many tries. Wait a quarter of an hour, or ask an admin for a sign-in link.")
    context = {"form": form, "next": _safe_next(request)}
    return render(request, "accounts/sign_in.html", context, status=429)


@never_cache
@require_http_methods(["GET", "POST"])
def sign_in_link(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows whom it signs in and one button, since mail scanners open links; POST uses the link up.

    Context: link_user. An unknown, used or old link has a page of its own.
    """
    if request.method == "POST":
        user = links.consume(token)
        if user is not None:
            login(request, user, backend=MODEL_BACKEND)
            return redirect("home")
    link_user = links.user_of(token)
    if link_user is None:
        return render(request, "accounts/sign_in_link_expired.html", status=410)
    return render(request, "accounts/sign_in_link.html", {"link_user": link_user})


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return redirect("sign_in")


def _safe_next(request: HttpRequest) -> str:
    following = request.POST.get("next") or request.GET.get("next") or "/"
    allowed = url_has_allowed_host_and_scheme(following, {request.get_host()}, require_https=request.is_secure())
    return following if allowed else "/"

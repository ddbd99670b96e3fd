"""Signing in and out, and the pages of projects and people."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.forms import PasswordChangeForm, SetPasswordForm
from django.db.models import Count
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from annotator.accounts import links, people, projects, sign_in
from annotator.accounts.forms import POLICIES, MemberForm, PersonForm, ProjectForm
from annotator.accounts.models import Project, Role, User
from annotator.accounts.permissions import project_for
from annotator.lib.errors import ApiError, NotFound

SUGGESTIONS = 200


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


# -- Projects ----------------------------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def project_new(request: HttpRequest) -> HttpResponse:
    form = ProjectForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        project = projects.create_project(by=_user(request), **form.cleaned_data)
        messages.success(request, "The project is there. Upload its photos here, then add members.")
        return redirect("project", project.pk)
    context = {"form": form, "policies": POLICIES, "section": "projects"}
    return render(request, "accounts/project_new.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def project_settings(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_for(_user(request), project_id, at_least=Role.MANAGER)
    form = ProjectForm(request.POST or None, instance=project)
    if request.method == "POST" and form.is_valid():
        projects.change_project(project=project, **form.cleaned_data)
        messages.success(request, "Settings saved. Annotators get them with their next image.")
        return redirect("project_settings", project.pk)
    if form.errors:
        # Validation has already written the refused values into the instance; the frame shows the real ones.
        project = Project.objects.get(pk=project.pk)
    context = {"project": project, "form": form, "policies": POLICIES, "tab": "settings", "section": "projects"}
    return render(request, "accounts/project_settings.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "HEAD", "POST"])
def project_members(request: HttpRequest, project_id: int) -> HttpResponse:
    project = project_for(_user(request), project_id, at_least=Role.MANAGER)
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            member = projects.add_member(project=project, username=form.cleaned_data["username"])
        except ApiError as error:
            form.add_error("username", error.message)
        else:
            messages.success(request, f"{member.user.username} is a member.")
            return redirect("project_members", project.pk)
    context = {
        "project": project,
        "form": form,
        "memberships": project.memberships.select_related("user").order_by("user__username"),
        "candidates": User.objects.filter(is_active=True).exclude(projects=project).order_by("username")[:SUGGESTIONS],
        "tab": "members",
        "section": "projects",
    }
    return render(request, "accounts/project_members.html", context, status=422 if form.errors else 200)


@require_POST
def project_member_remove(request: HttpRequest, project_id: int, user_id: int) -> HttpResponse:
    user = _user(request)
    project = project_for(user, project_id, at_least=Role.MANAGER)
    projects.remove_member(project=project, user_id=user_id)
    messages.success(request, "The member was removed. Masks already made stay.")
    if user_id == user.pk and user.role != Role.ADMIN:
        return redirect("home")  # they can't see the project any more
    return redirect("project_members", project.pk)


# -- People ------------------------------------------------------------------------------------------------------------


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def people_list(request: HttpRequest) -> HttpResponse:
    form = PersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        return _people_page(request, PersonForm(), link_user=people.create_person(**form.cleaned_data))
    return _people_page(request, form)


@never_cache
@require_POST
def person_link(request: HttpRequest, user_id: int) -> HttpResponse:
    """A new one-time link, shown in this answer only: it is stored nowhere."""
    person = _person(user_id)
    if not person.is_active:
        raise ApiError("inactive", "Activate this person first.", 409)
    return _people_page(request, PersonForm(), link_user=person)


@require_POST
def person_active(request: HttpRequest, user_id: int) -> HttpResponse:
    person = _person(user_id)
    active = request.POST.get("active") == "yes"
    try:
        people.set_active(person=person, active=active, by=_user(request))
    except ApiError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{person.username} is {'active again' if active else 'deactivated'}.")
    return redirect("people")


def _person(user_id: int) -> User:
    person = User.objects.filter(pk=user_id).first()
    if person is None:
        raise NotFound()
    return person


def _people_page(request: HttpRequest, form: PersonForm, link_user: User | None = None) -> HttpResponse:
    context = {
        "form": form,
        "people": User.objects.annotate(project_count=Count("memberships")).order_by("-is_active", "username"),
        "link_user": link_user,
        "link": request.build_absolute_uri(links.make_link(user=link_user)) if link_user else None,
        "link_hours": settings.SIGN_IN_LINK_HOURS,
        "section": "people",
    }
    return render(request, "accounts/people.html", context, status=422 if form.errors else 200)


@sensitive_post_parameters()
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def password(request: HttpRequest) -> HttpResponse:
    """Choose a password; who has one already must give it."""
    user = _user(request)
    kind = PasswordChangeForm if user.has_usable_password() else SetPasswordForm
    form = kind(user, request.POST or None)
    if request.method == "POST" and form.is_valid():
        update_session_auth_hash(request, form.save())
        messages.success(request, "Password saved. You can sign in with it from now on.")
        return redirect("home")
    return render(request, "accounts/password.html", {"form": form}, status=422 if form.errors else 200)


urlpatterns = [
    path("sign-in/", sign_in.sign_in, name="sign_in"),
    path("sign-in/link/<str:token>/", sign_in.sign_in_link, name="sign_in_link"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("password/", password, name="password"),
    path("projects/new/", project_new, name="project_new"),
    path("projects/<int:project_id>/members/", project_members, name="project_members"),
    path(
        "projects/<int:project_id>/members/<int:user_id>/remove/", project_member_remove, name="project_member_remove"
    ),
    path("projects/<int:project_id>/settings/", project_settings, name="project_settings"),
    path("people/", people_list, name="people"),
    path("people/<int:user_id>/link/", person_link, name="person_link"),
    path("people/<int:user_id>/active/", person_active, name="person_active"),
]

"""Projects and who is in them. These functions are the only writers of both."""

from django.db import transaction

from annotator.accounts.models import Membership, Project, TimeLimitPolicy, User
from annotator.lib.errors import ApiError, NotFound


def idle_objection(*, policy: str, limit_seconds: int, idle_seconds: int) -> str | None:
    """Why these settings do not go together, as a sentence for the field `idle_seconds`; None when they do.

    An idle limit as long as the mask limit would let a mask run over its limit while nobody is there.
    """
    if policy == TimeLimitPolicy.OFF or idle_seconds < limit_seconds:
        return None
    return f"A pause has to end active time before a mask is over its limit: less than {limit_seconds} seconds."


@transaction.atomic
def create_project(*, by: User, **values: str | int) -> Project:
    """A new project of these field values, already validated; its maker is its first member."""
    project = Project.objects.create(created_by=by, **values)
    Membership.objects.create(project=project, user=by)
    return project


def change_project(*, project: Project, **values: str | int) -> None:
    """Set these fields, already validated. Sessions under way keep what they began with."""
    Project.objects.filter(pk=project.pk).update(**values)


def add_member(*, project: Project, username: str) -> Membership:
    """Adding someone twice changes nothing. ApiError with the field `username` when there is no such active user."""
    user = User.objects.filter(username=username.strip(), is_active=True).first()
    if user is None:
        message = "Nobody who can sign in has this user name. Check the spelling, or ask an admin to add the person."
        raise ApiError("unknown_user", message, 422, {"username": message})
    membership, _ = Membership.objects.get_or_create(project=project, user=user)
    return membership


def remove_member(*, project: Project, user_id: int) -> None:
    """Masks already made stay. NotFound when the user is no member."""
    deleted, _ = Membership.objects.filter(project=project, user_id=user_id).delete()
    if not deleted:
        raise NotFound("This person is not a member of the project (any more).")

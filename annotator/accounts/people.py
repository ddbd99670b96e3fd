"""Making users and turning them off. Nobody gets a default password: a sign-in link is their first way in."""

from django.db import transaction

from annotator.accounts.models import User
from annotator.lib.errors import Conflict


@transaction.atomic
def create_person(*, username: str, role: str) -> User:
    """A user without a usable password. Admins may open the database admin too."""
    return User.objects.create_user(username, role=role, is_staff=role == "admin", is_superuser=role == "admin")


def set_active(*, person: User, active: bool, by: User) -> None:
    """Turn a user on or off. Off ends their sessions at the next request and makes their open links useless.

    Conflict when `by` would turn themselves off: the last admin would be locked out.
    """
    if person.pk == by.pk and not active:
        raise Conflict("own_account", "You can't deactivate yourself. Ask another admin.")
    User.objects.filter(pk=person.pk).update(is_active=active)

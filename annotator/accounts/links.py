"""One-time sign-in links: the address holds a token, the database only its SHA-256."""

import hashlib
import secrets
from datetime import timedelta

from django.conf import settings
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from annotator.accounts.models import SignInLink, User


def _sha256(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def make_link(*, user: User, hours: float | None = None) -> str:
    """A new address path ("/sign-in/link/…/") that signs `user` in once, within `hours`."""
    token = secrets.token_urlsafe(32)
    lifetime = timedelta(hours=settings.SIGN_IN_LINK_HOURS if hours is None else hours)
    SignInLink.objects.create(user=user, token_sha256=_sha256(token), expires_at=timezone.now() + lifetime)
    return reverse("sign_in_link", args=[token])


def user_of(token: str) -> User | None:
    """Whom the link would sign in; None when it is unknown, used or too old."""
    link = _usable(token).select_related("user").first()
    return link.user if link else None


def consume(token: str) -> User | None:
    """Use the link up and give its user. Of two requests at the same time one gets None."""
    user = user_of(token)
    if user is None or not _usable(token).update(used_at=timezone.now()):
        return None
    return user


def _usable(token: str) -> QuerySet[SignInLink]:
    return SignInLink.objects.filter(
        token_sha256=_sha256(token), used_at__isnull=True, expires_at__gt=timezone.now(), user__is_active=True
    )

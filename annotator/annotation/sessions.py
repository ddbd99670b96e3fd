"""What happens to a session once it exists: started, renewed, finished, skipped. Each may be repeated.

Every act carries the lease's token. A lease that lapsed but that nobody took is still its owner's to renew. Finishing
and skipping work even after somebody took it: the work was done, and the image is not to be given out again.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from annotator.accounts.models import User
from annotator.accounts.permissions import visible
from annotator.annotation.assignment import LEASE_SECONDS, LEASED, activate
from annotator.annotation.models import AnnotationSession, Mask, SessionState
from annotator.images import crops
from annotator.lib.errors import Conflict, NotFound

UNFINISHED = (*LEASED, SessionState.RELEASED)


def lease_lost() -> Conflict:
    return Conflict(
        "lease_lost", "This image went back to the pool. What you accepted is saved: ask for the next image."
    )


def session_for(user: User, session_id: int, *, lease_token: UUID | None = None) -> AnnotationSession:
    """One's own session in a project one still belongs to. NotFound to others, lease_lost with another token."""
    session = (
        AnnotationSession.objects.select_related("image", "model_version", "project")
        .filter(visible(user), pk=session_id, annotator=user)
        .first()
    )
    if session is None:
        raise NotFound("There is no such session of yours. Ask for the next image.")
    if lease_token is not None and session.lease_token != lease_token:
        raise lease_lost()
    return session


def masks_at_hand(session: AnnotationSession) -> QuerySet[Mask]:
    """The masks of the session's image that its annotator may see and change, deleted ones included.

    Where several people annotate each image, they do it without seeing each other's.
    """
    masks = Mask.objects.filter(image_id=session.image_id)
    return masks if session.project.annotators_per_image == 1 else masks.filter(annotator_id=session.annotator_id)


def start(session: AnnotationSession, *, now: datetime | None = None) -> None:
    """Reserved → active; nothing if it is active. Raises Conflict when the lease was taken or the session ended."""
    if session.state == SessionState.ACTIVE or activate(session, now=now or timezone.now()):
        return
    session.refresh_from_db()
    if session.state == SessionState.RELEASED:
        raise lease_lost()
    if session.state != SessionState.ACTIVE:
        raise _ended(session)


def renew(session: AnnotationSession, *, now: datetime | None = None) -> int:
    """Prolongs this lease and one's reserved ones in the project. Returns the seconds it lasts."""
    now = now or timezone.now()
    until = now + timedelta(seconds=LEASE_SECONDS)
    held = AnnotationSession.objects.filter(pk=session.pk, state__in=LEASED).update(lease_expires_at=until)
    AnnotationSession.objects.filter(
        annotator_id=session.annotator_id, project_id=session.project_id, state=SessionState.RESERVED
    ).update(lease_expires_at=until)
    if not held:
        session.refresh_from_db(fields=["state"])
        check_leased(session)
    return LEASE_SECONDS


def check_leased(session: AnnotationSession) -> None:
    """Raises Conflict when somebody else may have the image by now, or its work has ended."""
    if session.state not in LEASED:
        raise lease_lost() if session.state == SessionState.RELEASED else _ended(session)


def finish(session: AnnotationSession, *, now: datetime | None = None) -> None:
    _end(session, SessionState.FINISHED, now=now)


def skip(session: AnnotationSession, *, reason: str, note: str = "", now: datetime | None = None) -> None:
    _end(session, SessionState.SKIPPED, now=now, skip_reason=reason, skip_note=note)


def _end(session: AnnotationSession, state: SessionState, *, now: datetime | None, **values: Any) -> None:
    """Ends the session once; a repetition changes nothing, another ending is refused."""
    values |= {"state": state, "ended_at": now or timezone.now()}
    if AnnotationSession.objects.filter(pk=session.pk, state__in=UNFINISHED).update(**values):
        for name, value in values.items():
            setattr(session, name, value)
        if session.project.annotators_per_image == 1:
            crops.forget_of(session.image)
        return
    session.refresh_from_db()
    if session.state != state:
        raise _ended(session)


def _ended(session: AnnotationSession) -> Conflict:
    return Conflict("session_ended", f"This image was {session.state} already. Ask for the next image.")

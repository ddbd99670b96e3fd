"""Who annotates which image: leases on images, taken in one statement, by the server's clock.

- Images are given in the order of their upload, and only once their embedding for the active model version is done. The
  session pins that version: a new active model changes nothing for an image that is already in someone's hands.
- An image is never leased to two people, unless the project asks for more annotators per image. Then as many different
  people get it, at once or one after the other, and none of them twice.
- A lease lasts two minutes and is renewed while the page lives; a lapsed one is freed by whoever asks next, in the same
  transaction, so a dead tab needs no clean-up job. Until then its owner may still renew it.
- An image that as many people finished or skipped is given to nobody again: a skip is a person's word on it, too.
- Up to two images are reserved ahead for one annotator, so that the next ones can be fetched before they are needed;
  the second one only while there is an image for every member besides, lest at the end of a project some hoard what
  others wait for.
"""

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from django.db import connection, transaction
from django.db.models import Count, Exists, F, IntegerField, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from annotator.accounts.models import Project, User
from annotator.annotation.models import AnnotationSession, SessionState
from annotator.images.models import Image, ImageEmbedding
from annotator.lib.jobs import JobState
from annotator.model_registry.models import ModelState

LEASE_SECONDS = 120
MAX_RESERVED = 2
LEASED = (SessionState.RESERVED, SessionState.ACTIVE)
ENDED = (SessionState.FINISHED, SessionState.SKIPPED)
TAKEN = (*LEASED, *ENDED)
_TRIES = 50


NoSessionReason = Literal["no_images", "encoding", "all_done"]


@dataclass(frozen=True)
class Assignment:
    """A session, or the reason why there is none; neither when enough is reserved."""

    session: AnnotationSession | None
    reason: NoSessionReason | None = None


def ask(
    *,
    annotator: User,
    project: Project,
    reserve: bool = False,
    known: Collection[int] = (),
    now: datetime | None = None,
) -> Assignment:
    """The session to work on: one's active one, else a reserved one made active, else a new lease.

    With `reserve`, one more image ahead: a reserved one that the page does not know (`known` holds the ids of those it
    does), else a new lease as long as fewer than two are reserved.
    """
    now = now or timezone.now()
    with transaction.atomic():
        # One ask at a time per project. Each frees, renews and takes several leases: two at once could wait for each
        # other in a circle. And two tabs of one person would both pass the check and exceed what one may hold.
        # On SQLite the transaction's beginning has seen to that.
        if connection.features.has_select_for_update:
            Project.objects.select_for_update(no_key=True).values_list("pk").get(pk=project.pk)
        free_lapsed(project=project, keep_for=annotator, now=now)
        mine = list(AnnotationSession.objects.filter(annotator=annotator, project=project, state__in=LEASED))
        for session in mine:
            session.project = project  # known: not to be read again
        reserved = sorted((one for one in mine if one.state == SessionState.RESERVED), key=lambda one: one.image_id)
        if reserve:
            for session in reserved:
                if session.pk not in known and _renew(session, now=now):
                    return Assignment(session)
            if len(reserved) >= MAX_RESERVED or (reserved and not _enough_for_all(project, annotator)):
                return Assignment(None)
        else:
            active = [one for one in mine if one.state == SessionState.ACTIVE]
            resumed = _resume(active, reserved, now=now)
            if resumed is not None:
                return Assignment(resumed)
        state = SessionState.RESERVED if reserve else SessionState.ACTIVE
        taken = _take(annotator=annotator, project=project, state=state, now=now)
        return Assignment(taken, None if taken else _why_none(project, annotator))


def free_lapsed(*, project: Project, keep_for: User, now: datetime) -> int:
    """Ends leases that ran out, except one's own: those are renewed by asking. Returns how many."""
    lapsed = (
        AnnotationSession.objects.select_for_update(skip_locked=True)  # locked: being freed, renewed or ended right now
        .filter(project=project, state__in=LEASED, lease_expires_at__lt=now)
        .exclude(annotator=keep_for)
    )
    return AnnotationSession.objects.filter(pk__in=lapsed.values("pk")).update(
        state=SessionState.RELEASED, ended_at=now
    )


def _resume(
    active: list[AnnotationSession], reserved: list[AnnotationSession], *, now: datetime
) -> AnnotationSession | None:
    """The newest active session, else the first reserved one, made active. The token stays, since the browser's outbox
    may hold masks that carry it."""
    for session in sorted(active, key=lambda one: (one.started_at or one.created_at, one.pk), reverse=True):
        if _renew(session, now=now):
            return session
    return next((session for session in reserved if activate(session, now=now)), None)


def activate(session: AnnotationSession, *, now: datetime) -> bool:
    """Reserved → active. False when the lease was freed meanwhile."""
    return _update(
        session,
        from_states=(SessionState.RESERVED,),
        state=SessionState.ACTIVE,
        started_at=now,
        lease_expires_at=now + timedelta(seconds=LEASE_SECONDS),
    )


def _renew(session: AnnotationSession, *, now: datetime) -> bool:
    return _update(session, from_states=LEASED, lease_expires_at=now + timedelta(seconds=LEASE_SECONDS))


def _update(session: AnnotationSession, *, from_states: Collection[str], **values) -> bool:
    """Changes the row if it is in one of these states still, and the object with it."""
    changed = AnnotationSession.objects.filter(pk=session.pk, state__in=from_states).update(**values)
    if changed:
        for name, value in values.items():
            setattr(session, name, value)
    return bool(changed)


def _take(*, annotator: User, project: Project, state: SessionState, now: datetime) -> AnnotationSession | None:
    """A new lease on the first free image, or None when there is none.

    Two asks at once: the second skips the image that the first has locked. Should it have looked before the first
    committed and locked after, it runs into `one_lease_per_place` and looks again.
    """
    for attempt in range(_TRIES):
        # Every other look waits for a locked image instead of skipping it: its lease may come to nothing.
        session = _insert(annotator=annotator, project=project, state=state, now=now, wait=attempt % 2 == 1)
        if session is None:
            if not free_images(project, annotator).exists():
                return None
            continue
        # Leases before ours may have begun and ended between our look and our lock.
        others = AnnotationSession.objects.filter(image_id=session.image_id, state__in=TAKEN).exclude(pk=session.pk)
        people = set(others.values_list("annotator_id", flat=True))
        if annotator.pk not in people and len(people) < project.annotators_per_image:
            return session
        session.delete()
    raise RuntimeError(f"no lease after {_TRIES} looks at project {project.pk}")


def _insert(
    *, annotator: User, project: Project, state: SessionState, now: datetime, wait: bool
) -> AnnotationSession | None:
    """The one statement that finds, locks and leases an image. None when it found none or lost the race for it."""
    fields = {
        "annotator_id": annotator.pk,
        "state": state.value,
        "lease_token": uuid.uuid4(),
        "lease_expires_at": now + timedelta(seconds=LEASE_SECONDS),
        "created_at": now,
        "started_at": now if state == SessionState.ACTIVE else None,
        "ended_at": None,
        "skip_reason": "",
        "skip_note": "",
        "active_ms": 0,
        "claimed_active_ms": 0,
    }
    by_name = {field.attname: field for field in AnnotationSession._meta.concrete_fields}
    columns = [str(by_name[name].column) for name in fields]
    values = [by_name[name].get_db_prep_save(value, connection) for name, value in fields.items()]
    candidates, parameters = (
        free_images(project, annotator)
        .order_by("pk")
        .annotate(wanted_image=F("pk"))
        .values_list("project_id", "wanted_image", "embeddings__model_version_id")[:1]
        .query.sql_with_params()
    )
    # SQLite needs no row lock: its transactions begin IMMEDIATE, one writer at a time.
    lock = ""
    if connection.vendor == "postgresql":
        # NO KEY: saving a mask or an embedding of the image holds a key share lock, and must not hide it from us.
        lock = f'FOR NO KEY UPDATE OF "{Image._meta.db_table}"' + ("" if wait else " SKIP LOCKED")
    table = f'"{AnnotationSession._meta.db_table}"'
    places = ", ".join(f"({place})" for place in range(project.annotators_per_image))
    # The least place that nobody holds. Both databases name the column of a list of values so.
    free_place = f"""
        SELECT MIN(column1) FROM (VALUES {places}) AS places
        WHERE column1 NOT IN (SELECT place FROM {table} WHERE image_id = candidate.wanted_image AND state IN (%s, %s))
    """
    sql = f"""
        INSERT INTO {table} (project_id, image_id, model_version_id, place, {", ".join(columns)})
        SELECT candidate.*, ({free_place}), {", ".join(["%s"] * len(columns))}
        FROM ({candidates} {lock}) AS candidate WHERE true
        ON CONFLICT DO NOTHING
        RETURNING id, image_id, model_version_id, place
    """
    with connection.cursor() as cursor:
        cursor.execute(sql, [*(state.value for state in LEASED), *values, *parameters])
        found = cursor.fetchone()
    if found is None:
        return None
    given = zip(("id", "image_id", "model_version_id", "place"), found, strict=True)
    session = AnnotationSession(**dict(given), **fields)
    session.project = project
    session._state.adding = False  # as if it had been read
    return session


def free_images(project: Project, annotator: User, *, active_model_only: bool = True) -> QuerySet[Image]:
    """Images for which this person is wanted still: fewer people than the project asks for hold, finished or skipped
    them, and this one did not. Encoded by the active model version, unless that is left out."""
    taken = AnnotationSession.objects.filter(image=OuterRef("pk"), state__in=TAKEN)
    images = Image.objects.filter(project=project)
    if project.annotators_per_image == 1:
        images = images.filter(~Exists(taken))
    else:
        images = images.alias(people=people_of(taken)).filter(
            ~Exists(taken.filter(annotator=annotator)), people__lt=project.annotators_per_image
        )
    if not active_model_only:
        return images
    return images.filter(embeddings__state=JobState.DONE, embeddings__model_version__state=ModelState.ACTIVE)


def people_of(sessions: QuerySet[AnnotationSession]) -> Coalesce:
    """How many different people have these sessions of one image: for a query of images."""
    per_image = sessions.order_by().values("image").annotate(people=Count("annotator", distinct=True)).values("people")
    return Coalesce(Subquery(per_image, output_field=IntegerField()), 0)


def _enough_for_all(project: Project, annotator: User) -> bool:
    members = project.memberships.count()
    return free_images(project, annotator)[: members + 1].count() > members


def _why_none(project: Project, annotator: User) -> NoSessionReason:
    if not Image.objects.filter(project=project).exists():
        return "no_images"
    # No row for the active model yet is as good as queued: the worker makes one.
    failed = ImageEmbedding.objects.filter(
        image=OuterRef("pk"), model_version__state=ModelState.ACTIVE, state=JobState.FAILED
    )
    waiting = free_images(project, annotator, active_model_only=False).filter(~Exists(failed))
    return "encoding" if waiting.exists() else "all_done"

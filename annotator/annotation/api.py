"""What the annotate page asks: the next image, its lease, its masks, its clock."""

from typing import cast
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Status

from annotator.accounts.models import User
from annotator.accounts.permissions import project_for
from annotator.annotation import assignment, events, saving, sessions
from annotator.annotation.schemas import (
    AnswerOut,
    AskIn,
    DeleteIn,
    EventsIn,
    EventsOut,
    LeaseIn,
    MaskIn,
    MaskOut,
    Ok,
    Renewed,
    SessionOut,
    SkipIn,
)
from annotator.annotation.session_out import mask_out, session_out
from annotator.lib.http import Id

router = Router(tags=["annotation"])


def _user(request: HttpRequest) -> User:
    return cast(User, request.user)


@router.post("/projects/{project_id}/sessions", response=AnswerOut, url_name="session_create")
def create_session(request: HttpRequest, project_id: Id, body: AskIn) -> AnswerOut:
    """The session to work on, or one more reserved ahead."""
    user = _user(request)
    project = project_for(user, project_id)
    given = assignment.ask(annotator=user, project=project, reserve=body.reserve, known=body.known)
    return AnswerOut(session=session_out(given.session) if given.session else None, reason=given.reason)


@router.get("/sessions/{session_id}", response=SessionOut, url_name="session_detail")
def get_session(request: HttpRequest, session_id: Id) -> SessionOut:
    return session_out(sessions.session_for(_user(request), session_id))


@router.post("/sessions/{session_id}/start", response=SessionOut, url_name="session_start")
def start_session(request: HttpRequest, session_id: Id, body: LeaseIn) -> SessionOut:
    session = sessions.session_for(_user(request), session_id, lease_token=body.lease_token)
    sessions.start(session)
    return session_out(session)


@router.post("/sessions/{session_id}/renew", response=Renewed, url_name="session_renew")
def renew_session(request: HttpRequest, session_id: Id, body: LeaseIn) -> Renewed:
    session = sessions.session_for(_user(request), session_id, lease_token=body.lease_token)
    return Renewed(lease_seconds=sessions.renew(session))


@router.post("/sessions/{session_id}/finish", response=Ok, url_name="session_finish")
def finish_session(request: HttpRequest, session_id: Id, body: LeaseIn) -> Ok:
    sessions.finish(sessions.session_for(_user(request), session_id, lease_token=body.lease_token))
    return Ok()


@router.post("/sessions/{session_id}/skip", response=Ok, url_name="session_skip")
def skip_session(request: HttpRequest, session_id: Id, body: SkipIn) -> Ok:
    session = sessions.session_for(_user(request), session_id, lease_token=body.lease_token)
    sessions.skip(session, reason=body.reason, note=body.note)
    return Ok()


@router.put("/masks/{uuid:mask_id}", response={200: MaskOut, 201: MaskOut}, url_name="mask_save")
def save_mask(request: HttpRequest, mask_id: UUID, body: MaskIn) -> Status:
    mask, created = saving.save_mask(annotator=_user(request), mask_id=mask_id, sent=body)
    return Status(201 if created else 200, mask_out(mask, mask.image))


@router.post("/masks/{uuid:mask_id}/delete", response=Ok, url_name="mask_delete")
def delete_mask(request: HttpRequest, mask_id: UUID, body: DeleteIn) -> Ok:
    saving.delete_mask(
        annotator=_user(request), mask_id=mask_id, session_id=body.session_id, lease_token=body.lease_token
    )
    return Ok()


@router.post("/events", response=EventsOut, url_name="event_store")
def store_events(request: HttpRequest, body: EventsIn) -> EventsOut:
    done = events.store_events(annotator=_user(request), sent=body.events)
    return EventsOut(stored=done.stored, known=done.known, refused=done.refused)

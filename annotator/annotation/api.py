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
    CropIn,
    CropOut,
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
from annotator.annotation.session_out import crop_out, mask_out, session_out
from annotator.images import crops
from annotator.images.models import CropEmbedding
from annotator.lib.errors import NotFound
from annotator.lib.http import Id
from sam_core.crops import CropBox

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


@router.post("/sessions/{session_id}/crops", response={200: CropOut, 201: CropOut}, url_name="crop_create")
def create_crop(request: HttpRequest, session_id: Id, body: CropIn) -> Status:
    """The embedding of a part of the session's image: the one that holds the view, or the one that a mask was decoded
    in. Asked for twice, it is the same one."""
    user = _user(request)
    session = sessions.session_for(user, session_id, lease_token=body.lease_token)
    sessions.check_leased(session)
    image = session.image
    box = crops.box_around(CropBox(*body.view), image) if body.view else CropBox(*body.crop_box or ())
    crop, created = crops.crop_for(image=image, model_version=session.model_version, user=user, box=box)
    return Status(201 if created else 200, crop_out(crop))


@router.get("/sessions/{session_id}/crops/{crop_id}", response=CropOut, url_name="crop_detail")
def get_crop(request: HttpRequest, session_id: Id, crop_id: Id) -> CropOut:
    session = sessions.session_for(_user(request), session_id)
    of_session = CropEmbedding.objects.filter(image_id=session.image_id, model_version_id=session.model_version_id)
    crop = of_session.filter(pk=crop_id).first()
    if crop is None:
        raise NotFound("This part of the image is not encoded any more. Ask for it again.")
    return crop_out(crop)


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

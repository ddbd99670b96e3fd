"""What crosses between the browser and annotation, strictly typed. In TypeScript: frontend/src/protocol/api.ts."""

import json
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, model_validator

from annotator.annotation.assignment import NoSessionReason
from annotator.lib.http import MAX_ID, Body
from sam_core.masks.rle import MAX_PIXELS

MAX_COUNTS_CHARACTERS = 8_000_000
MAX_POINTS = 1_000
MAX_EVENTS = 500
MAX_EVENT_DATA_CHARACTERS = 4_000
MAX_INT = 2**31 - 1


def _storable(value: Any) -> Any:
    """Refuses what JSON readers take and databases do not: NaN, infinity, the NUL character, half a surrogate pair."""
    try:
        text = json.dumps(value, allow_nan=False, ensure_ascii=False)
        text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("holds half a character") from error
    except ValueError as error:
        raise ValueError("holds a number that is not finite") from error
    if "\\u0000" in text.replace("\\\\", ""):  # less the backslashes that are text
        raise ValueError("holds a NUL character")
    return value


def _short(value: Any) -> Any:
    if len(json.dumps(value)) > MAX_EVENT_DATA_CHARACTERS:
        raise ValueError(f"is longer than {MAX_EVENT_DATA_CHARACTERS} characters")
    return value


# JSON has no UUIDs: strict about everything else, these are read from their text.
Uuid = Annotated[UUID, Field(strict=False)]
RowId = Annotated[int, Field(ge=1, le=MAX_ID)]
Whole = Annotated[int, Field(ge=0, le=MAX_INT)]
Pixels = Annotated[int, Field(ge=0, le=MAX_PIXELS)]
Rectangle = Annotated[list[Pixels], Field(min_length=4, max_length=4)]
Finite = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(allow_inf_nan=False, ge=-1, le=2)]  # a predicted IoU may leave 0 to 1 a little
Text = Annotated[str, Field(max_length=2_000), AfterValidator(_storable)]


class AskIn(Body):
    reserve: bool = False
    known: list[RowId] = Field(default=[], max_length=20)  # ids of reserved sessions that the page holds already


class LeaseIn(Body):
    lease_token: Uuid


class SkipIn(LeaseIn):
    reason: Literal["unclear", "low_quality", "inappropriate", "time_limit", "other"]
    note: Text = ""


class CropIn(LeaseIn):
    """view: [x, y, width, height], the image's pixels that are in sight. In its place crop_box, the very part that a
    mask was decoded in."""

    view: Rectangle | None = None
    crop_box: Rectangle | None = None

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if (self.view is None) == (self.crop_box is None):
            raise ValueError("give either view or crop_box")
        return self


class DeleteIn(LeaseIn):
    session_id: RowId


def _is_point(point: list[float]) -> list[float]:
    if point[2] not in (0, 1):
        raise ValueError("a point label is 0 (background) or 1 (foreground)")
    return point


Point = Annotated[list[Finite], Field(min_length=3, max_length=3), AfterValidator(_is_point)]
Box = Annotated[list[Finite], Field(min_length=4, max_length=4)]


class Prompts(Body):
    """Points [x, y, label] and a box [x0, y0, x1, y1], in image pixels. The decoder learns of the box first, then of
    the points in their order, each time with the mask before. `first_token` is the candidate chosen for the first mask:
    without it the others could not be made again. `crop_box` [x, y, width, height] is the part of the image whose own
    embedding they were decoded with, null for the whole image's."""

    points: list[Point] = Field(max_length=MAX_POINTS)
    box: Box | None
    first_token: Annotated[int, Field(ge=1, le=3)] | None = None
    crop_box: Rectangle | None = None


class MaskIn(LeaseIn):
    session_id: RowId
    image_sha256: Annotated[str, Field(max_length=64)]
    model_version: Annotated[str, Field(max_length=80)]
    size: Annotated[list[Pixels], Field(min_length=2, max_length=2)]
    counts: Annotated[str, Field(max_length=MAX_COUNTS_CHARACTERS)]
    prompts: Prompts
    chosen_token: Annotated[int, Field(ge=0, le=3)] | None
    predicted_iou: Share | None
    stability_score: Share | None
    brush_pixels_added: Whole
    brush_pixels_removed: Whole
    active_ms: Whole
    time_limit_outcome: Literal["within", "kept", "dropped", "extended", "ignored"]
    replaces: Uuid | None


EventKind = Literal[
    "session_shown",
    "activity",
    "mask_started",
    "prompt",
    "stroke",
    "undo",
    "redo",
    "decode",
    "mask_accepted",
    "mask_dropped",
    "mask_deleted",
    "time_limit_reached",
    "time_limit_answer",
    "skip",
    "finish",
]


class EventIn(Body):
    id: Uuid
    session_id: RowId
    page_id: Uuid
    sequence: Whole
    kind: EventKind
    monotonic_ms: Annotated[float, Field(allow_inf_nan=False, ge=0, le=1e12)]
    mask_id: Uuid | None
    data: Annotated[dict[str, Any], AfterValidator(_storable), AfterValidator(_short)]


class EventsIn(Body):
    events: list[EventIn] = Field(max_length=MAX_EVENTS)


class EventsOut(BaseModel):
    stored: int
    known: int
    refused: int  # of sessions that are not (or no longer) this person's: never stored, so there is no use in repeating


class Ok(BaseModel):
    ok: Literal[True] = True


class Renewed(BaseModel):
    lease_seconds: int


class MaskOut(BaseModel):
    id: UUID
    image_id: int
    annotator: str
    size: tuple[int, int]
    counts: str
    bbox: tuple[int, int, int, int]
    area: int
    prompts: dict[str, Any]
    chosen_token: int | None
    predicted_iou: float | None
    stability_score: float | None
    brush_pixels_added: int
    brush_pixels_removed: int
    active_ms: int
    time_limit_outcome: str
    replaces: UUID | None
    created_at: datetime


class SessionImage(BaseModel):
    id: int
    sha256: str
    file_name: str
    width: int
    height: int
    display_url: str
    thumbnail_url: str


class SessionModel(BaseModel):
    version: str
    manifest_url: str
    manifest_sha256: str


class SessionEmbedding(BaseModel):
    id: int
    state: str
    url: str | None
    sha256: str | None
    bytes: int


class CropOut(BaseModel):
    """A part of the image that is encoded by itself; crop_box: [x, y, width, height] of it."""

    id: int
    crop_box: tuple[int, int, int, int]
    state: str
    reason: str
    url: str | None
    sha256: str | None


class TimeLimitOut(BaseModel):
    policy: str
    seconds: int
    max_extensions: int


class SessionOut(BaseModel):
    id: int
    state: str
    lease_token: UUID
    lease_seconds: int
    project_id: int
    image: SessionImage
    model: SessionModel
    embedding: SessionEmbedding
    time_limit: TimeLimitOut
    idle_seconds: int
    masks: list[MaskOut]


class AnswerOut(BaseModel):
    session: SessionOut | None
    reason: NoSessionReason | None

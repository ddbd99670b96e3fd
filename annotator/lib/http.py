"""Types that API routes share."""

from typing import Annotated

from ninja import Path
from pydantic import BaseModel, ConfigDict

MAX_ID = 2**63 - 1
Id = Annotated[int, Path(ge=1, le=MAX_ID)]
"""An integer id in an address: what the database can hold, so that a silly number is 422 and not a crash."""


class Body(BaseModel):
    """A request's JSON: unknown names and wrong types are refused."""

    model_config = ConfigDict(extra="forbid", strict=True)

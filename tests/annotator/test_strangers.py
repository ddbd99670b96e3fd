"""Of another project nothing can be read or changed, whatever the route: every API operation is tried."""

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from annotator.accounts.models import Project, Role, User
from annotator.accounts.permissions import RULES, api_operations
from annotator.annotation.models import AnnotationSession, Mask
from annotator.datasets.models import Export
from tests.annotator.making import make_crop, make_image, make_model

SCOPED = sorted((key, name) for key, name in api_operations().items() if RULES[name].scope)


@pytest.fixture
def ids(project: Project, colleague: User, owner: User) -> dict[str, Any]:
    """One thing of each kind in the project, by the name of the route's parameter."""
    model = make_model()
    image = make_image(project, model)
    session = AnnotationSession.objects.create(
        project=project,
        image=image,
        annotator=colleague,
        model_version=model,
        state="active",
        lease_expires_at="2100-01-01T00:00:00Z",
    )
    return {
        "project_id": project.pk,
        "image_id": image.pk,
        "embedding_id": image.embeddings.get().pk,
        "session_id": session.pk,
        "crop_id": make_crop(image, model, colleague).pk,
        "export_id": Export.objects.create(project=project, requested_by=owner).pk,
        "mask_id": uuid.uuid4(),
        "user_id": colleague.pk,
        "sha256": image.display_sha256,
    }


def _ask(client: Client, route: str, method: str, ids: dict[str, Any]) -> int:
    address = "/" + re.sub(r"\{(?:\w+:)?(\w+)\}", lambda match: str(ids[match[1]]), route)
    body = {} if method in ("GET", "DELETE") else {"data": "{}", "content_type": "application/json"}
    return getattr(client, method.lower())(address, **body).status_code


@pytest.mark.parametrize(("key", "name"), SCOPED, ids=[name for _, name in SCOPED])
def test_a_stranger_and_the_signed_out_get_nothing(
    key: tuple[str, str],
    name: str,
    as_user: Callable[[User], Client],
    make_user: Callable[..., User],
    stranger: User,
    ids: dict[str, Any],
) -> None:
    route, method = key
    assert _ask(Client(), route, method, ids) == 401
    # 422: the empty body was refused before the object was looked for, the same whether it exists or not
    allowed = {404} if method in ("GET", "DELETE") else {404, 422}
    assert _ask(as_user(stranger), route, method, ids) in allowed
    if RULES[name].at_least == Role.MANAGER:
        assert _ask(as_user(make_user("annotator elsewhere")), route, method, ids) == 403
    assert not Mask.objects.exists()

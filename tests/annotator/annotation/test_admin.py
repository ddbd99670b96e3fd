"""The admin's window on annotation: everything to be seen, nothing to be changed."""

import pytest

from annotator.annotation.models import Mask
from tests.annotator.making import draw, make_image, ring

pytestmark = pytest.mark.django_db
TABLES = [
    "annotation/annotationsession",
    "annotation/mask",
    "annotation/timingevent",
    "datasets/export",
    "model_registry/modelversion",
    "model_registry/modelimport",
]


@pytest.fixture
def window(as_user, admin):
    admin.is_staff = admin.is_superuser = True
    admin.save()
    return as_user(admin)


@pytest.mark.parametrize("table", TABLES)
def test_an_admin_sees_the_rows_and_adds_none(window, table, project, colleague):
    draw(make_image(project), colleague, ring())
    assert window.get(f"/admin/{table}/").status_code == 200
    assert window.get(f"/admin/{table}/add/").status_code == 403


def test_a_mask_cannot_be_changed_or_deleted_here(window, project, colleague):
    mask = draw(make_image(project), colleague, ring())
    page = f"/admin/annotation/mask/{mask.pk}"
    assert window.get(f"{page}/change/").status_code == 200
    assert window.post(f"{page}/change/", {"area": 1}).status_code == 403
    assert window.post(f"{page}/delete/", {"post": "yes"}).status_code == 403
    assert Mask.objects.get().area == mask.area


def test_a_lease_token_is_not_shown(window, project, colleague):
    session = draw(make_image(project), colleague, ring()).session
    shown = window.get(f"/admin/annotation/annotationsession/{session.pk}/change/").content.decode()
    assert str(session.lease_token) not in shown


@pytest.mark.parametrize("who", ["owner", "colleague"])
def test_others_do_not_get_in(as_user, request, who):
    assert as_user(request.getfixturevalue(who)).get("/admin/annotation/mask/").status_code in (302, 403)

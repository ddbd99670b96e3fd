"""A hint reaches the open pages of its project, in order, and nobody else."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from channels.db import database_sync_to_async
from django.conf import settings as django_settings
from django.db import transaction
from django.test import Client
from django.utils import timezone
from pytest_django import Settings

from annotator.accounts import hints, sockets
from annotator.accounts.hint_relay import relay
from annotator.accounts.models import Hint, Membership, Project, User
from tests.annotator.socket_client import Socket

pytestmark = pytest.mark.django_db(transaction=True)
publish = database_sync_to_async(hints.publish)


def _signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _socket(client: Client, project: Project, origin: str = "http://localhost") -> Socket:
    return Socket(client, f"/ws/projects/{project.pk}/", origin)


@contextlib.asynccontextmanager
async def _open(user: User, project: Project) -> AsyncIterator[Socket]:
    socket = _socket(await database_sync_to_async(_signed_in)(user), project)
    assert await socket.connect()
    try:
        yield socket
    finally:
        await socket.disconnect()


@pytest.fixture
async def relaying() -> AsyncIterator[None]:
    """What the web process's lifespan runs when there is no Redis."""
    if not django_settings.EMBEDDED_HINTS:
        yield
        return
    task = asyncio.create_task(relay())
    await asyncio.sleep(0.2)
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_an_open_page_hears_what_happens(relaying: None, colleague: User, project: Project) -> None:
    async with _open(colleague, project) as socket:
        assert await socket.receive_json() == {"type": "hello", "sequence": 0}
        first = await publish(project.pk, "image_added", image_id=7)
        second = await publish(project.pk, "mask_saved", image_id=7)
        heard = [await socket.receive_json() for _ in range(2)]
    assert heard == [
        {"type": "hint", "sequence": first.pk, "kind": "image_added", "payload": {"image_id": 7}},
        {"type": "hint", "sequence": second.pk, "kind": "mask_saved", "payload": {"image_id": 7}},
    ]


async def test_hello_tells_where_to_go_on(colleague: User, project: Project) -> None:
    hint = await publish(project.pk, "image_added", image_id=7)
    async with _open(colleague, project) as socket:
        assert await socket.receive_json() == {"type": "hello", "sequence": hint.pk}


async def test_another_project_is_not_heard(relaying: None, colleague: User, project: Project, owner: User) -> None:
    other = await database_sync_to_async(Project.objects.create)(name="Other", created_by=owner)
    async with _open(colleague, project) as socket:
        await socket.receive_json()
        await publish(other.pk, "image_added", image_id=7)
        assert await socket.receive_nothing(0.3)


async def test_strangers_and_the_signed_out_are_refused(stranger: User, project: Project) -> None:
    for client in (await database_sync_to_async(_signed_in)(stranger), Client()):
        assert not await _socket(client, project).connect()


async def test_a_page_of_another_site_is_refused(colleague: User, project: Project) -> None:
    client = await database_sync_to_async(_signed_in)(colleague)
    assert not await _socket(client, project, origin="http://evil.example").connect()


async def test_a_ping_is_answered_and_nonsense_is_an_error(colleague: User, project: Project) -> None:
    async with _open(colleague, project) as socket:
        await socket.receive_json()
        await socket.send_text('{"type": "ping"}')
        assert await socket.receive_json() == {"type": "pong"}
        for nonsense in ("{", "[]", '{"type": 7}', '{"type": "delete_everything"}', "null"):
            await socket.send_text(nonsense)
            assert (await socket.receive_json())["error"]["code"] == "unknown_message"


async def test_a_removed_member_hears_no_more(
    relaying: None, colleague: User, project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sockets, "RECHECK_SECONDS", 0.0)
    async with _open(colleague, project) as socket:
        await socket.receive_json()
        await database_sync_to_async(Membership.objects.filter(user=colleague).delete)()
        await publish(project.pk, "image_added", image_id=7)
        assert await socket.receive_close() == sockets.NOT_ALLOWED


async def test_signing_out_ends_the_conversation(colleague: User, project: Project) -> None:
    client = await database_sync_to_async(_signed_in)(colleague)
    socket = _socket(client, project)
    await socket.connect()
    await socket.receive_json()
    await database_sync_to_async(client.logout)()
    await socket.send_text('{"type": "ping"}')
    assert await socket.receive_close() == sockets.NOT_ALLOWED


def test_what_is_rolled_back_is_not_told(project: Project) -> None:
    with transaction.atomic():
        hints.publish(project.pk, "mask_saved", image_id=7)
        transaction.set_rollback(True)
    assert hints.after(0, project.pk) == []


def test_an_unknown_kind_is_a_mistake(project: Project) -> None:
    with pytest.raises(ValueError, match="not a kind of hint"):
        hints.publish(project.pk, "anything")


def test_without_redis_answering_a_save_still_succeeds(project: Project, settings: Settings) -> None:
    settings.EMBEDDED_HINTS = False
    settings.CHANNEL_LAYERS = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {"hosts": ["redis://127.0.0.1:1/0"]},
        }
    }
    hint = hints.publish(project.pk, "mask_saved", image_id=7)
    assert [row.pk for row in hints.after(0, project.pk)] == [hint.pk]


@pytest.mark.django_db
def test_old_hints_are_pruned_and_a_project_s_newest_stays(
    project: Project, owner: User, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hints, "PRUNED_AT_ONCE", 2)
    quiet = Project.objects.create(name="Quiet", created_by=owner)
    old = [hints.publish(place.pk, "image_added", image_id=n).pk for place in (project, quiet) for n in range(5)]
    long_ago = timezone.now() - timedelta(seconds=settings.SESSION_COOKIE_AGE + 1)
    Hint.objects.update(created_at=long_ago)
    fresh = [hints.publish(project.pk, "image_added", image_id=n).pk for n in range(3)]
    assert hints.prune() == 9
    assert list(Hint.objects.order_by("pk").values_list("pk", flat=True)) == [old[-1], *fresh]
    assert hints.prune() == 0
    assert (hints.latest_sequence(quiet.pk), hints.latest_sequence(project.pk)) == (old[-1], fresh[-1])

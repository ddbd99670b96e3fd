"""Photos and zips come in one by one, each accepted or refused with a reason."""

import threading
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_django import Settings

from annotator.accounts import hints
from annotator.accounts.models import Project, User
from annotator.images.ingest import ingest
from annotator.images.models import Image, ImageEmbedding
from annotator.lib import storage
from annotator.model_registry.models import ModelVersion
from tests.annotator.images import pictures

Upload = Callable[..., Any]


def _names(answer: Any) -> list[str]:
    return [image["file_name"] for image in answer.json()["accepted"]]


def _refused(answer: Any) -> dict[str, str]:
    return {refused["file_name"]: refused["code"] for refused in answer.json()["refused"]}


def test_a_photo_goes_in_and_waits_for_its_embedding(upload: Upload, model: ModelVersion, project: Project) -> None:
    data = pictures.jpeg()
    answer = upload(data, "crossing.jpg")
    assert answer.status_code == 200, answer.content
    (shown,) = answer.json()["accepted"]
    image = Image.objects.get()
    assert shown == {
        "id": image.pk,
        "file_name": "crossing.jpg",
        "width": 60,
        "height": 40,
        "bytes": len(data),
        "state": "queued",
        "reason": "",
        "encode_ms": None,
        "masks": 0,
        "thumbnail_url": f"/api/images/{image.pk}/thumbnail/{image.thumbnail_sha256}",
        "display_url": f"/api/images/{image.pk}/display/{image.display_sha256}",
        "created_at": shown["created_at"],
    }
    assert storage.read(image.sha256) == data
    assert ImageEmbedding.objects.get(image=image).model_version == model
    (hint,) = hints.after(0, project.pk)
    assert (hint.kind, hint.payload) == ("image_added", {"image_id": image.pk})


def test_before_any_model_is_active_photos_are_taken_all_the_same(upload: Upload) -> None:
    assert upload(pictures.jpeg()).json()["accepted"][0]["state"] == "queued"
    assert ImageEmbedding.objects.count() == 0


def test_annotators_and_strangers_may_not_upload(upload: Upload, colleague: User, stranger: User) -> None:
    assert upload(pictures.jpeg(), user=colleague).status_code == 403
    assert upload(pictures.jpeg(), user=stranger).status_code == 404
    assert Image.objects.count() == 0


def test_without_a_file_the_answer_says_so(as_user: Callable[[User], Client], owner: User, project: Project) -> None:
    answer = as_user(owner).post(f"/api/projects/{project.pk}/images", {})
    assert answer.status_code == 422
    assert "file" in answer.json()["error"]["fields"]


def test_the_same_photo_is_refused_and_named(upload: Upload) -> None:
    upload(pictures.jpeg(), "first.jpg")
    answer = upload(pictures.jpeg(), "second.jpg")
    assert answer.json()["accepted"] == []
    (refused,) = answer.json()["refused"]
    assert refused["code"] == "duplicate"
    assert "first.jpg" in refused["reason"]


def test_the_same_photo_may_be_in_two_projects(upload: Upload, owner: User, project: Project) -> None:
    other = Project.objects.create(name="Other", created_by=owner)
    upload(pictures.jpeg())
    Image.objects.update(project=other)
    assert _names(upload(pictures.jpeg())) == ["photo.jpg"]


def test_a_broken_photo_in_a_zip_does_not_keep_the_others_out(upload: Upload) -> None:
    whole = pictures.jpeg(400, 300)
    archive = pictures.zip_of(
        ("a.jpg", pictures.jpeg(50, 30)),
        ("cut.jpg", whole[: len(whole) // 2]),
        ("bomb.png", pictures.png_bomb()),
        ("notes.txt", b"not a photo"),
        ("inner.zip", pictures.zip_of(("b.jpg", pictures.jpeg()))),
        ("fake.jpg", pictures.encoded(pictures.gradient(), "PPM")),
        ("z.jpg", pictures.jpeg(70, 30)),
    )
    answer = upload(archive, "photos.zip")
    assert _names(answer) == ["a.jpg", "z.jpg"]
    assert _refused(answer) == {
        "cut.jpg": "damaged",
        "bomb.png": "too_many_pixels",
        "notes.txt": "not_a_photo",
        "inner.zip": "not_a_photo",
        "fake.jpg": "not_a_photo",
    }


def test_names_in_a_zip_never_become_paths(upload: Upload, tmp_path: Any) -> None:
    names = [
        "../../up.jpg",
        "/etc/absolute.jpg",
        "C:\\photos\\windows.jpg",
        "a/Same.JPG",
        "b/same.jpg",
        "same.jpg",
        "...",
    ]
    archive = pictures.zip_of(*((name, pictures.jpeg(50 + number, 30)) for number, name in enumerate(names)))
    answer = upload(archive, "photos.zip")
    assert _refused(answer) == {}
    assert _names(answer) == ["up.jpg", "absolute.jpg", "windows.jpg", "Same.JPG", "same.jpg", "same.jpg"]
    assert not (tmp_path.parent / "up.jpg").exists()


def test_a_name_may_be_long_or_strange(upload: Upload) -> None:
    archive = pictures.zip_of(("x" * 400 + ".jpg", pictures.jpeg()), ("a\u202e\u0007b é.jpg", pictures.jpeg(70, 30)))
    long, strange = _names(upload(archive))
    assert (len(long), long[-4:]) == (200, ".jpg")
    assert strange == "ab é.jpg"


def test_what_systems_leave_in_a_zip_is_not_mentioned(upload: Upload) -> None:
    archive = pictures.zip_of(("__MACOSX/._a.jpg", b"x"), ("a/.DS_Store", b"x"), ("Thumbs.db", b"x"), ("a/", b""))
    assert upload(archive).json() == {"accepted": [], "refused": []}


def test_a_zip_that_unpacks_to_much_is_refused_by_what_comes_out(upload: Upload, settings: Settings) -> None:
    settings.MAX_PHOTO_BYTES = 1024**2
    bomb = bytearray(pictures.zip_of(("bomb.jpg", bytes(50 * 1024**2)), ("a.jpg", pictures.jpeg())))
    assert len(bomb) < 60_000
    honest = upload(bytes(bomb), "bomb.zip")
    assert (_names(honest), _refused(honest)) == (["a.jpg"], {"bomb.jpg": "too_large"})
    size = (50 * 1024**2).to_bytes(4, "little")
    liar = bytes(bomb).replace(size, (1000).to_bytes(4, "little"))  # both headers claim 1000 bytes
    assert liar != bytes(bomb)
    assert _refused(upload(liar, "bomb.zip"))["bomb.jpg"] in ("damaged", "too_large")


def test_the_photos_of_a_zip_together_have_a_limit(upload: Upload, settings: Settings) -> None:
    photos = [(f"{number}.jpg", pictures.jpeg(100 + number, 80)) for number in range(3)]
    settings.MAX_UPLOAD_BYTES = sum(len(data) for _, data in photos[:2])
    answer = upload(pictures.zip_of(*photos))
    assert (_names(answer), _refused(answer)) == (["0.jpg", "1.jpg"], {"2.jpg": "too_large"})


def test_a_zip_with_too_many_files_is_refused_whole(upload: Upload, settings: Settings) -> None:
    settings.MAX_ZIP_PHOTOS = 2
    archive = pictures.zip_of(*((f"{number}.jpg", b"x") for number in range(3)))
    assert _refused(upload(archive, "many.zip")) == {"many.zip": "too_many_files"}


def test_damaged_locked_and_oddly_packed_zips_say_what_to_do(upload: Upload) -> None:
    archive = pictures.zip_of(("a.jpg", pictures.jpeg()))
    assert _refused(upload(archive[:-30], "cut.zip")) == {"cut.zip": "damaged_zip"}
    assert _refused(upload(b"PK\x03\x04", "tiny.zip")) == {"tiny.zip": "damaged_zip"}
    at = archive.index(b"\xff\xd8") if b"\xff\xd8" in archive else 50
    damaged = archive[: at + 5] + bytes(20) + archive[at + 25 :]
    assert _refused(upload(damaged, "bits.zip")) == {"a.jpg": "damaged"}
    locked = bytearray(archive)
    locked[archive.index(b"PK\x01\x02") + 8] |= 1
    assert _refused(upload(bytes(locked), "locked.zip")) == {"a.jpg": "encrypted"}
    odd = pictures.zip_of(("a.jpg", pictures.jpeg()), method=zipfile.ZIP_LZMA)
    assert _refused(upload(odd, "odd.zip")) == {"a.jpg": "zip_method"}


def test_a_photo_over_the_limit_is_refused(upload: Upload, settings: Settings) -> None:
    settings.MAX_PHOTO_BYTES = 500
    assert _refused(upload(pictures.jpeg(), "big.jpg")) == {"big.jpg": "too_large"}


def test_a_full_disk_is_said(upload: Upload, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Any) -> str:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(storage, "put_file", full)
    answer = upload(pictures.jpeg())
    assert answer.status_code == 507
    assert answer.json()["error"]["code"] == "disk_full"


def test_nothing_is_left_in_the_scratch_folder(upload: Upload, tmp_path: Any) -> None:
    upload(pictures.zip_of(("a.jpg", pictures.jpeg()), ("b.jpg", b"x")))
    assert list((tmp_path / "scratch").iterdir()) == []


@pytest.mark.django_db(transaction=True)
def test_the_same_photo_twice_at_the_same_time_goes_in_once(project: Project, owner: User, tmp_path: Any) -> None:
    path = tmp_path / "photo.jpg"
    path.write_bytes(pictures.jpeg())
    results: list[Any] = []
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait()
            results.append(ingest(project=project, user=owner, path=path, name="photo.jpg"))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(len(result.accepted) for result in results) == [0, 0, 1]
    assert [refused.code for result in results for refused in result.refused] == ["duplicate", "duplicate"]

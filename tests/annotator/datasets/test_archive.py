"""What is in the zip: bit-equal to what was drawn, named apart, complete in spite of a broken mask."""

import io
import json
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from django.utils import timezone
from PIL import Image as Pictures
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from annotator.accounts.models import Project
from annotator.datasets.archive import write_archive
from tests.annotator.making import draw, make_image, parts, ring, session_on

pytestmark = pytest.mark.django_db


@pytest.fixture
def write(tmp_path: Path, project: Project):
    """Writes the project's archive; returns it open, and its summary."""

    def written(name: str = "export.zip"):
        summary = write_archive(tmp_path / name, project=project)
        return zipfile.ZipFile(tmp_path / name), summary

    return written


def opened(archive: zipfile.ZipFile, tmp_path: Path) -> COCO:
    (tmp_path / "coco.json").write_bytes(archive.read("coco.json"))
    return COCO(str(tmp_path / "coco.json"))


def test_every_format_holds_the_very_pixels_that_were_drawn(write, tmp_path, project, colleague):
    drawn = [ring(), parts(), ~ring()]
    image = make_image(project, file_name="street.jpg")
    masks = [draw(image, colleague, mask) for mask in drawn]
    archive, summary = write()
    assert (summary.images, summary.masks, summary.problems) == (1, 3, [])
    assert archive.testzip() is None
    coco = opened(archive, tmp_path)
    released = json.loads(archive.read("sa1b/street.json"))
    for number, (mask, stored) in enumerate(zip(drawn, masks, strict=True), start=1):
        (annotation,) = coco.loadAnns([number])
        assert annotation["mask_id"] == str(stored.pk)
        assert annotation["annotator"] == stored.annotator.username
        assert np.array_equal(coco.annToMask(annotation), mask)
        assert np.array_equal(coco_mask.decode(released["annotations"][number - 1]["segmentation"]), mask)
        picture = Pictures.open(io.BytesIO(archive.read(f"masks/street/{number}.png")))
        assert np.array_equal(np.asarray(picture), mask * np.uint8(255))
    assert coco.loadImgs([image.pk])[0]["file_name"] == released["image"]["file_name"] == "street.jpg"


def test_the_readme_speaks_of_the_frame(write, project, colleague):
    draw(make_image(project), colleague, ring())
    text = write()[0].read("README.txt").decode()
    assert "1 masks on 1 images" in text
    assert "EXIF\norientation" in text


def test_deleted_masks_and_untouched_images_are_left_out_but_not_finished_ones(write, tmp_path, project, colleague):
    touched, empty, _untouched, skipped = (make_image(project) for _ in range(4))
    draw(touched, colleague, ring())
    draw(touched, colleague, parts(), deleted_at=timezone.now())
    session_on(empty, colleague)
    session_on(skipped, colleague, state="skipped")
    archive, summary = write()
    assert summary.masks == 1
    coco = opened(archive, tmp_path)
    assert coco.getImgIds() == [touched.pk, empty.pk]
    assert len(coco.getAnnIds()) == 1


def test_masks_of_other_projects_stay_there(write, project, owner, colleague):
    other = Project.objects.create(name="Other", created_by=owner)
    draw(make_image(other), colleague, ring())
    assert write()[1].masks == 0


def test_photos_of_one_name_do_not_overwrite_each_other(write, tmp_path, project, colleague):
    for name in ("a.jpg", "A.JPG", "a.png", "../a.jpg"):
        draw(make_image(project, file_name=name), colleague, ring())
    archive, _ = write()
    names = archive.namelist()
    assert len({name.casefold() for name in names}) == len(names)
    assert [name for name in names if name.startswith("sa1b/")] == [
        "sa1b/a.json", "sa1b/A_2.json", "sa1b/a_3.json", "sa1b/a_3_2.json",
    ]  # fmt: skip
    images = opened(archive, tmp_path).loadImgs(opened(archive, tmp_path).getImgIds())
    assert [image["file_name"] for image in images] == ["a.jpg", "A_2.JPG", "a.png", "a_3.jpg"]
    assert [image["original_file_name"] for image in images] == ["a.jpg", "A.JPG", "a.png", "../a.jpg"]


@pytest.mark.parametrize(
    "broken",
    [
        {"counts": "P1"},
        {"counts": ""},
        {"counts": "n" * 5000},
        {"predicted_iou": float("inf")},
        {"prompts": {"points": [[1]], "box": None}},
        {"prompts": []},
    ],
)
def test_a_broken_mask_is_listed_and_costs_no_other(write, tmp_path, project, colleague, broken):
    image = make_image(project, file_name="a.jpg")
    draw(image, colleague, ring())
    bad = draw(image, colleague, parts(), **broken)
    draw(image, colleague, parts())
    archive, summary = write()
    assert (summary.masks, len(summary.problems)) == (2, 1)
    (problem,) = json.loads(archive.read("problems.json"))
    assert (problem["mask_id"], problem["file_name"]) == (str(bad.pk), "a.jpg")
    assert problem["reason"]
    assert "problems.json" in archive.read("README.txt").decode()
    coco = opened(archive, tmp_path)
    assert [np.array_equal(coco.annToMask(a), m) for a, m in zip(coco.loadAnns([1, 2]), [ring(), parts()], strict=True)]
    assert [name for name in archive.namelist() if name.startswith("masks/")] == ["masks/a/1.png", "masks/a/2.png"]


def test_the_same_masks_make_the_same_bytes(write, tmp_path, project, colleague):
    for _ in range(3):
        draw(make_image(project), colleague, ring())
    write("first.zip")
    write("second.zip")
    assert (tmp_path / "first.zip").read_bytes() == (tmp_path / "second.zip").read_bytes()


def test_an_empty_project_is_an_archive_too(write, tmp_path, project):
    archive, summary = write()
    assert (summary.images, summary.masks) == (0, 0)
    assert opened(archive, tmp_path).getImgIds() == []


def test_more_images_than_a_page_all_go_out(write, project, colleague, monkeypatch):
    monkeypatch.setattr("annotator.datasets.archive.PAGE", 2)
    for _ in range(5):
        draw(make_image(project), colleague, ring())
    assert write()[1].images == 5


def test_memory_does_not_grow_with_the_number_of_images(tmp_path, project, colleague):
    """Ten times the masks, not twice the memory: each image holds one mask that is noise."""
    noise = np.random.default_rng(0).random((500, 500)) > 0.5

    def peak(images: int) -> int:
        for _ in range(images):
            draw(make_image(project, width=500, height=500), colleague, noise)
        tracemalloc.start()
        try:
            write_archive(tmp_path / "big.zip", project=project)
            return tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()

    few = peak(3)
    assert peak(30) < 1.5 * few


def test_progress_rises_to_the_end(tmp_path, project, colleague):
    for _ in range(4):
        draw(make_image(project), colleague, ring())
    told: list[float] = []
    write_archive(tmp_path / "export.zip", project=project, progress=told.append)
    assert told == sorted(told)
    assert len(told) == 4
    assert 0 < told[0] < told[-1] <= 1

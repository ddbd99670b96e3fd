import io
import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from annotator.datasets import coco, sa1b
from annotator.datasets.png import mask_png
from annotator.datasets.records import ImageRecord, MaskRecord
from sam_core.masks import rle

PHOTO = ImageRecord(
    id=7, file_name="a.jpg", original_file_name="album/a.jpg", width=11, height=9, sha256="ab" * 32
)  # fmt: skip


def drawn() -> dict[str, np.ndarray]:
    """Masks that polygons would spoil: a hole, two parts, a single pixel, the whole image, a corner."""
    ring, parts, pixel, whole, corner = (np.zeros((9, 11), dtype=bool) for _ in range(5))
    ring[2:8, 3:9] = True
    ring[4:6, 5:7] = False
    parts[0:2, 0:3] = parts[6:9, 8:11] = True
    pixel[4, 5] = True
    whole[:] = True
    corner[8, 10] = True
    return {"ring": ring, "parts": parts, "pixel": pixel, "whole": whole, "corner": corner}


def record(number: int, mask: np.ndarray, **kwargs) -> MaskRecord:
    counts = rle.mask_to_counts(mask)
    return MaskRecord(
        id=number,
        mask_id=f"mask-{number}",
        image=PHOTO,
        counts=rle.counts_to_string(counts),
        bbox=rle.bbox(mask.shape, counts),
        area=rle.area(counts),
        annotator="ann",
        **kwargs,
    )


def write(images, annotations) -> bytes:
    out = io.BytesIO()
    coco.write_coco(out, info={"description": "a"}, images=images, annotations=annotations)
    return out.getvalue()


def test_pycocotools_reads_back_the_very_pixels(tmp_path):
    masks = list(drawn().values())
    records = [record(number, mask) for number, mask in enumerate(masks, start=1)]
    path = tmp_path / "coco.json"
    annotations = (coco.dumps(coco.annotation_entry(mask)) for mask in records)
    path.write_bytes(write([coco.dumps(coco.image_entry(PHOTO))], annotations))
    opened = COCO(str(path))
    assert opened.getCatIds() == [1]
    for number, mask in enumerate(masks, start=1):
        (annotation,) = opened.loadAnns([number])
        assert np.array_equal(opened.annToMask(annotation), mask)
        assert annotation["area"] == mask.sum() == coco_mask.area(annotation["segmentation"])
        assert annotation["bbox"] == list(coco_mask.toBbox(annotation["segmentation"]))
        assert annotation["iscrowd"] == 0


def test_a_project_without_masks_is_a_coco_file_too():
    assert json.loads(write([], []))["annotations"] == []


def test_nan_never_becomes_json():
    with pytest.raises(ValueError, match="JSON compliant"):
        coco.dumps(coco.annotation_entry(record(1, drawn()["ring"], predicted_iou=float("nan"))))


def test_sa1b_has_the_keys_of_the_release():
    prompts = {"points": [[4.5, 3.0, 1], [0.0, 0.0, 0]], "box": None}
    mask = record(1, drawn()["ring"], predicted_iou=0.98, stability_score=0.97, prompts=prompts)
    written = sa1b.image_file(PHOTO, [sa1b.annotation(mask)])
    assert set(written) == {"image", "annotations"}
    assert written["image"] == {"image_id": 7, "width": 11, "height": 9, "file_name": "a.jpg"}
    (annotation,) = written["annotations"]
    assert set(annotation) == {
        "id", "segmentation", "bbox", "area", "predicted_iou", "stability_score", "crop_box", "point_coords",
    }  # fmt: skip
    assert annotation["point_coords"] == [[4.5, 3.0]]  # the background click is none of SA-1B's points
    assert annotation["crop_box"] == [0, 0, 11, 9]
    assert np.array_equal(coco_mask.decode(annotation["segmentation"]), drawn()["ring"])


def test_sa1b_tells_of_the_part_that_was_looked_at_closely():
    mask = record(1, drawn()["ring"], prompts={"points": [[4.5, 3.0, 1]], "box": None, "crop_box": [2, 1, 8, 8]})
    assert sa1b.annotation(mask)["crop_box"] == [2, 1, 8, 8]


def test_sa1b_of_a_mask_painted_by_hand_has_no_points():
    annotation = sa1b.annotation(record(1, drawn()["parts"]))
    assert annotation["point_coords"] == []
    assert annotation["predicted_iou"] is None


@pytest.mark.parametrize("name", drawn())
def test_a_png_holds_the_mask_as_0_and_255(name):
    mask = drawn()[name]
    picture = Image.open(io.BytesIO(mask_png(mask)))
    assert picture.mode == "L"
    assert np.array_equal(np.asarray(picture), mask * np.uint8(255))

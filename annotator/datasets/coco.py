"""COCO's instance JSON, class-agnostic: one category, RLE segmentations, `iscrowd` 0 (an RLE alone is no crowd).

Written piece by piece, so that a project of a million masks needs no more memory than one of ten.
"""

import json
from collections.abc import Iterable
from typing import Any, BinaryIO

from annotator.datasets.records import ImageRecord, MaskRecord

CATEGORY = {"id": 1, "name": "object", "supercategory": "object"}


def image_entry(image: ImageRecord) -> dict[str, Any]:
    return {
        "id": image.id,
        "width": image.width,
        "height": image.height,
        "file_name": image.file_name,
        "original_file_name": image.original_file_name,
        "sha256": image.sha256,
    }


def annotation_entry(mask: MaskRecord) -> dict[str, Any]:
    return {
        "id": mask.id,
        "image_id": mask.image.id,
        "category_id": CATEGORY["id"],
        "segmentation": mask.segmentation,
        "bbox": list(mask.bbox),
        "area": mask.area,
        "iscrowd": 0,
        "mask_id": mask.mask_id,
        "annotator": mask.annotator,
        "predicted_iou": mask.predicted_iou,
        "stability_score": mask.stability_score,
    }


def dumps(value: Any) -> bytes:
    """Compact JSON. Raises ValueError at NaN or infinity, which are no JSON."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()


def write_coco(out: BinaryIO, *, info: dict[str, Any], images: Iterable[bytes], annotations: Iterable[bytes]) -> None:
    """Writes the file from entries that are JSON already (`dumps` of `image_entry`, `annotation_entry`)."""
    out.write(b'{"info":' + dumps(info) + b',"licenses":[],"categories":[' + dumps(CATEGORY) + b"],\n")
    out.write(b'"images":[')
    _write_items(out, images)
    out.write(b'],\n"annotations":[')
    _write_items(out, annotations)
    out.write(b"]}\n")


def _write_items(out: BinaryIO, items: Iterable[bytes]) -> None:
    separator = b"\n"
    for item in items:
        out.write(separator + item.strip())
        separator = b",\n"

"""SA-1B's JSON: one file per image, as the paper's release has them."""

from collections.abc import Sequence
from typing import Any

from annotator.datasets.records import ImageRecord, MaskRecord

FOREGROUND = 1


def image_file(image: ImageRecord, annotations: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """The file of an image, from what `annotation` gave of its masks."""
    return {
        "image": {
            "image_id": image.id,
            "width": image.width,
            "height": image.height,
            "file_name": image.file_name,
        },
        "annotations": annotations,
    }


def annotation(mask: MaskRecord) -> dict[str, Any]:
    """One annotation. `crop_box` is what the model saw; a mask made without a click has no `point_coords`."""
    points = mask.prompts.get("points") or []
    return {
        "id": mask.id,
        "segmentation": mask.segmentation,
        "bbox": list(mask.bbox),
        "area": mask.area,
        "predicted_iou": mask.predicted_iou,
        "stability_score": mask.stability_score,
        "crop_box": mask.prompts.get("crop_box") or [0, 0, mask.image.width, mask.image.height],
        "point_coords": [[x, y] for x, y, label in points if label == FOREGROUND],
    }

"""What every export format is written from: one image and one mask as plain values."""

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class ImageRecord:
    """An image in its oriented frame. `file_name` is distinct within the export, `original_file_name` as uploaded."""

    id: int
    file_name: str
    original_file_name: str
    width: int
    height: int
    sha256: str


@dataclass(frozen=True)
class MaskRecord:
    """A validated mask. `bbox` is (x, y, width, height) in pixels, `counts` compressed COCO RLE of the image's size."""

    id: int
    mask_id: str
    image: ImageRecord
    counts: str
    bbox: tuple[int, int, int, int]
    area: int
    annotator: str  # the user name of who made it
    predicted_iou: float | None = None
    stability_score: float | None = None
    prompts: dict[str, Any] = field(default_factory=dict)

    @property
    def segmentation(self) -> dict[str, Any]:
        return {"size": [self.image.height, self.image.width], "counts": self.counts}

"""An image embedding: what the server computes once per image, and the browser fetches."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load as load_tensors

from sam_core.crops import CropBox
from sam_core.tensor_files import split, to_bytes

FORMAT = "1"
KEYS = {"format", "model_version", "image_sha256", "height", "width"}
CROP = "crop_box"
"""Named only by the embedding of a part of an image, "x,y,width,height": so the two can't be taken for each other."""


class EmbeddingError(ValueError):
    """Bytes that are not an image embedding. The message says what is wrong with them."""


@dataclass(frozen=True)
class ImageEmbedding:
    """Named float16 tensors [1, C, h, w], bound to the model and the image they are of.

    height and width are the oriented pixels that were encoded: of the image, or of the part of it that crop_box names;
    prompts and masks are in these pixels. image_sha256 is the image file's content hash, "" if unknown.
    """

    tensors: dict[str, NDArray[np.float16]]
    model_version: str
    height: int
    width: int
    image_sha256: str = ""
    crop_box: CropBox | None = None

    def to_bytes(self) -> bytes:
        """The embedding as a safetensors file, its other fields as metadata. The same embedding, the same bytes."""
        metadata = {
            "format": FORMAT,
            "model_version": self.model_version,
            "image_sha256": self.image_sha256,
            "height": str(self.height),
            "width": str(self.width),
        }
        if self.crop_box is not None:
            metadata[CROP] = ",".join(map(str, self.crop_box.to_list()))
        return to_bytes(dict(self.tensors), metadata)

    @staticmethod
    def from_bytes(data: bytes) -> ImageEmbedding:
        """Inverse of `to_bytes`. Raises EmbeddingError for truncated or foreign bytes."""
        try:
            tensors = load_tensors(data)
            header, _ = split(data)  # the library gives no metadata from bytes
        except (SafetensorError, ValueError, KeyError, TypeError) as error:
            raise EmbeddingError(f"not an image embedding, or cut off: {error}") from error
        metadata = header.get("__metadata__", {})
        if set(metadata) - {CROP} != KEYS:
            raise EmbeddingError(f"not an image embedding: its metadata has the keys {sorted(metadata)}")
        if metadata["format"] != FORMAT:
            raise EmbeddingError(f"an image embedding of format {metadata['format']!r}; this version reads {FORMAT!r}")
        if not metadata["height"].isdecimal() or not metadata["width"].isdecimal():
            raise EmbeddingError("an image embedding without the image's size")
        wrong = [name for name, tensor in tensors.items() if tensor.dtype != np.float16]
        if wrong or not tensors:
            raise EmbeddingError(f"an image embedding has float16 tensors; not so: {wrong or 'none at all'}")
        return ImageEmbedding(
            tensors,
            metadata["model_version"],
            int(metadata["height"]),
            int(metadata["width"]),
            metadata["image_sha256"],
            _crop_of(metadata),
        )


def _crop_of(metadata: dict[str, str]) -> CropBox | None:
    if CROP not in metadata:
        return None
    numbers = metadata[CROP].split(",")
    if len(numbers) != 4 or not all(number.isdecimal() for number in numbers):
        raise EmbeddingError(f"an image embedding with the crop box {metadata[CROP]!r}")
    crop = CropBox(*map(int, numbers))
    if [str(crop.height), str(crop.width)] != [metadata["height"], metadata["width"]]:
        raise EmbeddingError("an image embedding whose crop box has another size than what was encoded")
    return crop

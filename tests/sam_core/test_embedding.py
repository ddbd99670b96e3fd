"""Embeddings as bytes: there and back, and clear words for anything else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save

from sam_core.crops import CropBox
from sam_core.embedding import EmbeddingError, ImageEmbedding

EMBEDDING = ImageEmbedding(
    {
        "image_embedding": np.random.default_rng(0).standard_normal((1, 8, 4, 4)).astype(np.float16),
        "high_res_8": np.zeros((1, 4, 8, 8), np.float16),
    },
    model_version="tiny-0123456789ab",
    height=30,
    width=40,
    image_sha256="ab" * 32,
)


def test_bytes_round_trip() -> None:
    back = ImageEmbedding.from_bytes(EMBEDDING.to_bytes())
    assert dataclasses.replace(back, tensors={}) == dataclasses.replace(EMBEDDING, tensors={})
    assert set(back.tensors) == set(EMBEDDING.tensors)
    for name, tensor in EMBEDDING.tensors.items():
        np.testing.assert_array_equal(back.tensors[name], tensor)


def test_the_same_embedding_gives_the_same_bytes() -> None:
    assert EMBEDDING.to_bytes() == EMBEDDING.to_bytes()


@pytest.mark.parametrize("cut", [0, 4, 8, 40, -1])
def test_truncated_bytes_are_refused(cut: int) -> None:
    with pytest.raises(EmbeddingError, match="cut off"):
        ImageEmbedding.from_bytes(EMBEDDING.to_bytes()[:cut])


def test_foreign_bytes_are_refused() -> None:
    foreign = {
        "not an image embedding, or cut off": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "metadata has the keys": save({"x": np.zeros(3, np.float16)}),
        "of format '2'": dataclasses.replace(EMBEDDING).to_bytes().replace(b'"format":"1"', b'"format":"2"'),
        "without the image's size": EMBEDDING.to_bytes().replace(b'"height":"30"', b'"height":"x0"'),
        "not so: ": dataclasses.replace(EMBEDDING, tensors={"x": np.zeros(3, np.float32)}).to_bytes(),  # type: ignore[dict-item]
    }
    for message, data in foreign.items():
        with pytest.raises(EmbeddingError, match=message):
            ImageEmbedding.from_bytes(data)


def test_the_embedding_of_a_part_names_it_and_no_other_does() -> None:
    part = dataclasses.replace(EMBEDDING, crop_box=CropBox(7, 0, 40, 30))
    assert ImageEmbedding.from_bytes(part.to_bytes()).crop_box == CropBox(7, 0, 40, 30)
    assert b'"crop_box":"7,0,40,30"' in part.to_bytes()
    assert b"crop_box" not in EMBEDDING.to_bytes()


@pytest.mark.parametrize("wrong", ["7,0,40", "7,0,-4,30", "7,0,41,30", "7,0,40,a0"])
def test_a_crop_box_that_does_not_fit_is_refused(wrong: str) -> None:
    part = dataclasses.replace(EMBEDDING, crop_box=CropBox(7, 0, 40, 30)).to_bytes()
    spaced = wrong.encode().ljust(9)  # the header's length stays
    with pytest.raises(EmbeddingError, match="crop box"):
        ImageEmbedding.from_bytes(part.replace(b"7,0,40,30", spaced))

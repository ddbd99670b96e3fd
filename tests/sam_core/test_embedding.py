"""Embeddings as bytes: there and back, and clear words for anything else."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from safetensors.numpy import save

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

"""encode and decode: stateless, bound by model version."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from sam_core.checkpoints import LoadedModel
from sam_core.embedding import ImageEmbedding
from sam_core.predictor import Prepared, decode, encode
from sam_core.prompts import Box, Point, Prompts

IMAGE = np.random.default_rng(0).integers(0, 255, (45, 70, 3), dtype=np.uint8)


def test_a_click_gives_masks_of_the_images_size(tiny: LoadedModel) -> None:
    embedding = encode(tiny, IMAGE, image_sha256="cd")
    assert (embedding.height, embedding.width, embedding.image_sha256) == (45, 70, "cd")
    assert all(tensor.dtype == np.float16 for tensor in embedding.tensors.values())
    answer = decode(tiny, embedding, Prompts([Point(20, 20)]))
    assert answer.low_res_logits.shape == (4, tiny.config.low_res_size, tiny.config.low_res_size)
    assert answer.mask().shape == (45, 70)
    assert answer.token in (1, 2, 3)
    again = decode(tiny, embedding, Prompts([Point(20, 20), Point(3, 3, 0)], mask_input=answer.low_res_logits[1]))
    assert again.token == 0


def test_the_same_call_gives_the_same_answer(tiny: LoadedModel) -> None:
    embedding = encode(tiny, IMAGE)
    prompts = Prompts([Point(20, 20)], box=Box(5, 5, 40, 40))
    first = decode(tiny, embedding, prompts)
    decode(tiny, embedding, Prompts([Point(1, 1)]))
    through_bytes = ImageEmbedding.from_bytes(embedding.to_bytes())
    second = decode(tiny, Prepared(tiny, through_bytes), prompts)
    np.testing.assert_array_equal(first.low_res_logits, second.low_res_logits)


def test_another_models_embedding_is_refused(tiny: LoadedModel) -> None:
    embedding = dataclasses.replace(encode(tiny, IMAGE), model_version="other-000000000000")
    with pytest.raises(ValueError, match="other-000000000000"):
        decode(tiny, embedding, Prompts([Point(1, 1)]))

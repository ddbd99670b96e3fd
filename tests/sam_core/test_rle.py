"""Masks as COCO RLE: FACTS' vectors, agreement with pycocotools, and refusal of what is no mask."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pycocotools import mask as coco

from sam_core.masks import rle

VECTORS = json.loads((Path(__file__).parents[1] / "contract" / "rle.json").read_text())
MASKS = hnp.arrays(bool, hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))


def named(cases):
    return [pytest.param(case, id=case["name"]) for case in cases]


def mask_of(case) -> np.ndarray:
    return np.array([[pixel == "1" for pixel in row] for row in case["rows"]])


@pytest.mark.parametrize("case", named(VECTORS["valid"]))
def test_vectors_encode_and_decode(case):
    mask = mask_of(case)
    counts = rle.mask_to_counts(mask)
    assert counts.tolist() == case["counts"]
    assert rle.encode(mask) == case["string"]
    assert np.array_equal(rle.decode(mask.shape, case["string"]), mask)
    assert rle.area(counts) == case["area"]
    assert list(rle.bbox(mask.shape, counts)) == case["bbox"]


@pytest.mark.parametrize("case", named(VECTORS["invalid"]))
def test_what_is_no_mask_is_refused(case):
    with pytest.raises(rle.InvalidRle):
        rle.decode(tuple(case["size"]), case["string"])


@given(MASKS)
def test_agrees_with_pycocotools(mask):
    theirs = coco.encode(np.asfortranarray(mask.astype(np.uint8)))
    ours = rle.encode(mask)
    assert ours == theirs["counts"].decode()
    assert np.array_equal(rle.decode(mask.shape, ours), mask)
    counts = rle.string_to_counts(ours)
    assert rle.area(counts) == coco.area(theirs)
    assert list(rle.bbox(mask.shape, counts)) == coco.toBbox(theirs).tolist()


@given(st.text(alphabet=[chr(c) for c in range(40, 120)], max_size=12), st.tuples(st.integers(1, 9), st.integers(1, 9)))
def test_any_text_is_either_one_mask_or_refused(text, size):
    try:
        mask = rle.decode(size, text)
    except rle.InvalidRle:
        return
    assert mask.shape == size
    assert rle.encode(mask) == text


def test_large_runs_survive():
    counts = np.array([0, 23_999_999, 1, 150_000_000])
    assert rle.string_to_counts(rle.counts_to_string(counts)).tolist() == counts.tolist()


def test_a_mask_without_pixels_is_an_error():
    with pytest.raises(ValueError, match="at least one pixel"):
        rle.encode(np.zeros((0, 5), dtype=bool))

"""Prompts as the decoder takes them, and the token to show: vectors read by the TypeScript tests too."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sam_core.prompts import Box, Point, Prompts, point_arrays, token_to_show
from sam_core.transforms import Frame

CASES: list[dict[str, Any]] = json.loads(Path(__file__).with_name("prompts.json").read_text())["cases"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_prompts_are_the_vectors(case: dict[str, Any]) -> None:
    prompts = Prompts([Point(*point) for point in case["points"]], Box(*case["box"]) if case["box"] else None)
    coords, labels = point_arrays(prompts)
    height, width = case["image"]
    mapped = Frame(height, width, case["image_size"]).to_model(coords)
    np.testing.assert_allclose(mapped, np.array(case["coords"], np.float32), atol=1e-3)
    assert labels.tolist() == case["labels"]
    assert token_to_show(prompts, case["predicted_ious"]) == case["token"]

"""Low-res logits at image pixels: vectors made by torch as the reference does it, read by the TypeScript tests too.

Made again by `python -m tests.contract.test_upsample`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch.nn import functional

from sam_core.transforms import Frame, to_full_size

VECTORS = Path(__file__).with_name("upsample.json")
SHAPES = [  # name, image (height, width), side of the model's square, side of the low-res logits
    ("smaller than the square", (20, 30), 64, 16),
    ("larger than the square", (150, 90), 64, 16),
    ("as large as the square", (64, 64), 64, 16),
    ("one pixel", (1, 1), 64, 16),
    ("a line", (2, 400), 64, 16),
    ("odd sides", (97, 131), 32, 8),
    ("low-res logits at half the square", (45, 37), 32, 16),
]


def upsample(low_res: torch.Tensor, frame: Frame) -> torch.Tensor:
    """[L, L] → [height, width], by torch itself: the two steps of the reference implementation."""
    height, width = frame.resized
    square = functional.interpolate(low_res[None, None], (frame.image_size,) * 2, mode="bilinear", align_corners=False)
    size = (frame.height, frame.width)
    return functional.interpolate(square[..., :height, :width], size, mode="bilinear", align_corners=False)[0, 0]


def make() -> dict[str, Any]:
    generator = torch.Generator().manual_seed(7)
    cases = []
    for name, (height, width), side, low in SHAPES:
        coarse = torch.randn(1, 1, max(2, low // 4), max(2, low // 4), generator=generator) * 6
        logits = functional.interpolate(coarse, (low, low), mode="bicubic")[0, 0].mul(100).round().div(100)
        frame = Frame(height, width, side)
        full = upsample(logits, frame)
        # Enough places to tell one step from two, few enough to be read.
        picked = torch.randperm(height * width, generator=generator)[:60].sort().values
        places = [[int(i) % width, int(i) // width] for i in picked]
        cases.append(
            {
                "name": name,
                "height": height,
                "width": width,
                "image_size": side,
                "low_res_size": low,
                "resized": list(frame.resized),
                "logits": [round(float(v), 2) for v in logits.flatten()],
                "area": int((full > 0).sum()),
                "places": places,
                "values": [round(float(full[y, x]), 5) for x, y in places],
            }
        )
    return {"about": "Low-res logits, and what the reference's two-step upsampling makes of them.", "cases": cases}


def cases() -> list[dict[str, Any]]:
    return json.loads(VECTORS.read_text())["cases"] if VECTORS.exists() else []


@pytest.mark.parametrize("case", cases(), ids=lambda case: case["name"])
def test_full_size_logits_are_the_vectors(case: dict[str, Any]) -> None:
    low = case["low_res_size"]
    logits = torch.tensor(case["logits"]).reshape(1, low, low)
    frame = Frame(case["height"], case["width"], case["image_size"])
    full = to_full_size(logits, frame)[0]
    values = torch.tensor([full[y, x] for x, y in case["places"]])
    assert list(frame.resized) == case["resized"]
    assert int((full > 0).sum()) == case["area"]
    torch.testing.assert_close(values, torch.tensor(case["values"]), atol=2e-5, rtol=0)


def test_every_shape_has_its_vectors() -> None:
    assert [case["name"] for case in cases()] == [name for name, *_ in SHAPES]


if __name__ == "__main__":
    VECTORS.write_text(json.dumps(make(), indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"') + "\n")

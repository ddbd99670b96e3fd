"""Automatic masks: equal to the reference generator's where that is right, and right where it is not."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sam_core.automatic import Settings, generate
from sam_core.automatic.__main__ import main
from sam_core.automatic.filters import stability_score, suppress, touches_inner_edge, without_small_regions
from sam_core.automatic.layers import Crop, crops, point_grid
from sam_core.checkpoints import LoadedModel, save
from sam_core.config import SamConfig
from sam_core.masks import rle
from sam_core.modeling import Sam
from tests.sam_core.reference import SamAutomaticMaskGenerator, build_reference

SMALL = SamConfig(
    name="small", image_size=128, vit_width=32, vit_depth=2, vit_heads=2, vit_global_blocks=(1,), embed_dim=32,
    decoder_mlp=32, mask_threshold=0.3,
)  # fmt: skip
# Random weights predict any IoU, and logits near zero that spread over the image. At this threshold, and with settings
# that let nearly everything pass, a dozen masks are left on the image and its crops.
LENIENT = Settings(
    points_per_side=4, crop_layers=1, predicted_iou_above=-9.0, stability_score_from=0.1,
    stability_score_offset=0.02, smallest_region=0,
    largest_share=2.0,
)  # fmt: skip


@pytest.fixture(scope="module")
def twins():
    theirs = build_reference(SMALL, seed=11)
    theirs.mask_threshold = SMALL.mask_threshold
    ours = Sam(SMALL)
    ours.load_state_dict(theirs.state_dict())
    return theirs, LoadedModel(ours.eval().requires_grad_(False), "small-000000000000", "0" * 64)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    rng = np.random.default_rng(11)
    coarse = rng.integers(0, 256, (5, 8, 3), dtype=np.uint8)
    return np.asarray(Image.fromarray(coarse).resize((480, 320), Image.Resampling.BICUBIC))


def test_masks_are_the_reference_generator_s(twins, photo):
    theirs, model = twins
    generator = SamAutomaticMaskGenerator(
        theirs,
        points_per_side=LENIENT.points_per_side,
        pred_iou_thresh=LENIENT.predicted_iou_above,
        stability_score_thresh=LENIENT.stability_score_from,
        stability_score_offset=LENIENT.stability_score_offset,
        crop_n_layers=LENIENT.crop_layers,
        crop_overlap_ratio=LENIENT.crop_overlap_ratio,
        crop_n_points_downscale_factor=LENIENT.crop_points_divisor,
    )
    expected = generator.generate(photo)
    found = generate(model, photo, LENIENT)
    assert len(found) == len(expected) > 10
    assert sum(m.crop_box != (0, 0, 480, 320) for m in found) > 3
    by_point = {(round(m.point[0]), round(m.point[1]), round(m.predicted_iou, 4)): m for m in found}
    for theirs_mask in expected:
        ((x, y),) = theirs_mask["point_coords"]
        ours_mask = by_point[round(x), round(y), round(theirs_mask["predicted_iou"], 4)]
        pixels = rle.decode(photo.shape[:2], ours_mask.counts)
        assert np.count_nonzero(pixels != theirs_mask["segmentation"]) <= 2  # logits at rounding distance of zero
        assert ours_mask.stability_score == pytest.approx(theirs_mask["stability_score"], abs=1e-3)
        assert list(ours_mask.crop_box) == theirs_mask["crop_box"]
        # The reference's boxes end a pixel early; ours hold the mask.
        ys, xs = np.nonzero(pixels)
        assert ours_mask.bbox == (xs.min(), ys.min(), xs.max() - xs.min() + 1, ys.max() - ys.min() + 1)


def test_progress_ends_at_one_and_masks_fit_the_filters(twins, photo):
    _, model = twins
    told: list[float] = []
    settings = replace(LENIENT, stability_score_from=0.3, largest_share=0.95, smallest_region=20)
    found = generate(model, photo, settings, told.append)
    assert found
    for mask in found:
        assert mask.stability_score >= 0.3
        assert mask.area < 0.95 * photo.shape[0] * photo.shape[1]
    assert told == sorted(told)
    assert told[-1] == 1.0


def test_an_image_without_anything_has_no_masks(twins):
    _, model = twins
    nothing = Settings(points_per_side=2, crop_layers=0, predicted_iou_above=99)
    assert generate(model, np.zeros((40, 30, 3), np.uint8), nothing) == []


def test_the_papers_crops_and_points():
    layers = list(crops(1500, 2250, 2, 512 / 1500))
    assert [sum(c.layer == layer for c in layers) for layer in range(3)] == [1, 4, 16]
    assert layers[0].box == (0, 0, 2250, 1500)
    assert all(c.x + c.width <= 2250 and c.y + c.height <= 1500 for c in layers)
    first = [c for c in layers if c.layer == 1]
    assert first[0].x + first[0].width - first[2].x == 512  # side by side they overlap by the ratio
    points = sum((Settings().points_per_side // 2**c.layer) ** 2 for c in layers)
    assert points == 3072
    assert point_grid(2, 8, 4).tolist() == [[2, 1], [6, 1], [2, 3], [6, 3]]


def test_settings_that_leave_no_points_are_refused():
    with pytest.raises(ValueError, match="no points left"):
        Settings(points_per_side=2, crop_layers=2)


def test_stability_of_an_empty_mask_is_none():
    assert stability_score(np.full((4, 4), -5.0, np.float32), 0.0, 1.0) == 0.0
    assert stability_score(np.array([[2.0, 0.5, -0.5, -2.0]], np.float32), 0.0, 1.0) == pytest.approx(1 / 3)


def test_what_a_crop_cuts_off_is_dropped_but_not_at_the_image_s_edge():
    crop = Crop(100, 0, 200, 100, 1)
    assert touches_inner_edge((0, 40, 50, 30), crop, 400, 100)
    assert not touches_inner_edge((60, 0, 50, 100), crop, 400, 100)
    assert touches_inner_edge((140, 40, 60, 30), crop, 400, 100)


def test_suppression_keeps_the_best_of_those_that_overlap():
    boxes = np.array([[0, 0, 10, 10], [0, 0, 10, 9], [20, 0, 5, 5]], dtype=float)
    assert suppress(boxes, np.array([0.5, 0.9, 0.1]), 0.7) == [1, 2]


def test_small_holes_are_filled_and_small_islands_dropped():
    mask = np.zeros((30, 30), bool)
    mask[2:20, 2:20] = True
    mask[5, 5] = False
    mask[25, 25] = True
    tidy, changed = without_small_regions(mask, 5)
    assert changed
    assert tidy[5, 5]
    assert not tidy[25, 25]
    assert without_small_regions(tidy, 5) == (pytest.approx(tidy), False)
    lonely = np.zeros((9, 9), bool)
    lonely[4, 4] = True
    assert without_small_regions(lonely, 5)[0].sum() == 1


def test_the_command_writes_sa1b_files_and_pictures(twins, photo, tmp_path: Path, capsys):
    _, model = twins
    save(model.sam, tmp_path / "model.safetensors")
    photos = tmp_path / "photos"
    photos.mkdir()
    for orientation in (1, 6):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(photo).save(photos / f"photo{orientation}.jpg", exif=exif)
    (photos / "broken.jpg").write_bytes(b"no photo")
    arguments = [str(photos), "--out", str(tmp_path / "out"), "--model", str(tmp_path / "model.safetensors")]
    options = ["--points-per-side", "2", "--crop-layers", "0", "--predicted-iou", "-9", "--stability-score", "0.3"]
    assert main([*arguments, *options]) == 1  # one photo of three could not be read
    assert "broken.jpg" in capsys.readouterr().err
    for orientation, (height, width) in ((1, (320, 480)), (6, (480, 320))):
        written = json.loads((tmp_path / "out" / f"photo{orientation}.json").read_text())
        assert (written["image"]["height"], written["image"]["width"]) == (height, width)
        for annotation in written["annotations"]:
            counts = rle.validate((height, width), annotation["segmentation"]["counts"])
            assert annotation["segmentation"]["size"] == [height, width]
            assert annotation["area"] == rle.area(counts)
            assert tuple(annotation["bbox"]) == rle.bbox((height, width), counts)
        with Image.open(tmp_path / "out" / f"photo{orientation}_masks.jpg") as overlay:
            assert overlay.size == (width, height)


def test_generation_leaves_no_gradients(twins, photo):
    _, model = twins
    generate(model, photo, Settings(points_per_side=2, crop_layers=0))
    assert torch.is_grad_enabled()

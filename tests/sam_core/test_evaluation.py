"""The protocol on drawn data, where every figure is known beforehand."""

from __future__ import annotations

import io
import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sam_core.checkpoints import LoadedModel, build, save
from sam_core.config import TINY_BUILTIN
from sam_core.evaluation import evaluate
from sam_core.evaluation.compare import compare
from sam_core.evaluation.protocol import Clicked, Figures, iou, regions_to_ask
from sam_core.evaluation.sheet import GAP, TILE, contact_sheet, row
from sam_core.label_maps import Files, names_with_labels, read_label_map, regions

SIDE = 60


def drawing() -> np.ndarray:
    """Two squares of value 1, a band of value 2, a speck of value 3; 0 elsewhere."""
    labels = np.zeros((SIDE, SIDE), np.int32)
    labels[5:20, 5:20] = 1
    labels[5:20, 35:50] = 1
    labels[40:50] = 2
    labels[30, 30] = 3
    return labels


def png(labels: np.ndarray) -> bytes:
    out = io.BytesIO()
    Image.fromarray(labels.astype(np.uint8)).save(out, "PNG")
    return out.getvalue()


def jpeg(side: int = SIDE) -> bytes:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (side, side, 3), dtype=np.uint8)).save(out, "JPEG")
    return out.getvalue()


def test_regions_are_components_of_values_above_zero() -> None:
    numbered = regions(drawing())
    assert numbered.max() == 4
    assert (numbered > 0).sum() == (drawing() > 0).sum()
    assert numbered[10, 10] != numbered[10, 40]


def test_specks_and_near_duplicates_are_not_asked_for() -> None:
    again = drawing()
    again[5:20, 5:20] = 0
    again[5:20, 6:20] = 1  # the first square, a column narrower
    asked = regions_to_ask([drawing(), again], np.random.default_rng(0))
    assert len(asked) == 3
    assert all(iou(a, b) <= 0.8 for i, a in enumerate(asked) for b in asked[:i])


def test_at_most_eight_regions_are_asked_for_and_the_seed_decides() -> None:
    many = (np.arange(SIDE)[:, None] // 15 * 4 + np.arange(SIDE)[None] // 15 + 1).astype(np.int32)
    first = regions_to_ask([many], np.random.default_rng(0))
    assert len(first) == 8
    again = regions_to_ask([many], np.random.default_rng(0))
    other = regions_to_ask([many], np.random.default_rng(1))
    assert all((a == b).all() for a, b in zip(first, again, strict=True))
    assert any((a != b).any() for a, b in zip(first, other, strict=True))


def test_figures_of_known_stories() -> None:
    rising = Clicked([0.2, 0.5, 0.7, 0.8, 0.9, 0.9, 0.9, 0.9], [0.1, 0.2, 0.4], 0.6)
    falling = Clicked([0.6, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5], [0.6, 0.2, 0.0], 0.8)
    figures = Figures([rising, falling], [0.1, 0.3], [0.02]).to_json()
    assert figures["miou"] == {"1": 0.4, "2": 0.5, "3": 0.6, "5": 0.7, "8": 0.7}
    assert figures["best_of_3_at_1"] == 0.5
    assert figures["fixed_token_at_1"] == [0.35, 0.2, 0.2]
    assert figures["noc80"] == 6.0  # 4, and 8 for what never gets there
    assert figures["clicks_that_lose"] == pytest.approx(1 / 14, abs=1e-4)
    assert figures["box"] == 0.7
    assert figures["encode_ms"] == 200


def test_the_protocol_runs(tiny: LoadedModel) -> None:
    image = np.random.default_rng(0).integers(0, 255, (SIDE, SIDE, 3), dtype=np.uint8)
    figures = evaluate(tiny, [(image, [drawing()]), (image, [np.zeros((SIDE, SIDE), np.int32)])])
    assert len(figures.clicked) == 3
    assert len(figures.encode_seconds) == 2
    assert all(len(story.ious) == 8 and len(story.tokens_at_1) == 3 for story in figures.clicked)
    again = evaluate(tiny, [(image, [np.zeros((SIDE, SIDE), np.int32)]), (image, [drawing()])])
    assert [story.photo for story in figures.clicked + again.clicked] == [0, 0, 0, 1, 1, 1]
    assert evaluate(tiny, []).to_json() == {"images": 0, "regions": 0}


@pytest.mark.parametrize("zipped", [True, False])
def test_photos_and_maps_are_found_by_name(tmp_path: Path, zipped: bool) -> None:
    content = {
        "val/a.jpg": jpeg(),
        "val/a_human0.png": png(drawing()),
        "val/a_human1.png": png(drawing()),
        "val/lonely.jpg": jpeg(),
        "train/b.jpg": jpeg(),
        "train/b_human0.png": png(drawing()),
    }
    if zipped:
        with zipfile.ZipFile(tmp_path / "data.zip", "w") as archive:
            for name, data in content.items():
                archive.writestr(name, data)
    else:
        for name, data in content.items():
            (tmp_path / name).parent.mkdir(exist_ok=True)
            (tmp_path / name).write_bytes(data)
    files = Files(tmp_path / "data.zip" if zipped else tmp_path)
    assert names_with_labels(files, "val/") == {"val/a.jpg": ["val/a_human0.png", "val/a_human1.png"]}
    (data,) = files.read(["train/b_human0.png"])
    np.testing.assert_array_equal(read_label_map(data), drawing())


def test_the_command_prints_one_json_object(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(jpeg())
    (tmp_path / "a_labels.png").write_bytes(png(drawing()))
    save(build(TINY_BUILTIN), tmp_path / "tiny.safetensors")
    command = [sys.executable, "-m", "sam_core.evaluation", "--data", str(tmp_path), "--json", "--model"]
    with_regions = [*command, str(tmp_path / "tiny.safetensors"), "--regions", str(tmp_path / "regions.jsonl")]
    done = subprocess.run(with_regions, capture_output=True, text=True, check=True)
    figures = json.loads(done.stdout)
    assert set(figures["miou"]) == {"1", "2", "3", "5", "8"}
    assert {"best_of_3_at_1", "noc80", "encode_ms", "decode_ms", "model_version"} <= set(figures)
    assert compare(tmp_path / "regions.jsonl", tmp_path / "regions.jsonl")["@1"]["after"] == pytest.approx(
        figures["miou"]["1"], abs=1e-4
    )
    failed = subprocess.run([*command, "vit_h"], capture_output=True, text=True, check=False)
    assert failed.returncode != 0
    assert "do not come with this package" in failed.stderr


def test_a_contact_sheet_has_a_row_of_three_for_each_photo_with_a_region(tiny: LoadedModel) -> None:
    pixels = np.zeros((SIDE, SIDE, 3), np.uint8)
    photos = [(pixels, [drawing()]), (pixels, [np.zeros((SIDE, SIDE), np.int32)]), (pixels, [drawing()])]
    sheet = contact_sheet(tiny, photos, columns=2)
    one = row(tiny, *photos[0], seed=0)
    assert one.width == 3 * TILE
    assert sheet.size == (2 * one.width + GAP, one.height)
    with pytest.raises(ValueError, match="no photo shows a region"):
        contact_sheet(tiny, photos[1:2], columns=2)

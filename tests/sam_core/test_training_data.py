"""What is added to the labelled photos: pasted objects, made-up pictures, pseudo-labels."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sam_core.checkpoints import build, save
from sam_core.config import TINY_BUILTIN
from sam_core.label_maps import Photo, Source, load
from sam_core.training import __main__ as command
from sam_core.training.crops import Ask
from sam_core.training.drawing import Photos
from sam_core.training.loader import make_batch
from sam_core.training.made_up import made_up
from sam_core.training.paste import Cutout, cut_out, paste, resized
from sam_core.training.pseudo import MAPS, label_maps
from sam_core.training.settings import TrainingConfig

RED, BLUE = (220, 20, 20), (20, 20, 220)


def disc() -> Photo:
    """A red disc on grey, and a region that the photo's edge cuts off."""
    ys, xs = np.mgrid[:80, :100]
    labels = ((ys - 40) ** 2 + (xs - 50) ** 2 < 20**2).astype(np.int32)
    labels[:, :20] = 2
    pixels = np.full((80, 100, 3), 128, np.uint8)
    pixels[labels == 1] = RED
    return Photo("disc.jpg", pixels, (labels,), 1.0)


def blue(labelled: bool) -> Photo:
    labels = np.ones((90, 120), np.int32)
    labels[:, 60:] = 2
    return Photo("blue.jpg", np.full((90, 120, 3), BLUE, np.uint8), (labels, labels) if labelled else (), 1.0)


def test_only_what_is_whole_in_its_photo_is_cut_out() -> None:
    for seed in range(10):
        cutout = cut_out(np.random.default_rng(seed), disc())
        assert cutout is not None
        assert cutout.mask.sum() == (disc().labels[0] == 1).sum()
        assert (cutout.pixels[cutout.mask] == RED).all()
    assert cut_out(np.random.default_rng(0), blue(labelled=True)) is None
    assert cut_out(np.random.default_rng(0), blue(labelled=False)) is None


@pytest.mark.parametrize("labelled", [True, False], ids=["onto masks", "onto a background"])
def test_a_pasted_object_is_its_mask_and_covers_the_others(labelled: bool) -> None:
    onto = blue(labelled)
    before = [labels.copy() for labels in onto.labels]
    shares = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        cutout = cut_out(rng, disc())
        assert cutout is not None
        pasted = paste(rng, cutout, onto)
        if pasted is onto:
            continue
        new = pasted.labels[0].max()
        assert new == (3 if labelled else 1)
        mask = pasted.labels[0] == new
        shares.append(mask.mean())
        redder = pasted.pixels[..., 0].astype(int) > onto.pixels[..., 0].astype(int) + 25
        assert (redder == mask).mean() > 0.98  # but for the soft border
        for now, then in zip(pasted.labels, before, strict=False):
            np.testing.assert_array_equal(now[~mask], then[~mask])
            assert (now[mask] == new).all()
    assert len(shares) > 15
    assert max(shares) > 4 * min(shares)  # at many sizes
    assert all((labels == then).all() for labels, then in zip(onto.labels, before, strict=True))


def test_an_object_is_not_enlarged_much() -> None:
    small = Cutout(np.zeros((20, 20, 3), np.uint8), np.ones((20, 20), bool))
    assert max(resized(np.random.default_rng(s), small, 4000).mask.shape[0] for s in range(5)) == 30


def test_a_made_up_picture_shows_its_masks() -> None:
    """Colours differ more across the masks' borders than inside, and every part lies in one whole."""
    across, inside = [], []
    for seed in range(8):
        picture = made_up(np.random.default_rng(seed))
        parts, wholes = picture.labels
        assert parts.shape == wholes.shape == picture.pixels.shape[:2]
        assert parts.min() == wholes.min() == 1
        assert len(np.unique(parts)) >= len(np.unique(wholes)) > 3
        step = np.abs(np.diff(picture.pixels.astype(float), axis=1)).sum(-1)
        border = parts[:, 1:] != parts[:, :-1]
        across.append(step[border].mean())
        inside.append(step[~border].mean())
        assert ((wholes[:, 1:] == wholes[:, :-1]) | border).all()  # a whole's border is a part's border
    assert np.mean(across) > 2.5 * np.mean(inside)


def test_the_shares_are_kept_and_without_them_nothing_changes() -> None:
    photos = Photos([disc(), replace(blue(labelled=True), weight=1.0), blue(labelled=False)])
    rng = np.random.default_rng(0)
    drawn = [photos.draw(rng, pasted=0.5, made_up_share=0.2) for _ in range(200)]
    made = sum(photo.name == "made up" for photo in drawn)
    as_they_are = sum(any(photo is own for own in photos.labelled) for photo in drawn)
    assert made == pytest.approx(40, abs=18)
    assert as_they_are == pytest.approx(80, abs=28)
    onto_background = sum(photo.name == "blue.jpg" and len(photo.labels) == 1 for photo in drawn)
    assert onto_background == pytest.approx(40, abs=18)
    plain, same = np.random.default_rng(1), np.random.default_rng(1)
    assert photos.draw(plain) is photos.one(same)
    assert plain.random() == same.random()


def test_a_batch_with_all_of_it_is_decided_by_its_number() -> None:
    photos = Photos([disc(), blue(labelled=True), blue(labelled=False)])
    ask = Ask(4, 64, 3, 0.5, 0.5, paste=0.5, made_up=0.3)
    for step in range(3):
        one, again = make_batch(photos, 3, step, ask), make_batch(photos, 3, step, ask)
        np.testing.assert_array_equal(one.pixels, again.pixels)
        np.testing.assert_array_equal(one.masks, again.masks)


def test_the_iou_head_learns_on_photos_as_they_are() -> None:
    run = TrainingConfig(paste=0.3, made_up=0.2)
    assert [(Ask.at(p, run).paste, Ask.at(p, run).made_up) for p in (0, run.late_from, run.judge_from)] == [
        (0.3, 0.2), (0.3, 0.2), (0.0, 0.0),
    ]  # fmt: skip


def test_photos_without_masks_are_backgrounds_only(tmp_path: Path) -> None:
    Image.fromarray(disc().pixels).save(tmp_path / "a.jpg")
    (found,) = load(Source.parse(f"{tmp_path},backgrounds"))
    assert (found.labels, found.weight) == ((), 1.0)
    assert load(Source.parse(str(tmp_path))) == []
    with pytest.raises(ValueError, match="no photo with label maps"):
        Photos([found])


def test_masks_in_each_other_get_label_maps_of_their_own() -> None:
    whole, part, other = (np.zeros((20, 20), bool) for _ in range(3))
    whole[2:14, 2:14], part[4:8, 4:8], other[14:20, 14:20] = True, True, True
    maps = label_maps([whole, part, other], [0.8, 0.9, 0.7])
    assert [sorted(np.unique(m)) for m in maps] == [[0, 1, 2], [0, 1]]  # the part and the other, the whole
    np.testing.assert_array_equal(maps[0] == 1, other)  # the larger one
    np.testing.assert_array_equal(maps[0] == 2, part)
    np.testing.assert_array_equal(maps[1] == 1, whole)
    assert len(label_maps([whole] * 9, [0.5] * 9)) == MAPS
    assert label_maps([], []) == []


def test_pseudo_labels_are_data_for_the_next_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    photos = tmp_path / "photos"
    photos.mkdir()
    for seed in range(4):
        Image.fromarray(made_up(np.random.default_rng(seed)).pixels).save(photos / f"{seed}.jpg")
    (photos / "broken.jpg").write_bytes(b"no photo")
    save(build(TINY_BUILTIN), tmp_path / "tiny.safetensors")

    def run(out: Path, *more: str) -> None:
        places = ["--model", tmp_path / "tiny.safetensors", "--photos", photos, "--out", out]
        lenient = ["--points-per-side", "3", "--predicted-iou", "-9", "--stability-score", "0"]  # of random weights
        monkeypatch.setattr(sys, "argv", ["training", "pseudo", *map(str, places), *lenient, *more])
        command.main()

    for out in (tmp_path / "out.zip", tmp_path / "out"):
        run(out)
        assert "broken.jpg is left out" in capsys.readouterr().err
        found = load(Source.parse(f"{out},weight=2"))
        assert found
        assert all(1 <= len(photo.labels) <= MAPS for photo in found)
        assert all(labels.max() > 0 for photo in found for labels in photo.labels)
        assert sum(photo.weight for photo in found) == pytest.approx(2)
    run(tmp_path / "none.zip", "--stability-score", "1.1")
    assert "lower --predicted-iou" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    with pytest.raises(SystemExit, match="no photo in"):
        run(tmp_path / "never.zip", "--photos", str(tmp_path / "empty"))

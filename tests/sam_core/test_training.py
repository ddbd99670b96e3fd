"""Training: it learns, it can be stopped anywhere, and it moves the weights that it means to move."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sam_core.checkpoints import load
from sam_core.config import TINY_BUILTIN, TINY_VIT, SamConfig
from sam_core.label_maps import Photo, Source
from sam_core.label_maps import load as load_photos
from sam_core.training.crops import Ask, make_crop, noisy_box, random_view, warp
from sam_core.training.drawing import Photos
from sam_core.training.loader import Batch, make_batch
from sam_core.training.loop import train
from sam_core.training.losses import choice_loss, mask_loss
from sam_core.training.plot import plot
from sam_core.training.rounds import error_click
from sam_core.training.settings import TrainingConfig
from sam_core.training.trainer import Trainer

RUN = TrainingConfig(
    steps=6, side=64, late_side=64, batch=2, late_batch=2, masks=3, warmup=1, judge_from=0.7, rounds=(2, 3)
)


def photo(seed: int = 0) -> Photo:
    """Four coloured quarters, and the upper half as a whole."""
    rng = np.random.default_rng(seed)
    labels = np.ones((90, 120), np.int32)
    labels[:45, 60:], labels[45:, :60], labels[45:, 60:] = 2, 3, 4
    pixels = rng.integers(0, 255, (5, 3), dtype=np.uint8)[labels]
    whole = (labels <= 2).astype(np.int32)
    return Photo("a.jpg", pixels, (labels, whole))


def batches(count: int) -> list[Batch]:
    return [make_batch(Photos([photo(0), photo(1)]), 0, step, Ask.at(0, RUN)) for step in range(count)]


def test_a_stopped_and_resumed_run_equals_a_straight_one(tmp_path: Path) -> None:
    """Stopped once before and once within the IoU head's own phase, which begins at step 5 of 6."""
    given = batches(6)
    straight = Trainer(TINY_BUILTIN, RUN)
    for batch in given:
        straight.train_step(batch)
    for stop in (2, 5):
        trainer = Trainer(TINY_BUILTIN, RUN)
        for batch in given[:stop]:
            trainer.train_step(batch)
        trainer.save(tmp_path)
        resumed = Trainer(TINY_BUILTIN, RUN)
        resumed.load_state(torch.load(tmp_path / "checkpoint.pt", weights_only=True))
        for batch in given[stop:]:
            resumed.train_step(batch)
        for key, value in straight.ema.state.items():
            torch.testing.assert_close(resumed.ema.state[key], value, atol=1e-6, rtol=1e-5)


def test_it_learns_one_batch() -> None:
    trainer = Trainer(TINY_BUILTIN, replace(RUN, steps=1000, rounds=(2,), learning_rate=1e-2))
    (batch,) = batches(1)
    losses = [trainer.train_step(batch)["loss1"] for _ in range(50)]
    assert np.mean(losses[-5:]) < 0.75 * np.mean(losses[:5])


def test_memory_layout_does_not_change_a_step() -> None:
    """A fused optimizer once applied each gradient in the wrong layout, and training went nowhere, quietly."""
    (batch,) = batches(1)
    fast, plain = Trainer(TINY_BUILTIN, RUN), Trainer(TINY_BUILTIN, RUN)
    plain.model.to(memory_format=torch.contiguous_format)  # type: ignore[call-overload]
    before = plain.model.image_encoder.stage8.down[0].weight.detach().clone()
    for trainer in (fast, plain):
        trainer.train_step(batch)
    moved = plain.model.image_encoder.stage8.down[0].weight - before
    other = fast.model.image_encoder.stage8.down[0].weight - before
    assert moved.abs().max() > 1e-5
    # The first step of Adam is the gradient's sign; where the gradient is nothing but rounding, signs may differ.
    assert torch.nn.functional.cosine_similarity(moved.flatten(), other.flatten(), dim=0) > 0.99


@pytest.mark.parametrize(("judge_from", "steps_before"), [(RUN.judge_from, 5), (0.0, 0)], ids=["at the end", "alone"])
def test_the_last_phase_moves_the_iou_head_only(judge_from: float, steps_before: int) -> None:
    trainer = Trainer(TINY_BUILTIN, replace(RUN, judge_from=judge_from))
    given = batches(6)
    for batch in given[:steps_before]:
        trainer.train_step(batch)
    before = {key: value.clone() for key, value in trainer.ema.state.items()}
    trainer.train_step(given[steps_before])
    assert trainer.judging
    changed = {key for key, value in trainer.model.state_dict().items() if not torch.equal(value, before[key])}
    assert changed
    assert all(key.startswith("mask_decoder.iou_prediction_head.") for key in changed)


@pytest.mark.parametrize("config", [TINY_BUILTIN, TINY_VIT], ids=lambda config: config.name)
def test_an_answer_once_given_is_judged_again_and_again(config: SamConfig) -> None:
    run = replace(RUN, side=config.image_size, late_side=config.image_size)
    trainer = Trainer(config, replace(run, steps=1000, judge_from=0.0, learning_rate=1e-2))
    given = [make_batch(Photos([photo(0), photo(1)]), 0, step, Ask.at(0, run)) for step in range(4)]
    losses = [trainer.train_step(given[n % 4])["judge1"] for n in range(40)]
    assert len(trainer.first_answers.ious) == len(trainer.corrected_answers.ious) == 40 * RUN.batch * RUN.masks
    assert np.mean(losses[-5:]) < 0.6 * np.mean(losses[:5])


def test_every_reading_of_a_photo_counts_the_same() -> None:
    """The upper half as a whole is one mask among six, and yet half of what the IoU head learns from this photo."""
    crop = make_crop(np.random.default_rng(0), photo(), Ask(1, 64, 6, whole=1.0, centred=1.0))
    assert crop is not None
    areas = crop.masks.sum((1, 2), dtype=np.int64)
    whole = areas > 1.5 * areas.min()  # the others are its two quarters and those below it
    assert 0 < whole.sum() < 3
    assert [crop.shares[whole].sum(), crop.shares[~whole].sum()] == pytest.approx([0.5, 0.5])


def test_the_iou_head_is_trained_on_whole_photos_clicked_in_the_middle() -> None:
    """What it will judge in use: it learns how likely each reading of such a click is."""
    assert Ask.at(RUN.judge_from, RUN) == Ask(RUN.late_batch, RUN.late_side, RUN.masks, whole=1.0, centred=1.0)


def test_a_run_can_begin_from_another_ones_weights() -> None:
    first = Trainer(TINY_BUILTIN, RUN)
    for batch in batches(6):
        first.train_step(batch)
    second = Trainer(replace(TINY_BUILTIN, image_size=2 * TINY_BUILTIN.image_size), replace(RUN, seed=1))
    second.begin_from(first.state())
    assert (second.step, second.judging) == (0, False)
    for key, value in second.model.state_dict().items():
        torch.testing.assert_close(value, first.ema.state[key])
    second.train_step(batches(1)[0])  # all of it learns again, though the first run ended with the IoU head alone
    assert not torch.equal(
        second.model.mask_decoder.mask_tokens.weight, first.ema.state["mask_decoder.mask_tokens.weight"]
    )


@pytest.mark.parametrize("config", [TINY_BUILTIN, TINY_VIT], ids=lambda config: config.name)
def test_the_decoder_can_learn_alone(config: SamConfig) -> None:
    """In mixed precision too, and in all phases of a run."""
    run = replace(RUN, steps=4, side=config.image_size, late_side=config.image_size, decoder_only=True, bf16=True)
    trainer = Trainer(config, run)
    before = {key: value.clone() for key, value in trainer.model.state_dict().items()}
    while trainer.progress < 1:
        trainer.train_step(make_batch(Photos([photo(0)]), 0, trainer.step, Ask.at(trainer.progress, run)))
    assert trainer.judging
    changed = {key for key, value in trainer.model.state_dict().items() if not torch.equal(value, before[key])}
    assert any(key.startswith("mask_decoder.") for key in changed)
    assert not any(key.startswith("image_encoder.") for key in changed)


def test_mixed_precision_learns_the_same() -> None:
    (batch,) = batches(1)
    exact, mixed = Trainer(TINY_BUILTIN, RUN), Trainer(TINY_BUILTIN, replace(RUN, bf16=True))
    one, other = exact.train_step(batch), mixed.train_step(batch)
    assert one["loss1"] == pytest.approx(other["loss1"], rel=0.05)
    assert one["loss1"] != other["loss1"]
    assert all(value.dtype != torch.bfloat16 for value in mixed.model.state_dict().values())


def test_a_log_is_drawn(tmp_path: Path) -> None:
    log, to = tmp_path / "log.jsonl", tmp_path / "curve.png"
    steps = [{"step": n, "lr": 1 / n, "iou1": 0.5 + n / 400, "loss1": 2 / n} for n in range(1, 121)]
    log.write_text("".join(json.dumps(step) + "\n" for step in steps))
    plot(log, to)
    assert Image.open(to).size == (1100, 900)  # a panel for each kind of figure that there is
    log.write_text(json.dumps({"step": 1, "lr": 0.1}) + "\n")
    plot(log, to)
    assert Image.open(to).size == (1100, 300)
    log.write_text("")
    with pytest.raises(ValueError, match="no steps yet"):
        plot(log, to)


def test_another_models_checkpoint_is_refused() -> None:
    trainer = Trainer(TINY_BUILTIN, RUN)
    with pytest.raises(ValueError, match="another model"):
        trainer.begin_from(Trainer(TINY_VIT, RUN).state())
    with pytest.raises(ValueError, match="another model"):
        trainer.load_state(trainer.state() | {"config": "{}"})


def test_one_command_writes_a_log_and_a_model(tmp_path: Path) -> None:
    data, out = tmp_path / "data", tmp_path / "out"
    data.mkdir()
    for seed in range(3):
        Image.fromarray(photo(seed).pixels).save(data / f"{seed}.jpg")
        Image.fromarray(photo(seed).labels[0].astype(np.uint8)).save(data / f"{seed}_labels.png")
    sources = [Source.parse(f"{data},weight=2,aside=1,whole")]
    assert [p.name for p in load_photos(sources[0])] == ["0.jpg", "1.jpg"]
    trainer = train(TINY_BUILTIN, replace(RUN, steps=2), sources, out)
    lines = [json.loads(line) for line in (out / "log.jsonl").read_text().splitlines()]
    assert [line["step"] for line in lines] == [1, 2]
    assert {"seconds", "lr", "grad"} <= set(lines[0])
    assert load(out / "model.safetensors").config == TINY_BUILTIN
    assert train(TINY_BUILTIN, RUN, sources, out, resume=True).step == RUN.steps
    assert trainer.step == 2


def test_a_batch_is_decided_by_its_number() -> None:
    first, again = batches(2), batches(2)
    np.testing.assert_array_equal(first[1].pixels, again[1].pixels)
    np.testing.assert_array_equal(first[1].clicks, again[1].clicks)
    assert (first[0].pixels != first[1].pixels).any()


def test_crops_are_true() -> None:
    """Clicks lie in their masks, boxes around them, and what is unknown is neither border nor segment."""
    rng = np.random.default_rng(0)
    for _ in range(20):
        crop = make_crop(rng, photo(), Ask(1, 64, 4, 0.5, 0.5))
        assert crop is not None
        assert crop.pixels.shape == (64, 64, 3)
        assert crop.masks.shape == (4, 16, 16)
        assert crop.boundary.shape == (16, 16)
        assert crop.segments.shape == (8, 8)
        for mask, (x, y), box in zip(crop.masks, crop.clicks, crop.boxes, strict=True):
            assert mask[int(np.clip(y / 4, 0, 15)), int(np.clip(x / 4, 0, 15))] > 0
            ys, xs = np.nonzero(mask > 127)
            assert np.abs(box - 4 * np.array([xs.min(), ys.min(), xs.max() + 1, ys.max() + 1])).max() <= 10


def test_a_photo_without_regions_gives_no_crop() -> None:
    empty = Photo("a.jpg", np.zeros((50, 50, 3), np.uint8), (np.zeros((50, 50), np.int32),))
    assert make_crop(np.random.default_rng(0), empty, Ask(1, 64, 4, 0.5, 0.5)) is None


def test_pixels_and_labels_are_warped_alike() -> None:
    rng = np.random.default_rng(0)
    labels = photo().labels[0].astype(np.float32)
    pixels = (labels[..., None] * 50).astype(np.uint8).repeat(3, axis=2)
    for _ in range(10):
        matrix = random_view(rng, 90, 120, 64, whole=0.5)
        seen, known = warp(pixels, matrix, 64, nearest=False)[..., 0], warp(labels, matrix, 64, nearest=True)
        off = np.abs(seen.astype(float) - 50 * known)[known > 0] > 40
        assert off.mean() < 0.1  # borders only


def test_error_clicks_correct_what_is_wrong() -> None:
    rng = np.random.default_rng(0)
    truth, predicted = np.zeros((16, 16), bool), np.zeros((16, 16), bool)
    truth[2:10, 2:10] = True
    for _ in range(20):
        x, y, label = error_click(rng, predicted, truth)
        assert (label, truth[int(np.clip(y / 4, 0, 15)), int(np.clip(x / 4, 0, 15))]) == (1, True)
        x, y, label = error_click(rng, truth | (np.arange(16) > 12), truth)
        assert label == 0
        assert x >= 4 * 13 - 1
        assert error_click(rng, truth, truth)[2] == 1


def test_losses_prefer_what_is_right() -> None:
    truth = torch.zeros(2, 8, 8)
    truth[:, 2:6, 2:6] = 1
    right, wrong = mask_loss(8 * truth - 4, truth), mask_loss(4 - 8 * truth, truth)
    assert (right < 0.1).all()
    assert (wrong > 2).all()


def test_the_safest_mask_should_be_chosen_not_the_one_most_often_best() -> None:
    """The first mask is perfect or useless, the second always fair: as often best, and better on average."""
    iou = torch.tensor([[1.0, 0.6, 0.0], [0.0, 0.6, 0.0]])
    gamble, safe = torch.tensor([[0.9, 0.1, 0.0]]).expand(2, 3), torch.tensor([[0.1, 0.9, 0.0]]).expand(2, 3)
    assert choice_loss(gamble, iou) > choice_loss(safe, iou)
    assert choice_loss(gamble, iou[:1]) < choice_loss(safe, iou[:1])


def test_boxes_stay_in_the_crop() -> None:
    box = noisy_box(np.random.default_rng(0), np.ones((16, 16), bool))
    assert min(box) >= 0
    assert max(box) <= 64


@pytest.mark.parametrize("text", ["a.zip,size=3", "a.zip,weight=heavy"])
def test_odd_options_of_a_data_set_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"size|heavy"):
        Source.parse(text)

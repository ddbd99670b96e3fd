"""Checkpoints from outside: recognised by keys and shapes, converted, or refused with what is wrong."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

from sam_core import checkpoints, onnx_export, tensor_files
from sam_core.checkpoints import CheckpointError
from sam_core.config import MOBILE_SAM, TINY_BUILTIN, TINY_MOBILE, TINY_VIT, VIT_B, VIT_H, VIT_L, SamConfig
from sam_core.importing import check_own, convert, recognise, shapes_of
from sam_core.modeling.tiny_vit import UNUSED_KEYS
from sam_core.official import OFFICIAL
from sam_core.onnx_export.running import ExportedDecoder

GOLDEN_KEYS = Path(__file__).parent / "golden" / "mobile_sam_encoder_keys.json"
TINY = [TINY_VIT, TINY_MOBILE]
State = dict[str, Tensor]


@pytest.fixture(scope="module")
def vit_state() -> State:
    return checkpoints.build(TINY_VIT).state_dict()


@pytest.fixture
def refused(tmp_path: Path) -> Callable[[Any], str]:
    """What `convert` says of a saved object; nothing may be left of it."""

    def reason(content: Any) -> str:
        torch.save(content, tmp_path / "a.pth")
        with pytest.raises(CheckpointError) as error:
            convert(tmp_path / "a.pth", tmp_path / "out.safetensors", None, TINY)
        assert [path.name for path in tmp_path.iterdir()] == ["a.pth"]
        return str(error.value)

    return reason


@pytest.mark.parametrize("config", [VIT_H, VIT_L, VIT_B, MOBILE_SAM], ids=lambda config: config.name)
def test_the_official_models_are_told_apart_by_keys_and_shapes(config: SamConfig) -> None:
    assert recognise(shapes_of(config)) == config
    assert OFFICIAL[config.name].config == config


def test_mobile_sam_is_recognised_by_its_published_keys_classifier_and_offsets_among_them() -> None:
    published = {key: tuple(shape) for key, shape in json.loads(GOLDEN_KEYS.read_text()).items()}
    assert set(published) >= UNUSED_KEYS
    rest = {key: shape for key, shape in shapes_of(MOBILE_SAM).items() if not key.startswith("image_encoder.")}
    offsets = {"image_encoder.layers.1.blocks.0.attn.attention_bias_idxs": (49, 49)}
    assert recognise({**published, **rest, **offsets}) == MOBILE_SAM


def test_missing_unknown_and_misshapen_keys_are_named() -> None:
    shapes = dict(shapes_of(TINY_VIT))
    del shapes["image_encoder.pos_embed"]
    shapes["image_encoder.adapter.weight"] = (3,)
    shapes["mask_decoder.iou_token.weight"] = (1, 17)
    with pytest.raises(CheckpointError) as error:
        recognise(shapes, TINY)
    message = str(error.value)
    assert "not a whole checkpoint of tiny_vit" in message
    assert "lacks key image_encoder.pos_embed" in message
    assert "unknown key image_encoder.adapter.weight" in message
    assert "mask_decoder.iou_token.weight [1, 17] instead of [1, 16]" in message


def test_a_model_of_another_kind_is_no_sam() -> None:
    with pytest.raises(CheckpointError, match="none of its keys is known"):
        recognise({"conv1.weight": (64, 3, 7, 7)})


@pytest.mark.parametrize("wrapper", [None, "state_dict", "model"])
@pytest.mark.parametrize("config", TINY, ids=lambda config: config.name)
def test_a_state_dict_becomes_a_checkpoint_of_ours(config: SamConfig, wrapper: str | None, tmp_path: Path) -> None:
    state = checkpoints.build(config, seed=3).state_dict()
    source, target = tmp_path / "a.pth", tmp_path / "out.safetensors"
    torch.save({wrapper: state, "epoch": 3} if wrapper else state, source, _use_new_zipfile_serialization=bool(wrapper))
    assert convert(source, target, "renamed", TINY) == dataclasses.replace(config, name="renamed")
    loaded = checkpoints.load(target).sam.state_dict()
    assert loaded.keys() == state.keys()
    for key, value in state.items():
        torch.testing.assert_close(loaded[key], value, rtol=0, atol=0)


def test_a_checkpoint_of_ours_keeps_its_bytes(tmp_path: Path) -> None:
    for dtype in (torch.float32, torch.float16):
        checkpoints.save(checkpoints.build(TINY_BUILTIN), tmp_path / "a", dtype)
        assert convert(tmp_path / "a", tmp_path / "b") == TINY_BUILTIN
        assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_numbers_that_were_written_as_vectors_are_read(tmp_path: Path) -> None:
    state = checkpoints.build(TINY_BUILTIN).state_dict()
    vectors = {key: value.reshape(1) if value.ndim == 0 else value for key, value in state.items()}
    assert any(value.ndim == 0 for value in state.values())
    save_file(vectors, tmp_path / "a", {"config": TINY_BUILTIN.to_json()})
    assert convert(tmp_path / "a", tmp_path / "b") == TINY_BUILTIN


def test_plain_safetensors_and_other_precisions_are_read(vit_state: State, tmp_path: Path) -> None:
    wide = {
        key: value.to(torch.float64 if i % 2 else torch.bfloat16) for i, (key, value) in enumerate(vit_state.items())
    }
    save_file(wide, tmp_path / "a")
    assert convert(tmp_path / "a", tmp_path / "b", None, TINY) == TINY_VIT
    for key, value in checkpoints.load(tmp_path / "b").sam.state_dict().items():
        torch.testing.assert_close(value, vit_state[key], rtol=1e-2, atol=1e-2)


def test_the_converted_model_is_exported_and_its_graphs_run(vit_state: State, tmp_path: Path) -> None:
    torch.save(vit_state, tmp_path / "a.pth")
    convert(tmp_path / "a.pth", tmp_path / "b", None, TINY)
    model = checkpoints.load(tmp_path / "b")
    manifest = onnx_export.export(model, tmp_path / "export")
    embedding = model.sam.encode(torch.ones(1, 3, 64, 64))[0].half()
    decoder = ExportedDecoder(tmp_path / "export", manifest)
    coords, labels = np.array([[[9, 20], [0, 0]]], np.float32), np.array([[1, -1]], np.float32)
    logits, _ = decoder.decode(decoder.prepare({"image_embedding": embedding.numpy()}), coords, labels)
    prompts = (torch.from_numpy(coords), torch.from_numpy(labels), torch.zeros(1, 1, 16, 16), torch.zeros(1))
    expected, _ = model.sam.decode(model.sam.prepare(embedding), *prompts)
    np.testing.assert_allclose(logits, expected.numpy(), atol=1e-5)
    assert manifest["model_version"] == model.version


# -- Refused -------------------------------------------------------------------------------------------------------


class RunsCode:
    """Pickled, it makes the file when it is loaded."""

    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.proof),)


@pytest.mark.parametrize("beside", [False, True], ids=["alone", "beside the tensors"])
def test_a_pickle_that_runs_code_does_not_run_it(
    beside: bool, vit_state: State, refused: Callable[[Any], str], tmp_path_factory: pytest.TempPathFactory
) -> None:
    proof = tmp_path_factory.mktemp("proof") / "it ran"
    hostile = RunsCode(proof)
    pickle.loads(pickle.dumps(hostile))
    assert proof.is_dir(), "the pickle is not hostile, so the test shows nothing"
    proof.rmdir()
    assert "objects or code" in refused({"model": vit_state, "more": hostile} if beside else hostile)
    assert not proof.exists()


def test_a_bare_pickle_that_runs_code_does_not_run_it(tmp_path: Path) -> None:
    proof = tmp_path / "it ran"
    (tmp_path / "a.pth").write_bytes(pickle.dumps(RunsCode(proof), protocol=2))
    with pytest.raises(CheckpointError):
        convert(tmp_path / "a.pth", tmp_path / "out", None, TINY)
    assert not proof.exists()


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_numbers_that_are_not_finite_are_refused(value: float, vit_state: State, refused: Callable[[Any], str]) -> None:
    key = "image_encoder.neck.0.weight"
    broken = vit_state[key].clone()
    broken[-1, -1] = value
    assert f"{key} holds numbers that are not finite" in refused({**vit_state, key: broken})


def test_what_is_not_plain_tensors_is_refused(vit_state: State, refused: Callable[[Any], str]) -> None:
    key = "image_encoder.pos_embed"
    assert "no state dict" in refused([vit_state])
    assert "'epoch' is no tensor" in refused({**vit_state, "epoch": 3})
    assert f"{key} is sparse" in refused({**vit_state, key: vit_state[key].to_sparse()})
    assert f"{key} is sparse, quantised or without data" in refused({**vit_state, key: vit_state[key].to("meta")})
    assert f"{key} holds no real numbers" in refused({**vit_state, key: vit_state[key].to(torch.complex64)})


def test_cut_off_and_foreign_files_are_refused(vit_state: State, tmp_path: Path) -> None:
    torch.save(vit_state, tmp_path / "a.pth")
    torch.save(vit_state, tmp_path / "old.pth", _use_new_zipfile_serialization=False)
    save_file(vit_state, tmp_path / "a.safetensors")
    whole = {name: (tmp_path / name).read_bytes() for name in ("a.pth", "old.pth", "a.safetensors")}
    cases = {
        f"{name} cut at {cut:.0%}": data[: int(cut * len(data))]
        for name, data in whole.items()
        for cut in (0.02, 0.5, 0.99)
    }
    cases |= {"page": b"<!doctype html><p>Not found", "zip": b"PK\x03\x04" + bytes(100), "empty": b""}
    for name, data in cases.items():
        (tmp_path / "case").write_bytes(data)
        with pytest.raises(CheckpointError, match=r"damaged|whole"):
            convert(tmp_path / "case", tmp_path / "out", None, TINY)
        assert not (tmp_path / "out").exists(), name


def test_a_config_of_no_model_is_refused() -> None:
    shapes = shapes_of(TINY_VIT)
    for change in ({"image_size": 1 << 20}, {"image_size": "64"}, {"pixel_std": (0.0, 1.0, 1.0)}, {"vit_heads": 0}):
        with pytest.raises(CheckpointError, match="config in the file"):
            check_own(shapes, dataclasses.replace(TINY_VIT, **change))  # type: ignore[arg-type]
    with pytest.raises(CheckpointError, match="not a whole checkpoint of tiny_vit"):
        check_own(shapes, dataclasses.replace(TINY_VIT, vit_depth=3))


def test_a_file_is_written_as_the_library_writes_it(tmp_path: Path) -> None:
    tensors: dict[str, NDArray] = {
        "b": np.arange(6, dtype=np.float32).reshape(2, 3).T,
        "a": np.ones(3, np.float16),
        "count": np.array([7], np.int64),
        "c": np.zeros((0, 2), np.float32),
    }
    tensor_files.write(tmp_path / "a", tensors, {"format": "1"})
    assert (tmp_path / "a").read_bytes() == tensor_files.to_bytes(tensors, {"format": "1"})
    with pytest.raises(ValueError, match="x is bool"):
        tensor_files.write(tmp_path / "b", {"x": np.ones(1, bool)}, {})

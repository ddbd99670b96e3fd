"""The exported graphs are the module: the same answers, and a manifest that tells the truth about them."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from sam_core.checkpoints import LoadedModel
from sam_core.onnx_export import Manifest, export
from sam_core.predictor import decode, encode
from sam_core.prompts import Box, Point, Prompts, point_arrays

IMAGE = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)


@pytest.fixture(scope="module")
def exported(tiny: LoadedModel, tmp_path_factory: pytest.TempPathFactory) -> tuple[LoadedModel, Manifest, Path]:
    out = tmp_path_factory.mktemp("export")
    return tiny, export(tiny, out), out


def session(path: Path) -> onnxruntime.InferenceSession:
    return onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])


@pytest.mark.parametrize(
    "prompts",
    [
        Prompts([Point(20, 20)]),
        Prompts(box=Box(4, 5, 40, 41)),
        Prompts([Point(20 + i, 3 * i, i % 2) for i in range(7)]),
        Prompts([Point(20, 20), Point(50, 40, 0)], mask_input=np.ones((16, 16), np.float32)),
    ],
    ids=["click", "box", "seven clicks", "with a mask"],
)
def test_torch_and_onnx_agree(exported: tuple[LoadedModel, Manifest, Path], prompts: Prompts) -> None:
    model, manifest, out = exported
    embedding = encode(model, IMAGE)
    prepare, step = session(out / "prepare.onnx"), session(out / "decode.onnx")
    prepared = dict(
        zip((o.name for o in prepare.get_outputs()), prepare.run(None, dict(embedding.tensors)), strict=True)
    )
    expected = decode(model, embedding, prompts)
    coords, labels = point_arrays(prompts)
    side, given = manifest["low_res_size"], prompts.mask_input
    feeds = prepared | {
        "point_coords": expected.frame.to_model(coords)[None],
        "point_labels": labels[None],
        "mask_input": np.zeros((1, 1, side, side), np.float32) if given is None else given[None, None],
        "has_mask_input": np.array([given is not None], np.float32),
    }
    logits, ious = step.run(["low_res_logits", "predicted_ious"], feeds)
    np.testing.assert_allclose(logits[0], expected.low_res_logits, atol=1e-4)
    np.testing.assert_allclose(ious[0], expected.predicted_ious, atol=1e-4)


def test_the_manifest_describes_the_files(exported: tuple[LoadedModel, Manifest, Path]) -> None:
    model, manifest, out = exported
    assert json.loads((out / "manifest.json").read_text()) == manifest
    assert manifest["model_version"] == model.version
    for name, graph in manifest["graphs"].items():
        data = (out / graph["file"]).read_bytes()
        assert graph["sha256"] == hashlib.sha256(data).hexdigest()
        assert graph["bytes"] == len(data)
        actual = session(out / graph["file"])
        for said, found in ((graph["inputs"], actual.get_inputs()), (graph["outputs"], actual.get_outputs())):
            assert [spec["name"] for spec in said] == [value.name for value in found]
            for spec, value in zip(said, found, strict=True):
                # Where the exporter could not follow a fixed size it leaves a name of its own.
                fixed = [
                    s if isinstance(f, int) or f == "N" else f for s, f in zip(spec["shape"], value.shape, strict=True)
                ]
                assert fixed == value.shape, (name, spec["name"])
    embedding = encode(model, IMAGE)
    promised = {spec["name"]: (spec["shape"], spec["dtype"]) for spec in manifest["embedding"]["tensors"]}
    assert promised == {k: (list(v.shape), str(v.dtype)) for k, v in embedding.tensors.items()}


def test_the_prompt_interface_is_fixed(exported: tuple[LoadedModel, Manifest, Path]) -> None:
    _, manifest, _ = exported
    side = manifest["low_res_size"]
    inputs = {spec["name"]: spec["shape"] for spec in manifest["graphs"]["decode"]["inputs"]}
    assert {name: shape for name, shape in inputs.items() if not name.startswith("prepared_")} == {
        "point_coords": [1, "N", 2],
        "point_labels": [1, "N"],
        "mask_input": [1, 1, side, side],
        "has_mask_input": [1],
    }
    assert manifest["tokens"] == {"single": 0, "multimask": [1, 2, 3]}

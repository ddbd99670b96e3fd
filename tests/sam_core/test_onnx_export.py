"""The exported graphs are the model: the same answers, and a manifest that tells the truth about them."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
import torch
from onnx import TensorProto, helper, numpy_helper

from sam_core.checkpoints import LoadedModel, build
from sam_core.config import TINY_BUILTIN, TINY_VIT, VIT_B, SamConfig
from sam_core.modeling import Sam
from sam_core.modeling.absorbed import AbsorbedDecoder
from sam_core.onnx_export import Manifest, export, forms_of
from sam_core.onnx_export.export import OPSET
from sam_core.onnx_export.packing import pack, step_of
from sam_core.onnx_export.running import BEST, EVERY_SECOND, ExportedDecoder
from sam_core.predictor import Decoded, decode, encode
from sam_core.prompts import Box, Point, Prompts, point_arrays

IMAGE = np.random.default_rng(1).integers(0, 255, (48, 64, 3), dtype=np.uint8)
REAL_DECODER = replace(VIT_B, name="vit_small", vit_width=32, vit_depth=1, vit_heads=2, vit_global_blocks=())
"""The decoder of the official models, behind an encoder that costs nothing."""
KINDS: dict[str, tuple[SamConfig, str]] = {
    "high resolution": (TINY_BUILTIN, "plain"),
    "plain": (TINY_VIT, "plain"),
    "absorbed": (TINY_VIT, "absorbed"),
    "absorbed, three layers": (replace(TINY_VIT, decoder_depth=3), "absorbed"),
    "absorbed, real sizes": (REAL_DECODER, "absorbed"),
}


def stirred(sam: Sam) -> Sam:
    """Untrained weights are so small that little depends on the prompts. These leave no path idle."""
    generator = torch.Generator().manual_seed(7)
    with torch.no_grad():
        for parameter in sam.parameters():
            spread = 0.1 if parameter.ndim < 2 else parameter[0].numel() ** -0.5
            start = parameter if parameter.ndim < 2 else torch.zeros_like(parameter)
            parameter.copy_(start + spread * torch.randn(parameter.shape, generator=generator))
    return sam.eval().requires_grad_(False)


class Exported:
    def __init__(self, config: SamConfig, form: str, out: Path) -> None:
        self.model = LoadedModel(stirred(build(config, seed=5)), f"{config.name}-000000000000", "0" * 64)
        self.out = out
        self.manifest: Manifest = export(self.model, out, form, packs=False)  # type: ignore[arg-type]
        self.decoder = ExportedDecoder(out, self.manifest, threads=1)
        self.embedding = encode(self.model, IMAGE)
        self.prepared = self.decoder.prepare(self.embedding.tensors)

    def ask(self, prompts: Prompts, **how: object) -> tuple[np.ndarray, np.ndarray, Decoded]:
        """Logits [P, …] and predicted IoUs [T] of the graphs, and what the model itself answers."""
        expected = decode(self.model, self.embedding, prompts)
        coords, labels = point_arrays(prompts)
        mask = None if prompts.mask_input is None else prompts.mask_input[None, None]
        logits, ious = self.decoder.decode(
            self.prepared,
            expected.frame.to_model(coords)[None],
            labels[None],
            mask,
            **how,  # type: ignore[arg-type]
        )
        return logits[0], ious[0], expected


@pytest.fixture(scope="module", params=KINDS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    config, form = KINDS[request.param]
    return Exported(config, form, tmp_path_factory.mktemp("export"))


@pytest.fixture(scope="module", params=[name for name in KINDS if name.startswith("absorbed")])
def absorbed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    config, form = KINDS[request.param]
    return Exported(config, form, tmp_path_factory.mktemp("export"))


def a_mask(exported: Exported) -> np.ndarray:
    side = exported.manifest["low_res_size"]
    return np.random.default_rng(3).normal(0, 5, (side, side)).astype(np.float32)


@pytest.mark.parametrize("with_mask", [False, True], ids=["no mask", "a mask"])
@pytest.mark.parametrize(
    "prompts",
    [
        Prompts([Point(20, 20)]),
        Prompts(box=Box(4, 5, 40, 41)),
        Prompts([Point(20 + i, 3 * i, i % 2) for i in range(7)]),
        Prompts([Point(20, 20), Point(50, 40, 0)], Box(4, 5, 40, 41)),
    ],
    ids=["click", "box", "seven clicks", "box and clicks"],
)
def test_torch_and_onnx_agree(exported: Exported, prompts: Prompts, with_mask: bool) -> None:
    prompts = replace(prompts, mask_input=a_mask(exported) if with_mask else None)
    logits, ious, expected = exported.ask(prompts)
    assert expected.low_res_logits.std() > 1e-2  # or anything would agree
    np.testing.assert_allclose(logits, expected.low_res_logits, atol=1e-4)
    np.testing.assert_allclose(ious, expected.predicted_ious, atol=1e-4)


@pytest.mark.parametrize("seed", [0, 1])
def test_packed_weights_take_half_the_bytes_and_give_the_same_masks(seed: int, tmp_path: Path) -> None:
    config = REAL_DECODER
    sam = stirred(build(config)) if seed == 0 else build(config, seed)
    model = LoadedModel(sam, "a-1", "0" * 64)
    decoders: dict[bool, ExportedDecoder] = {}
    for packs in (False, True):
        manifest = export(model, tmp_path / str(packs), packs=packs)
        decoders[packs] = ExportedDecoder(tmp_path / str(packs), manifest, threads=1)
    random = np.random.default_rng(seed)
    specs = decoders[True].manifest["embedding"]["tensors"]
    image = {spec["name"]: random.normal(0, 0.5, spec["shape"]).astype(spec["dtype"]) for spec in specs}
    prepared = {packs: decoder.prepare(image) for packs, decoder in decoders.items()}
    mask = random.normal(0, 5, (1, 1, config.low_res_size, config.low_res_size)).astype(np.float32)
    for labels in ([1, -1], [1, 0, 1, 0, 1, -1], [2, 3], [1, 0, 2, 3]):
        coords = random.uniform(0, config.image_size, (1, len(labels), 2)).astype(np.float32)
        for given in (None, mask):
            prompts = (coords, np.array([labels], np.float32), given)
            (exact, ious), (ours, our_ious) = (decoders[packs].decode(prepared[packs], *prompts) for packs in decoders)
            assert 0 < np.abs(ours - exact).max() <= 1e-3 * max(1, np.abs(exact).max())
            assert np.abs(our_ious - ious).max() <= 1e-3
            assert ((ours > 0) & (exact > 0)).sum() >= 0.999 * ((ours > 0) | (exact > 0)).sum()
    sizes = {packs: decoder.manifest["weights"]["bytes"] for packs, decoder in decoders.items()}
    assert sizes[True] < 0.52 * sizes[False]


def test_what_is_packed_is_off_by_half_a_step_and_odd_weights_are_left_alone(tmp_path: Path) -> None:
    random = np.random.default_rng(4)
    weights = {name: random.standard_normal((64, 8, 3, 3)).astype(np.float32) for name in ("kernel", "outlier", "nan")}
    weights |= {"nothing": np.zeros((64, 64), np.float32), "small": random.standard_normal((63, 65)).astype(np.float32)}
    weights["outlier"][0, 0, 0, 0] = -3000
    weights["nan"][0, 0, 0, 0] = np.nan
    names = list(weights)
    made = [helper.make_node("Identity", [name], [f"{name}_out"]) for name in names]
    outputs = [helper.make_tensor_value_info(f"{name}_out", TensorProto.FLOAT, weights[name].shape) for name in names]
    held = [numpy_helper.from_array(values, name) for name, values in weights.items()]
    path = tmp_path / "weights.onnx"
    model = helper.make_model(helper.make_graph(made, "weights", [], outputs, held), ir_version=10)
    model.opset_import[0].version = OPSET
    onnx.save(model, path)
    pack(path)
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    found = dict(zip(names, session.run(None, {}), strict=True))
    for name in ("nan", "nothing", "small"):
        np.testing.assert_array_equal(found[name], weights[name])
    for name in ("kernel", "outlier"):
        off = np.abs(found[name] - weights[name]).max()
        assert 0 < off <= 0.501 * step_of(weights[name])
    assert step_of(weights["kernel"]) < 2e-4
    assert step_of(weights["outlier"]) == pytest.approx(3000 / 32767)  # or the outlier would be cut off


def test_the_manifest_describes_the_files(exported: Exported) -> None:
    model, manifest, out = exported.model, exported.manifest, exported.out
    assert json.loads((out / "manifest.json").read_text()) == manifest
    assert manifest["model_version"] == model.version
    assert {path.name for path in out.iterdir()} == {
        "manifest.json",
        manifest["weights"]["file"],
        *(graph["file"] for graph in manifest["graphs"].values()),
    }
    assert manifest["weights"]["sha256"] == hashlib.sha256((out / manifest["weights"]["file"]).read_bytes()).hexdigest()
    for name, graph in manifest["graphs"].items():
        data = (out / graph["file"]).read_bytes()
        assert graph["sha256"] == hashlib.sha256(data).hexdigest()
        assert graph["bytes"] == len(data)
        actual = onnxruntime.InferenceSession(out / graph["file"], providers=["CPUExecutionProvider"])
        for said, found in ((graph["inputs"], actual.get_inputs()), (graph["outputs"], actual.get_outputs())):
            assert [spec["name"] for spec in said] == [value.name for value in found]
            for spec, value in zip(said, found, strict=True):
                # Where the exporter could not follow a fixed size it leaves a name of its own.
                letters = {f for f in value.shape if isinstance(f, str) and len(f) == 1}
                for size, really in zip(spec["shape"], value.shape, strict=True):
                    assert size == really or (isinstance(really, str) and really not in letters), (name, spec["name"])
    promised = {spec["name"]: (spec["shape"], spec["dtype"]) for spec in manifest["embedding"]["tensors"]}
    assert promised == {k: (list(v.shape), str(v.dtype)) for k, v in exported.embedding.tensors.items()}


def test_the_prompt_interface_is_fixed(exported: Exported) -> None:
    manifest = exported.manifest
    side = manifest["low_res_size"]
    places = (side // 4) ** 2
    inputs = {spec["name"]: spec["shape"] for spec in manifest["graphs"]["decode"]["inputs"]}
    points = {"point_coords": [1, "N", 2], "point_labels": [1, "N"]}
    plain = {"mask_input": [1, 1, side, side], "has_mask_input": [1]}
    layers = exported.model.config.decoder_depth
    absorbed = {
        "mask_rows": ["R", places],
        "mask_cross": [layers, "R", places],
        "shown": ["P"],
        "crop": [2],
        "steps": ["S", "S"],
    }
    expected = points | (plain if manifest["form"] == "plain" else absorbed)
    assert {name: shape for name, shape in inputs.items() if not name.startswith("prepared_")} == expected
    assert manifest["tokens"] == {"single": 0, "multimask": [1, 2, 3]}


def test_the_model_stays_as_it_was(exported: Exported) -> None:
    """In training mode its batch norms would change with every photo that it encodes."""
    assert not any(module.training for module in exported.model.sam.modules())


def test_the_fastest_form_is_the_default() -> None:
    models = [LoadedModel(build(config), "a-1", "0" * 64) for config in (TINY_VIT, TINY_BUILTIN)]
    assert [forms_of(model) for model in models] == [("absorbed", "plain"), ("plain",)]


def test_high_resolution_features_have_no_absorbed_form(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="high-resolution features"):
        export(LoadedModel(build(TINY_BUILTIN), "a-1", "0" * 64), tmp_path, "absorbed")


PROMPTS = Prompts([Point(20, 20), Point(50, 40, 0)])


def test_a_part_of_the_places_is_that_part_of_the_planes(absorbed: Exported) -> None:
    side = absorbed.manifest["low_res_size"] // 4
    for crop in ((side, side), (side - 1, side), (side, 2), (1, side - 1)):
        logits, ious, expected = absorbed.ask(PROMPTS, crop=crop)
        part = expected.low_res_logits[:, : 4 * crop[0], : 4 * crop[1]]
        assert logits.shape == part.shape
        np.testing.assert_allclose(logits, part, atol=1e-4)
        np.testing.assert_allclose(ious, expected.predicted_ious, atol=1e-4)


def test_a_preview_is_every_second_logit_of_the_token_that_a_click_would_show(absorbed: Exported) -> None:
    logits, ious, expected = absorbed.ask(Prompts([Point(20, 20)]), shown=(BEST,), steps=EVERY_SECOND)
    assert expected.token == 1 + int(np.argmax(ious[1:]))
    np.testing.assert_allclose(logits, expected.low_res_logits[[expected.token], ::2, ::2], atol=1e-4)
    logits, _, expected = absorbed.ask(PROMPTS, shown=(0,), steps=EVERY_SECOND)
    np.testing.assert_allclose(logits, expected.low_res_logits[:1, ::2, ::2], atol=1e-4)


def test_the_rows_that_the_browsers_kernel_finishes_are_the_models(absorbed: Exported) -> None:
    if absorbed.model.config.embed_dim < 64:
        assert not absorbed.decoder.has_rows  # its channels do not fill the kernel's registers
        return
    side = absorbed.manifest["low_res_size"] // 4
    for prompts in (PROMPTS, replace(PROMPTS, mask_input=a_mask(absorbed))):
        logits, ious, expected = absorbed.ask(prompts, rows=True, crop=(side - 1, side))
        np.testing.assert_allclose(logits, expected.low_res_logits[:, :-4], atol=1e-4)
        np.testing.assert_allclose(ious, expected.predicted_ious, atol=1e-4)
    logits, _, expected = absorbed.ask(Prompts([Point(20, 20)]), rows=True, shown=(BEST,), steps=EVERY_SECOND)
    np.testing.assert_allclose(logits, expected.low_res_logits[[expected.token], ::2, ::2], atol=1e-4)


def test_a_mask_that_was_decoded_in_part_and_completed_is_fed_back_as_the_models_own(absorbed: Exported) -> None:
    """What the browser does: a click is answered for the image's part, the rest is made when there is time, and the
    next click takes both together as its mask prompt."""
    first = Prompts([Point(20, 20)])
    side = absorbed.manifest["low_res_size"] // 4
    crop = (side * 3 // 4, side)  # the image's part of the frame: it is 48 × 64
    part, _, own = absorbed.ask(first, crop=crop)
    complete, _, _ = absorbed.ask(first)
    complete[:, : 4 * crop[0]] = part
    logits, ious, _ = absorbed.ask(replace(PROMPTS, mask_input=complete[own.token]))
    own_chain = decode(absorbed.model, absorbed.embedding, replace(PROMPTS, mask_input=own.low_res_logits[own.token]))
    np.testing.assert_allclose(logits, own_chain.low_res_logits, atol=1e-4)
    np.testing.assert_allclose(ious, own_chain.predicted_ious, atol=1e-4)
    # Without the rest it would not be the same: what lies outside of the image counts.
    cut = np.full_like(complete[own.token], -100)
    cut[: 4 * crop[0]] = part[own.token]
    wrong, _, _ = absorbed.ask(replace(PROMPTS, mask_input=cut))
    assert np.abs(wrong - own_chain.low_res_logits).max() > 1e-4


@pytest.mark.parametrize(
    "prompts",
    [Prompts([Point(20, 20)]), Prompts([Point(50, 40, 0), Point(3, 4)], Box(4, 5, 40, 41))],
    ids=["click", "box and clicks"],
)
def test_an_image_that_is_not_prepared_yet_gives_the_same_answer(absorbed: Exported, prompts: Prompts) -> None:
    expected = decode(absorbed.model, absorbed.embedding, prompts)
    coords, labels = point_arrays(prompts)
    side = absorbed.manifest["low_res_size"] // 4
    for crop in ((side, side), (side - 1, 2)):
        logits, ious = absorbed.decoder.decode_first(
            absorbed.embedding.tensors, expected.frame.to_model(coords)[None], labels[None], crop=crop
        )
        part = expected.low_res_logits[:, : 4 * crop[0], : 4 * crop[1]]
        np.testing.assert_allclose(logits[0], part, atol=1e-4)
        np.testing.assert_allclose(ious[0], expected.predicted_ious, atol=1e-4)


def test_graphs_that_hold_the_same_weights_share_them(absorbed: Exported) -> None:
    """`first` holds all that the others do: what a first click costs in bytes is its nodes."""
    decoder = AbsorbedDecoder(absorbed.model.sam)
    own = sum(tensor.numel() * tensor.element_size() for tensor in [*decoder.parameters(), *decoder.buffers()])
    assert absorbed.manifest["weights"]["bytes"] < 1.05 * own + 20_000


def test_a_graphs_hash_stands_for_its_weights(tmp_path: Path) -> None:
    hashes = []
    for seed in (1, 1, 2):
        manifest = export(LoadedModel(build(TINY_VIT, seed=seed), "a-1", "0" * 64), tmp_path)
        hashes.append(manifest["graphs"]["decode"]["sha256"])
    assert hashes[0] == hashes[1] != hashes[2]

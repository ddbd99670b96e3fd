"""Every way to run the image encoder answers as its modules do; the fastest of them is chosen once."""

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch

from sam_core.checkpoints import LoadedModel
from sam_core.embedding import ImageEmbedding
from sam_core.encoders import BackendError, agreement, choose, choosing, fused_layers, fused_vit, in_halves
from sam_core.encoders.base import Encoder
from sam_core.encoders.cuda_encoder import CudaEncoder, size_for
from sam_core.encoders.fused_encoder import FusedEncoder
from sam_core.modeling import image_encoder
from sam_core.modeling.relative_attention import chunked, folded
from sam_core.predictor import encode, to_embedding
from sam_core.transforms import to_input


def terms(height: int, width: int) -> tuple[torch.Tensor, ...]:
    """q, k, v of two images, three heads and five channels, and the terms by row and column."""
    random = torch.Generator().manual_seed(height)
    grid = (2, 3, height, width)
    q, k, v = (torch.randn(2, 3, height * width, 5, generator=random) for _ in range(3))
    return q, k, v, torch.randn(*grid, height, generator=random), torch.randn(*grid, width, generator=random)


def with_whole_bias(q, k, v, by_row, by_column) -> torch.Tensor:
    n = q.shape[2]
    bias = (by_row[..., :, None] + by_column[..., None, :]).reshape(2, 3, n, n)
    return torch.softmax(q @ k.transpose(-1, -2) / q.shape[-1] ** 0.5 + bias, dim=-1) @ v


@pytest.mark.parametrize(("height", "width"), [(6, 6), (5, 9), (1, 4)])
def test_attention_without_a_whole_bias_is_the_same(height: int, width: int):
    q, k, v, by_row, by_column = terms(height, width)
    expected = with_whole_bias(q, k, v, by_row, by_column)
    torch.testing.assert_close(folded(q, k, v, by_row, by_column), expected, atol=1e-5, rtol=0)
    for chunk in (1, 2 * width, 1000):
        parts = chunked(q, k, v, by_row, by_column, chunk)
        torch.testing.assert_close(parts, expected, atol=1e-5, rtol=0)


def plain_and(tiny: LoadedModel, encoder: Encoder, batch: int = 1):
    side = tiny.config.image_size
    pixels = torch.randn(batch, 3, side, side, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        return tiny.sam.encode(pixels), encoder(pixels)


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize("backend", ["onnx-fp32", "torch-fused"])
def test_full_precision_answers_as_the_modules_do(tiny: LoadedModel, tmp_path: Path, backend: str, batch: int):
    expected, tensors = plain_and(tiny, choosing.build(tiny, tmp_path, backend), batch)
    assert len(tensors) == len(tiny.sam.embedding_names)
    assert not any(module.training for module in tiny.sam.modules())  # exporting leaves the model as it was
    for one, two in zip(expected, tensors, strict=True):
        torch.testing.assert_close(two, one, atol=1e-4, rtol=0)


@pytest.mark.parametrize("part", [1, 40, 100])
def test_layers_in_parts_are_the_same(tiny: LoadedModel, monkeypatch, part: int):
    keys = {key: tensor.clone() for key, tensor in tiny.sam.state_dict().items()}
    monkeypatch.setattr(fused_layers, "TOKENS", part)
    monkeypatch.setattr(fused_layers, "PIXELS", part)
    monkeypatch.setattr(fused_vit, "TOKENS", part)
    monkeypatch.setattr(fused_vit, "QUERIES", part)
    expected, tensors = plain_and(tiny, FusedEncoder(tiny.sam))
    for one, two in zip(expected, tensors, strict=True):
        torch.testing.assert_close(two, one, atol=1e-4, rtol=0)
    for key, tensor in tiny.sam.state_dict().items():  # the model is as it was
        assert torch.equal(tensor, keys[key])


def test_what_is_measured_is_a_full_batch(tiny: LoadedModel):
    class Taking:
        backend, batch, device = "torch-fused", 3, torch.device("cpu")

        def __call__(self, pixels: torch.Tensor) -> tuple[torch.Tensor, ...]:
            sizes.append(len(pixels))
            time.sleep(0.03)
            return (pixels + 1,)

    sizes: list[int] = []
    pixels = torch.zeros(1, 3, 4, 4)
    (tensor,), seconds = choosing.timed(Taking(), pixels)
    assert torch.equal(tensor, pixels + 1)  # of the one image, to be compared with another encoder's
    assert set(sizes) == {3}
    assert 0.01 <= seconds < 0.03  # per image


def test_an_embedding_says_which_encoder_made_it_only_by_its_model(tiny: LoadedModel, tmp_path: Path):
    image = agreement.check_picture()
    plain = encode(tiny, image, "ab")
    fast = encode(tiny, image, "ab", choosing.build(tiny, tmp_path, "onnx-fp32"))
    assert (fast.model_version, fast.image_sha256) == (plain.model_version, "ab")
    for name, tensor in plain.tensors.items():
        np.testing.assert_allclose(fast.tensors[name], tensor, atol=5e-3)  # float16 rounds numbers of 4 to 2e-3


def test_the_fastest_is_chosen_once_and_remembered(tiny: LoadedModel, tmp_path: Path, monkeypatch):
    taken = {"torch-fp32": 0.3, "torch-fused": 0.4, "onnx-fp32": 0.2, "onnx-int8": 0.4, "torch-int8": 0.4}

    def timed(encoder: Encoder, pixels: torch.Tensor):
        return encoder(pixels), taken[encoder.backend]

    monkeypatch.setattr(choosing, "timed", timed)
    monkeypatch.setattr(choosing, "check_bf16", _refuse)
    assert choose(tiny, tmp_path).backend == "onnx-fp32"
    taken["torch-fp32"] = 0.1
    assert choose(tiny, tmp_path).backend == "onnx-fp32"
    (tmp_path / next(tmp_path.glob("choice-*.json"))).write_text("{")  # a broken note is no reason to stop
    assert choose(tiny, tmp_path).backend == "torch-fp32"
    taken["torch-fused"] = 0.05
    assert choose(tiny, tmp_path).backend == "torch-fp32"
    monkeypatch.setattr(choosing, "BACKENDS_AS_OF", "a faster one")
    assert choose(tiny, tmp_path).backend == "torch-fused"


def _refuse() -> None:
    raise BackendError("not here")


def test_a_backend_can_be_forced(tiny: LoadedModel, tmp_path: Path, monkeypatch):
    assert choose(tiny, tmp_path, "onnx-fp32").backend == "onnx-fp32"
    assert choose(tiny, tmp_path, "torch-fp32").backend == "torch-fp32"
    with pytest.raises(BackendError, match="use one of torch-fp32"):
        choose(tiny, tmp_path, "fastest")
    monkeypatch.setattr(choosing, "check_bf16", _refuse)
    measured: list[str] = []
    timed = choosing.timed

    def noted(encoder: Encoder, pixels: torch.Tensor) -> tuple[Sequence[torch.Tensor], float]:
        measured.append(encoder.backend)
        return timed(encoder, pixels)

    monkeypatch.setattr(choosing, "timed", noted)
    for _ in range(2):
        with pytest.raises(BackendError, match="torch-bf16 cannot be used: not here"):
            choose(tiny, tmp_path, "torch-bf16")
    assert len(measured) == 1


class Off:
    """An encoder that is quick and wrong by `error`."""

    batch = 1
    device = torch.device("cpu")

    def __init__(self, model: LoadedModel, backend: str, error: float):
        self.model, self.backend, self.error = model, backend, error

    def __call__(self, pixels: torch.Tensor):
        return tuple(tensor + self.error for tensor in self.model.sam.encode(pixels))


@pytest.mark.parametrize(
    ("backend", "error", "reason"),
    [
        ("onnx-fp32", 0.1, "answers otherwise than torch"),
        ("onnx-fp32", float("nan"), "answers otherwise than torch"),
        ("torch-int8", 1e3, "agree with those of full precision at"),
        ("onnx-int8", 1e3, "agree with those of full precision at"),
    ],
)
def test_an_encoder_that_answers_otherwise_is_not_offered(
    tiny: LoadedModel, tmp_path: Path, monkeypatch, backend: str, error: float, reason: str
):
    errors = {"torch-fp32": 0.0, backend: error}
    monkeypatch.setattr(choosing, "build", lambda model, folder, name: Off(model, name, errors[name]))
    choice = choosing.measure(tiny, tmp_path, ["torch-fp32", backend])
    assert reason in choice.refused[backend]
    assert (choice.backend, set(choice.seconds)) == ("torch-fp32", {"torch-fp32"})


@pytest.mark.parametrize("backend", ["onnx-int8", "torch-int8"])
def test_int8_is_offered_where_its_masks_agree(tmp_path: Path, backend: str):
    from sam_core.checkpoints import build
    from sam_core.config import TINY_VIT

    model = LoadedModel(build(TINY_VIT).requires_grad_(False), "tiny_vit-0", "0" * 64)
    choice = choosing.measure(model, tmp_path, ["torch-fp32", backend])
    assert choice.iou[backend] >= agreement.LEAST_IOU
    pixels = to_input(agreement.check_picture(), model.config)
    fine, coarse = (choosing.build(model, tmp_path, name)(pixels) for name in ("onnx-fp32", backend))
    assert float((fine[0] - coarse[0]).abs().max()) > 1e-4  # it is int8 indeed


@pytest.mark.parametrize("backend", ["onnx-int8", "torch-int8"])
@pytest.mark.parametrize("tiny", ["tiny_mobile", "tiny_builtin"], indirect=True)
def test_int8_is_not_for_convolutions(tiny: LoadedModel, tmp_path: Path, backend: str):
    with pytest.raises(BackendError, match="of linear layers"):
        choosing.build(tiny, tmp_path, backend)


def test_int8_is_refused_where_torch_has_none(tmp_path: Path, monkeypatch):
    from sam_core.checkpoints import build
    from sam_core.config import TINY_VIT

    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: False)
    with pytest.raises(BackendError, match="without oneDNN"):
        choosing.build(LoadedModel(build(TINY_VIT), "tiny_vit-0", "0" * 64), tmp_path, "torch-int8")


def test_an_encoder_too_large_for_a_file_says_so(tiny: LoadedModel, tmp_path: Path, monkeypatch):
    from sam_core.encoders import onnx_encoder

    monkeypatch.setattr(onnx_encoder, "LARGEST_BYTES", 100)
    with pytest.raises(BackendError, match="holds at most 2"):
        choosing.build(tiny, tmp_path, "onnx-fp32")
    assert not list(tmp_path.glob("*.onnx"))


def test_masks_of_the_same_embedding_agree(tiny: LoadedModel):
    size = agreement.check_picture().shape[:2]
    embedding = encode(tiny, agreement.check_picture())
    assert agreement.mask_iou(tiny, embedding, embedding) == 1.0
    noise = [torch.randn(1, *tensor.shape[1:]) for tensor in map(torch.from_numpy, embedding.tensors.values())]
    other: ImageEmbedding = to_embedding(tiny, noise, size)
    assert agreement.mask_iou(tiny, embedding, other) < 0.99


class Small:
    """An encoder whose memory holds `room` images."""

    backend = "torch-fp32"
    device = torch.device("cpu")

    def __init__(self, room: int):
        self.room, self.batch = room, 8
        self.tried: list[int] = []

    def __call__(self, pixels: torch.Tensor):
        self.tried.append(len(pixels))
        if len(pixels) > self.room:
            raise torch.OutOfMemoryError("out of memory")
        return pixels * 2, pixels + 1


def test_a_batch_too_large_for_the_memory_goes_through_in_halves():
    pixels = torch.arange(7.0)[:, None]
    encoder = Small(room=2)
    doubled, raised = in_halves(encoder, pixels)
    assert torch.equal(doubled, pixels * 2)
    assert torch.equal(raised, pixels + 1)
    assert encoder.tried == [7, 3, 1, 2, 4, 2, 2]
    assert encoder.batch == 1  # what surely fits: the next batches are of that size
    with pytest.raises(torch.OutOfMemoryError):
        in_halves(Small(room=0), pixels)


@pytest.mark.parametrize("count", [1, 2, 5])
def test_the_gpu_s_way_answers_as_torch_does_in_full_precision(tiny: LoadedModel, count: int, monkeypatch):
    monkeypatch.setattr(image_encoder, "attend", folded)
    encoder = CudaEncoder(tiny.sam, "cpu", torch.float32, batch=2)
    expected, tensors = plain_and(tiny, encoder, count)
    for one, two in zip(expected, tensors, strict=True):
        torch.testing.assert_close(two, one, atol=1e-3, rtol=0)


def test_the_gpu_s_way_in_bf16_gives_the_same_masks(tiny: LoadedModel, monkeypatch):
    monkeypatch.setattr(image_encoder, "attend", folded)
    pixels = to_input(agreement.check_picture(), tiny.config)
    tensors = CudaEncoder(tiny.sam, "cpu")(pixels)
    assert {tensor.dtype for tensor in tensors} == {torch.float32}
    assert choosing._agreement(tiny, "cuda-bf16", tiny.sam.encode(pixels), tensors) >= 0.99


def test_batches_are_filled_up_to_few_sizes():
    assert [size_for(count) for count in range(1, 10)] == [1, 2, 4, 4, 8, 8, 8, 8, 16]


def test_blocks_that_do_not_compile_run_as_they_stand(monkeypatch):
    from sam_core.checkpoints import build
    from sam_core.config import TINY_VIT

    class Uncompilable(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            raise RuntimeError("no compiler")

    monkeypatch.setattr(torch, "compile", lambda block, dynamic: Uncompilable())
    sam = build(TINY_VIT)
    encoder = CudaEncoder(sam, "cpu", torch.float32)
    encoder._compile()
    pixels = torch.randn(1, 3, 64, 64)
    with torch.inference_mode():
        torch.testing.assert_close(encoder(pixels)[0], sam.encode(pixels)[0])
    assert encoder._plain is None


@pytest.mark.skipif(torch.cuda.is_available(), reason="for machines without a GPU")
def test_without_a_gpu_its_way_is_refused(tiny: LoadedModel, tmp_path: Path):
    with pytest.raises(BackendError, match="finds no GPU"):
        choose(tiny, tmp_path, "cuda-bf16")


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")
def test_on_a_gpu_recorded_batches_answer_as_torch_does(tiny: LoadedModel):
    encoder = CudaEncoder(tiny.sam, "cuda", torch.float32, batch=4)
    for count in (1, 3, 6, 1):
        expected, tensors = plain_and(tiny, encoder, count)
        for one, two in zip(expected, tensors, strict=True):
            torch.testing.assert_close(two.cpu(), one, atol=1e-3, rtol=0)

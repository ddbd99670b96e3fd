"""Our SAM against the reference implementation with the same weights."""

import numpy as np
import pytest
import torch

from sam_core.checkpoints import LoadedModel
from sam_core.config import TINY_VIT, VIT_B, SamConfig
from sam_core.embedding import ImageEmbedding
from sam_core.encoders.fused_encoder import FusedEncoder
from sam_core.modeling import Sam
from sam_core.predictor import Prepared, decode, encode
from sam_core.prompts import Box, Point, Prompts
from tests.sam_core.reference import SamPredictor, build_reference

# Real frame and mask sizes, an encoder that costs nothing: what resizes and maps coordinates is the same.
SMALL_AT_FULL_FRAME = SamConfig(
    name="vit_small", vit_width=32, vit_depth=2, vit_heads=2, vit_global_blocks=(1,), embed_dim=32, decoder_mlp=64
)
ODD_SIZES = [
    (1960, 2130),
    (2800, 4400),
    (1, 1),
    (2, 4000),
    (4000, 2),
    (1024, 1024),
    (1023, 1025),
    (333, 777),
    (1500, 2250),
    (17, 31),
    (1079, 720),
]


def twins(config: SamConfig):
    """The reference and ours, with the same weights. Loading is strict: the key names are the published ones."""
    theirs = build_reference(config)
    ours = Sam(config)
    ours.load_state_dict(theirs.state_dict())
    return theirs, LoadedModel(ours.eval().requires_grad_(False), f"{config.name}-000000000000", "0" * 64)


def prompts_of_every_kind(config: SamConfig) -> list[tuple[list[list[float]], list[float] | None, bool]]:
    """(points with labels, box, whether with a mask), in units of the model's frame."""
    points = [[0.3, 0.4, 1], [0.6, 0.5, 0], [0.35, 0.7, 1], [0.9, 0.1, 0], [0.5, 0.5, 1]]
    box = [0.1, 0.2, 0.7, 0.9]
    kinds = [(points[:1], None), (points[:2], None), (points, None), ([], box), (points[:1], box), (points, box)]
    return [(chosen, corners, with_mask) for chosen, corners in kinds for with_mask in (False, True)]


@pytest.mark.timeout(600)  # two encoders of ViT-B's size, on whatever machine this is
@pytest.mark.parametrize("config", [TINY_VIT, VIT_B], ids=lambda c: c.name)
@torch.inference_mode()
def test_embeddings_logits_and_ious_are_the_reference_s(config: SamConfig):
    theirs, model = twins(config)
    generator = torch.Generator().manual_seed(5)
    pixels = torch.randn(1, 3, config.image_size, config.image_size, generator=generator)
    embedding = theirs.image_encoder(pixels)
    torch.testing.assert_close(model.sam.encode(pixels)[0], embedding, atol=1e-4, rtol=0)
    torch.testing.assert_close(FusedEncoder(model.sam)(pixels)[0], embedding, atol=1e-4, rtol=0)

    prepared = model.sam.prepare(embedding)
    side = config.low_res_size
    mask = 3 * torch.randn(1, 1, side, side, generator=generator)
    for points, box, with_mask in prompts_of_every_kind(config):
        given = torch.tensor(points).reshape(1, -1, 3)
        coords, labels = given[..., :2] * config.image_size, given[..., 2]
        corners = None if box is None else torch.tensor([box]) * config.image_size
        sparse, dense = theirs.prompt_encoder(
            points=(coords, labels) if points else None, boxes=corners, masks=mask if with_mask else None
        )
        expected, expected_ious = theirs.mask_decoder.predict_masks(
            embedding, theirs.prompt_encoder.get_dense_pe(), sparse, dense
        )
        extra = torch.zeros(1, 1, 2) if corners is None else corners.reshape(1, 2, 2)
        extra_labels = torch.tensor([[-1.0]] if corners is None else [[2.0, 3.0]])
        logits, ious = model.sam.decode(
            prepared,
            torch.cat([coords, extra], dim=1),
            torch.cat([labels, extra_labels], dim=1),
            mask if with_mask else torch.zeros_like(mask),
            torch.tensor([float(with_mask)]),
        )
        torch.testing.assert_close(logits, expected, atol=1e-4, rtol=0)
        torch.testing.assert_close(ious, expected_ious, atol=1e-4, rtol=0)


@pytest.fixture(scope="module")
def at_full_frame():
    theirs, model = twins(SMALL_AT_FULL_FRAME)
    return SamPredictor(theirs), model


@pytest.mark.parametrize(("height", "width"), ODD_SIZES)
def test_masks_are_the_reference_s_at_odd_sizes(at_full_frame, height: int, width: int):
    predictor, model = at_full_frame
    image = np.random.default_rng(height * width).integers(0, 256, (height, width, 3), dtype=np.uint8)
    image = np.kron(image[::16, ::16], np.ones((16, 16, 1), np.uint8))[:height, :width]
    predictor.set_image(image)
    embedding = encode(model, image)
    # The product stores float16; rounding is not what is compared here.
    prepared = Prepared(model, _exact(embedding, predictor.features))
    x, y = 0.3 * width, 0.6 * height
    box = [0.1 * width, 0.2 * height, 0.8 * width, 0.9 * height]
    for prompts, arguments in (
        (Prompts([Point(x, y)]), {"point_coords": np.array([[x, y]]), "point_labels": np.array([1])}),
        (Prompts(box=Box(*box)), {"box": np.array(box)}),
    ):
        masks, ious, low_res = predictor.predict(**arguments, multimask_output=True)
        decoded = decode(model, prepared, prompts)
        np.testing.assert_allclose(decoded.low_res_logits[1:], low_res, atol=1e-4)
        np.testing.assert_allclose(decoded.predicted_ious[1:], ious, atol=1e-4)
        assert decoded.token == 1 + int(np.argmax(ious))
        for token in (1, 2, 3):
            ours, theirs = decoded.mask(token), masks[token - 1]
            assert ours.shape == theirs.shape == (height, width)
            # A pixel may flip only where its logit is rounding noise around the threshold.
            assert (np.abs(decoded.logits(token)[ours != theirs]) < 1e-4).all()
    np.testing.assert_allclose(
        embedding.tensors["image_embedding"].astype(np.float32), predictor.features.numpy(), atol=3e-3
    )


def _exact(embedding: ImageEmbedding, features: torch.Tensor) -> ImageEmbedding:
    """The embedding with the reference's float32 features in place of our rounded ones."""
    tensors = {"image_embedding": features.numpy()}
    return ImageEmbedding(tensors, embedding.model_version, embedding.height, embedding.width)

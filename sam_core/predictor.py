"""encode(image) → embedding, decode(embedding, prompts) → masks. Nothing is kept between calls."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from sam_core.checkpoints import LoadedModel
from sam_core.crops import CropBox
from sam_core.embedding import ImageEmbedding
from sam_core.prompts import Prompts, point_arrays, token_to_show
from sam_core.transforms import Frame, to_full_size, to_input

EncodePixels = Callable[[torch.Tensor], Sequence[torch.Tensor]]


@dataclass(frozen=True)
class Decoded:
    """All tokens' answers: low_res_logits [T, L, L] and predicted_ious [T]. `token` is the one to show."""

    low_res_logits: NDArray[np.float32]
    predicted_ious: NDArray[np.float32]
    token: int
    frame: Frame
    mask_threshold: float = 0.0

    def logits(self, token: int | None = None) -> NDArray[np.float32]:
        """One token's logits at the image's size [H, W]; by default of the one to show."""
        chosen = self.token if token is None else token
        low_res = torch.from_numpy(self.low_res_logits[chosen : chosen + 1])
        return to_full_size(low_res, self.frame)[0].numpy()

    def mask(self, token: int | None = None) -> NDArray[np.bool_]:
        """One token's mask at the image's size [H, W]; by default of the one to show."""
        return self.logits(token) > self.mask_threshold


@torch.inference_mode()
def encode(
    model: LoadedModel, image: NDArray[np.uint8], image_sha256: str = "", encoder: EncodePixels | None = None
) -> ImageEmbedding:
    """Encodes an oriented RGB image [H, W, 3] uint8. Raises ValueError if it is not one.

    encoder: a faster way to run the model's image encoder, of sam_core/encoders; by default its modules as they stand.
    """
    sam = model.sam
    device = next(sam.parameters()).device
    tensors = (encoder or sam.encode)(to_input(image, sam.config, device))
    return to_embedding(model, tensors, (image.shape[0], image.shape[1]), image_sha256)


def to_embedding(
    model: LoadedModel,
    tensors: Sequence[torch.Tensor],
    size: tuple[int, int],
    image_sha256: str = "",
    crop_box: CropBox | None = None,
) -> ImageEmbedding:
    """What an encoder made of one image, each [1, C, h, w], as it is stored.

    size: (height, width) of what was encoded, in the image's pixels. crop_box: which part of the image it was.
    """
    named = zip(model.sam.embedding_names, tensors, strict=True)
    return ImageEmbedding(
        {name: tensor.half().cpu().contiguous().numpy() for name, tensor in named},
        model.version,
        *size,
        image_sha256,
        crop_box,
    )


class Prepared:
    """An embedding made ready for any number of `decode`s: what the browser keeps of the image it shows."""

    @torch.inference_mode()
    def __init__(self, model: LoadedModel, embedding: ImageEmbedding) -> None:
        if embedding.model_version != model.version:
            raise ValueError(f"the embedding is of {embedding.model_version}, the model is {model.version}")
        device = next(model.sam.parameters()).device
        tensors = [torch.from_numpy(embedding.tensors[name]).to(device) for name in model.sam.embedding_names]
        self.tensors = model.sam.prepare(*tensors)
        self.frame = Frame(embedding.height, embedding.width, model.config.image_size)


@torch.inference_mode()
def decode(model: LoadedModel, embedding: ImageEmbedding | Prepared, prompts: Prompts) -> Decoded:
    """Decodes prompts in image pixels.

    Raises ValueError if the embedding is of another model, or the prompts are empty.
    """
    prepared = embedding if isinstance(embedding, Prepared) else Prepared(model, embedding)
    sam, frame = model.sam, prepared.frame
    coords, labels = point_arrays(prompts)
    side = sam.config.low_res_size
    given = prompts.mask_input
    mask_input = np.zeros((1, 1, side, side), np.float32) if given is None else given.reshape(1, 1, side, side)
    device = prepared.tensors[0].device
    logits, ious = sam.decode(
        prepared.tensors,
        torch.from_numpy(frame.to_model(coords))[None].to(device),
        torch.from_numpy(labels)[None].to(device),
        torch.from_numpy(mask_input).to(device),
        torch.tensor([float(given is not None)], device=device),
    )
    predicted = ious[0].cpu().numpy()
    token = token_to_show(prompts, predicted)
    return Decoded(logits[0].cpu().numpy(), predicted, token, frame, sam.config.mask_threshold)

"""A mask as a PNG picture: one channel, 0 outside and 255 inside."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image


def mask_png(mask: NDArray[np.bool_]) -> bytes:
    """PNG bytes of a mask of shape (h, w)."""
    picture = Image.fromarray(np.ascontiguousarray(mask).astype(np.uint8) * 255, mode="L")
    out = io.BytesIO()
    picture.save(out, format="PNG")
    return out.getvalue()

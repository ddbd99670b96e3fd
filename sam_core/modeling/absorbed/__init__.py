"""The paper's decoder, re-associated for speed: see `decoder.py`."""

from sam_core.modeling.absorbed.decoder import BEST, AbsorbedDecoder
from sam_core.modeling.absorbed.planes import Upscaling

__all__ = ["BEST", "AbsorbedDecoder", "Upscaling"]

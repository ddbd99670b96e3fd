"""The paper's decoder, re-associated for speed: see `decoder.py`."""

from sam_core.modeling.absorbed.decoder import BEST, AbsorbedDecoder

__all__ = ["BEST", "AbsorbedDecoder"]

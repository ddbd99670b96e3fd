"""Ways to run the image encoder: in torch or ONNX Runtime, in full or reduced precision, and the choice between them.

All are the modules of sam_core/modeling. What they are called is in `BACKENDS`; `choose` takes the fastest that
answers as the plain torch encoder does.
"""

from sam_core.encoders.base import BACKENDS, BackendError, Encoder, in_halves
from sam_core.encoders.choosing import choose

__all__ = ["BACKENDS", "BackendError", "Encoder", "choose", "in_halves"]

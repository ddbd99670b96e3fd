"""SAM, one file per box of the paper's figure."""

from sam_core.modeling.sam import Sam

__all__ = ["Sam"]

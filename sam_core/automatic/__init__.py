"""The paper's fully automatic masks (appendix B): a grid of points on the image and on crops of it, then filters."""

from sam_core.automatic.generate import AutomaticMask, Settings, generate

__all__ = ["AutomaticMask", "Settings", "generate"]

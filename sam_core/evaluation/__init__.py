"""How good a model is, in clicks."""

from sam_core.evaluation.protocol import Figures, evaluate

__all__ = ["Figures", "evaluate"]

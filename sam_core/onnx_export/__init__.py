"""The decoder for the browser: its graphs and a manifest."""

from sam_core.onnx_export.export import export, forms_of
from sam_core.onnx_export.manifest import Manifest

__all__ = ["Manifest", "export", "forms_of"]

"""The decoder for the browser: two graphs and a manifest."""

from sam_core.onnx_export.export import export
from sam_core.onnx_export.manifest import Manifest

__all__ = ["Manifest", "export"]

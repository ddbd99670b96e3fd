"""Who may import whom: the lines of the house. Each module is read, not run."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

APPS = ["lib", "accounts", "model_registry", "images", "annotation", "datasets", "evaluation", "training", "dashboards"]
"""An app may import those before it, never one after it."""
MAY_IMPORT = {app: set(APPS[: place + 1]) for place, app in enumerate(APPS)}
MAY_IMPORT["mask_generation"] = {*MAY_IMPORT["annotation"], "mask_generation"}
MAY_IMPORT["dashboards"].add("mask_generation")

SAM_LAYERS = {
    "masks": 0, "config": 0, "official": 0, "crops": 0,
    "frame": 1, "transforms": 1, "prompts": 1, "tensor_files": 1, "embedding": 1, "label_maps": 1,
    "modeling": 2,
    "checkpoints": 3,
    "predictor": 4, "importing": 4,
    "onnx_export": 5, "encoders": 5, "automatic": 5, "evaluation": 5,
    "training": 6,
}  # fmt: skip
LIGHT_SAM_MODULES = {"masks", "config", "official", "crops"}  # numpy only, so every app may import them at the top
HEAVY_LIBRARIES = {"torch", "onnx", "onnxruntime", "cv2"}


def modules(folder: str) -> list[Path]:
    found = sorted((ROOT / folder).rglob("*.py"))
    assert found, f"nothing under {folder}: has it moved?"
    return [path for path in found if "migrations" not in path.parts]


def imported(path: Path, *, top_level_only: bool = False) -> Iterator[str]:
    """Dotted names that a module imports: `a.b.c` for both `import a.b.c` and `from a.b import c`."""
    package = path.relative_to(ROOT).with_suffix("").parts
    tree = ast.parse(path.read_text())
    for node in _top_level(tree) if top_level_only else ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = list(package[: len(package) - node.level]) if node.level else []
            parts = [*base, *(node.module.split(".") if node.module else [])]
            yield from (".".join([*parts, alias.name]) for alias in node.names)


def _top_level(node: ast.AST) -> Iterator[ast.AST]:
    """Statements run on import: not those in function bodies, nor what only type checkers read."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            continue
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.dump(child.test):
            continue
        yield child
        yield from _top_level(child)


def ids(paths: list[Path]) -> list:
    return [pytest.param(path, id=str(path.relative_to(ROOT))) for path in paths]


@pytest.mark.parametrize("path", ids(modules("annotator")))
def test_apps_import_only_apps_below_them(path: Path):
    app = path.relative_to(ROOT / "annotator").parts[0]
    if app not in MAY_IMPORT:
        return  # the project's own wiring (settings, urls, …) may see everything
    for name in imported(path):
        if name.startswith("annotator."):
            other = name.split(".")[1]
            if other in MAY_IMPORT:
                assert other in MAY_IMPORT[app], f"{app} may not import {other}"


@pytest.mark.parametrize("path", ids(modules("annotator")))
def test_apps_load_no_heavy_library_on_import(path: Path):
    for name in imported(path, top_level_only=True):
        assert name.split(".")[0] not in HEAVY_LIBRARIES, f"{name}: import it inside the task's body"
        if name.startswith("sam_core."):
            assert name.split(".")[1] in LIGHT_SAM_MODULES, f"{name}: import it inside the task's body"


def part_of_sam_core(path: Path) -> str:
    """The module or package right under sam_core/ that the file is, or is in."""
    return path.relative_to(ROOT / "sam_core").with_suffix("").parts[0]


@pytest.mark.parametrize("path", ids(modules("sam_core")))
def test_sam_core_knows_no_django_and_imports_downwards(path: Path):
    own = part_of_sam_core(path)
    for name in imported(path):
        assert name.split(".")[0] not in {"django", "annotator", "celery", "channels"}, name
        if name.startswith("sam_core.") and own in SAM_LAYERS:
            other = name.split(".")[1]
            assert other == own or SAM_LAYERS[other] <= SAM_LAYERS[own], f"{own} may not import {other}"


@pytest.mark.parametrize("path", ids([p for p in modules("sam_core") if part_of_sam_core(p) in LIGHT_SAM_MODULES]))
def test_what_apps_import_at_the_top_needs_numpy_only(path: Path):
    for name in imported(path):
        assert name.split(".")[0] not in {*HEAVY_LIBRARIES, "PIL", "skimage", "safetensors"}, name

"""Which model versions there are, and which one is active. These functions are the only writers."""

import dataclasses
import hashlib
import json
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils import timezone

import sam_core
from annotator.accounts.models import User
from annotator.lib import storage
from annotator.lib.compression import put_compressed
from annotator.model_registry import agreement
from annotator.model_registry.models import ImportStep, ModelState, ModelVersion, SourceKind
from sam_core.config import MANIFEST_FORMAT, PRESETS, SamConfig

if TYPE_CHECKING:
    from sam_core.checkpoints import LoadedModel

logger = logging.getLogger(__name__)
BUILTIN = Path(sam_core.__file__).parent / "weights" / "builtin.safetensors"
VERSION = re.compile(r"[A-Za-z0-9._-]{1,80}")


Told = Callable[[ImportStep], None]
"""Called when a step begins. What it raises ends the import, and nothing is registered."""


class ModelNotUsable(Exception):
    """The model was not registered; the message says why and what to do."""


@dataclass(frozen=True)
class Source:
    """Where a checkpoint came from. name: of the file; sha256: of the file as it came; by: nobody for a command."""

    kind: SourceKind
    name: str
    sha256: str
    by: User | None = None


def active_model() -> ModelVersion | None:
    """The version that new images are encoded with; None before the first was registered."""
    return ModelVersion.objects.filter(state=ModelState.ACTIVE).first()


def ensure_builtin_model() -> ModelVersion:
    """The built-in model, registered, and active unless somebody chose another. Quick when it is there already.

    ModelNotUsable when its weights are missing or its export does not run.
    """
    if not BUILTIN.is_file():
        raise ModelNotUsable(
            f"The built-in model's weights are missing: {BUILTIN}. Restore the file from the repository."
        )
    with BUILTIN.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    model = ModelVersion.objects.filter(checkpoint_sha256=sha256).first()
    if model is None or not is_complete(model) or not is_current(model):
        model = _register_builtin()
    chosen = active_model()
    if chosen is None or (chosen.name == model.name and chosen.pk != model.pk):
        activate(model)
        model.refresh_from_db()
    return model


def is_complete(model: ModelVersion) -> bool:
    """Whether every file of the version is in the store."""
    return all(storage.exists(sha256) for sha256 in (model.checkpoint_sha256, *model.files.values()))


def is_current(model: ModelVersion) -> bool:
    """Whether its decoder was exported as today's browser code reads it, and compressed."""
    compressed = all(compressed_name(name) in model.files for name in model.files if is_compressed(name))
    return compressed and bool(model.manifest.get("format") == MANIFEST_FORMAT)


def is_compressed(name: str) -> bool:
    """Whether a version's file has a compressed copy: what holds weights does."""
    return name.endswith((".onnx", ".bin"))


def compressed_name(name: str) -> str:
    """What the brotli-compressed copy of a file is called among a version's files."""
    return f"{name}.br"


def renew_exports() -> list[ModelVersion]:
    """Export the decoders again that an earlier release of the product exported; returns their versions.

    The checkpoints are the same, so embeddings and masks stay what they were. Quick when there is nothing to do.
    """
    renewed = []
    for model in ModelVersion.objects.select_related("registered_by").order_by("pk"):
        checkpoint = storage.path(model.checkpoint_sha256)
        if is_current(model) or not checkpoint.is_file():
            continue
        from sam_core import checkpoints  # loads torch: only when there is something to do

        source = Source(SourceKind(model.source_kind), model.source_name, model.source_sha256, model.registered_by)
        try:
            renewed.append(register(checkpoints.load(checkpoint), checkpoint, source))
        except (ModelNotUsable, checkpoints.CheckpointError):
            logger.exception("%s cannot be exported again: browsers refuse it", model.version)
    return renewed


def _register_builtin() -> ModelVersion:
    from sam_core import checkpoints  # loads torch: only when there is something to do

    loaded = checkpoints.load(BUILTIN)
    return register(loaded, BUILTIN, Source(SourceKind.BUILTIN, BUILTIN.name, loaded.checkpoint_sha256))


def register(
    loaded: "LoadedModel",
    checkpoint: Path,
    source: Source,
    *,
    told: Told = lambda step: None,
    also: Callable[[ModelVersion], None] = lambda model: None,
) -> ModelVersion:
    """Export the model's decoder, try it, and store both; a candidate from then on. The same model once only, told with
    the source that it came from first.

    also: what is to be written in the same transaction; should it raise, nothing is registered.
    ModelNotUsable when the export does not run, answers nonsense, or answers otherwise than torch.
    """
    if not VERSION.fullmatch(loaded.version):
        raise ModelNotUsable(
            f"{loaded.version!r} is no name for a version: use letters, digits, dot, dash, underscore."
        )
    with storage.scratch_folder() as folder:
        manifest = _export(loaded, folder, told)
        told(ImportStep.REGISTERING)
        files = {path.name: storage.put_file(path) for path in sorted(folder.iterdir())}
        files |= {compressed_name(name): put_compressed(files[name]) for name in list(files) if is_compressed(name)}
    if storage.put_file(checkpoint) != loaded.checkpoint_sha256:
        raise ModelNotUsable(f"{checkpoint.name} changed while it was read. Try again.")
    values = {
        "name": manifest["name"],
        "preset": preset_of(loaded.config),
        "checkpoint_sha256": loaded.checkpoint_sha256,
        "decoder_sha256": files[manifest["graphs"]["decode"]["file"]],
        "manifest": manifest,
        "manifest_sha256": files["manifest.json"],
        "files": files,
    }
    with transaction.atomic():
        if not ModelVersion.objects.filter(version=loaded.version).exclude(source_sha256="").exists():
            values |= {
                "source_kind": source.kind,
                "source_name": source.name,
                "source_sha256": source.sha256,
                "registered_by": source.by,
            }
        model, _ = ModelVersion.objects.update_or_create(version=loaded.version, defaults=values)
        also(model)
    return model


def preset_of(config: SamConfig) -> str:
    """The name of the known model that has this config, whatever the config's own name; "" for none."""
    return next((name for name, known in PRESETS.items() if dataclasses.replace(config, name=name) == known), "")


@transaction.atomic
def activate(model: ModelVersion) -> None:
    """Make this the version that new images are encoded with; the one before retires. Its embeddings stay."""
    now = timezone.now()
    others = ModelVersion.objects.select_for_update().filter(state=ModelState.ACTIVE).exclude(pk=model.pk)
    others.update(state=ModelState.RETIRED)
    ModelVersion.objects.filter(pk=model.pk).update(state=ModelState.ACTIVE, activated_at=now)


def _export(loaded: "LoadedModel", folder: Path, told: Told) -> dict[str, Any]:
    """The model's graphs and manifest, in the fastest form that answers as the model itself does.

    The re-associated form is equal in exact arithmetic, but odd weights may make its rounding grow: then it stays out.
    """
    from sam_core import onnx_export

    for form in onnx_export.forms_of(loaded):
        for path in folder.iterdir():
            path.unlink()
        told(ImportStep.EXPORTING)
        manifest: dict[str, Any] = dict(onnx_export.export(loaded, folder, form))
        told(ImportStep.VERIFYING)
        _check_files(folder, manifest)
        difference = agreement.largest_difference(loaded, folder, manifest)
        if difference <= 1:
            return manifest
    raise ModelNotUsable(
        f"{loaded.version} was not registered: its exported decoder answers otherwise than the model itself, "
        f"by {difference:.1f} times the tolerance. Its weights are odd, or this torch exports wrongly."
    )


def _check_files(folder: Path, manifest: dict[str, Any]) -> None:
    """What is served must be what the manifest says."""
    if json.loads((folder / "manifest.json").read_text()) != manifest:
        raise ModelNotUsable("The export wrote another manifest than it returned.")
    for file in (manifest["weights"], *manifest["graphs"].values()):
        path = folder / file["file"]
        if hashlib.sha256(path.read_bytes()).hexdigest() != file["sha256"]:
            raise ModelNotUsable(f"The exported {path.name} is not the file of its manifest.")

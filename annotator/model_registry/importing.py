"""A checkpoint file from outside → a registered model version, a candidate. A failure registers nothing."""

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from annotator.accounts.models import User
from annotator.lib import storage
from annotator.lib.confined import Confined, Refused
from annotator.model_registry import registry
from annotator.model_registry.models import ImportStep, ModelVersion, SourceKind
from annotator.model_registry.registry import ModelNotUsable, Source, Told

if TYPE_CHECKING:
    from sam_core.config import SamConfig

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
BUILTIN_NAMES = {"builtin"}
"""The newest of this name is made active at every start: another model under it would not stay chosen."""
MAX_CHECKPOINT_BYTES = 8 * 1024**3  # three times the largest official one
TORCH_BYTES = 8 * 1024**3
"""Address space, not memory. Torch for the CPU takes 0.7 GB of it before anything is read; a build with CUDA maps its
libraries of several GB as well, needed or not."""
SLOWEST_BYTES_PER_SECOND = 5_000_000
START_SECONDS = 180  # loading torch from a cold disk on a busy machine

WORDS = {
    "time_limit": "Reading it takes too long. Try again when the machine has less to do.",
    "memory_limit": "Reading it takes more memory than a checkpoint of its size may. It is damaged or no checkpoint.",
    "crashed": "Reading it ended the reader. The file is damaged, or the machine has too little memory.",
    "unreadable": "It cannot be read: it is damaged or no checkpoint.",
}
"""What the limits mean for a checkpoint; `Confined` speaks of photos."""


def import_checkpoint(
    path: Path,
    name: str | None = None,
    candidates: "Sequence[SamConfig] | None" = None,
    *,
    kind: SourceKind = SourceKind.FILE,
    file_name: str = "",
    by: User | None = None,
    told: Told = lambda step: None,
    waiting: Callable[[], None] = lambda: None,
    also: Callable[[ModelVersion], None] = lambda model: None,
) -> ModelVersion:
    """Read, convert, export, try out and register the checkpoint. The same one twice is one version.

    name: instead of the recognised model's. candidates: the models to recognise (default: the official ones).
    kind, file_name, by: what is told of its source (default: the path's own name). told: called with each step as it
    begins; waiting: called about once a second while it is read; also: see `registry.register`.
    ModelNotUsable says what is wrong; nothing is registered then.
    """
    from sam_core import checkpoints  # loads torch
    from sam_core.official import OFFICIAL

    if name is not None:
        check_name(name)
    if candidates is None:
        candidates = [model.config for model in OFFICIAL.values()]
    told(ImportStep.CHECKING)
    file_name = file_name or path.name
    source = Source(kind, file_name[-255:], _sha256(path), by)
    with storage.scratch_folder() as folder:
        target = folder / "model.safetensors"
        told(ImportStep.READING)
        found = convert(path, target, name, candidates, file_name=file_name, waiting=waiting)
        check_name(found)
        try:
            loaded = checkpoints.load(target)
        except checkpoints.CheckpointError as error:
            raise ModelNotUsable(f"{file_name} was not registered: {error}.") from error
        if found in BUILTIN_NAMES and not _is_known(loaded.checkpoint_sha256):
            raise ModelNotUsable(f"{file_name} calls itself {found}, as the built-in model. Give it another name.")
        return registry.register(loaded, target, source, told=told, also=also)


def _sha256(path: Path) -> str:
    """ModelNotUsable for what is no file of a size that a checkpoint has."""
    try:
        size = path.stat().st_size if path.is_file() else 0
        if not size:
            raise ModelNotUsable(f"There is no checkpoint at {path}, or it is empty.")
        if size > MAX_CHECKPOINT_BYTES:
            raise ModelNotUsable(f"{path.name} has {size / 1e9:.1f} GB; a checkpoint has at most 8.")
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelNotUsable(f"{path} cannot be read: {error.strerror}.") from error


def convert(
    path: Path,
    target: Path,
    name: str | None,
    candidates: "Sequence[SamConfig]",
    *,
    file_name: str,
    waiting: Callable[[], None],
) -> str:
    """Write the checkpoint to `target` as one of ours, in a child with limits; returns the model's name.

    ModelNotUsable with a reason for a person, in which the file is `file_name`; `target` does not exist then.
    """
    size = path.stat().st_size
    try:
        with Confined(
            "annotator.model_registry.reading:run",
            # The file as it is mapped, its tensors once more where their type is changed, and their check.
            memory_bytes=3 * size + TORCH_BYTES,
            seconds=START_SECONDS + size / SLOWEST_BYTES_PER_SECOND,
            file_bytes=2 * size + 1024**2,  # half precision may become single
            waiting=waiting,
        ) as child:
            arguments = {"source": str(path.resolve()), "target": str(target), "name": name}
            return str(child(**arguments, candidates=[config.to_json() for config in candidates]))
    except Refused as refused:
        raise ModelNotUsable(f"{file_name} was not registered: {WORDS.get(refused.code, refused.reason)}") from refused


def check_name(name: str) -> None:
    """ModelNotUsable unless a version can be named so."""
    if not NAME.fullmatch(name):
        raise ModelNotUsable(
            f"{name[:80]!r} is no name for a model: at most 60 letters, digits, dots, dashes and underscores. "
            "Give it another."
        )


def _is_known(checkpoint_sha256: str) -> bool:
    return ModelVersion.objects.filter(checkpoint_sha256=checkpoint_sha256).exists()

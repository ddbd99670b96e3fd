"""What a confined child does with a checkpoint from outside. Nothing of Django is loaded here."""

from collections.abc import Sequence
from pathlib import Path

from annotator.lib.confined import Refused


def run(source: str, target: str, name: str | None, candidates: Sequence[str]) -> str:
    """Write the checkpoint at `source` to `target` as one of ours; returns the model's name.

    candidates: the configs to recognise it by, as JSON. Refused, with a sentence, for whatever is no such model.
    """
    from sam_core import importing
    from sam_core.checkpoints import CheckpointError
    from sam_core.config import SamConfig

    try:
        configs = [SamConfig.from_json(text) for text in candidates]
        return importing.convert(Path(source), Path(target), name, configs).name
    except CheckpointError as error:
        raise Refused("not_usable", f"{error}.") from error
    except OSError as error:
        raise Refused("cannot_write", f"{error.strerror or error}.") from error

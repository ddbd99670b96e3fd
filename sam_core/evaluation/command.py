"""What the evaluation's commands have in common: which model, which photos."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from sam_core.checkpoints import CheckpointError, LoadedModel, load_named
from sam_core.label_maps import Files, names_with_labels, read_label_map, read_rgb

Photos = Iterator[tuple[NDArray[np.uint8], list[NDArray[np.int32]]]]
"""Pixels [H, W, 3] with their label maps [H, W]."""


def parser_of(module: str, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=f"python -m {module}", description=description)
    parser.add_argument("--data", required=True, type=Path, help="folder or zip of NAME.jpg with NAME_*.png label maps")
    parser.add_argument("--model", default="builtin", help="'builtin', or the path of a checkpoint")
    parser.add_argument("--within", default="", help="only photos whose names begin so, as in val/")
    parser.add_argument("--last", type=int, default=0, help="only the last N photos")
    parser.add_argument("--limit", type=int, default=0, help="only the first N photos")
    parser.add_argument("--whole", action="store_true", help="ask for the union of each map's labels, not for each")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", action="store_true", help="one JSON object, on one line")
    return parser


def model_and_photos(arguments: argparse.Namespace) -> tuple[LoadedModel, Photos]:
    """Ends the program with a reason where there is no such model, or no such photo."""
    try:
        model = load_named(arguments.model)
        files = Files(arguments.data)
    except (CheckpointError, OSError) as error:
        sys.exit(str(error))
    names = list(names_with_labels(files, arguments.within).items())
    names = names[-arguments.last :] if arguments.last else names
    names = names[: arguments.limit] if arguments.limit else names
    if not names:
        sys.exit(f"no photos with label maps in {arguments.data}, within {arguments.within!r}")

    def photos() -> Photos:
        for name, maps in names:
            data, *map_data = files.read([name, *maps])
            labels = [read_label_map(d) for d in map_data]
            yield read_rgb(data), [(m > 0).astype(m.dtype) for m in labels] if arguments.whole else labels

    return model, photos()

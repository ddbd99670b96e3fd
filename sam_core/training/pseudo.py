"""`python -m sam_core.training pseudo --model MODEL --photos FOLDER_OR_ZIP --out FOLDER_OR_ZIP`: pseudo-labels

A model's own confident masks on photos that nobody has labelled, written as `--data` takes them: NAME.jpg with
NAME_pseudo0.png, NAME_pseudo1.png and so on, as masks lie in each other and a label map has one value per pixel.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from sam_core.automatic import AutomaticMask, Settings, generate
from sam_core.checkpoints import CheckpointError, load_named
from sam_core.label_maps import Files, photo_names, read_rgb
from sam_core.masks import rle

MAPS = 4  # per photo, at most
OVERLAP = 0.05  # of the smaller mask, that two in one map may have in common; the smaller one then has those pixels


def label_maps(masks: Sequence[NDArray[np.bool_]], scores: Sequence[float]) -> list[NDArray[np.uint16]]:
    """Masks [H, W], best score first, each into the first of at most MAPS label maps where it hardly overlaps others.

    What fits into none is dropped. In the maps larger masks have the smaller numbers.
    """
    layers: list[list[int]] = []
    areas = [int(mask.sum()) for mask in masks]
    for i in sorted(range(len(masks)), key=lambda i: -scores[i]):
        for layer in layers:
            if all((masks[i] & masks[j]).sum() <= OVERLAP * min(areas[i], areas[j]) for j in layer):
                layer.append(i)
                break
        else:
            if len(layers) < MAPS:
                layers.append([i])
    maps = []
    for layer in layers:
        labels = np.zeros(masks[0].shape, np.uint16)
        for value, i in enumerate(sorted(layer, key=lambda i: -areas[i]), 1):
            labels[masks[i]] = value
        maps.append(labels)
    return maps


def of_photo(pixels: NDArray[np.uint8], masks: Sequence[AutomaticMask]) -> list[NDArray[np.uint16]]:
    """The label maps of a photo [H, W, 3] with these masks; none without masks."""
    decoded = [rle.decode(pixels.shape[:2], mask.counts) for mask in masks]
    return label_maps(decoded, [mask.predicted_iou for mask in masks])


class Sink:
    """A folder, or (`.zip`) an archive that is there only once it is whole."""

    def __init__(self, to: Path) -> None:
        self.to = to
        self.archive: zipfile.ZipFile | None = None
        if to.suffix == ".zip":
            self.archive = zipfile.ZipFile(to.with_suffix(".part"), "w")

    def write(self, name: str, data: bytes) -> None:
        if self.archive:
            self.archive.writestr(name, data)
        else:
            (self.to / name).parent.mkdir(parents=True, exist_ok=True)
            (self.to / name).write_bytes(data)

    def close(self) -> None:
        if self.archive:
            self.archive.close()
            os.replace(self.to.with_suffix(".part"), self.to)


def png(labels: NDArray[np.uint16]) -> bytes:
    """8 bits where they are enough."""
    out = io.BytesIO()
    Image.fromarray(labels.astype(np.uint8) if labels.max() < 256 else labels).save(out, "PNG")
    return out.getvalue()


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m sam_core.training pseudo", description=__doc__)
    parser.add_argument("--model", default="builtin", help="'builtin', or the path of a checkpoint")
    parser.add_argument("--photos", type=Path, required=True, help="folder or zip of photos (JPEG)")
    parser.add_argument("--out", type=Path, required=True, help="folder, or a file that ends in .zip")
    parser.add_argument("--limit", type=int, default=0, help="at most N photos, from all over the list")
    parser.add_argument("--points-per-side", type=int, default=12)
    parser.add_argument("--predicted-iou", type=float, default=0.75, help="keep masks above")
    parser.add_argument("--stability-score", type=float, default=0.8, help="keep masks from")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args(arguments)
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    try:
        settings = Settings(
            points_per_side=options.points_per_side,
            crop_layers=0,
            predicted_iou_above=options.predicted_iou,
            stability_score_from=options.stability_score,
        )
        model = load_named(options.model)
        files = Files(options.photos)
        names = photo_names(files)
        if not names:
            raise ValueError(f"no photo in {options.photos}")
    except (CheckpointError, ValueError, OSError, zipfile.BadZipFile) as error:
        sys.exit(f"error: {error}")
    model.sam.to(options.device)
    if 0 < options.limit < len(names):
        names = [names[i * len(names) // options.limit] for i in range(options.limit)]
    sink, kept, photos = Sink(options.out), 0, 0
    for number, (name, data) in enumerate(zip(names, files.read(names), strict=True), 1):
        try:
            pixels = read_rgb(data)
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        maps = of_photo(pixels, generate(model, pixels, settings))
        if maps:
            photos += 1
            kept += sum(int(labels.max()) for labels in maps)
            sink.write(name, data)
            for layer, labels in enumerate(maps):
                path = PurePosixPath(name)
                sink.write(str(path.with_name(f"{path.stem}_pseudo{layer}.png")), png(labels))
        print(f"\r{number}/{len(names)} photos, {kept} masks on {photos}", end="", flush=True)
    print()
    sink.close()
    if not kept:
        print("no mask was confident enough: lower --predicted-iou or --stability-score", file=sys.stderr)

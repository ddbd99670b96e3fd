"""`python -m sam_core.automatic PHOTO_OR_FOLDER --out FOLDER`: masks of everything, as SA-1B's JSON and a picture."""

from __future__ import annotations

import argparse
import colorsys
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sam_core.automatic.generate import AutomaticMask, Settings, generate
from sam_core.checkpoints import CheckpointError, load_named
from sam_core.masks import rle

PHOTOS = {".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff"}


def main(argv: Sequence[str] | None = None) -> int:
    """0 if every photo was done, 1 if some could not be read, 2 if nothing could be begun."""
    options = _options(argv)
    files = sorted(f for f in options.photos.iterdir() if f.suffix.lower() in PHOTOS) if options.photos.is_dir() else [
        options.photos
    ]  # fmt: skip
    try:
        settings = Settings(
            points_per_side=options.points_per_side,
            crop_layers=options.crop_layers,
            predicted_iou_above=options.predicted_iou,
            stability_score_from=options.stability_score,
            smallest_region=options.smallest_region,
        )
        model = load_named(options.model)
    except (CheckpointError, ValueError) as error:
        print(error, file=sys.stderr)
        return 2
    if not files:
        print(f"no photo in {options.photos}", file=sys.stderr)
        return 2
    options.out.mkdir(parents=True, exist_ok=True)
    failed = 0
    for number, file in enumerate(files, 1):
        try:
            with Image.open(file) as opened:
                image = np.asarray(ImageOps.exif_transpose(opened).convert("RGB"))
        except (OSError, ValueError, Image.DecompressionBombError) as error:
            print(f"{file.name} cannot be read: {error}", file=sys.stderr)
            failed += 1
            continue
        masks = generate(model, image, settings, partial(_told, number, len(files), file.name))
        print(f"\r{number}/{len(files)} {file.name}: {len(masks)} masks   ")
        (options.out / f"{file.stem}.json").write_text(json.dumps(sa1b(number, file.name, image, masks)))
        overlay(image, masks).save(options.out / f"{file.stem}_masks.jpg", quality=90)
    return 1 if failed else 0


def _told(number: int, total: int, name: str, share: float) -> None:
    print(f"\r{number}/{total} {name}: {share:4.0%}", end="", flush=True)


def sa1b(image_id: int, name: str, image: NDArray[np.uint8], masks: list[AutomaticMask]) -> dict:
    """One photo's masks as the published data set writes them, largest first."""
    height, width = image.shape[:2]
    return {
        "image": {"image_id": image_id, "width": width, "height": height, "file_name": name},
        "annotations": [
            {
                "id": number,
                "segmentation": {"size": [height, width], "counts": mask.counts},
                "bbox": list(mask.bbox),
                "area": mask.area,
                "predicted_iou": mask.predicted_iou,
                "stability_score": mask.stability_score,
                "crop_box": list(mask.crop_box),
                "point_coords": [list(mask.point)],
            }
            for number, mask in enumerate(sorted(masks, key=lambda m: -m.area), 1)
        ],
    }


def overlay(image: NDArray[np.uint8], masks: list[AutomaticMask]) -> Image.Image:
    """The photo under its masks, each in a colour of its own, the smaller ones on top."""
    painted = image.copy()
    for number, mask in enumerate(sorted(masks, key=lambda m: -m.area)):
        hue = number * 0.618034 % 1  # the golden ratio: neighbours in the order are far apart in colour
        colour = 255 * np.array(colorsys.hsv_to_rgb(hue, 0.75, 1.0))
        pixels = rle.decode(image.shape[:2], mask.counts)
        painted[pixels] = (0.5 * painted[pixels] + 0.5 * colour).astype(np.uint8)
    return Image.fromarray(painted)


def _options(argv: Sequence[str] | None) -> argparse.Namespace:
    defaults = Settings()
    parser = argparse.ArgumentParser(prog="python -m sam_core.automatic", description=__doc__)
    parser.add_argument("photos", type=Path, metavar="PHOTO_OR_FOLDER")
    parser.add_argument("--out", type=Path, required=True, help="folder for NAME.json and NAME_masks.jpg")
    parser.add_argument("--model", default="builtin", help="builtin, or a checkpoint's path")
    parser.add_argument("--points-per-side", type=int, default=defaults.points_per_side)
    parser.add_argument("--crop-layers", type=int, default=defaults.crop_layers)
    parser.add_argument("--predicted-iou", type=float, default=defaults.predicted_iou_above, help="keep those above")
    parser.add_argument("--stability-score", type=float, default=defaults.stability_score_from, help="keep from")
    parser.add_argument("--smallest-region", type=int, default=defaults.smallest_region, help="pixels")
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())

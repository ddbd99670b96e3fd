"""Photos with label maps, from folders and zip files: NAME.jpg with any number of NAME_*.png."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

MAX_PIXELS = 50_000_000


@dataclass(frozen=True)
class Source:
    """One data set. `within` keeps names that start with it, `aside` leaves the last so many photos out,
    `whole` adds the union of all labels as one more mask (clothes → the person), `backgrounds` takes photos without
    label maps, to paste objects onto."""

    path: Path
    within: str = ""
    weight: float = 1.0
    aside: int = 0
    whole: bool = False
    backgrounds: bool = False

    @staticmethod
    def parse(text: str) -> Source:
        """`PATH[,within=PREFIX][,weight=W][,aside=N][,whole][,backgrounds]`. Raises ValueError for other options."""
        path, *options = text.split(",")
        source = Source(Path(path))
        for option in options:
            key, _, value = option.partition("=")
            if key == "within":
                source = replace(source, within=value)
            elif key == "weight":
                source = replace(source, weight=float(value))
            elif key == "aside":
                source = replace(source, aside=int(value))
            elif key == "whole":
                source = replace(source, whole=True)
            elif key == "backgrounds":
                source = replace(source, backgrounds=True)
            else:
                raise ValueError(f"unknown option {option!r} of data set {path}")
        return source


@dataclass(frozen=True)
class Photo:
    """pixels [H, W, 3] uint8; label maps [H, W], where 0 is unknown and each other value one connected region."""

    name: str
    pixels: NDArray[np.uint8]
    labels: tuple[NDArray[np.int32], ...]
    weight: float = 1.0


class Files:
    """The files under a folder or in a zip, by their names relative to it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        if path.is_dir():
            self.names = sorted(p.relative_to(path).as_posix() for p in path.rglob("*") if p.is_file())
        else:
            with zipfile.ZipFile(path) as archive:
                self.names = sorted(archive.namelist())

    def read(self, names: list[str]) -> Iterator[bytes]:
        if self.path.is_dir():
            yield from ((self.path / name).read_bytes() for name in names)
        else:
            with zipfile.ZipFile(self.path) as archive:
                yield from (archive.read(name) for name in names)


def photo_names(files: Files, within: str = "") -> list[str]:
    """The file names of all photos, with label maps or without."""
    return [
        name
        for name in files.names
        if PurePosixPath(name).suffix.lower() in (".jpg", ".jpeg") and name.startswith(within)
    ]


def names_with_labels(files: Files, within: str = "") -> dict[str, list[str]]:
    """Photo file name → its label maps' file names, both sorted; photos without any are left out."""
    maps: dict[str, list[str]] = {}
    for name in files.names:
        path = PurePosixPath(name)
        if path.suffix == ".png" and "_" in path.stem:
            maps.setdefault(str(path.parent / path.stem.rpartition("_")[0]), []).append(name)
    photos = {}
    for name in photo_names(files, within):
        path = PurePosixPath(name)
        stem = str(path.parent / path.stem)
        if stem in maps:
            photos[name] = maps[stem]
    return photos


def read_rgb(data: bytes) -> NDArray[np.uint8]:
    """An image file's oriented RGB pixels [H, W, 3]. Raises ValueError if it is too large."""
    image = Image.open(io.BytesIO(data))
    if image.width * image.height > MAX_PIXELS:
        raise ValueError(f"image of {image.width}×{image.height} pixels is larger than {MAX_PIXELS} pixels")
    return np.asarray(ImageOps.exif_transpose(image).convert("RGB"))


def read_label_map(data: bytes) -> NDArray[np.int32]:
    """A label map [H, W] as it is stored: grey values of 8 or 16 bits, or palette indices."""
    return np.asarray(Image.open(io.BytesIO(data))).astype(np.int32)


def regions(label_map: NDArray[np.int32]) -> NDArray[np.int32]:
    """Numbers the connected components (4-neighbours) of every value above 0 from 1 on."""
    out = np.zeros(label_map.shape, np.int32)
    count = 0
    for value in np.unique(label_map):
        if value > 0:
            found, components = cv2.connectedComponents((label_map == value).astype(np.uint8), connectivity=4)
            out = np.where(components > 0, components + count, out)
            count += found - 1
    return out


def load(source: Source) -> list[Photo]:
    """All photos of a source, with their label maps as numbered regions."""
    files = Files(source.path)
    if source.backgrounds:
        names: dict[str, list[str]] = {name: [] for name in photo_names(files, source.within)}
    else:
        names = names_with_labels(files, source.within)
    photos = []
    for name, maps in list(names.items())[: len(names) - source.aside or None]:
        data, *map_data = files.read([name, *maps])
        pixels = read_rgb(data)
        labels = [read_label_map(d) for d in map_data]
        found = [regions(label) for label in labels]
        if source.whole and labels:
            found += [(label > 0).astype(np.int32) for label in labels]
        photos.append(Photo(name, pixels, tuple(found)))
    return [replace(photo, weight=source.weight / len(photos)) for photo in photos]

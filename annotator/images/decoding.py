"""What a confined child does with bytes from outside: pictures and zips. Nothing of Django is loaded here.

`run` is what annotator.lib.confined calls; each act gets paths and returns plain values. Every refusal has a code and a
sentence for the person who chose the file.
"""

import io
import zipfile
import zlib
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageFile, UnidentifiedImageError, features

from annotator.images import jpeg
from annotator.lib.confined import Refused

FORMATS = ["JPEG", "PNG", "WEBP", "TIFF", "BMP", "GIF", *(["AVIF"] if features.check("avif") else [])]
READABLE = "JPEG, PNG, WebP, AVIF, TIFF, BMP and GIF can be uploaded."
ORIENTATION = 0x0112
LONGEST_SIDE = 30_000
LONGEST_SHAPE = 250  # longer to shorter side: the encoder's frame of 1024 must keep whole pixels of both
THUMBNAIL_SIDE = 320
REDUCED_TO = 2  # times the frame, at least: nearer to it, libjpeg's way of making smaller would show
ZIP_METHODS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
CHUNK = 1024 * 1024

Image.MAX_IMAGE_PIXELS = None  # only warns; `_open` refuses by a limit of our own
ImageFile.LOAD_TRUNCATED_IMAGES = False


def run(act: str, **arguments: Any) -> Any:
    acts: dict[str, Callable[..., Any]] = {
        "prepare": prepare,
        "frame": frame,
        "list_zip": list_zip,
        "extract": extract,
    }
    return acts[act](**arguments)


# -- Pictures --------------------------------------------------------------------------------------------------


def prepare(source: str, display: str, thumbnail: str, max_pixels: int) -> dict[str, Any]:
    """Write the upright picture for the browser and its thumbnail; returns width, height, display_type, orientation."""
    data = Path(source).read_bytes()
    opened = _open(data, max_pixels)
    orientation, icc_profile = _orientation(opened), opened.info.get("icc_profile")
    is_plain = opened.format == "JPEG" and opened.mode in ("RGB", "L") and orientation == 1
    shown, picture = _plain_jpeg(data, max_pixels) if is_plain else (None, None)
    if shown is None or picture is None:
        picture = _upright_rgb(opened)
        shown = _as_jpeg(picture, quality=95, icc_profile=icc_profile)
    Path(display).write_bytes(shown)
    width, height = picture.size
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), reducing_gap=2.0)
    Path(thumbnail).write_bytes(_as_jpeg(picture, quality=82))
    return {"width": width, "height": height, "display_type": "image/jpeg", "orientation": orientation}


def frame(source: str, target: str, max_pixels: int, image_size: int, crop: list[int] | None = None) -> dict[str, int]:
    """Write a picture's RGB bytes, row by row, in the frame of a model whose input is image_size square.

    Returns width and height of the upright picture. A JPEG that is much larger is decoded at a half, a quarter or an
    eighth of its size, which is as many times faster, as long as twice the frame's pixels remain: the frame then
    differs from that of the whole picture by less than one grey level in the mean.
    crop: [x, y, width, height] of the upright picture, of which alone the bytes are then, from every one of its pixels.
    """
    from sam_core.frame import Frame, resize

    if crop is not None:
        return _crop_frame(_upright_rgb(_open(Path(source).read_bytes(), max_pixels)), target, image_size, crop)
    opened = _open(Path(source).read_bytes(), max_pixels)
    orientation = _orientation(opened)
    turned = orientation >= 5
    height, width = opened.size if turned else reversed(opened.size)
    size = Frame(height, width, image_size).resized
    lying = (size[1], size[0]) if turned else size  # as the file has it
    # To other formats this does nothing. The box is what of the smaller picture is the photo: its last pixels may be
    # a part of one.
    drafted = opened.draft(opened.mode, (REDUCED_TO * lying[1], REDUCED_TO * lying[0]))
    picture = resize(_rgb_of(opened), lying, drafted[1] if drafted else None)
    Path(target).write_bytes(_upright(picture, orientation).tobytes())
    return {"width": width, "height": height}


def _crop_frame(picture: Image.Image, target: str, image_size: int, crop: list[int]) -> dict[str, int]:
    from sam_core.frame import Frame, resize

    x, y, width, height = crop
    part = picture.crop((x, y, x + width, y + height))
    Path(target).write_bytes(resize(part, Frame(height, width, image_size).resized).tobytes())
    return {"width": picture.width, "height": picture.height}


def _open(data: bytes, max_pixels: int) -> Image.Image:
    """The picture with its size checked, before a pixel is decoded."""
    try:
        opened = Image.open(io.BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise Refused("not_a_photo", f"This is not a photo that can be read. {READABLE}") from None
    except Exception as error:
        raise Refused("damaged", "The photo's beginning is damaged. Save it again in a photo program.") from error
    width, height = opened.size
    if width * height > max_pixels:
        megapixels = f"{width * height / 1e6:.0f} megapixels"
        raise Refused(
            "too_many_pixels", f"It has {megapixels}; at most {max_pixels / 1e6:g} are accepted. Make it smaller."
        )
    if max(width, height) > LONGEST_SIDE:
        raise Refused(
            "too_long", f"Its longer side has {max(width, height)} pixels; at most {LONGEST_SIDE} are accepted."
        )
    if max(width, height) > LONGEST_SHAPE * min(width, height):
        raise Refused(
            "too_narrow", "It is a thin strip: one side is more than 250 times as long as the other. Crop it."
        )
    return opened


def _orientation(opened: Image.Image) -> int:
    """1 to 8; 1, upright, when EXIF is missing or is nonsense."""
    try:
        value = opened.getexif().get(ORIENTATION, 1)
    except Exception:  # EXIF is written by anything; a photo is not refused for it
        return 1
    return value if value in range(1, 9) else 1


TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def _upright_rgb(opened: Image.Image) -> Image.Image:
    """The first frame in RGB with the EXIF orientation applied, once. Refused when its data is cut off or damaged."""
    orientation = _orientation(opened)
    return _upright(_rgb_of(opened), orientation)


def _upright(picture: Image.Image, orientation: int) -> Image.Image:
    return picture.transpose(TURNS[orientation]) if orientation in TURNS else picture


def _rgb_of(opened: Image.Image) -> Image.Image:
    """The first frame in RGB, as it lies in the file. Refused when its data is cut off or damaged."""
    try:
        opened.load()
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("damaged", "The photo is cut off or damaged. Copy it again from where it came.") from error
    return _rgb(opened)


def _rgb(opened: Image.Image) -> Image.Image:
    """What a viewer would show: deep greys scaled, not clipped; transparency on white, not its hidden colours."""
    if opened.mode.startswith(("I", "F")):
        return _to_8_bits(opened).convert("RGB")
    if opened.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in opened.info:
        picture = opened.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", picture.size, "white"), picture).convert("RGB")
    if opened.mode == "CMYK":
        return _from_cmyk(opened)
    return opened.convert("RGB")


def _to_8_bits(opened: Image.Image) -> Image.Image:
    """Grey of any depth to 8 bits: by the full range of its kind, or by what it spans beyond that."""
    import numpy as np  # most photos do without, and a child starts in half the time

    values = np.nan_to_num(np.asarray(opened).astype(np.float32), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(values.min()), float(values.max())
    if opened.mode.startswith("I;16") or (low >= 0 and 255 < high <= 65535):
        low, high = 0.0, 65535.0
    elif low >= 0 and high <= 1:
        low, high = 0.0, 1.0
    elif low >= 0 and high <= 255:
        low, high = 0.0, 255.0
    return Image.fromarray(np.round((values - low) * (255.0 / ((high - low) or 1.0))).clip(0, 255).astype(np.uint8))


def _from_cmyk(opened: Image.Image) -> Image.Image:
    """By its own colour profile when it has a sound one."""
    from PIL import ImageCms

    profile = opened.info.get("icc_profile")
    if profile:
        try:
            cmyk = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(opened, cmyk, ImageCms.createProfile("sRGB"), outputMode="RGB")
            if converted is not None:
                return converted
        except (ImageCms.PyCMSError, OSError, ValueError):
            pass
    return opened.convert("RGB")


def _plain_jpeg(data: bytes, max_pixels: int) -> tuple[bytes, Image.Image] | tuple[None, None]:
    """The file without what it tells of its photographer, and its picture; None when it has to be written anew."""
    try:
        stripped = jpeg.without_metadata(data)
        return stripped, _upright_rgb(_open(stripped, max_pixels))
    except (jpeg.NotPlain, Refused):
        return None, None  # a whole file that is only laid out oddly, or a damaged one: decoding it will tell


def _as_jpeg(picture: Image.Image, *, quality: int, icc_profile: bytes | None = None) -> bytes:
    out = io.BytesIO()
    picture.info.clear()  # Pillow would copy the comment of the file that it came from
    # The profile goes along only where the pixels still are what it speaks of: those of an RGB picture.
    kept = {"icc_profile": icc_profile} if icc_profile and icc_profile[16:20] == b"RGB " else {}
    picture.save(out, "JPEG", quality=quality, subsampling=0 if quality > 90 else 2, optimize=False, **kept)
    return out.getvalue()


# -- Zips --------------------------------------------------------------------------------------------------


@lru_cache(maxsize=1)
def _archive(source: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(source)
    except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError) as error:
        raise Refused("damaged_zip", "The zip is cut off or damaged. Make it again.") from error


def list_zip(source: str, max_entries: int) -> list[dict[str, Any]]:
    """The zip's files in order: index, name (as written in it, not to be used as a path) and the size it claims."""
    entries = [(index, info) for index, info in enumerate(_archive(source).infolist()) if not _is_clutter(info)]
    if len(entries) > max_entries:
        raise Refused(
            "too_many_files", f"The zip holds {len(entries)} files; at most {max_entries} are accepted at once."
        )
    return [{"index": index, "name": info.filename, "bytes": info.file_size} for index, info in entries]


def _is_clutter(info: zipfile.ZipInfo) -> bool:
    """Folders, and what systems leave in them: nobody chose these."""
    parts = info.filename.replace("\\", "/").split("/")
    return (
        info.is_dir()
        or "__MACOSX" in parts
        or parts[-1].startswith(".")
        or parts[-1].lower() in {"thumbs.db", "desktop.ini"}
    )


def extract(source: str, index: int, target: str, max_bytes: int) -> int:
    """Write one file of the zip; returns its bytes. What it claims to hold is not believed: the writing is counted."""
    info = _archive(source).infolist()[index]
    if info.flag_bits & 0x1:
        raise Refused("encrypted", "It is encrypted in the zip. Make the zip without a password.")
    if info.compress_type not in ZIP_METHODS:
        raise Refused(
            "zip_method", "The zip packs it in an unusual way. Make the zip with the usual (deflate) packing."
        )
    written = 0
    try:
        with _archive(source).open(info) as packed, Path(target).open("wb") as file:
            while chunk := packed.read(CHUNK):
                written += len(chunk)
                if written > max_bytes:
                    raise Refused("too_large", f"Unpacked it is larger than {max_bytes // 1024**2} MB.")
                file.write(chunk)
    except (zipfile.BadZipFile, EOFError, ValueError, NotImplementedError, zlib.error) as error:
        raise Refused("damaged", "It is damaged inside the zip. Make the zip again.") from error
    return written

"""What becomes of one picture: the upright picture that the browser shows, or a refusal in words."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from annotator.images import decoding, jpeg
from annotator.lib.confined import Confined, Refused
from sam_core.frame import Frame
from tests.annotator.images import pictures
from tests.annotator.images.pictures import corners, encoded, gradient, opened

UPRIGHT = {"tl": (0, 0), "tr": (1, 0), "bl": (0, 1), "br": (1, 1)}


class Shown:
    """A prepared picture: what was told of it, the file that is shown, and its thumbnail."""

    def __init__(self, folder: Path, data: bytes, max_pixels: int = 100_000_000) -> None:
        source, display, thumbnail = folder / "source", folder / "display", folder / "thumbnail"
        source.write_bytes(data)
        self.told: dict[str, Any] = decoding.prepare(str(source), str(display), str(thumbnail), max_pixels)
        self.data = display.read_bytes()
        self.picture = opened(self.data)
        self.picture.load()
        self.thumbnail = opened(thumbnail.read_bytes())

    def pixel(self, x: int, y: int) -> tuple[int, ...]:
        return self.picture.convert("RGB").getpixel((x, y))  # type: ignore[return-value]


def _refusal(folder: Path, data: bytes, **options: Any) -> Refused:
    with pytest.raises(Refused) as refused:
        Shown(folder, data, **options)
    return refused.value


def test_a_plain_jpeg_is_shown_pixel_for_pixel(tmp_path: Path) -> None:
    data = pictures.jpeg()
    shown = Shown(tmp_path, data)
    assert shown.told == {"width": 60, "height": 40, "display_type": "image/jpeg", "orientation": 1}
    assert np.array_equal(np.asarray(shown.picture), np.asarray(opened(data)))


def test_where_a_photo_was_taken_stays_secret(tmp_path: Path) -> None:
    data = pictures.with_exif(orientation=1) + pictures.GPS  # and what cameras append behind the picture
    assert data.count(pictures.GPS) == 3
    shown = Shown(tmp_path, data)
    assert pictures.GPS not in shown.data
    assert np.array_equal(np.asarray(shown.picture), np.asarray(opened(data)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_orientation_is_applied_once(tmp_path: Path, orientation: int) -> None:
    inverse = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    turned = gradient()
    if orientation != 1:
        turned = turned.transpose(decoding.TURNS[inverse[orientation]])
    exif = Image.Exif()
    exif[0x0112] = orientation
    shown = Shown(tmp_path, encoded(turned, "JPEG", quality=95, exif=exif.tobytes()))
    assert (shown.told["width"], shown.told["height"]) == shown.picture.size == (60, 40)
    assert shown.told["orientation"] == orientation
    assert corners(shown.picture) == corners(shown.thumbnail) == UPRIGHT
    assert shown.picture.getexif().get(0x0112, 1) == 1


@pytest.mark.filterwarnings("ignore:Corrupt EXIF")
def test_nonsense_in_exif_is_no_reason_to_refuse(tmp_path: Path) -> None:
    exif = b"Exif\0\0II*\0\xff\xff\xff\x7f"
    assert Shown(tmp_path, pictures.jpeg(exif=exif)).told["orientation"] == 1


def test_sixteen_bits_are_scaled_and_not_clipped(tmp_path: Path) -> None:
    values = np.linspace(0, 65535, 256).astype(np.uint16).reshape(16, 16)
    shown = np.asarray(Shown(tmp_path, encoded(Image.fromarray(values), "PNG")).picture.convert("L")).astype(int)
    assert np.abs(shown.ravel() - np.arange(256)).max() <= 4


def test_a_dark_sixteen_bit_picture_stays_dark(tmp_path: Path) -> None:
    values = np.full((16, 16), 200, np.uint16)
    assert Shown(tmp_path, encoded(Image.fromarray(values), "PNG")).pixel(5, 5)[0] <= 2


def test_floats_are_scaled(tmp_path: Path) -> None:
    values = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16)
    values[0, 0] = np.nan
    shown = np.asarray(Shown(tmp_path, encoded(Image.fromarray(values), "TIFF")).picture.convert("L")).astype(int)
    assert np.abs(shown.ravel() - np.arange(256)).max() <= 4


def test_transparency_is_white_and_hides_its_colours(tmp_path: Path) -> None:
    picture = Image.new("RGBA", (20, 20), (255, 0, 0, 0))
    picture.paste((0, 0, 255, 255), (0, 0, 10, 20))
    for data in (encoded(picture, "PNG"), encoded(picture, "WEBP", lossless=True)):
        shown = Shown(tmp_path, data)
        assert min(shown.pixel(17, 10)) > 245
        assert shown.pixel(3, 10)[2] > 245 > 10 > shown.pixel(3, 10)[0]


def test_palettes_grey_and_cmyk_become_rgb(tmp_path: Path) -> None:
    palette = gradient().convert("P", palette=Image.Palette.ADAPTIVE)
    kinds = [
        encoded(palette, "PNG"),
        encoded(palette, "GIF"),
        encoded(gradient().convert("CMYK"), "JPEG", quality=95),
        encoded(gradient().convert("CMYK"), "TIFF"),
        encoded(gradient(), "BMP"),
        encoded(gradient(), "WEBP"),
    ]
    for data in kinds:
        assert corners(Shown(tmp_path, data).picture) == UPRIGHT
    grey = Shown(tmp_path, encoded(gradient().convert("L"), "JPEG"))
    assert grey.picture.size == (60, 40)


def test_a_transparent_palette_is_white(tmp_path: Path) -> None:
    palette = Image.new("P", (20, 20), 0)
    palette.putpalette([255, 0, 0, 0, 255, 0])
    assert min(Shown(tmp_path, encoded(palette, "PNG", transparency=0)).pixel(5, 5)) > 245


def test_of_an_animation_the_first_frame_is_shown(tmp_path: Path) -> None:
    frames = [Image.new("RGB", (20, 20), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    red, _, blue = Shown(tmp_path, data).pixel(5, 5)
    assert red > 200 > 50 > blue


def test_a_thumbnail_is_small(tmp_path: Path) -> None:
    assert Shown(tmp_path, pictures.jpeg(1000, 500)).thumbnail.size == (320, 160)


def test_a_cut_off_jpeg_is_refused(tmp_path: Path) -> None:
    data = pictures.jpeg(400, 300)
    assert _refusal(tmp_path, data[: len(data) // 2]).code == "damaged"


def test_what_only_looks_like_a_photo_is_refused(tmp_path: Path) -> None:
    for data in (b"", b"hello", b"\xff\xd8\xff", encoded(gradient(), "PPM"), encoded(gradient(), "ICO"), b"%PDF-1.7"):
        assert _refusal(tmp_path, data).code in ("not_a_photo", "damaged")
    assert "JPEG, PNG" in _refusal(tmp_path, encoded(gradient(), "PPM")).reason


def test_too_many_pixels_are_refused_before_they_are_decoded(tmp_path: Path) -> None:
    bomb = pictures.png_bomb()
    assert len(bomb) < 60_000
    refused = _refusal(tmp_path, bomb)
    assert refused.code == "too_many_pixels"
    assert "169 megapixels" in refused.reason


def test_a_strip_that_the_encoder_could_not_see_is_refused(tmp_path: Path) -> None:
    assert _refusal(tmp_path, encoded(Image.new("RGB", (2000, 2)), "PNG")).code == "too_narrow"


def test_a_bomb_costs_a_child_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(pictures.png_bomb())
    paths = {name: str(tmp_path / name) for name in ("source", "display", "thumbnail")}
    with Confined("annotator.images.decoding:run", memory_bytes=400 * 1024**2, seconds=20) as decode:
        with pytest.raises(Refused) as refused:
            decode(act="prepare", max_pixels=10**9, **paths)
        assert refused.value.code == "memory_limit"
        (tmp_path / "source").write_bytes(pictures.jpeg())
        assert decode(act="prepare", max_pixels=10**9, **paths)["width"] == 60


@pytest.fixture
def photos() -> Iterator[bytes]:
    return iter([pictures.jpeg(progressive=True), pictures.jpeg(restart_marker_blocks=2), pictures.jpeg(200, 100)])


def test_progressive_and_restarted_jpegs_keep_their_pixels(photos: Iterator[bytes]) -> None:
    for data in photos:
        stripped = jpeg.without_metadata(data)
        assert np.array_equal(np.asarray(opened(stripped)), np.asarray(opened(data)))


def test_an_icc_profile_stays() -> None:
    from PIL import ImageCms

    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    stripped = jpeg.without_metadata(pictures.jpeg(icc_profile=profile))
    assert opened(stripped).info["icc_profile"] == profile


@pytest.mark.parametrize("cut", [0, 1, 3, 20, 200, -2])
def test_a_jpeg_without_its_end_is_not_plain(cut: int) -> None:
    with pytest.raises(jpeg.NotPlain):
        jpeg.without_metadata(pictures.jpeg()[:cut])


def smooth(width: int, height: int) -> Image.Image:
    """What a camera makes: no pixel is much unlike its neighbours, but shapes have edges."""
    y, x = np.mgrid[:height, :width] / max(width, height)
    waves = np.stack([np.sin(40 * x + 9 * y), np.sin(25 * y), np.cos(30 * (x * y))], axis=-1)
    shape = (np.hypot(x - 0.4, y - 0.3) < 0.2)[..., None] * np.array([90, -60, 30])
    noise = np.random.default_rng(1).normal(0, 5, waves.shape)
    return Image.fromarray((120 + 60 * waves + shape + noise).clip(0, 255).astype(np.uint8))


def framed(folder: Path, data: bytes, image_size: int) -> tuple[np.ndarray, dict[str, int]]:
    """The picture in the model's frame, and what was told of it."""
    (folder / "source").write_bytes(data)
    told = decoding.frame(str(folder / "source"), str(folder / "target"), 10**8, image_size)
    height, width = Frame(told["height"], told["width"], image_size).resized
    return np.fromfile(folder / "target", np.uint8).reshape(height, width, 3), told


@pytest.mark.parametrize("orientation", [1, 3, 6])
@pytest.mark.parametrize("size", [(1203, 851), (640, 900), (410, 300)])
def test_a_reduced_photo_differs_by_less_than_a_grey_level(
    tmp_path: Path, size: tuple[int, int], orientation: int
) -> None:
    exif = Image.Exif()
    exif[0x0112] = orientation
    data = encoded(smooth(*size), "JPEG", quality=92, exif=exif.tobytes())
    reduced, told = framed(tmp_path, data, 100)
    upright = decoding._upright_rgb(opened(data))
    assert (told["width"], told["height"]) == upright.size
    whole = np.asarray(upright.resize((reduced.shape[1], reduced.shape[0]), Image.Resampling.BILINEAR))
    difference = np.abs(reduced.astype(int) - whole)
    assert difference.mean() < 1
    assert np.percentile(difference, 99) <= 4


def test_a_jpeg_is_decoded_reduced_only_where_twice_the_frame_remains(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[tuple[int, int]] = []
    rgb_of = decoding._rgb_of

    def watched(picture: Image.Image) -> Image.Image:
        rgb = rgb_of(picture)
        decoded.append(rgb.size)
        return rgb

    monkeypatch.setattr(decoding, "_rgb_of", watched)
    data = pictures.jpeg(800, 400)
    assert [framed(tmp_path, data, side)[0].shape for side in (50, 100, 150, 300)] == [
        (25, 50, 3),
        (50, 100, 3),
        (75, 150, 3),
        (150, 300, 3),
    ]
    assert decoded == [(100, 50), (200, 100), (400, 200), (800, 400)]
    framed(tmp_path, encoded(gradient(800, 400), "PNG"), 50)
    assert decoded[-1] == (800, 400)


def test_other_jpegs_and_formats_come_into_the_frame_too(tmp_path: Path) -> None:
    kinds = [encoded(gradient(300, 200).convert(mode), "JPEG") for mode in ("L", "CMYK")]
    for data in [*kinds, encoded(gradient(300, 200), "WEBP")]:
        reduced, told = framed(tmp_path, data, 30)
        assert (reduced.shape, told) == ((20, 30, 3), {"width": 300, "height": 200})
    whole = decoding._upright_rgb(opened(kinds[1])).resize((30, 20), Image.Resampling.BILINEAR)
    assert np.abs(framed(tmp_path, kinds[1], 30)[0].astype(int) - np.asarray(whole)).mean() < 1
    with pytest.raises(Refused):
        framed(tmp_path, kinds[0][:400], 30)

"""What benchmarks.encoder runs in processes of their own: one way to encode each, or a look at the device."""

import json
import resource
import sys
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

REFERENCE = "reference"
WIDTH, HEIGHT = 2250, 1500  # of SA-1B's photos

Turn = Callable[[int], None]


def model_of(preset: str) -> Any:
    from sam_core import checkpoints
    from sam_core.config import PRESETS

    if preset == "builtin":
        return checkpoints.load_builtin()
    sam = checkpoints.build(PRESETS[preset]).requires_grad_(False)
    return checkpoints.LoadedModel(sam, f"{preset}-random", "0" * 64)


def choice(preset: str, folder: Path) -> dict[str, Any]:
    """Which backends may encode the preset here, which one is taken, and why the others are not."""
    from dataclasses import asdict

    from sam_core.encoders import choosing

    return asdict(choosing.measure(model_of(preset), folder, choosing.candidates()))


def product(preset: str, backend: str, folder: Path, photo: bytes) -> tuple[Turn, int]:
    """The product's own way of a photo, and how many it takes at once."""
    import django

    django.setup()
    from annotator.images import encoding
    from annotator.images.models import Image
    from annotator.images.reading import Part, Readers, readers_for
    from annotator.lib import storage
    from sam_core.encoders import choosing

    model = model_of(preset)
    encoder = choosing.build(model, folder, backend)
    sha256 = storage.put_bytes(photo)
    readers = Readers(model.config.image_size, readers_for(encoder.batch)).__enter__()
    count = 0

    def turn(images: int) -> None:
        nonlocal count
        numbers = range(count, count + images)
        count += images
        # The hash makes every embedding a file of its own, so that each is written.
        rows = [Image(display_sha256=sha256, width=WIDTH, height=HEIGHT, sha256=f"{number:064}") for number in numbers]
        ahead = [(row, readers.begin(Part(row))) for row in rows]
        while ahead:
            batch, ahead = ahead[: encoder.batch], ahead[encoder.batch :]
            for data in encoding.embed_by(model, encoder, [(Part(row), frame.result()) for row, frame in batch]):
                storage.put_bytes(data)

    return turn, encoder.batch


def reference(preset: str, photo: bytes) -> tuple[Turn, int]:
    """The reference package's predictor; its features are stored as ours are."""
    import numpy as np
    import torch
    from PIL import Image

    from annotator.lib import storage
    from sam_core.config import PRESETS
    from sam_core.embedding import ImageEmbedding
    from tests.sam_core.reference import SamPredictor, build_reference

    predictor = SamPredictor(build_reference(PRESETS[preset]).to("cuda" if torch.cuda.is_available() else "cpu"))
    count = 0

    def turn(images: int) -> None:
        nonlocal count
        for _ in range(images):
            count += 1
            with torch.inference_mode():
                predictor.set_image(np.asarray(Image.open(BytesIO(photo)).convert("RGB")))
            tensors = {"image_embedding": predictor.features.half().cpu().numpy()}
            storage.put_bytes(ImageEmbedding(tensors, REFERENCE, HEIGHT, WIDTH, f"{count:064}").to_bytes())

    return turn, 1


def matrix_rate(clock: str) -> dict[str, Any]:
    """The device's rate of multiplying matrices, in 10¹² operations per second by that clock, and their dtype."""
    import torch

    cuda = torch.cuda.is_available()
    has_bf16 = cuda or torch.cpu._is_avx512_bf16_supported() or torch.cpu._is_amx_tile_supported()
    dtype, side = (torch.bfloat16 if has_bf16 else torch.float32), (8192 if cuda else 2048)
    a = torch.randn(side, side, device="cuda" if cuda else "cpu", dtype=dtype)
    best = float("inf")
    now = time.process_time if clock == "processor_seconds" else time.perf_counter
    for _ in range(5):
        start = now()
        product = a @ a
        if cuda:
            torch.cuda.synchronize()
        best = min(best, now() - start)
        del product
    name = torch.cuda.get_device_name() if cuda else f"{processor()}, {torch.get_num_threads()} threads"
    dtype_name = str(dtype).removeprefix("torch.")
    return {"device": name, "matrix_dtype": dtype_name, "matrix_tera_per_s": round(2 * side**3 / best / 1e12, 4)}


def processor() -> str:
    names = [line.split(":", 1)[1].strip() for line in cpu_lines() if line.startswith("model name")]
    return names[0] if names else "CPU"


def cpu_lines() -> list[str]:
    info = Path("/proc/cpuinfo")
    return info.read_text().splitlines() if info.is_file() else []


def peak_mb() -> int:
    """Of this process; on a GPU, of its memory."""
    import torch

    if torch.cuda.is_available():
        return torch.cuda.max_memory_reserved() // 1024**2
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used // (1024**2 if sys.platform == "darwin" else 1024)


def child(preset: str, backend: str, folder: Path) -> None:
    """Says how many images it takes at once; then, for each number on standard input, how long so many images took."""
    import torch

    photo = (folder / "photo.jpg").read_bytes()
    turn, batch = reference(preset, photo) if backend == REFERENCE else product(preset, backend, folder / preset, photo)
    print(json.dumps({"batch": batch, "gpu": torch.cuda.is_available()}), flush=True)
    for line in sys.stdin:
        clock, processor_clock = time.perf_counter(), time.process_time()
        turn(int(line))
        taken = {"seconds": time.perf_counter() - clock, "processor_seconds": time.process_time() - processor_clock}
        print(json.dumps({**taken, "peak_mb": peak_mb()}), flush=True)


def main(act: str, *arguments: str) -> None:
    *given, folder = arguments
    if act == "child":
        child(given[0], given[1], Path(folder))
    else:
        print(json.dumps(matrix_rate(given[0]) if act == "matrix" else choice(given[0], Path(folder) / given[0])))


if __name__ == "__main__":
    main(*sys.argv[1:])

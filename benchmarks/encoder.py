"""Images per second from JPEG bytes to stored embedding: `python -m benchmarks.encoder [--json]`.

For each preset every backend that may encode it on this machine, beside the reference package's predictor with a model
of the same sizes. Each runs in a process of its own, so that peak memory is its own; they take turns, so that what else
the machine does meets all alike. The best turn counts. Images come as to a worker that has many to do, as many at once
as the backend takes; beside it stands how long one takes that comes alone. Weights are random but for the built-in
model's: speed is the same. The reference has no encoder for MobileSAM and for the built-in model; there is no ratio in
those rows.

The device's matrix rate is measured too: products of large bf16 matrices, or of fp32 ones on a processor without
instructions for bf16. Without a GPU nothing here says how fast one would be.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.encoder_child import HEIGHT, REFERENCE, WIDTH

TERA_OPERATIONS = {"builtin": 0.0043, "mobile_sam": 0.078, "vit_b": 0.97, "vit_l": 2.99, "vit_h": 5.96}
"""Multiplications and additions per image, in units of 10¹²."""
HAS_REFERENCE = {"vit_b", "vit_l", "vit_h"}
DEFAULT_PRESETS = ["builtin", "mobile_sam", "vit_b"]
LONG_SECONDS = 3.0  # a turn that takes longer needs no warm-up before it
BATCHES_PER_TURN = 8  # of a GPU


class Child:
    """One backend in a process of its own; `best` are its seconds per image in its best turn, of as many images at once
    as it takes, and `best_alone` those of an image that comes alone."""

    def __init__(self, preset: str, backend: str, folder: Path, clock: str) -> None:
        self.backend, self.clock = backend, clock
        self.best, self.peak_mb = float("inf"), 0
        self.process = start(folder, "child", preset, backend)
        said = self._answer()
        self.batch: int = said["batch"]
        self.on_gpu: bool = said["gpu"]
        self.images = self.batch * (BATCHES_PER_TURN if self.on_gpu else 1)
        self.best_alone = float("inf")

    def turn(self) -> None:
        seconds = self._ask(self.images)
        self.best = min(self.best, seconds / self.images)
        self.best_alone = min(self.best_alone, self._ask(1) if self.batch > 1 else self.best)

    def warm_up(self) -> None:
        """A turn that counts only if it was long."""
        seconds = self._ask(self.batch)
        if seconds > LONG_SECONDS:
            self.best = seconds / self.batch
        elif not self.on_gpu:
            self.images *= max(1, int(LONG_SECONDS / 2 / seconds))

    def end(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()

    def _ask(self, images: int) -> float:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{images}\n")
        self.process.stdin.flush()
        answer = self._answer()
        self.peak_mb = answer["peak_mb"]
        seconds: float = answer[self.clock]
        return seconds

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise SystemExit(f"{self.backend} ended with code {self.process.wait()}; what it said stands above")
        answer: dict[str, Any] = json.loads(line)
        return answer


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    environment = {**os.environ, "DATA_DIR": str(folder / "data"), "DJANGO_SETTINGS_MODULE": "annotator.settings"}
    command = [sys.executable, "-m", "benchmarks.encoder_child", *arguments, str(folder)]
    return subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)


def ask(folder: Path, *arguments: str) -> dict[str, Any]:
    process = start(folder, *arguments)
    output, _ = process.communicate()
    if process.returncode:
        raise SystemExit(f"{' '.join(arguments)} ended with code {process.returncode}; what it said stands above")
    answer: dict[str, Any] = json.loads(output)
    return answer


def measure(
    preset: str, folder: Path, turns: int, rate: float, clock: str = "seconds"
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The preset's rows, and what was found when its backend was chosen."""
    (folder / preset).mkdir()
    chosen = ask(folder, "choice", preset)
    backends = list(chosen["seconds"])
    names = [*([REFERENCE] if preset in HAS_REFERENCE else []), *backends]
    children = [Child(preset, name, folder, clock) for name in names]
    for child in children:
        child.warm_up()
    for _ in range(turns):
        for child in children:
            child.turn()
    for child in children:
        child.end()
    per_s = {child.backend: 1 / child.best for child in children}
    theirs = per_s.pop(REFERENCE, None)
    rows = [
        {
            "preset": preset,
            "backend": child.backend,
            "images_per_s": round(per_s[child.backend], 3),
            "alone_s": round(child.best_alone, 3),
            "peak_mb": child.peak_mb,
            "reference_images_per_s": theirs and round(theirs, 3),
            "ratio": theirs and round(per_s[child.backend] / theirs, 2),
            "share_of_matrix_rate": round(per_s[child.backend] * TERA_OPERATIONS[preset] / rate, 3),
        }
        for child in children
        if child.backend != REFERENCE
    ]
    told = {"backend": chosen["backend"], "iou": chosen["iou"], "refused": chosen["refused"]}
    if theirs:
        told["reference_peak_mb"] = next(child.peak_mb for child in children if child.backend == REFERENCE)
    return rows, told


def write_photo(path: Path) -> None:
    """A photograph that comes with scikit-image, at the size of SA-1B's."""
    from PIL import Image

    from annotator.dashboards.demo_photos import demo_photo

    picture = Image.open(demo_photo("coffee.png")).convert("RGB").resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    picture.save(path, quality=92)


def show(report: dict[str, Any]) -> str:
    rows = [("preset", "backend", "images/s", "s alone", "peak MB", "reference/s", "ratio", "of matrix rate")]
    for row in report["rows"]:
        chosen = row["backend"] == report["presets"][row["preset"]]["backend"]
        cells = (*list(row.values())[2:7], f"{row['share_of_matrix_rate']:.0%}")
        words = ["-" if cell is None else str(cell) for cell in cells]
        rows.append((row["preset"], row["backend"] + (" *" if chosen else ""), *words))
    lines = [f"{report['device']}: {report['matrix_tera_per_s']:g} tera-operations/s in {report['matrix_dtype']}"]
    lines += ["".join(f"{cell:<15}" for cell in row).rstrip() for row in rows]
    lines.append("* chosen by itself")
    for preset, told in report["presets"].items():
        lines += [f"{preset}, {backend}: {why}" for backend, why in told["refused"].items()]
        lines += [f"{preset}, {backend}: masks agree at {iou:.3f} IoU" for backend, iou in told["iou"].items()]
    return "\n".join(lines)


def run(presets: list[str], turns: int, clock: str) -> dict[str, Any]:
    with tempfile.TemporaryDirectory(prefix="annotator-encoder-") as name:
        folder = Path(name)
        write_photo(folder / "photo.jpg")
        report: dict[str, Any] = {**ask(folder, "matrix", clock), "rows": [], "presets": {}}
        for preset in presets:
            rows, report["presets"][preset] = measure(preset, folder, turns, report["matrix_tera_per_s"], clock)
            report["rows"] += rows
    return report


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--presets", nargs="+", choices=list(TERA_OPERATIONS), default=DEFAULT_PRESETS)
    parser.add_argument("--turns", type=int, default=2, help="of each backend, after the warm-up")
    parser.add_argument(
        "--processor-time",
        action="store_const",
        const="processor_seconds",
        default="seconds",
        help="count processor time instead of the clock's, for ratios on a busy machine; with OMP_NUM_THREADS=1",
    )
    options = parser.parse_args()
    report = run(options.presets, options.turns, options.processor_time)
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()

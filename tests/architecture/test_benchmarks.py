"""The commands that the README quotes start: what they measure is not tested, that they can be run is."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMANDS = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", COMMANDS)
def test_a_benchmark_can_be_imported_as_its_command_does(name: str):
    command = [sys.executable, "-c", f"import benchmarks.{name}"]
    environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)}  # no settings of the test run's
    run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr


class Taking:
    """Stands in for a process that encodes: its seconds per image are known."""

    peak_mb = 500
    best_alone = 6.0

    def __init__(self, preset: str, backend: str, folder: Path, clock: str) -> None:
        self.backend = backend
        self.best = {"reference": 10.0, "torch-fp32": 5.0, "onnx-fp32": 4.0}[backend]

    def warm_up(self) -> None: ...
    def turn(self) -> None: ...
    def end(self) -> None: ...


def test_the_encoder_s_rows_compare_every_backend_with_the_reference(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    from benchmarks import encoder

    chosen = {"backend": "onnx-fp32", "seconds": {"torch-fp32": 5, "onnx-fp32": 4}, "iou": {}, "refused": {}}
    monkeypatch.setattr(encoder, "ask", lambda folder, *arguments: chosen)
    monkeypatch.setattr(encoder, "Child", Taking)
    rows, told = encoder.measure("vit_b", tmp_path, turns=1, rate=0.5)
    assert rows[1] == {
        "preset": "vit_b",
        "backend": "onnx-fp32",
        "images_per_s": 0.25,
        "alone_s": 6.0,
        "peak_mb": 500,
        "reference_images_per_s": 0.1,
        "ratio": 2.5,
        "share_of_matrix_rate": 0.485,
    }
    without, _ = encoder.measure("mobile_sam", tmp_path, turns=1, rate=0.5)
    assert (without[0]["reference_images_per_s"], without[0]["ratio"]) == (None, None)
    report = {"device": "a CPU", "matrix_tera_per_s": 0.5, "matrix_dtype": "float32", "rows": rows + without}
    table = encoder.show({**report, "presets": {"vit_b": told, "mobile_sam": told}})
    assert "onnx-fp32 *" in table
    assert "97%" not in table
    assert "48%" in table

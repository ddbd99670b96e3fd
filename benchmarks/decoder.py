"""Our decoder beside the reference's official export in one browser: `python -m benchmarks.decoder [--json]`.

Both have the same weights and run by onnxruntime-web in WASM in one headless Chromium, one run of each after the other,
at one and at two threads, with one point and with five, on an image of 1500 × 2250. The weights are random, the sizes
are those of the official models: their decoders are all the same. A run is timed as a page sees it: from the question
to the worker until the answer is there. The official decoder answers with four masks at the image's size, ours, ONNX
Runtime and our own kernel after it, with four planes of logits for the image's part; the preview is one plane, of every
second row and column, and "first" is the answer to a click on an image that is not prepared. The logits are compared
where the image lies, and over the whole frame.
"""

import argparse
import json
import os
import shutil
import statistics
import subprocess
import tempfile
import threading
import warnings
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import torch
from playwright.sync_api import Page, sync_playwright

from benchmarks.running import p95
from sam_core.checkpoints import LoadedModel
from sam_core.config import VIT_B
from sam_core.modeling import Sam
from sam_core.onnx_export import export
from sam_core.transforms import Frame
from tests.chromium import ensure_chromium
from tests.sam_core.reference import build_reference

ROOT = Path(__file__).parents[1]
RUNTIME = ROOT / "frontend" / "node_modules" / "onnxruntime-web" / "dist"
KERNEL = ROOT / "frontend" / "src" / "decoder" / "kernel" / "dist" / "upscaler.wasm"
CONFIG = replace(VIT_B, name="random", vit_width=32, vit_depth=1, vit_heads=2, vit_global_blocks=())
HEIGHT, WIDTH = 1500, 2250
THREADS = (1, 2)
POINTS = (1, 5)
TIMED = ("official", "ours", "preview", "first")
WARM_UP = 4  # runs of each that are not counted: the browser still compiles
PAGE = """<!doctype html><title>Decoder benchmark</title><script type="module">
const workers = {};
let last = 0;
window.ask = (threads, act, rest = {}) => new Promise((resolve, reject) => {
  const worker = (workers[threads] ??= new Worker("/decoder_worker.mjs", { type: "module" }));
  const id = ++last;
  const onMessage = ({ data }) => {
    if (data.id !== id) return;
    worker.removeEventListener("message", onMessage);
    data.error ? reject(new Error(data.error)) : resolve(data.answer);
  };
  worker.addEventListener("message", onMessage);
  worker.onerror = (event) => reject(new Error(event.message ?? "the worker did not start"));
  worker.postMessage({ id, act, ...rest });
});
window.timed = async (threads, rest) => {
  const started = performance.now();
  await ask(threads, "decode", rest);
  return performance.now() - started;
};
window.prepared = async (threads) => {
  const read = async (url) => (await fetch(url)).arrayBuffer();
  const embedding = { bits: await read("/embedding.f16"), values: await read("/embedding.f32") };
  return (await ask(threads, "prepare", embedding)).ms;
};
window.difference = async (threads, theirs, ours, rows) => {
  const official = (await ask(threads, "decode", theirs)).low_res_masks;
  const { low_res_logits: logits } = await ask(threads, "decode", ours);
  let [most, agree, either] = [0, 0, 0];
  const columns = logits.length / 4 / rows;
  for (let index = 0; index < logits.length; index++) {
    const [line, column] = [Math.floor(index / columns), index % columns];
    const [token, row] = [Math.floor(line / rows), line % rows];
    const [a, b] = [official[(token * 256 + row) * 256 + column], logits[index]];
    most = Math.max(most, Math.abs(a - b));
    if (a > 0 || b > 0) either++;
    if (a > 0 && b > 0) agree++;
  }
  return { most, iou: either ? agree / either : 1 };
};
window.isReady = document.body.appendChild(document.createElement("main"));
</script><body>"""


class Handler(SimpleHTTPRequestHandler):
    """Files of one folder and the runtime's, on a cross-origin isolated page: threads need one."""

    extensions_map = {**SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript", ".wasm": "application/wasm"}

    def translate_path(self, path: str) -> str:
        name = path.split("?")[0]
        return str(RUNTIME / Path(name).name) if name.startswith("/ort/") else super().translate_path(path)

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, *args: object) -> None:
        pass


def write_files(folder: Path, seed: int) -> dict[str, str]:
    """Both exports of the same weights, an embedding and the page. Returns the graphs' addresses by name."""
    from segment_anything.utils.onnx import SamOnnxModel

    theirs = build_reference(CONFIG, seed)
    ours = Sam(CONFIG)
    ours.load_state_dict(theirs.state_dict())
    manifest = export(LoadedModel(ours.eval().requires_grad_(False), "random-1", "0" * 64), folder / "ours")
    side = CONFIG.low_res_size
    inputs = {
        "image_embeddings": torch.zeros(1, CONFIG.embed_dim, CONFIG.embedding_size, CONFIG.embedding_size),
        "point_coords": torch.zeros(1, 5, 2),
        "point_labels": torch.ones(1, 5),
        "mask_input": torch.zeros(1, 1, side, side),
        "has_mask_input": torch.zeros(1),
        "orig_im_size": torch.tensor([float(HEIGHT), float(WIDTH)]),
    }
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            SamOnnxModel(theirs, return_single_mask=False),
            tuple(inputs.values()),
            folder / "official.onnx",
            input_names=list(inputs),
            output_names=["masks", "iou_predictions", "low_res_masks"],
            dynamic_axes={"point_coords": {1: "num_points"}, "point_labels": {1: "num_points"}},
            opset_version=17,
            dynamo=False,
        )
    random = np.random.default_rng(seed)
    shape = (1, CONFIG.embed_dim, CONFIG.embedding_size, CONFIG.embedding_size)
    embedding = (0.5 * random.standard_normal(shape)).astype(np.float16)
    (folder / "embedding.f16").write_bytes(embedding.tobytes())
    (folder / "embedding.f32").write_bytes(embedding.astype(np.float32).tobytes())
    write_kernel(folder)
    (folder / "decoder_worker.mjs").write_bytes((Path(__file__).parent / "decoder_worker.mjs").read_bytes())
    (folder / "index.html").write_text(PAGE)
    graphs = {name: f"/ours/{manifest['graphs'][name]['file']}" for name in ("prepare", "decode_rows", "first")}
    return {"official": "/official.onnx", **graphs}


def write_kernel(folder: Path) -> None:
    """The product's own kernel with its helper, as modules that a page can load without a bundler."""
    subprocess.run(
        ["npx", "vite", "build", "--config", "probe/kernel.vite.config.ts", "--logLevel", "error"],
        cwd=ROOT / "frontend",
        env={**os.environ, "PROBE_OUT": str(folder)},
        check=True,
    )
    shutil.copy(KERNEL, folder)


def questions(points: int) -> dict[str, dict[str, Any]]:
    """What each decoder is asked, by name; "complete" is ours for the whole frame."""
    resized = Frame(HEIGHT, WIDTH, CONFIG.image_size).resized
    cells = [-(-side // CONFIG.patch_size) for side in resized]
    same = {"count": points, "image": [HEIGHT, WIDTH], "frame": resized, "cells": cells, "half": False}
    every = {**same, "shown": [0, 1, 2, 3]}
    return {
        "official": {**every, "graph": "official"},
        "ours": {**every, "graph": "decode_rows"},
        "preview": {**same, "graph": "decode_rows", "shown": [-1 if points == 1 else 0], "half": True},
        "first": {**every, "graph": "first"},
        "complete": {**every, "graph": "decode_rows", "cells": [CONFIG.embedding_size] * 2},
    }


def measure(page: Page, graphs: dict[str, str], rounds: int) -> dict[str, Any]:
    prepare_ms = {}
    for threads in THREADS:
        opened = {"threads": threads, "graphs": graphs, "weights": "/ours/weights.bin"}
        page.evaluate("([threads, opened]) => ask(threads, 'open', opened)", [threads, opened])
        prepare_ms[threads] = min(page.evaluate("prepared", threads) for _ in range(3))
    taken: dict[tuple[int, int, str], list[float]] = {}
    for number in range(WARM_UP + rounds):
        for threads in THREADS:
            for points in POINTS:
                asked = questions(points)
                for name in TIMED:
                    ms = page.evaluate("([threads, how]) => timed(threads, how)", [threads, asked[name]])
                    if number >= WARM_UP:
                        taken.setdefault((threads, points, name), []).append(ms)
    rows = []
    for threads in THREADS:
        for points in POINTS:
            asked = questions(points)
            found = [
                page.evaluate(
                    "([threads, theirs, ours, rows]) => difference(threads, theirs, ours, rows)",
                    [threads, asked["official"], asked[name], 4 * asked[name]["cells"][0]],
                )
                for name in ("ours", "first", "complete")
            ]
            times = {name: taken[threads, points, name] for name in TIMED}
            medians = {name: statistics.median(values) for name, values in times.items()}
            rows.append(
                {
                    "threads": threads,
                    "points": points,
                    **{f"{name}_ms": round(value, 1) for name, value in medians.items()},
                    **{f"{name}_p95_ms": round(p95(values), 1) for name, values in times.items()},
                    "ratio": round(medians["official"] / medians["ours"], 2),
                    "preview_ratio": round(medians["official"] / medians["preview"], 2),
                    "first_ratio": round(medians["official"] / medians["first"], 2),
                    "max_abs_logit_diff": max(one["most"] for one in found),
                    "mask_iou": min(one["iou"] for one in found),
                    "prepare_ms": round(prepare_ms[threads], 1),
                }
            )
    return {"rows": rows}


def show(report: dict[str, Any]) -> str:
    heads = ("threads", "points", *TIMED, "ratio", "first ratio", "logits differ", "mask IoU", "prepare")
    lines: list[tuple[str, ...]] = [heads]
    for row in report["rows"]:
        times = [f"{row[f'{name}_ms']:g} ({row[f'{name}_p95_ms']:g})" for name in TIMED]
        ratios = (f"{row['ratio']:.2f}", f"{row['first_ratio']:.2f}")
        rest = (*ratios, f"{row['max_abs_logit_diff']:.1e}", f"{row['mask_iou']:.5f}")
        lines.append((str(row["threads"]), str(row["points"]), *times, *rest, f"{row['prepare_ms']:g}"))
    head = f"Chromium {report['browser']}, {report['rounds']} runs of each; milliseconds: median (95 % within)"
    return "\n".join([head, *("".join(f"{cell:<16}" for cell in line).rstrip() for line in lines)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument("--rounds", type=int, default=15, help="timed runs of each")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    if not RUNTIME.is_dir():
        parser.exit(1, f"{RUNTIME} is missing: `make install` brings it.\n")
    if shutil.which("npx") is None:
        parser.exit(1, "npx is not on PATH: install Node.js 20 or newer.\n")
    path = ensure_chromium()
    with tempfile.TemporaryDirectory(prefix="annotator-decoder-") as name, sync_playwright() as playwright:
        folder = Path(name)
        graphs = write_files(folder, options.seed)
        server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
        threading.Thread(target=server.serve_forever, daemon=True).start()
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        try:
            page = browser.new_page()
            page.set_default_timeout(120_000)
            page.goto(f"http://127.0.0.1:{server.server_port}/")
            page.wait_for_selector("main", state="attached")
            report = {"browser": browser.version, "rounds": options.rounds, **measure(page, graphs, options.rounds)}
        finally:
            browser.close()
            server.shutdown()
    print(json.dumps(report) if options.json else show(report))


if __name__ == "__main__":
    main()

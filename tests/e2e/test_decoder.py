"""The decoder in a real browser's worker gives what sam_core gives, with threads and without, and refuses mix-ups."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page

from sam_core.checkpoints import LoadedModel, build, load, save
from sam_core.config import PRESETS
from sam_core.onnx_export import export
from sam_core.predictor import Decoded, decode, encode
from sam_core.prompts import Box, Point, Prompts
from tests.chromium import ensure_chromium

FRONTEND = Path(__file__).parents[2] / "frontend"
HEIGHT, WIDTH = 97, 201  # lies in three of four rows of the tiny models' embedding
IMAGE_SHA256 = "ab" * 32
TYPES = {".js": "text/javascript", ".mjs": "text/javascript", ".wasm": "application/wasm", ".css": "text/css"}
ISOLATION = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Cross-Origin-Resource-Policy": "same-origin",
}
POLICY = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; object-src 'none'"
PROMPTS: list[dict[str, Any]] = [
    {"points": [[60.5, 40, 1]], "box": None},
    {"points": [[60, 40, 1], [10, 90, 0], [120, 3, 1]], "box": None},
    {"points": [], "box": [20, 10, 100, 80]},
    {"points": [[60, 40, 0]], "box": [20, 10, 100, 80]},
]


class Site:
    """Serves the built decoder, a model and an embedding, with the headers of ours or without isolation."""

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, str]] = {}
        self.isolated = True
        self.served: list[str] = []
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                path = self.path.split("?")[0]
                body, kind = site.files.get(path, (b"", ""))
                if kind:
                    site.served.append(path)
                self.send_response(200 if kind else 404)
                headers = {"Content-Type": kind or "text/plain", "Content-Security-Policy": POLICY}
                for name, value in (headers | (ISOLATION if site.isolated else {})).items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    npx = shutil.which("npx")
    assert npx, "there is no npx: start this with `make test`, which brings it"
    out = tmp_path_factory.mktemp("decoder")
    built = subprocess.run(
        [npx, "vite", "build", "--config", "probe/vite.config.ts", "--logLevel", "error"],
        cwd=FRONTEND,
        env={**os.environ, "PROBE_OUT": str(out)},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    site = Site()
    entry = json.loads((out / "manifest.json").read_text())["probe/decoder.ts"]["file"]
    page = f'<!doctype html><title>Decoder</title><script type="module" src="/static/dist/{entry}"></script>'
    site.files["/"] = page.encode(), "text/html"
    for path in (out / "assets").iterdir():
        if path.suffix in TYPES:  # not the compressed copies
            site.files[f"/static/dist/assets/{path.name}"] = path.read_bytes(), TYPES[path.suffix]
    yield site
    site.server.shutdown()


@pytest.fixture(scope="module", params=["tiny_vit", "tiny_builtin"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> LoadedModel:
    if request.param == "tiny_vit":
        # Wide enough for the kernel that the official models' decoder ends in.
        wide = replace(PRESETS[request.param], embed_dim=64)
        return LoadedModel(build(wide, seed=8).eval().requires_grad_(False), "wide-000000000000", "0" * 64)
    path = tmp_path_factory.mktemp("model") / "model.safetensors"
    save(build(PRESETS[request.param], seed=3), path)
    return load(path)


def put_model(site: Site, model: LoadedModel, folder: Path) -> dict[str, str]:
    """Serves the model's export. Returns what a session says of it."""
    export(model, folder)
    for path in folder.iterdir():
        site.files[f"/api/models/{model.version}/{path.name}"] = path.read_bytes(), "application/octet-stream"
    manifest = (folder / "manifest.json").read_bytes()
    return {
        "version": model.version,
        "manifest_url": f"/api/models/{model.version}/manifest.json",
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
    }


def expected(model: LoadedModel, embedding: Any) -> list[Decoded]:
    """What sam_core answers to PROMPTS, and to the last two clicks with the first answer fed back."""
    answers = []
    for prompt in PROMPTS:
        box = Box(*prompt["box"]) if prompt["box"] else None
        answers.append(decode(model, embedding, Prompts([Point(*point) for point in prompt["points"]], box)))
    first = answers[0]
    points = [Point(*point) for point in PROMPTS[1]["points"]]
    answers.append(decode(model, embedding, Prompts(points, None, first.low_res_logits[first.token])))
    return answers


def open_page(browser: Browser, site: Site) -> Page:
    page = browser.new_page()
    page.goto(site.address)
    page.wait_for_function("'DecoderClient' in window")
    return page


DECODE_ALL = """async ([model, key, prompts, backend]) => {
  const backends = { backendOf: () => backend, tryLater() {} };
  const client = new DecoderClient({ threads: crossOriginIsolated ? 2 : 1, backends });
  const bytes = await (await fetch("/embedding")).arrayBuffer();
  await client.load(model);
  await client.setImage(key, bytes);
  const plain = (decoded, made) => ({
    logits: decoded.logits.map((one) => Array.from(one)), ious: decoded.ious, shown: decoded.shown, made: decoded.made,
    mask: Array.from(made.bitmap.data),
  });
  const answers = [];
  let first = null;
  const unprepared = await client.decode({ key, ...prompts[0], maskInput: null });
  const atOnce = plain(unprepared, await client.materialise(key, unprepared.logits[unprepared.shown]));
  // A preview comes after all else: the image is prepared then.
  await client.preview(key, [60, 40, 1], false);
  for (const prompt of [...prompts, prompts[1]]) {
    const maskInput = answers.length === prompts.length ? first.logits[first.shown] : null;
    const decoded = await client.decode({ key, ...prompt, maskInput });
    first ??= decoded;
    answers.push(plain(decoded, await client.materialise(key, decoded.logits[decoded.shown])));
  }
  client.dispose();
  return { isolated: crossOriginIsolated, answers, atOnce };
}"""


@pytest.mark.parametrize("isolated", [True, False], ids=["threads", "one thread"])
def test_logits_ious_and_masks_are_those_of_torch(
    browser: Browser, site: Site, model: LoadedModel, isolated: bool, tmp_path: Path
) -> None:
    image = np.random.default_rng(5).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    embedding = encode(model, image, IMAGE_SHA256)
    site.files["/embedding"] = embedding.to_bytes(), "application/octet-stream"
    site.isolated = isolated
    site.served.clear()
    page = open_page(browser, site)
    key = {"imageSha256": IMAGE_SHA256, "modelVersion": model.version, "height": HEIGHT, "width": WIDTH}
    got = page.evaluate(DECODE_ALL, [put_model(site, model, tmp_path), key, PROMPTS, "wasm"])
    page.close()
    assert got["isolated"] is isolated
    # Its last part is our own kernel's where its channels fill a register, with a helper where there are threads.
    wide = model.config.embed_dim >= 64
    parts = {
        name: any(name in path for path in site.served) for name in ("/upscaler-", "upscaler_helper", "decode_rows")
    }
    assert parts == {"/upscaler-": wide, "upscaler_helper": wide and isolated, "decode_rows": wide}
    wanted = expected(model, embedding)
    compare([got["atOnce"], *got["answers"]], [wanted[0], *wanted], atol=1e-4)
    # The same but for the last bits where there is another way to the first answer.
    assert (got["atOnce"]["logits"] != got["answers"][0]["logits"]) == (model.config.name == "tiny_vit")


def compare(answers: list[dict[str, Any]], all_wanted: list[Decoded], atol: float) -> None:
    for answer, wanted in zip(answers, all_wanted, strict=True):
        logits = np.array(answer["logits"], np.float32).reshape(wanted.low_res_logits.shape)
        # Those that the image lies in; an answer to a mask prompt shows that the rest is there where it counts.
        part = np.s_[:, : answer["made"]["rows"], : answer["made"]["columns"]] if answer["made"] else np.s_[:]
        np.testing.assert_allclose(logits[part], wanted.low_res_logits[part], atol=atol)
        np.testing.assert_allclose(answer["ious"], wanted.predicted_ious, atol=atol)
        assert answer["shown"] == wanted.token
        sure = np.abs(wanted.logits()) > atol  # nearer to the threshold the last bit decides
        mask = np.array(answer["mask"], bool).reshape(HEIGHT, WIDTH)
        assert (mask == wanted.mask())[sure].all()
        assert sure.mean() > 0.98


@pytest.fixture(scope="module")
def gpu_browser(browser: Browser) -> Iterator[Browser]:
    """A Chromium whose WebGPU is computed in software."""
    flags = ["--no-sandbox", "--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"]
    started = browser.browser_type.launch(executable_path=ensure_chromium(), args=flags)
    yield started
    started.close()


TRIAL = """async ([model]) => {
  const gpu = { requestAdapter: async () => ({ info: { isFallbackAdapter: false } }) };
  new Backends({ gpu, browser: "this one", delayMs: 0 }).tryLater(model, 1);
  for (let tries = 0; tries < 600; tries++) {
    await new Promise((done) => setTimeout(done, 100));
    const outcome = localStorage.getItem(`decoder/${model.version}/this one`);
    if (outcome) return outcome;
  }
  return "none";
}"""


def test_webgpu_gives_the_same_masks_and_is_tried_against_wasm(
    gpu_browser: Browser, site: Site, model: LoadedModel, tmp_path: Path
) -> None:
    image = np.random.default_rng(5).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    embedding = encode(model, image, IMAGE_SHA256)
    site.files["/embedding"] = embedding.to_bytes(), "application/octet-stream"
    site.isolated = True
    page = open_page(gpu_browser, site)
    if not page.evaluate("async () => !!(navigator.gpu && (await navigator.gpu.requestAdapter()))"):
        pytest.skip("this Chromium has no WebGPU, not even in software")
    key = {"imageSha256": IMAGE_SHA256, "modelVersion": model.version, "height": HEIGHT, "width": WIDTH}
    told = put_model(site, model, tmp_path)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    got = page.evaluate(DECODE_ALL, [told, key, PROMPTS, "webgpu"])
    assert any("asyncify" in url for url in fetched), "the runtime without WebGPU was loaded"
    compare(got["answers"], expected(model, embedding), atol=1e-3)
    # Of two that agree the sooner one wins; which one that is on these cores does not matter here.
    assert page.evaluate(TRIAL, [told]) in ("wasm", "webgpu")
    page.close()


REFUSALS = """async ([model, key]) => {
  const client = new DecoderClient();
  const bytes = await (await fetch("/embedding")).arrayBuffer();
  const code = (promise) => promise.then(() => "taken", (error) => error.code);
  const click = { points: [[9, 9, 1]], box: null, maskInput: null };
  await client.load(model);
  const flipped = bytes.slice(0);
  new Uint8Array(flipped)[flipped.byteLength - 9] ^= 1;
  const hash = await crypto.subtle.digest("SHA-256", bytes);
  const sha256 = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const foreign = await (await fetch("/embedding-of-another-model")).arrayBuffer();
  const answers = {
    "before its image is there": await code(client.decode({ key, ...click })),
    "another image's": await code(client.setImage({ ...key, imageSha256: "cd".repeat(32) }, bytes)),
    "another size": await code(client.setImage({ ...key, width: key.width + 1 }, bytes)),
    "another model's": await code(client.setImage({ ...key, modelVersion: "other-1" }, bytes)),
    "made by another model": await code(client.setImage(key, foreign)),
    "cut off": await code(client.setImage(key, bytes.slice(0, bytes.byteLength - 40))),
    "a bit flipped": await code(client.setImage(key, flipped, { sha256 })),
    "another manifest": await code(client.load({ ...model, manifest_sha256: "00".repeat(32), version: "other-1" })),
    "a manifest of another model": await code(client.load({ ...model, version: "other-1" })),
    "a missing model": await code(client.load({ ...model, manifest_url: "/none", version: "other-1" })),
    "the right one": await code(client.setImage(key, bytes, { sha256 })),
  };
  const clicks = [1, 2, 3].map(() => code(client.decode({ key, ...click })));
  answers["three quick clicks"] = (await Promise.all(clicks)).join(" ");
  client.dispose();
  return answers;
}"""


def test_mix_ups_are_refused_and_the_newest_click_wins(
    browser: Browser, site: Site, model: LoadedModel, tmp_path: Path
) -> None:
    image = np.zeros((HEIGHT, WIDTH, 3), np.uint8)
    embedding = encode(model, image, IMAGE_SHA256).to_bytes()
    other_version = "x" * len(model.version)  # the same file but for the model that it names
    site.files["/embedding"] = embedding, "application/octet-stream"
    site.files["/embedding-of-another-model"] = (
        embedding.replace(model.version.encode(), other_version.encode()),
        "application/octet-stream",
    )
    site.isolated = True
    page = open_page(browser, site)
    key = {"imageSha256": IMAGE_SHA256, "modelVersion": model.version, "height": HEIGHT, "width": WIDTH}
    answers = page.evaluate(REFUSALS, [put_model(site, model, tmp_path), key])
    page.close()
    assert answers == {
        "before its image is there": "no_image",
        "another image's": "wrong_embedding",
        "another size": "wrong_embedding",
        "another model's": "no_model",
        "made by another model": "wrong_embedding",
        "cut off": "bad_embedding",
        "a bit flipped": "bad_hash",
        "another manifest": "bad_hash",
        "a manifest of another model": "bad_manifest",
        "a missing model": "fetch_failed",
        "the right one": "taken",
        "three quick clicks": "superseded superseded taken",
    }


CHANGED = """async ([model, keys]) => {
  const client = new DecoderClient();
  const click = { points: [[9, 9, 1]], box: null, maskInput: null };
  await client.load(model);
  for (const [index, key] of keys.entries()) {
    await client.setImage(key, await (await fetch(`/embedding-${index}`)).arrayBuffer());
  }
  // From then on both are prepared, so that the same click has the same answer to the last bit.
  for (const key of keys) await client.preview(key, [9, 9, 1], false);
  const alone = [];
  // A copy: the rest of the planes comes into them later.
  for (const key of keys) alone.push((await client.decode({ key, ...click })).logits[0].slice());
  const [late, preview, newest] = await Promise.all([
    client.decode({ key: keys[0], ...click }).then(() => "taken", (error) => error.code),
    client.preview(keys[0], [9, 9, 1], true).then(() => "taken", (error) => error.code),
    client.decode({ key: keys[1], ...click }),
  ]);
  client.dispose();
  return { late, preview, differ: alone[0].some((v, i) => v !== alone[1][i]),
           own: newest.logits[0].every((v, i) => v === alone[1][i]) };
}"""


def test_an_answer_for_the_image_before_never_becomes_one_of_the_image_at_hand(
    browser: Browser, site: Site, model: LoadedModel, tmp_path: Path
) -> None:
    keys = []
    for number in range(2):
        image = np.random.default_rng(number).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
        sha256 = f"{number}b" * 32
        site.files[f"/embedding-{number}"] = encode(model, image, sha256).to_bytes(), "application/octet-stream"
        keys.append({"imageSha256": sha256, "modelVersion": model.version, "height": HEIGHT, "width": WIDTH})
    site.isolated = True
    page = open_page(browser, site)
    answers = page.evaluate(CHANGED, [put_model(site, model, tmp_path), keys])
    page.close()
    assert answers == {"late": "superseded", "preview": "superseded", "differ": True, "own": True}

"""Model versions: exported, tried out, stored, one of them active; and what a browser fetches of them."""

import json
import shutil
from collections.abc import Callable
from io import StringIO
from pathlib import Path
from typing import Any

import brotli
import pytest
from django.core.management import call_command
from django.test import Client
from pytest_django import Settings

from annotator.accounts.models import User
from annotator.lib import storage
from annotator.model_registry import agreement, registry
from annotator.model_registry.models import ModelState, ModelVersion, SourceKind
from annotator.model_registry.registry import ModelNotUsable, Source
from sam_core import checkpoints, onnx_export
from sam_core.checkpoints import LoadedModel
from sam_core.config import MANIFEST_FORMAT, PRESETS

AsUser = Callable[[User], Client]


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model's weights, as training would leave them."""
    path = tmp_path_factory.mktemp("weights") / "builtin.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_builtin"]), path)
    return path


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, settings: Settings, checkpoint: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(registry, "BUILTIN", checkpoint)


@pytest.fixture
def exports(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions that were exported, one after the other."""
    made: list[str] = []
    real = onnx_export.export

    def counted(model: LoadedModel, out: Path, form: Any) -> Any:
        made.append(model.version)
        return real(model, out, form)

    monkeypatch.setattr(onnx_export, "export", counted)
    return made


@pytest.mark.django_db
def test_the_builtin_model_is_registered_once_and_active(exports: list[str], checkpoint: Path) -> None:
    model = registry.ensure_builtin_model()
    assert registry.ensure_builtin_model() == model
    assert exports == [model.version]
    assert (model.state, registry.active_model()) == (ModelState.ACTIVE, model)
    assert storage.read(model.checkpoint_sha256) == checkpoint.read_bytes()
    large = {"prepare.onnx", "decode.onnx", "weights.bin"}
    assert set(model.files) == {"manifest.json", *large, *(f"{name}.br" for name in large)}
    assert json.loads(storage.read(model.manifest_sha256)) == model.manifest
    assert model.version == f"{model.name}-{model.checkpoint_sha256[:12]}" == model.manifest["model_version"]


@pytest.mark.django_db
def test_files_that_were_lost_are_made_again(exports: list[str], tmp_path: Path) -> None:
    model = registry.ensure_builtin_model()
    shutil.rmtree(tmp_path / "files")
    assert registry.ensure_builtin_model() == model
    assert registry.is_complete(model)
    assert len(exports) == 2


@pytest.mark.django_db
def test_a_model_that_somebody_chose_stays_active() -> None:
    chosen = ModelVersion.objects.create(
        version="ours-1", name="ours", checkpoint_sha256="1" * 64, decoder_sha256="1" * 64, manifest={}
    )
    registry.activate(chosen)
    assert registry.ensure_builtin_model().state == ModelState.CANDIDATE
    assert registry.active_model() == chosen


@pytest.mark.django_db
def test_newer_builtin_weights_follow_the_older(checkpoint: Path) -> None:
    name = registry.ensure_builtin_model().name
    ModelVersion.objects.update(version="older-1", checkpoint_sha256="1" * 64)
    newer = registry.ensure_builtin_model()
    assert (newer.name, newer.state) == (name, ModelState.ACTIVE)
    assert ModelVersion.objects.get(version="older-1").state == ModelState.RETIRED


@pytest.mark.django_db
def test_missing_weights_are_a_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(registry, "BUILTIN", tmp_path / "none.safetensors")
    with pytest.raises(ModelNotUsable, match="weights are missing"):
        registry.ensure_builtin_model()


@pytest.mark.django_db
@pytest.mark.parametrize("file", ["decode.onnx", "weights.bin"])
def test_an_export_that_does_not_keep_its_word_is_not_registered(monkeypatch: pytest.MonkeyPatch, file: str) -> None:
    real = onnx_export.export

    def swapped(model: LoadedModel, out: Path, form: Any) -> Any:
        manifest = real(model, out, form)
        (out / file).write_bytes((out / "prepare.onnx").read_bytes())
        return manifest

    monkeypatch.setattr(onnx_export, "export", swapped)
    with pytest.raises(ModelNotUsable, match=f"{file} is not the file of its manifest"):
        registry.ensure_builtin_model()
    assert not ModelVersion.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(("off", "form"), [(0.1, "absorbed"), (7.0, "plain")])
def test_the_fastest_form_that_answers_as_the_model_does_is_registered(
    off: float, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "official.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_vit"]), path)
    loaded = checkpoints.load(path)

    def difference(model: LoadedModel, folder: Path, manifest: dict[str, Any]) -> float:
        return off if manifest["form"] == "absorbed" else 0.1

    monkeypatch.setattr(agreement, "largest_difference", difference)
    model = registry.register(loaded, path, Source(SourceKind.BUILTIN, path.name, loaded.checkpoint_sha256))
    assert model.manifest["form"] == form
    large = {"prepare.onnx", "decode.onnx", "weights.bin"}
    large |= {"prompt_mask.onnx", "first.onnx"} if form == "absorbed" else set()
    assert set(model.files) == {"manifest.json", *large, *(f"{name}.br" for name in large)}


def test_members_fetch_a_models_files_once(as_user: AsUser, colleague: User) -> None:
    model = registry.ensure_builtin_model()
    client = as_user(colleague)
    for name, sha256 in model.files.items():
        answer = client.get(f"/api/models/{model.version}/{name}", {"v": sha256})
        assert answer.content == storage.read(sha256)
        assert answer.headers["Cache-Control"] == "private, max-age=31536000, immutable"
        again = client.get(
            f"/api/models/{model.version}/{name}", {"v": sha256}, HTTP_IF_NONE_MATCH=answer.headers["ETag"]
        )
        assert again.status_code == 304
    plain = client.get(f"/api/models/{model.version}/manifest.json")
    assert plain.json() == model.manifest
    assert plain.headers["Cache-Control"] == "private, no-cache"


def test_graphs_come_compressed_to_browsers_that_take_brotli(as_user: AsUser, colleague: User) -> None:
    model = registry.ensure_builtin_model()
    client = as_user(colleague)
    address = f"/api/models/{model.version}/decode.onnx?v={model.files['decode.onnx']}"
    for accepted in ("gzip, deflate, br, zstd", "br;q=0.5"):
        answer = client.get(address, HTTP_ACCEPT_ENCODING=accepted)
        assert brotli.decompress(answer.content) == storage.read(model.files["decode.onnx"])
        assert (answer.headers["Content-Encoding"], "Accept-Encoding" in answer.headers["Vary"]) == ("br", True)
    for accepted in ("gzip", "br;q=0", "br; q=0.0, gzip", "brotli"):
        plain = client.get(address, HTTP_ACCEPT_ENCODING=accepted)
        assert plain.content == storage.read(model.files["decode.onnx"])
        assert "Content-Encoding" not in plain.headers
        assert "Accept-Encoding" in plain.headers["Vary"]
        assert plain.headers["ETag"] != answer.headers["ETag"]


@pytest.mark.django_db
def test_a_version_without_compressed_graphs_is_made_anew(exports: list[str]) -> None:
    model = registry.ensure_builtin_model()
    files = {name: sha256 for name, sha256 in model.files.items() if not name.endswith(".br")}
    ModelVersion.objects.filter(pk=model.pk).update(files=files)
    assert registry.ensure_builtin_model().files == model.files
    assert exports == [model.version] * 2


def test_a_wrong_hash_name_or_version_gets_no_file(as_user: AsUser, colleague: User) -> None:
    model = registry.ensure_builtin_model()
    client = as_user(colleague)
    for address in (
        f"/api/models/{model.version}/decode.onnx?v={'0' * 64}",
        f"/api/models/{model.version}/secret_key",
        f"/api/models/{model.version}/..%2Fsecret_key",
        "/api/models/none-1/decode.onnx",
    ):
        assert client.get(address).status_code == 404, address
    assert Client().get(f"/api/models/{model.version}/manifest.json").status_code == 401


@pytest.mark.django_db
def test_decoders_of_an_earlier_release_are_exported_again_and_the_versions_stay(
    exports: list[str], tmp_path: Path
) -> None:
    builtin = registry.ensure_builtin_model()
    own = tmp_path / "own.safetensors"
    checkpoints.save(checkpoints.build(PRESETS["tiny_vit"]), own)
    source = Source(SourceKind.FILE, "as it came.pth", "5" * 64)
    other = registry.register(checkpoints.load(own), own, source)
    files = other.files
    assert registry.renew_exports() == []
    for model in (builtin, other):
        ModelVersion.objects.filter(pk=model.pk).update(manifest={"format": 1}, files={"manifest.json": "0" * 64})
    lost = ModelVersion.objects.create(version="lost-1", checkpoint_sha256="1" * 64, manifest={"format": 1})
    del exports[:]
    call_command("builtin_model", stdout=StringIO())
    assert exports == [builtin.version, other.version]
    other.refresh_from_db()
    assert (other.manifest["format"], other.files, other.state) == (MANIFEST_FORMAT, files, ModelState.CANDIDATE)
    assert (other.source_name, other.source_sha256) == ("as it came.pth", "5" * 64)
    assert registry.active_model() == builtin
    lost.refresh_from_db()
    assert lost.manifest == {"format": 1}, "without its checkpoint nothing can be done"

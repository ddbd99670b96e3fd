"""`manage.py models`: from a file or a server to a registered version; a failure leaves everything as it was."""

import hashlib
import os
import pickle
from io import StringIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from django.core.management import CommandError, call_command

from annotator.images import encoding
from annotator.lib import storage
from annotator.model_registry import agreement, download, importing, registry
from annotator.model_registry.models import ModelState, ModelVersion, SourceKind
from annotator.model_registry.registry import ModelNotUsable
from sam_core import official
from sam_core.config import TINY_BUILTIN, TINY_MOBILE, TINY_VIT, SamConfig
from sam_core.modeling import Sam
from sam_core.predictor import encode
from tests.annotator.making import make_model
from tests.annotator.model_registry.file_server import FileServer

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.timeout(400),  # each child loads torch anew
    pytest.mark.usefixtures("tiny_official"),
]


def models(*arguments: Any) -> str:
    out = StringIO()
    call_command("models", *map(str, arguments), stdout=out)
    return out.getvalue()


def nothing_changed(active: ModelVersion) -> bool:
    scratch = storage.path("0" * 64).parents[2] / "scratch"
    return list(ModelVersion.objects.all()) == [active] == [registry.active_model()] and not any(scratch.iterdir())


@pytest.mark.parametrize(
    ("file", "config"), [("tiny_vit", TINY_VIT), ("tiny_mobile", TINY_MOBILE), ("ours", TINY_BUILTIN)]
)
def test_a_checkpoint_of_each_layout_becomes_a_candidate_that_encodes(
    file: str, config: SamConfig, files: dict[str, Path], active: ModelVersion
) -> None:
    said = models("import", files[file])
    model = ModelVersion.objects.exclude(pk=active.pk).get()
    assert said.startswith(f"{model.version} is candidate.")
    assert (model.name, model.state, registry.active_model()) == (config.name, ModelState.CANDIDATE, active)
    assert registry.is_complete(model)
    loaded = encoding.loaded_model(model.checkpoint_sha256)
    assert loaded.config == config
    assert encode(loaded, np.zeros((40, 60, 3), np.uint8)).model_version == model.version
    source = (model.preset, model.source_kind, model.source_name, model.source_sha256, model.registered_by)
    sha256 = hashlib.sha256(files[file].read_bytes()).hexdigest()
    assert source == (config.name, SourceKind.FILE, files[file].name, sha256, None)
    models("activate", model.version)
    active.refresh_from_db()
    assert (registry.active_model(), active.state) == (model, ModelState.RETIRED)


def test_the_same_file_twice_is_one_version_and_another_name_another(files: dict[str, Path]) -> None:
    first = importing.import_checkpoint(files["tiny_vit"])
    assert importing.import_checkpoint(files["tiny_vit"]) == first
    renamed = importing.import_checkpoint(files["tiny_vit"], "street-scenes")
    assert renamed.version.startswith("street-scenes-")
    assert renamed.preset == "tiny_vit"
    assert ModelVersion.objects.count() == 2


def test_a_version_keeps_the_source_that_it_came_from_first(files: dict[str, Path], tmp_path: Path) -> None:
    first = importing.import_checkpoint(files["tiny_vit"])
    wrapped = tmp_path / "wrapped.pth"  # the same numbers in another file
    torch.save({"state_dict": torch.load(files["tiny_vit"], weights_only=True)}, wrapped)
    again = importing.import_checkpoint(wrapped, kind=SourceKind.OFFICIAL)
    assert (again, again.source_name, again.source_kind) == (first, "tiny_vit.pth", SourceKind.FILE)
    assert again.source_sha256 == first.source_sha256 != hashlib.sha256(wrapped.read_bytes()).hexdigest()


@pytest.mark.parametrize("name", ["", "a b", "../x", "-x", "x" * 61])
def test_a_name_that_cannot_be_an_address_is_refused(name: str, files: dict[str, Path], active: ModelVersion) -> None:
    with pytest.raises(CommandError, match="no name for a model"):
        models("import", files["tiny_vit"], f"--name={name}")
    assert list(ModelVersion.objects.all()) == [active]


def test_another_model_does_not_take_the_builtin_one_s_name(files: dict[str, Path], active: ModelVersion) -> None:
    with pytest.raises(ModelNotUsable, match="as the built-in model"):
        importing.import_checkpoint(files["ours"], "builtin")
    assert nothing_changed(active)


class RunsCode:
    def __init__(self, proof: Path) -> None:
        self.proof = proof

    def __reduce__(self) -> Any:
        return os.mkdir, (str(self.proof),)


def test_what_is_no_checkpoint_is_refused_with_a_reason(
    files: dict[str, Path], active: ModelVersion, tmp_path: Path
) -> None:
    whole = files["tiny_vit"].read_bytes()
    state = torch.load(files["tiny_vit"], weights_only=True)
    proof, bad = tmp_path / "it ran", tmp_path / "bad.pth"
    cases: list[tuple[Any, str]] = [
        (b"", "or it is empty"),
        (whole[: len(whole) // 2], "damaged or cut off"),
        (pickle.dumps(RunsCode(proof), protocol=2), "objects or code"),
        ({**state, "hostile": RunsCode(proof)}, "objects or code"),
        ({key: value for key, value in state.items() if "neck" not in key}, "lacks image_encoder.neck"),
        ({**state, "image_encoder.pos_embed": state["image_encoder.pos_embed"] * float("nan")}, "not finite"),
    ]
    for content, reason in cases:
        bad.write_bytes(content) if isinstance(content, bytes) else torch.save(content, bad)
        with pytest.raises(CommandError, match=reason):
            models("import", bad)
        assert nothing_changed(active) if content else True, reason
    assert not proof.exists()
    with pytest.raises(CommandError, match="There is no checkpoint at"):
        models("import", tmp_path / "none.pth")


@pytest.mark.parametrize(
    ("limit", "value", "reason"),
    [("TORCH_BYTES", 100_000_000, "more memory|ended the reader|cannot be read"), ("START_SECONDS", 0.05, "too long")],
)
def test_the_reader_has_limits(
    limit: str, value: float, reason: str, files: dict[str, Path], active: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing, limit, value)
    with pytest.raises(ModelNotUsable, match=reason):
        importing.import_checkpoint(files["tiny_vit"])
    assert nothing_changed(active)


def test_an_export_that_answers_otherwise_than_torch_is_not_registered(
    files: dict[str, Path], active: ModelVersion, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Sam.decode

    def shifted(self: Sam, *args: Any) -> Any:
        logits, ious = real(self, *args)
        return logits + (0.0 if torch.jit.is_tracing() else 0.01) * logits.abs().max(), ious

    monkeypatch.setattr(Sam, "decode", shifted)
    with pytest.raises(ModelNotUsable, match="answers otherwise than the model itself"):
        importing.import_checkpoint(files["tiny_vit"])
    assert nothing_changed(active)


def test_a_download_is_registered_and_its_file_removed(server: FileServer, capsys: pytest.CaptureFixture[str]) -> None:
    models("download", "tiny_vit", "--url", server.address)
    model = ModelVersion.objects.get()
    assert (model.name, model.source_kind, model.source_name) == ("tiny_vit", SourceKind.OFFICIAL, "tiny_vit.pth")
    assert model.source_sha256 == official.OFFICIAL["tiny_vit"].sha256
    assert not any(download.folder().iterdir())
    assert "tiny_vit.pth [####" in capsys.readouterr().err


def test_a_download_of_wrong_bytes_registers_nothing(server: FileServer, active: ModelVersion) -> None:
    server.data = server.data[:-1] + b"?"
    with pytest.raises(CommandError, match="wrong bytes, and they were removed"):
        models("download", "tiny_vit", "--url", server.address)
    assert list(ModelVersion.objects.all()) == [active]
    assert not any(download.folder().iterdir())


def test_a_file_at_hand_must_be_the_published_one(files: dict[str, Path]) -> None:
    with pytest.raises(CommandError, match="is not tiny_mobile as it was published"):
        models("download", "tiny_mobile", "--from", files["tiny_vit"])
    models("download", "tiny_vit", "--from", files["tiny_vit"])
    assert files["tiny_vit"].is_file()
    assert ModelVersion.objects.get().name == "tiny_vit"


def test_the_list_names_versions_with_their_states_and_sources(active: ModelVersion, files: dict[str, Path]) -> None:
    models("import", files["tiny_vit"])
    first, second, *_ = models("list").splitlines()
    assert first.split()[:2] == ["in-use-1", "active"]
    assert second.split()[-3:] == ["file", "tiny_vit.pth", hashlib.sha256(files["tiny_vit"].read_bytes()).hexdigest()]
    said = models("list")
    assert "models download tiny_mobile" in said


def test_a_version_without_its_files_is_not_activated(active: ModelVersion) -> None:
    make_model("lost-1", ModelState.CANDIDATE)
    with pytest.raises(CommandError, match="Files of lost-1 are missing"):
        models("activate", "lost-1")
    with pytest.raises(CommandError, match="There is no version none-1"):
        models("activate", "none-1")
    assert registry.active_model() == active


def test_random_prompts_are_of_every_kind() -> None:
    prompts = list(agreement.random_prompts(np.random.default_rng(0), 64, 16))
    assert {tuple(labels[0]) for _, labels, _ in prompts} >= {(1, -1), (2, 3)}
    assert {mask is None for _, _, mask in prompts} == {True, False}

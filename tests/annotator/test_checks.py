import pytest
from pytest_django import Settings

from annotator import checks


def _ids(messages: list[checks.CheckMessage]) -> list[str | None]:
    return [message.id for message in messages]


def test_rival_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "installed", lambda name: name.startswith("onnxruntime"))
    (message,) = checks.rival_packages(None)
    assert message.id == "annotator.E001"
    assert "pip uninstall onnxruntime onnxruntime-gpu" in str(message.hint)


def test_this_installation_is_sound() -> None:
    assert checks.rival_packages(None) == []
    assert checks.opencv_loads(None) == []


def test_missing_system_libraries_become_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ImportError("libGL.so.1: cannot open shared object file")

    monkeypatch.setattr(checks, "_import_cv2", broken)
    (message,) = checks.opencv_loads(None)
    assert "apt-get install -y libgl1" in str(message.hint)


def test_redis_with_sqlite_is_odd(settings: Settings) -> None:
    settings.REDIS_URL = "redis://localhost"
    expected = ["annotator.W001"] if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3") else []
    assert _ids(checks.databases_and_redis(None)) == expected


def test_any_host_is_refused(settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]
    assert _ids(checks.reachable_by_name(None)) == ["annotator.E004"]
    settings.ALLOWED_HOSTS = ["annotate.example.org"]
    assert checks.reachable_by_name(None) == []


def test_an_unknown_way_to_encode_is_refused(settings: Settings) -> None:
    from sam_core.encoders import BACKENDS

    assert checks.encoder_backend_is_known(None) == []
    assert set(checks.ENCODER_BACKENDS) == {"auto", *BACKENDS}
    settings.ENCODER_BACKEND = "fastest"
    (message,) = checks.encoder_backend_is_known(None)
    assert "torch-fp32" in str(message.hint)

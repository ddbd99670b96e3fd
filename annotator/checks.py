"""Odd installations and settings, said at start in a sentence with what to do, not later in a traceback."""

from importlib import metadata
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, register

OPENCV_LIBRARIES = "libgl1 libglib2.0-0 libx11-6 libxcb1"
RIVALS = {
    "annotator.E001": ("onnxruntime", "onnxruntime-gpu"),
    "annotator.E002": ("opencv-python", "opencv-python-headless"),
}


def installed(name: str) -> bool:
    try:
        metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return False
    return True


@register()
def rival_packages(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Packages that install the same files over each other, silently."""
    return [
        Error(
            f"Both {first} and {second} are installed, and each overwrites the other's files.",
            hint=f"pip uninstall {first} {second}, then pip install -r requirements.txt",
            id=id,
        )
        for id, (first, second) in RIVALS.items()
        if installed(first) and installed(second)
    ]


def _import_cv2() -> None:
    import cv2  # noqa: F401


@register(deploy=True)
def opencv_loads(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Only with --deploy: importing OpenCV costs half a second, which every start would pay."""
    try:
        _import_cv2()
    except ImportError as error:
        return [
            Error(
                f"OpenCV cannot be loaded: {error}",
                hint=f"Install its system libraries: apt-get install -y {OPENCV_LIBRARIES}",
                id="annotator.E003",
            )
        ]
    return []


@register()
def databases_and_redis(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    """Several web processes need Redis to tell each other's sockets; SQLite cannot be shared between machines."""
    sqlite = settings.DATABASES["default"]["ENGINE"].endswith("sqlite3")
    if sqlite and settings.REDIS_URL:
        return [
            Warning(
                "REDIS_URL is set, but the database is SQLite: only processes on this machine can share it.",
                hint="Set DATABASE_URL=postgres://… for production, or unset REDIS_URL.",
                id="annotator.W001",
            )
        ]
    return []


ENCODER_BACKENDS = (
    "auto",
    "torch-fp32",
    "torch-fused",
    "torch-bf16",
    "torch-int8",
    "onnx-fp32",
    "onnx-int8",
    "cuda-bf16",
)


@register()
def encoder_backend_is_known(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if settings.ENCODER_BACKEND in ENCODER_BACKENDS:
        return []
    return [
        Error(
            f"ENCODER_BACKEND is {settings.ENCODER_BACKEND!r}, which is no way to encode photos.",
            hint=f"Leave it unset, or use one of {', '.join(ENCODER_BACKENDS)}.",
            id="annotator.E005",
        )
    ]


@register(deploy=True)
def reachable_by_name(app_configs: Any, **kwargs: Any) -> list[CheckMessage]:
    if "*" in settings.ALLOWED_HOSTS:
        return [
            Error(
                "ALLOWED_HOSTS is '*': any website could open our sockets in a visitor's browser.",
                hint="Name the hosts people type: ALLOWED_HOSTS=annotate.example.org",
                id="annotator.E004",
            )
        ]
    return []

"""A Celery application whose first encoding never ends; test_killed_worker.py kills its worker."""

import os
import time
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django.setup()

from annotator.celery import app  # noqa: E402, F401
from annotator.images import encoding, tasks  # noqa: E402, F401
from annotator.images.models import Image  # noqa: E402
from annotator.model_registry.models import ModelVersion  # noqa: E402


def embed(image: Image, model_version: ModelVersion) -> bytes:
    begun = Path(os.environ["BEGUN"])
    if not begun.exists():
        begun.touch()
        time.sleep(600)
    return b"an embedding"


encoding.embed = embed

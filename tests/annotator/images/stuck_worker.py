"""A Celery application whose first encoding never ends; test_killed_worker.py kills its worker."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django.setup()

from annotator.celery import app  # noqa: E402, F401
from annotator.images import encoding, tasks  # noqa: E402, F401
from annotator.model_registry.models import ModelVersion  # noqa: E402


def embed(model_version: ModelVersion, photos: Sequence[Any]) -> list[bytes]:
    begun = Path(os.environ["BEGUN"])
    if not begun.exists():
        begun.touch()
        time.sleep(600)
    return [b"an embedding"] * len(photos)


encoding.embed = embed
encoding.at_once = lambda model_version: 1

"""A Celery application that knows one official model, at SHA256, and registers whatever it fetches as it comes."""

import os
from pathlib import Path
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django.setup()

from annotator.celery import app  # noqa: E402, F401
from annotator.model_registry import importing  # noqa: E402
from annotator.model_registry.models import ModelVersion  # noqa: E402
from sam_core.config import TINY_VIT  # noqa: E402
from sam_core.official import OFFICIAL, OfficialModel  # noqa: E402


def import_checkpoint(path: Path, name: str | None, *, also: Any, **how: Any) -> ModelVersion:
    model = ModelVersion.objects.create(version=f"fetched-{path.stat().st_size}", name="fetched", manifest={})
    also(model)
    return model


OFFICIAL["tiny_vit"] = OfficialModel(TINY_VIT, "model.pth", None, os.environ["SHA256"], "http://127.0.0.1:9/")
setattr(importing, "import_checkpoint", import_checkpoint)  # noqa: B010 - another signature

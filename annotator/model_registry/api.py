"""What a browser asks of model_registry, as JSON."""

from ninja import Router

router = Router(tags=["model_registry"])

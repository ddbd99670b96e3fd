"""What a browser asks of datasets, as JSON."""

from ninja import Router

router = Router(tags=["datasets"])

"""What a browser asks of annotation, as JSON."""

from ninja import Router

router = Router(tags=["annotation"])

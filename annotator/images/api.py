"""What a browser asks of images, as JSON."""

from ninja import Router

router = Router(tags=["images"])

"""What a browser asks of dashboards, as JSON."""

from ninja import Router

router = Router(tags=["dashboards"])

"""The server's entry: HTTP to Django, sockets to their consumers, start and stop to what runs beside them."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from annotator.accounts.hint_relay import relay  # noqa: E402
from annotator.accounts.sockets import websocket_urlpatterns  # noqa: E402
from annotator.lib.lifespan import Lifespan  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": django_application,
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        "lifespan": Lifespan([relay] if settings.EMBEDDED_HINTS else []),
    }
)

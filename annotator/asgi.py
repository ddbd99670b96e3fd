"""The server's entry: HTTP to Django, sockets to their consumers, start and stop to what runs beside them."""

import os
import warnings

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
# Django's word about WhiteNoise's answers, which it reads in a thread: nothing to be done about here.
warnings.filterwarnings("ignore", message="StreamingHttpResponse must consume synchronous iterators")
django_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402
from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from channels.security.websocket import AllowedHostsOriginValidator  # noqa: E402
from django.conf import settings  # noqa: E402

from annotator.accounts.hint_relay import relay  # noqa: E402
from annotator.accounts.sockets import websocket_urlpatterns  # noqa: E402
from annotator.lib.body_limit import BodyLimit  # noqa: E402
from annotator.lib.lifespan import Lifespan  # noqa: E402


def limit_of(path: str) -> int:
    """Photos and zips may be large, nothing else."""
    is_upload = path.startswith("/api/projects/") and path.endswith("/images")
    return settings.MAX_UPLOAD_BYTES if is_upload else settings.DATA_UPLOAD_MAX_MEMORY_SIZE


application = ProtocolTypeRouter(
    {
        "http": BodyLimit(django_application, limit_of),
        "websocket": AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns))),
        "lifespan": Lifespan([relay] if settings.EMBEDDED_HINTS else []),
    }
)

"""Settings, read from the environment. Every variable has a default that runs on one machine without services."""

import secrets
import sys
from pathlib import Path
from typing import Any

import environ

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()


def _secret_key(folder: Path) -> str:
    """The key kept in the data folder; made there once, readable by its owner only."""
    file = folder / "secret_key"
    if not file.exists():
        candidate = folder / f"secret_key.{secrets.token_hex(4)}"
        candidate.touch(mode=0o600)
        candidate.write_text(secrets.token_urlsafe(50))
        try:
            file.hardlink_to(candidate)  # fails when another process was first: then its key counts
        except FileExistsError:
            pass
        finally:
            candidate.unlink()
    return file.read_text().strip()


DATA_DIR = Path(env.str("DATA_DIR", default=str(BASE_DIR / "data"))).resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True)
SECRET_KEY = env.str("SECRET_KEY", default="") or _secret_key(DATA_DIR)
DEBUG = env.bool("DEBUG", default=False)
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
BEHIND_HTTPS = env.bool("BEHIND_HTTPS", default=False)

INSTALLED_APPS = [
    "annotator.accounts",
    "annotator.model_registry",
    "annotator.images",
    "annotator.annotation",
    "annotator.datasets",
    "annotator.dashboards",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "channels",
    "axes",
    "django_vite",
]

MIDDLEWARE = [
    "annotator.lib.security_headers.SecurityHeadersMiddleware",  # above WhiteNoise: scripts, wasm and errors need them
    "django.middleware.security.SecurityMiddleware",
    "annotator.lib.static_files.StaticFilesMiddleware",
    "annotator.lib.head.HeadMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "annotator.accounts.permissions.PermissionTableMiddleware",
    "annotator.lib.errors.PageErrorsMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "annotator.urls"
ASGI_APPLICATION = "annotator.asgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

# -- Database --------------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
_SQLITE_OPTIONS = {
    # IMMEDIATE: a transaction that will write takes the lock at its start, so that it waits instead of failing in
    # the middle. WAL: readers never wait for the one writer. Writers queue for 15 s, then wait at most 4 s more for a
    # program that does not know the queue: together less than the 20 s after which a browser gives up.
    "transaction_mode": "IMMEDIATE",
    "queue_seconds": 15,
    "timeout": 4,
    "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;",
}


def _database(url: str) -> dict[str, Any]:
    config: dict[str, Any] = (
        env.db_url_config(url)
        if url
        else {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": str(DATA_DIR / "db.sqlite3"),
        }
    )
    if config["ENGINE"].endswith("sqlite3"):
        config["ENGINE"] = "annotator.lib.queued_sqlite3"
        config["OPTIONS"] = {**_SQLITE_OPTIONS, **config.get("OPTIONS", {})}
    else:
        config["CONN_MAX_AGE"] = 0
        config["OPTIONS"] = {"pool": {"min_size": 1, "max_size": 16, "timeout": 20}, **config.get("OPTIONS", {})}
    return config


DATABASES = {"default": _database(DATABASE_URL)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- People ----------------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "sign_in"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "sign_in"
SIGN_IN_LINK_HOURS = env.int("SIGN_IN_LINK_HOURS", default=72)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]  # by address alone, one office would lock itself out
AXES_FAILURE_LIMIT = 8
AXES_COOLOFF_TIME = 0.25  # hours
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = True
AXES_LOCKOUT_CALLABLE = "annotator.accounts.sign_in.locked_out"
AXES_VERBOSE = False
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = BEHIND_HTTPS
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "annotator.lib.errors.csrf_failure"

# -- Headers (see annotator/lib/security_headers.py for the rest) ----------------------------------------------------
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
if BEHIND_HTTPS:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_HSTS_SECONDS = env.int("HSTS_SECONDS", default=3600)
CONTENT_SECURITY_POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; connect-src 'self'; "
    "img-src 'self' blob: data:; style-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)

# -- Files people upload ---------------------------------------------------------------------------------------------
MAX_UPLOAD_BYTES = env.int("MAX_UPLOAD_BYTES", default=2 * 1024**3)  # one request: a photo or a zip
MAX_PHOTO_BYTES = env.int("MAX_PHOTO_BYTES", default=100 * 1024**2)
MAX_PHOTO_PIXELS = env.int("MAX_PHOTO_PIXELS", default=100_000_000)
MAX_ZIP_PHOTOS = env.int("MAX_ZIP_PHOTOS", default=5000)
DECODE_MEMORY_BYTES = env.int("DECODE_MEMORY_BYTES", default=3 * 1024**3)
DECODE_SECONDS = env.int("DECODE_SECONDS", default=60)
DATA_UPLOAD_MAX_MEMORY_SIZE = env.int("MAX_BODY_BYTES", default=16 * 1024**2)  # JSON bodies and forms, without files
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_TEMP_DIR = str(DATA_DIR / "uploads")
Path(FILE_UPLOAD_TEMP_DIR).mkdir(parents=True, exist_ok=True)

# -- Static files ----------------------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = Path(env.str("STATIC_ROOT", default=str(BASE_DIR / "staticfiles")))
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    # Vite names its files by their content already: naming them twice would load one module as two.
    "staticfiles": {"BACKEND": "annotator.lib.static_files.CompressedStorage"},
}
WHITENOISE_USE_FINDERS = DEBUG or not REDIS_URL  # on one machine nothing has to be collected first
WHITENOISE_ALLOW_ALL_ORIGINS = False
WHITENOISE_IMMUTABLE_FILE_TEST = r"^/static/dist/assets/.+-[A-Za-z0-9_-]{8,}\.\w+$"
DJANGO_VITE = {
    "default": {
        "dev_mode": env.bool("VITE_DEV", default=False),
        "dev_server_port": env.int("VITE_PORT", default=5173),
        "static_url_prefix": "dist",
        "manifest_path": BASE_DIR / "static" / "dist" / "manifest.json",
    }
}

# -- Worker and sockets ----------------------------------------------------------------------------------------------
EMBEDDED_HINTS = not REDIS_URL  # the web process reads hints from the database instead of getting them through Redis
if REDIS_URL:
    CHANNEL_LAYERS: dict[str, Any] = {
        "default": {
            "BACKEND": "channels_redis.core.RedisChannelLayer",
            "CONFIG": {
                # redis-py gives a read 5 s by default, but an idle socket waits in a blocking read for as long.
                "hosts": [{"address": REDIS_URL, "socket_timeout": 60, "socket_connect_timeout": 2}],
                "capacity": 1000,
            },
        }
    }
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS: dict[str, Any] = {
        "visibility_timeout": 3600,
        "socket_timeout": 60,
        "socket_connect_timeout": 2,
    }
else:
    CHANNEL_LAYERS = {"default": {"BACKEND": "channels.layers.InMemoryChannelLayer", "CONFIG": {"capacity": 1000}}}
    CELERY_BROKER_URL = "messagefolder://localhost"  # annotator/lib/message_folder.py
    CELERY_BROKER_TRANSPORT_OPTIONS = {"folder": str(DATA_DIR / "messages"), "polling_interval": 0.1}
CELERY_TASK_DEFAULT_QUEUE = "default"
CELERY_TASK_ROUTES = {"annotator.images.tasks.*": {"queue": "encode"}, "annotator.training.tasks.*": {"queue": "train"}}
CELERY_TASK_PUBLISH_RETRY = False  # the reconciler tries again; a request does not wait for a broker
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True  # safe only since a job's row counts its attempts
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 660
CELERY_TASK_SOFT_TIME_LIMIT = 600
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 10
CELERY_WORKER_ENABLE_SOFT_SHUTDOWN_ON_IDLE = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
JOB_LEASE_SECONDS = env.int("JOB_LEASE_SECONDS", default=30)
ENCODER_BACKEND = env.str("ENCODER_BACKEND", default="auto")  # or one of sam_core.encoders.BACKENDS
RECONCILE_SECONDS = env.int("RECONCILE_SECONDS", default=10)

# -- The rest --------------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
TIME_ZONE = "UTC"
USE_TZ = True
USE_I18N = False
SILENCED_SYSTEM_CHECKS = ["security.W004", "security.W008", "security.W012", "security.W016"]  # said by BEHIND_HTTPS
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "stream": sys.stderr, "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": env.str("LOG_LEVEL", default="WARNING")},
    "loggers": {"annotator": {"level": env.str("LOG_LEVEL", default="INFO")}},
}

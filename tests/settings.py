"""The product's settings on a data folder of the test run's own.

With pytest-xdist every worker process reads this anew, and has a data folder and a Redis database of its own;
pytest-django gives it a database.
"""

import atexit
import os
import shutil
import tempfile

_folder = tempfile.mkdtemp(prefix="annotator-tests-")
atexit.register(shutil.rmtree, _folder, ignore_errors=True)
os.environ["DATA_DIR"] = _folder
if _worker := os.environ.get("PYTEST_XDIST_WORKER", "").removeprefix("gw"):
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the worker processes share the cores
    if _redis := os.environ.get("REDIS_URL"):
        os.environ["REDIS_URL"] = f"{_redis.rpartition('/')[0]}/{int(_worker) + 1}"

from annotator.settings import *  # noqa: E402, F403
from annotator.settings import BASE_DIR, DATA_DIR, DATABASES  # noqa: E402

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # argon2 is slow on purpose
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: threads and processes of a test share it, and WAL is what runs in production.
    DATABASES["default"]["TEST"] = {"NAME": str(DATA_DIR / "test.sqlite3")}
if not (BASE_DIR / "static" / "dist" / "manifest.json").exists():
    # Pages are tested without a built frontend as well.
    _manifest = DATA_DIR / "manifest.json"
    _manifest.write_text(
        '{"src/main.ts": {"file": "assets/main.js", "src": "src/main.ts", "isEntry": true},'
        ' "src/pages.ts": {"file": "assets/pages.js", "src": "src/pages.ts", "isEntry": true}}'
    )
    DJANGO_VITE = {"default": {"static_url_prefix": "dist", "manifest_path": _manifest}}

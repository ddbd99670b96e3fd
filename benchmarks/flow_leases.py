"""Many people asking one server for images at once: `python -m benchmarks.flow` starts this beside the product.

    python -m benchmarks.flow_leases ADDRESS --clients 100 --asks 10000

Makes a project with as many images as are asked for, in the product's database (same DATA_DIR or DATABASE_URL), and
one signed-in client per thread. Each asks for an image, finishes it at once, and asks again; what is answered with
"busy" is repeated, as the browser does it, and counted. Prints one JSON object.
"""

import argparse
import json
import os
import secrets
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import HTTPConnection
from itertools import count
from typing import Any
from urllib.parse import urlsplit

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")
django.setup()

from django.conf import settings  # noqa: E402
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotator.accounts.models import Membership, Project, User  # noqa: E402
from annotator.accounts.sign_in import MODEL_BACKEND  # noqa: E402
from annotator.annotation.assignment import ENDED  # noqa: E402
from annotator.annotation.models import AnnotationSession  # noqa: E402
from annotator.images.models import Image, ImageEmbedding  # noqa: E402
from annotator.lib.jobs import JobState  # noqa: E402
from annotator.model_registry.models import ModelState, ModelVersion  # noqa: E402
from benchmarks.running import p95  # noqa: E402


@dataclass
class Client:
    """One person's browser: its cookies, and what it was given."""

    address: str
    project_id: int
    sign_in: str  # the session cookie
    given: list[int] = field(default_factory=list)  # session ids
    waited_ms: list[float] = field(default_factory=list)
    busy: int = 0  # answers that asked to come again

    def work(self, tickets: "count[int]", asks: int) -> None:
        where = urlsplit(self.address)
        line = HTTPConnection(where.hostname or "", where.port, timeout=120)
        token = secrets.token_hex(16)
        headers = {
            "Cookie": f"{settings.SESSION_COOKIE_NAME}={self.sign_in}; csrftoken={token}",
            "X-CSRFToken": token,
            "Content-Type": "application/json",
        }

        def post(path: str, body: Any) -> Any:
            while True:
                line.request("POST", path, json.dumps(body), headers)
                answer = line.getresponse()
                text = answer.read()
                if answer.status != 503:
                    break
                self.busy += 1
                time.sleep(float(answer.headers["Retry-After"]))
            if answer.status != 200:
                raise RuntimeError(f"{path}: {answer.status} {text[:300]!r}")
            return json.loads(text)

        while next(tickets) < asks:
            started = time.perf_counter()
            session = post(f"/api/projects/{self.project_id}/sessions", {"reserve": False})["session"]
            self.waited_ms.append((time.perf_counter() - started) * 1000)
            if session is None:
                raise RuntimeError("no image was left, though there was one for each request")
            self.given.append(session["id"])
            post(f"/api/sessions/{session['id']}/finish", {"lease_token": session["lease_token"]})


def sign_in(users: list[User]) -> list[str]:
    """A session cookie for each."""
    rows = []
    for user in users:
        values = {SESSION_KEY: str(user.pk), BACKEND_SESSION_KEY: MODEL_BACKEND}
        values[HASH_SESSION_KEY] = user.get_session_auth_hash()
        rows.append(Session(session_key=secrets.token_hex(16), session_data=SessionStore().encode(values)))
        rows[-1].expire_date = timezone.now() + timedelta(days=1)
    Session.objects.bulk_create(rows)
    return [row.session_key for row in rows]


def make_project(clients: int, images: int) -> tuple[Project, list[User]]:
    """Rows alone: nobody looks at these images."""
    mark = secrets.token_hex(4)
    users = User.objects.bulk_create(User(username=f"asker-{mark}-{n}", password="!") for n in range(clients))
    users = list(User.objects.filter(username__startswith=f"asker-{mark}-"))
    project = Project.objects.create(name=f"Crowd {mark}", created_by=users[0])
    Membership.objects.bulk_create(Membership(project=project, user=user) for user in users)
    model = ModelVersion.objects.get(state=ModelState.ACTIVE)
    digest = secrets.token_hex(32)
    Image.objects.bulk_create(
        (
            Image(
                project=project,
                file_name=f"{n}.jpg",
                sha256=f"{mark}{n:056x}",
                display_sha256=digest,
                display_type="image/jpeg",
                thumbnail_sha256=digest,
                width=640,
                height=480,
                bytes=1000,
                uploaded_by=users[0],
            )
            for n in range(images)
        ),
        batch_size=500,
    )
    ImageEmbedding.objects.bulk_create(
        (
            ImageEmbedding(image=image, model_version=model, state=JobState.DONE, sha256=digest, bytes=1)
            for image in Image.objects.filter(project=project)
        ),
        batch_size=500,
    )
    return project, users


def measure(address: str, clients: int, asks: int) -> dict[str, Any]:
    project, users = make_project(clients, asks)
    people = [Client(address, project.pk, cookie) for cookie in sign_in(users)]
    tickets = count()
    started = time.perf_counter()
    with ThreadPoolExecutor(clients) as pool:
        list(pool.map(lambda person: person.work(tickets, asks), people))
    seconds = time.perf_counter() - started
    given = [session for person in people for session in person.given]
    waited = [ms for person in people for ms in person.waited_ms]
    return {
        "database": connection.vendor,
        "clients": clients,
        "leases": len(given),
        "leases_per_s": round(len(given) / seconds, 1),
        "lease_ms_p95": round(p95(waited), 1),
        "busy_answers": sum(person.busy for person in people),
        "double_leases": double_leases(project, given),
    }


def double_leases(project: Project, given: list[int]) -> int:
    """How often an image was given while somebody's lease of it ran, or after it was finished.

    One whose lease lapsed, as on a computer too busy to answer for two minutes, may go to somebody else.
    """
    leases = AnnotationSession.objects.filter(project=project).order_by("created_at", "pk")
    before: dict[int, tuple[datetime, datetime | None]] = {}  # by image: when its lease lapses, when it was finished
    doubled = sum(times - 1 for times in Counter(given).values())
    for session in leases:
        if session.image_id in before:
            lapses, finished = before[session.image_id]
            doubled += session.created_at < lapses or (finished is not None and finished <= session.created_at)
        finished = session.ended_at if session.state in ENDED else None
        before[session.image_id] = (session.lease_expires_at, finished)
    return doubled


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("address", help="of the product, http://localhost:8000")
    parser.add_argument("--clients", type=int, default=100)
    parser.add_argument("--asks", type=int, default=10_000)
    options = parser.parse_args()
    print(json.dumps(measure(options.address, options.clients, options.asks)))


if __name__ == "__main__":
    main()

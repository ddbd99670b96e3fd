"""One web process's worth of people who ask for images at once: `python -m … PROJECT USER…`, a thread per user.

Every image is finished, but every fifth at the second look only: at first its lease lapses at once, so that whoever
asks next frees it or its owner resumes it. Prints one JSON line per lease.
"""

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import django

django.setup()

from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from annotator.accounts.models import Project, User  # noqa: E402
from annotator.annotation import assignment, sessions  # noqa: E402
from annotator.annotation.models import AnnotationSession  # noqa: E402


def work(project: Project, user: User) -> list[dict]:
    leases: list[dict] = []
    try:
        for number in range(1000):
            reserve = number % 3 == 2
            given = assignment.ask(annotator=user, project=project, reserve=reserve)
            session = given.session
            if session is None and reserve:
                continue  # nothing to reserve; one's own lapsed lease may wait to be resumed
            if session is None:
                return leases
            lapses = session.image_id % 5 == 0 and len(leases) % 2 == 0
            leases.append({"user": user.pk, "image": session.image_id, "session": session.pk, "lapses": lapses})
            if lapses:
                past = timezone.now() - timedelta(seconds=1)
                AnnotationSession.objects.filter(pk=session.pk).update(lease_expires_at=past)
            else:
                sessions.finish(session)
        raise RuntimeError("never done")
    finally:
        connection.close()


def main(project_id: int, user_ids: list[int]) -> None:
    project = Project.objects.get(pk=project_id)
    users = list(User.objects.filter(pk__in=user_ids))
    with ThreadPoolExecutor(len(users)) as pool:
        for leases in pool.map(lambda user: work(project, user), users):
            for lease in leases:
                print(json.dumps(lease))


if __name__ == "__main__":
    main(int(sys.argv[1]), [int(number) for number in sys.argv[2:]])

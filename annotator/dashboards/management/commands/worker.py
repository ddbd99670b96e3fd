"""The worker of the embedded mode, a child of `manage.py run`. Production runs `celery -A annotator worker`."""

import warnings
from typing import Any

from celery.platforms import SecurityWarning
from django.core.management.base import BaseCommand

from annotator.celery import app
from annotator.lib.supervisor import end_with_parent

QUEUES = "encode,default,train"


class Command(BaseCommand):
    requires_system_checks = ()  # the parent has just made them
    help = "Runs one Celery worker without child processes, until standard input ends."

    def handle(self, *args: Any, **options: Any) -> None:
        end_with_parent()
        warnings.simplefilter("ignore", SecurityWarning)  # about root and pickled tasks: JSON only here
        quiet = ["--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel=WARNING"]
        app.worker_main(["--quiet", "worker", "--pool=solo", f"--queues={QUEUES}", *quiet])

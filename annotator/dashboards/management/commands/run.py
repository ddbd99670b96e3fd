"""`manage.py run`: the whole product in one command, without any service."""

import os
import signal
import sys
import threading
from io import StringIO
from types import FrameType
from typing import Any

import uvicorn
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError, CommandParser

from annotator import bootstrap
from annotator.accounts.links import make_link
from annotator.accounts.models import User
from annotator.dashboards.management.commands.demo import DEMO_USERS
from annotator.images.models import ImageEmbedding
from annotator.lib.jobs import JobState
from annotator.lib.supervisor import Supervisor


class Server(uvicorn.Server):
    """Tells when it takes requests."""

    def __init__(self, config: uvicorn.Config, announce: Any) -> None:
        super().__init__(config)
        self.announce = announce

    async def startup(self, *args: Any, **kwargs: Any) -> None:
        await super().startup(*args, **kwargs)
        if self.started:
            threading.Thread(target=self.announce, daemon=True).start()  # the ORM may not be used on the event loop


class Command(BaseCommand):
    help = "Migrates, adds the demo, then runs the web server and one worker until Ctrl-C. PORT, HOST, DATA_DIR."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--no-demo", action="store_true", help="make no demo people, project or photos")

    def handle(self, *args: Any, **options: Any) -> None:
        host = os.environ.get("HOST", "").strip() or "127.0.0.1"
        try:
            port = bootstrap.port_from_environment(os.environ)
            bootstrap.check_port(host, port)
            bootstrap.check_data_dir(settings.DATA_DIR)
        except bootstrap.Stop as stop:
            raise CommandError(str(stop)) from None
        settings.STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # WhiteNoise warns when there is none
        call_command("migrate", verbosity=0, interactive=False)
        try:
            call_command("builtin_model", stdout=StringIO())
        except CommandError as error:  # what is annotated already can still be seen and exported
            self.stderr.write(f"No photo can be encoded: {error}")
        if not options["no_demo"]:
            call_command("demo", stdout=self.stdout, stderr=self.stderr)
        self.serve(host, port)
        self.stdout.write("Stopped.")

    def serve(self, host: str, port: int) -> None:
        """Runs web server and worker until a signal, then stops both."""
        config = uvicorn.Config(
            "annotator.asgi:application",
            host=host,
            port=port,
            lifespan="on",
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=3,
        )
        server = Server(config, announce=lambda: self.announce(host, port))

        def stop(number: int, frame: FrameType | None) -> None:
            server.should_exit = True

        # uvicorn raises the signal again when it is done: these handlers turn that into a normal return.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, stop)
        worker = Supervisor([sys.executable, "manage.py", "worker"], name="worker", folder=settings.BASE_DIR)
        worker.start()
        try:
            server.run()
        finally:
            worker.stop()

    def announce(self, host: str, port: int) -> None:
        shown = "localhost" if host in ("127.0.0.1", "0.0.0.0", "::", "::1") else host
        address = f"http://{shown}:{port}"
        lines = [f"\nRunning at {address}/ (Ctrl-C stops it)."]
        people = {user.username: user for user in User.objects.filter(username__in=DEMO_USERS, is_active=True)}
        if people:
            lines.append(f"\nSign in with one of these. Each works once, within {settings.SIGN_IN_LINK_HOURS} hours.")
        lines += [
            f"  {people[name].role:<10} {address}{make_link(user=people[name])}"
            for name in DEMO_USERS
            if name in people
        ]
        lines.append(f"\n{encoding_sentence()}")
        self.stdout.write("\n".join(lines))
        self.stdout.flush()


def encoding_sentence() -> str:
    waiting = ImageEmbedding.objects.filter(state__in=[JobState.QUEUED, JobState.RUNNING]).count()
    if waiting:
        return (
            f"{waiting} photo{'s are' if waiting > 1 else ' is'} being encoded; the page shows each when it is ready."
        )
    return "Every photo is encoded."

"""The product as a person starts it, on a free port with a data folder of its own.

Embedded (the default): `manage.py run`. With ANNOTATOR_E2E_WORKER=separate, as in production: uvicorn and a Celery
worker as two processes, on the PostgreSQL and Redis of DATABASE_URL and REDIS_URL (tests/services.py).
"""

import contextlib
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

from tests.services import free_port

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240  # a first start exports the model: 10 s of work, more on a busy machine
QUEUES = "encode,default,train"


def separate_worker() -> bool:
    return os.environ.get("ANNOTATOR_E2E_WORKER") == "separate"


class Product:
    """Web server and worker, real ones. `address` is where the browser goes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.address = f"http://localhost:{self.port}"
        self.env = {
            **os.environ,
            "DATA_DIR": str(folder / "data"),
            "STATIC_ROOT": str(folder / "static"),
            "PORT": str(self.port),
            "DJANGO_SETTINGS_MODULE": "annotator.settings",
        }
        if not separate_worker():
            for name in ("DATABASE_URL", "REDIS_URL"):
                self.env.pop(name, None)
        self.processes: list[subprocess.Popen[bytes]] = []

    def manage(self, *arguments: str, seconds: float = 240) -> str:
        """Runs a management command. Gives what it printed; fails with its errors."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, timeout=seconds)
        assert done.returncode == 0, f"manage.py {' '.join(arguments)} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def start(self, demo: bool = False) -> None:
        if separate_worker():
            self.manage("migrate", "--verbosity=0")
            self.manage("collectstatic", "--noinput", "--verbosity=0")
            self.manage("builtin_model")
            self._spawn_web()
            self.spawn("worker", "-m", "celery", "-A", "annotator", "worker", "-Q", QUEUES, "-c", "1", "-l", "WARNING")
        else:
            self.spawn("run", "manage.py", "run", *([] if demo else ["--no-demo"]))
        self._wait_until_it_answers()

    def _spawn_web(self) -> None:
        self.spawn("web", "-m", "uvicorn", "annotator.asgi:application", "--port", str(self.port))

    def kill_server(self) -> None:
        """kill -9 of the web server. Embedded, the worker ends with it by itself."""
        server = self.processes.pop(0)
        os.killpg(server.pid, signal.SIGKILL)
        server.wait()

    def restart_server(self) -> None:
        """On the same port and data."""
        if separate_worker():
            self._spawn_web()
        else:
            self.spawn("run", "manage.py", "run", "--no-demo")
        self.processes.insert(0, self.processes.pop())
        self._wait_until_it_answers()

    def stop(self) -> list[int]:
        """Ctrl-C to every process. Gives their exit codes."""
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        codes = []
        for process in self.processes:
            try:
                codes.append(process.wait(30))
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                codes.append(process.wait())
        self.processes = []
        return codes

    def output(self) -> str:
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')}" for path in self.folder.glob("*.log"))

    def spawn(self, name: str, *arguments: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [sys.executable, *arguments],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.processes.append(process)

    def _wait_until_it_answers(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if any(process.poll() is not None for process in self.processes):
                break
            try:
                with urllib.request.urlopen(f"{self.address}/sign-in/", timeout=5):
                    return
            except urllib.error.HTTPError:
                break
            except OSError:
                time.sleep(0.2)
        self.stop()
        raise AssertionError(f"the product did not start:\n{self.output()}")

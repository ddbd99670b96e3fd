"""Starts PostgreSQL and Redis of its own on free ports, runs a command against them, and stops them.

    python -m tests.services COMMAND…

The data lies in a temporary folder. As root on Debian it installs what is missing. The command gets DATABASE_URL,
REDIS_URL and ANNOTATOR_E2E_WORKER=separate, and its exit code is this program's.
"""

import contextlib
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

DATABASE = "annotator"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def postgres_bin() -> Path | None:
    """The folder with initdb and postgres: on PATH, or the newest of Debian's, which keeps them off PATH."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return folders[-1].parent if folders else None


def ensure_installed() -> None:
    missing = []
    if postgres_bin() is None:
        missing.append("postgresql")
    if shutil.which("redis-server") is None:
        missing.append("redis-server")
    if not missing:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        sys.exit(f"error: {' and '.join(missing)} not found. Install what is missing, then start again.")
    print(f"Installing {' and '.join(missing)} with apt-get …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.call(["apt-get", "update", "-qq"], env=env, stdout=subprocess.DEVNULL)
    install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *missing]
    if subprocess.call(install, env=env, stdout=subprocess.DEVNULL) != 0:
        sys.exit(f"error: apt-get could not install {' and '.join(missing)}.")


def unprivileged() -> dict[str, int]:
    """Popen arguments that make the child the postgres user: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    entry = pwd.getpwnam("postgres")
    return {"user": entry.pw_uid, "group": entry.pw_gid}


def wait_for_port(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(300):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None:
            break
        time.sleep(0.1)
    sys.exit(f"error: {process.args!r} did not start:\n{log.read_text(errors='replace')[-3000:]}")


@contextlib.contextmanager
def started(command: list[str], log: Path, stop_with: int, **how: int) -> Iterator["subprocess.Popen[bytes]"]:
    with log.open("wb") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=log.parent,
            start_new_session=True,  # Ctrl-C reaches the tests first, and these only when they are done
            **how,  # type: ignore[call-overload]
        )
    try:
        yield process
    finally:
        process.send_signal(stop_with)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """A new cluster in `folder`. Gives its DATABASE_URL."""
    tools = postgres_bin()
    assert tools is not None
    how = unprivileged()
    data = folder / "data"
    data.mkdir(parents=True)
    if how:
        shutil.chown(folder, how["user"], how["group"])
        shutil.chown(data, how["user"], how["group"])
    make = [str(tools / "initdb"), "-D", str(data), "-U", DATABASE, "-A", "trust", "--encoding=UTF8", "--no-sync"]
    done = subprocess.run(make, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, cwd=folder, **how)  # type: ignore[call-overload]
    if done.returncode != 0:
        sys.exit(f"error: initdb failed:\n{done.stdout.decode(errors='replace')}")
    port = free_port()
    settings = ["fsync=off", "synchronous_commit=off", "full_page_writes=off", f"unix_socket_directories={folder}"]
    options = [word for setting in settings for word in ("-c", setting)]
    server = [str(tools / "postgres"), "-D", str(data), "-h", "127.0.0.1", "-p", str(port), *options]
    log = folder / "postgres.log"
    with started(server, log, signal.SIGINT, **how) as process:  # SIGINT: end sessions, then stop
        wait_for_port(port, process, log)
        create = [str(tools / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", DATABASE, DATABASE]
        for _ in range(50):  # the port opens a moment before the server takes queries
            if subprocess.call(create, stderr=subprocess.DEVNULL) == 0:
                break
            time.sleep(0.1)
        else:
            sys.exit(f"error: PostgreSQL takes no queries:\n{log.read_text(errors='replace')[-3000:]}")
        yield f"postgres://{DATABASE}@127.0.0.1:{port}/{DATABASE}"


@contextlib.contextmanager
def redis(folder: Path) -> Iterator[str]:
    """A Redis without persistence. Gives its REDIS_URL."""
    folder.mkdir(parents=True)
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    log = folder / "redis.log"
    with started(command, log, signal.SIGTERM) as process:
        wait_for_port(port, process, log)
        yield f"redis://127.0.0.1:{port}/0"


def main(command: list[str]) -> int:
    if not command:
        sys.exit(__doc__)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # so that the services are stopped then, too
    ensure_installed()
    with tempfile.TemporaryDirectory(prefix="annotator-services-") as temporary:
        folder = Path(temporary)
        folder.chmod(0o755)  # the postgres user has to pass through it
        with postgres(folder / "postgres") as database_url, redis(folder / "redis") as redis_url:
            print(f"PostgreSQL and Redis are up: {database_url} {redis_url}", flush=True)
            env = {**os.environ, "DATABASE_URL": database_url, "REDIS_URL": redis_url}
            return subprocess.call(command, env={**env, "ANNOTATOR_E2E_WORKER": "separate"})


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)

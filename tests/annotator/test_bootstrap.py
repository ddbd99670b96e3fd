"""`make run` on a fresh machine: what it checks first, and what it says when something is missing."""

import ast
import errno
import os
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from annotator import bootstrap

SOURCE = Path(bootstrap.__file__)


def fake_program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IEXEC)


def run_bootstrap(**environ: str) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, **environ}
    return subprocess.run([sys.executable, str(SOURCE), "run"], env=env, capture_output=True, text=True, timeout=20)


def test_an_old_python_can_read_it_and_needs_nothing_installed() -> None:
    tree = ast.parse(SOURCE.read_text(), feature_version=(3, 7))
    imported = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            imported |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add((node.module or "").split(".")[0])
    assert imported <= set(sys.stdlib_module_names)


def test_an_old_python_looks_for_a_newer_one(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(bootstrap.Stop, match=r"Python 3\.9 is too old: Python 3\.11 or newer is needed"):
        bootstrap.suitable_python()
    fake_program(tmp_path, "python3.12", "exit 0")
    assert bootstrap.suitable_python() == str(tmp_path / "python3.12")


def test_a_port_in_use_ends_it_before_anything_is_installed(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = run_bootstrap(PORT=str(port), DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr == (
        f"error: Port {port} is in use. Stop what uses it, or choose another: PORT={port + 1} make run\n"
    )
    assert done.stdout == ""


def test_a_port_free_again_is_taken() -> None:
    with socket.socket() as earlier:
        earlier.bind(("127.0.0.1", 0))
        port = earlier.getsockname()[1]
    bootstrap.check_port("127.0.0.1", port)


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5"])
def test_an_odd_port_is_refused(port: str) -> None:
    with pytest.raises(bootstrap.Stop, match="must be a number from 1 to 65535"):
        bootstrap.port_from_environment({"PORT": port})


def test_no_port_means_8000() -> None:
    assert bootstrap.port_from_environment({}) == bootstrap.port_from_environment({"PORT": ""}) == 8000


def test_an_unknown_host_is_refused() -> None:
    with pytest.raises(bootstrap.Stop, match="HOST is 'no such host'"):
        bootstrap.check_port("no such host", 8000)


def test_a_data_folder_that_cannot_be_made_ends_it_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    done = run_bootstrap(PORT="8189", DATA_DIR=str(tmp_path / "file" / "data"))
    assert done.returncode == 1
    assert "Cannot write to the data folder" in done.stderr
    assert "DATA_DIR=/path make run" in done.stderr


def test_a_full_disk_is_named() -> None:
    sentence = bootstrap.disk_sentence(OSError(errno.ENOSPC, "No space left on device"), Path("/data"))
    assert sentence.startswith("The disk that holds /data is full.")


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device", "disk is full"),
        (
            "NewConnectionError: Failed to establish a new connection: [Errno -2]",
            "no package registry could be reached",
        ),
        ("npm error code ENOTFOUND", "no package registry could be reached"),
        ("one\ntwo\nerror: something new", "  | error: something new"),
    ],
)
def test_a_failed_install_says_why(output: str, said: str) -> None:
    assert said in bootstrap.failure_sentence("Installing", output)


def test_a_step_that_fails_raises_with_its_last_lines(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bootstrap, "LOG", tmp_path / "log")
    with pytest.raises(bootstrap.Stop, match=r"(?s)Trying failed:.*\| the reason"):
        bootstrap.call("Trying", ["sh", "-c", "echo the reason; exit 3"])


@pytest.mark.parametrize(("version", "enough"), [("v20.19.0", True), ("v18.20.1", False), ("nonsense", False)])
def test_node_is_brought_only_when_missing_or_old(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, version: str, enough: bool
) -> None:
    for name in ("node", "npm"):
        fake_program(tmp_path, name, f"echo {version}")
    installed: list[str] = []
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin")
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "call", lambda what, command, **how: installed.append(command[-1]))
    path = bootstrap.node_environment()["PATH"]
    assert installed == ([] if enough else [bootstrap.NODE_WHEEL])
    assert path.startswith(str(tmp_path / ".venv" / "bin")) is not enough


def test_a_digest_changes_with_bytes_and_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("same")
    before = bootstrap.digest([first])
    second.write_text("same")
    assert bootstrap.digest([second]) != before
    first.write_text("other")
    assert bootstrap.digest([first]) != before

"""`manage.py run`, as a person in a terminal uses it."""

import re
import time
import urllib.request
from pathlib import Path

import pytest

from tests.e2e.product import Product, separate_worker

pytestmark = pytest.mark.skipif(separate_worker(), reason="`manage.py run` is the command of the embedded mode")


def processes_with(text: str) -> list[str]:
    """The command lines of running processes whose environment has `text`."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if text.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found


def test_ctrl_c_stops_web_server_and_worker(tmp_path: Path) -> None:
    product = Product(tmp_path)
    product.start()
    assert len(processes_with(product.env["DATA_DIR"])) >= 2, product.output()
    assert product.stop() == [0], product.output()
    assert processes_with(product.env["DATA_DIR"]) == []
    assert "Stopped." in product.output()
    assert "Traceback" not in product.output()


def links_in(product: Product, count: int) -> list[tuple[str, str]]:
    """Role and address of the sign-in links that were printed, once there are so many: the server may answer before."""
    deadline = time.monotonic() + 30
    while True:
        links = re.findall(rf"^  (\w+) +({product.address}/sign-in/link/\S+/)$", product.output(), re.MULTILINE)
        if len(links) >= count or time.monotonic() > deadline:
            return links
        time.sleep(0.1)


def test_it_prints_one_sign_in_link_per_role_and_says_so_again_on_the_second_start(tmp_path: Path) -> None:
    product = Product(tmp_path)
    for start in (1, 2):
        product.start(demo=True)
        links = links_in(product, 3 * start)
        assert [role for role, _ in links] == ["annotator", "manager", "admin"] * start
        with urllib.request.urlopen(links[-3][1]) as answer:
            assert "Continue as demo-annotator" in answer.read().decode()
        product.stop()
    assert len({address for _, address in links}) == 6


def test_a_port_in_use_is_a_sentence(tmp_path: Path, product: Product) -> None:
    second = Product(tmp_path)
    second.env["PORT"] = str(product.port)
    second.spawn("run", "manage.py", "run", "--no-demo")
    assert second.processes[0].wait(60) == 1
    assert f"CommandError: Port {product.port} is in use." in second.output()

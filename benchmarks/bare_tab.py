"""A tab that is driven by the bare DevTools protocol.

Playwright watches the network, and the browser then keeps all that comes over it in the tab's own memory: it would be
taken for the page's. Here nothing is watched.
"""

import json
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from websockets.sync.client import ClientConnection, connect

START_SECONDS = 60
LOOK_SECONDS = 0.05
KEYS = {"Enter": 13, "Escape": 27}


class BareTab:
    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.asked = 0

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """Raises RuntimeError with the browser's words where it refuses."""
        self.asked += 1
        self.socket.send(json.dumps({"id": self.asked, "method": method, "params": params}))
        while True:
            answer = json.loads(self.socket.recv())
            if answer.get("id") != self.asked:
                continue  # an event
            if "error" in answer:
                raise RuntimeError(f"{method}: {answer['error']['message']}")
            return dict(answer["result"])

    def value(self, expression: str) -> Any:
        """Of a JavaScript expression."""
        answer = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['text']}")
        return answer["result"].get("value")

    def until(self, expression: str, seconds: float = 120) -> None:
        """Waits until it is true. Raises TimeoutError with what the page says."""
        end = time.monotonic() + seconds
        while not self.value(expression):
            if time.monotonic() > end:
                raise TimeoutError(f"{expression}: {self.value('document.body.innerText.slice(0, 300)')}")
            time.sleep(LOOK_SECONDS)

    def press(self, key: str) -> None:
        shared = {"key": key, "windowsVirtualKeyCode": KEYS.get(key) or ord(key.upper())}
        if len(key) == 1:
            shared["code"] = f"Digit{key}" if key.isdigit() else f"Key{key.upper()}"
        self.send("Input.dispatchKeyEvent", type="keyDown", **shared)
        self.send("Input.dispatchKeyEvent", type="keyUp", **shared)

    def drag(self, x: float, y: float, *, by: float = 0) -> None:
        """A press at a place, a move right and down if any, and the release; in CSS pixels."""
        mouse = {"button": "left", "clickCount": 1}
        self.send("Input.dispatchMouseEvent", type="mousePressed", x=x, y=y, buttons=1, **mouse)
        for step in range(1, 7) if by else ():
            at = {"x": x + by * step / 6, "y": y + by * step / 6}
            self.send("Input.dispatchMouseEvent", type="mouseMoved", buttons=1, **at, **mouse)
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=x + by, y=y + by, buttons=0, **mouse)

    def wheel(self, x: float, y: float, delta: float) -> None:
        self.send("Input.dispatchMouseEvent", type="mouseWheel", x=x, y=y, deltaX=0, deltaY=delta)


@contextmanager
def bare_tab(chromium: str, folder: Path, cookies: Sequence[Mapping[str, Any]], address: str) -> Iterator[BareTab]:
    """On a page, in a headless browser of its own, with cookies as Playwright gives them. `folder`: its profile."""
    arguments = ["--headless=new", "--no-sandbox", "--remote-debugging-port=0", "--window-size=1280,900"]
    browser = subprocess.Popen(
        [chromium, *arguments, f"--user-data-dir={folder}", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        with connect(page_socket(folder), max_size=None) as socket:
            tab = BareTab(socket)
            for cookie in cookies:
                tab.send("Network.setCookie", name=cookie["name"], value=cookie["value"], url=address)
            tab.send("Page.navigate", url=address)
            yield tab
    finally:
        browser.terminate()
        browser.wait(START_SECONDS)


def page_socket(folder: Path) -> str:
    """The address of the browser's one page, once it has started. Raises TimeoutError."""
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        try:
            port = (folder / "DevToolsActivePort").read_text().split()[0]
            with urlopen(f"http://127.0.0.1:{port}/json") as answer:
                pages = [target for target in json.load(answer) if target["type"] == "page"]
            return str(pages[0]["webSocketDebuggerUrl"])
        except (OSError, IndexError):
            time.sleep(0.2)
    raise TimeoutError("the browser did not start")

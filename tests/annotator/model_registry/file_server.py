"""A server of one file that misbehaves as it is told, on 127.0.0.1."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass
class FileServer:
    """What is served and how; `asked` are the Range headers that came, "" where there was none."""

    data: bytes
    address: str = ""
    breaks_after: int | None = None  # bytes of a body, then the connection is cut
    breaks: int = 10**9  # how many answers are cut
    stalls_after: int | None = None  # bytes of a body, then nothing more comes, and the connection stays
    says_bytes: int | None = None  # the lie about the file's length
    knows_ranges: bool = True
    answers: list[int] = field(default_factory=list)  # these codes first, without a file
    asked: list[str] = field(default_factory=list)
    closing: threading.Event = field(default_factory=threading.Event)

    def handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                server.answer(self)

            def log_message(self, *args: Any) -> None:
                pass

        return Handler

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers.get("Range", "")
        self.asked.append(asked)
        if self.answers:
            request.send_error(self.answers.pop(0))
            return
        total = len(self.data) if self.says_bytes is None else self.says_bytes
        start = int(asked.removeprefix("bytes=").rstrip("-")) if asked and self.knows_ranges else 0
        if start and start >= total:
            request.send_response(416)
            request.send_header("Content-Range", f"bytes */{total}")
            request.end_headers()
            return
        request.send_response(206 if start else 200)
        if start:
            request.send_header("Content-Range", f"bytes {start}-{total - 1}/{total}")
        request.send_header("Content-Length", str(total - start))
        request.end_headers()
        body = self.data[start:]
        if self.breaks_after is not None and self.breaks > 0:
            self.breaks -= 1
            body = body[: self.breaks_after]
        if self.stalls_after is not None:
            request.wfile.write(body[: self.stalls_after])
            self.closing.wait()
            return
        request.wfile.write(body)


@contextmanager
def serving(server: FileServer) -> Iterator[FileServer]:
    with ThreadingHTTPServer(("127.0.0.1", 0), server.handler()) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        server.address = f"http://127.0.0.1:{http.server_address[1]}/model.pth"
        try:
            yield server
        finally:
            server.closing.set()
            http.shutdown()
            thread.join()

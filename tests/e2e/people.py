"""A person at a browser of their own, signed in by a one-time link."""

import itertools
from typing import Any

from playwright.sync_api import APIResponse, Browser, Page, ViewportSize

from tests.e2e.product import Product

VIEWPORT: ViewportSize = {"width": 1280, "height": 800}
_numbers = itertools.count(1)


class People:
    """Makes people in tens, since a management command takes seconds, and hands them out one by one."""

    def __init__(self, product: Product, browser: Browser) -> None:
        self.product = product
        self.browser = browser
        self.pool: dict[str, list[tuple[str, str]]] = {}

    def link(self, role: str) -> tuple[str, str]:
        """A new person's user name and the path of their unused sign-in link."""
        if not self.pool.get(role):
            names = [f"{role}-{next(_numbers)}" for _ in range(10)]
            printed = self.product.manage("sign_in_link", "--role", role, *names)
            self.pool[role] = [(name, path) for name, path in map(str.split, printed.strip().splitlines())]
        return self.pool[role].pop(0)

    def sign_in(self, role: str, *, name_and_path: tuple[str, str] | None = None) -> "Person":
        name, path = name_and_path or self.link(role)
        context = self.browser.new_context(base_url=self.product.address, viewport=VIEWPORT, accept_downloads=True)
        context.set_default_timeout(30_000)
        page = context.new_page()
        page.goto(path)
        page.get_by_role("button", name=f"Continue as {name}").click()
        page.wait_for_url("/")
        return Person(name, page)


class Person:
    def __init__(self, name: str, page: Page) -> None:
        self.name = name
        self.page = page
        self.complaints: list[str] = []  # what the browser's console says is wrong
        page.on("console", lambda message: self.complaints.append(message.text) if message.type == "error" else None)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def ask(self, method: str, path: str, body: Any = None, **how: Any) -> APIResponse:
        """An API request with this person's cookies, as their page would send it."""
        cookies = {cookie["name"]: cookie["value"] for cookie in self.page.context.cookies()}
        headers = {"X-CSRFToken": cookies.get("csrftoken", ""), "Referer": self.page.url}
        return self.page.context.request.fetch(path, method=method, data=body, headers=headers, **how)

    def api(self, method: str, path: str, body: Any = None, **how: Any) -> Any:
        """The same; gives the answer's JSON and fails when it is no success."""
        answer = self.ask(method, path, body, **how)
        assert answer.ok, f"{method} {path}: {answer.status} {answer.text()}"
        return answer.json() if answer.status != 204 else None

    def close(self) -> None:
        self.page.context.close()

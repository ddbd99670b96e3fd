"""What several benchmarks need: the product running beside a browser, and the 95th percentile."""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import ensure_chromium
from tests.e2e.product import Product


@dataclass(frozen=True)
class Running:
    product: Product
    browser: Browser
    folder: Path  # for the benchmark's own files too; gone afterwards
    chromium: str  # the path of the browser's program


@contextmanager
def running_product() -> Iterator[Running]:
    """The product in a folder of its own and a headless Chromium; both end with the block."""
    chromium = ensure_chromium()
    with tempfile.TemporaryDirectory(prefix="annotator-benchmark-") as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        product = Product(Path(name))
        product.start()
        try:
            yield Running(product, browser, Path(name), chromium)
        finally:
            product.stop()
            browser.close()


def p95(values: Sequence[float]) -> float:
    """The value that 95 % do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]

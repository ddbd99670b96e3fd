"""Makes the README's picture from the running product: `python -m benchmarks.screenshot`."""

import tempfile
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.chromium import ensure_chromium
from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import People
from tests.e2e.photos import photo
from tests.e2e.product import Product
from tests.e2e.projects import project_with_photos

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "screenshot.png"
COLOURS = 128  # keeps the file small
ACCEPTED = ((Place(0.6, 0.75), Place(0.57, 0.7)), (Place(0.4, 0.4), Place(0.5, 0.6), Place(0.66, 0.4)))  # spoon, cup
AT_HAND = (Place(0.3, 0.8), Place(0.72, 0.55))  # saucer


def take(product: Product, people: People) -> None:
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    photos = [photo("coffee.png"), photo("chelsea.png")]
    settings = {"name": "Everyday objects", "time_limit_policy": "remind"}
    project_id = project_with_photos(manager, annotator, photos=photos, **settings)
    annotator.page.set_viewport_size({"width": 1120, "height": 700})
    work = AnnotatePage(annotator, project_id)
    work.open()
    for places in ACCEPTED:
        for place in places:
            work.click(place)
        work.accept()
    for place in AT_HAND:
        work.click(place)
    annotator.page.mouse.move(*work.at(Place(0.8, 0.6)))
    annotator.page.wait_for_timeout(500)
    annotator.page.screenshot(path=PICTURE)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=ensure_chromium(), args=["--no-sandbox"])
        product = Product(Path(folder))
        product.start()
        try:
            take(product, People(product, browser))
        finally:
            product.stop()
            browser.close()
    Image.open(PICTURE).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()

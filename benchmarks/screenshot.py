"""Makes the README's picture from the running product: `python -m benchmarks.screenshot`."""

from pathlib import Path

from PIL import Image

from benchmarks.running import running_product
from tests.e2e.annotate_page import AnnotatePage, Place
from tests.e2e.people import People
from tests.e2e.photos import photo
from tests.e2e.projects import project_with_photos

PICTURE = Path(__file__).resolve().parents[1] / "docs" / "screenshot.png"
COLOURS = 128  # keeps the file small
# Objects of the picture: clicks on each, and clicks beside it.
SPOON = ([Place(0.6, 0.75), Place(0.57, 0.7)], [Place(0.45, 0.8)])
COFFEE = ([Place(0.5, 0.45), Place(0.5, 0.36)], [Place(0.9, 0.2), Place(0.5, 0.15), Place(0.5, 0.75)])
SAUCER = (
    [Place(0.3, 0.8), Place(0.72, 0.55)],
    [Place(0.05, 0.95), Place(0.18, 0.2), Place(0.42, 0.3), Place(0.6, 0.75)],
)


def take(people: People) -> None:
    manager, annotator = people.sign_in("manager"), people.sign_in("annotator")
    photos = [photo("coffee.png"), photo("chelsea.png")]
    project_id = project_with_photos(
        manager, annotator, photos=photos, name="Everyday objects", time_limit_policy="remind"
    )
    annotator.page.set_viewport_size({"width": 1120, "height": 700})
    work = AnnotatePage(annotator, project_id)
    work.open()
    for foreground, background in (SPOON, COFFEE, SAUCER):
        for place in foreground:
            work.click(place)
        for place in background:
            work.click(place, background=True)
        if foreground is not SAUCER[0]:  # the last one stays under work
            work.accept()
    annotator.page.mouse.move(*work.at(Place(0.8, 0.6)))
    annotator.page.wait_for_timeout(500)
    annotator.page.screenshot(path=PICTURE)


def main() -> None:
    with running_product() as running:
        take(People(running.product, running.browser))
    Image.open(PICTURE).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(PICTURE, optimize=True)
    print(f"{PICTURE}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()

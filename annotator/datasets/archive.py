"""A project's masks as one zip: COCO JSON, SA-1B JSON per image, PNG masks, and a README that says what they are.

One image is in memory at a time, however large the project. A mask that cannot be written is left out and listed in
problems.json; it never costs the others. The same masks make the same bytes.
"""

import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from django.db.models import Exists, OuterRef, QuerySet

from annotator.accounts.models import Project
from annotator.annotation.models import AnnotationSession, Mask, SessionState
from annotator.datasets import coco, sa1b
from annotator.datasets.names import DistinctNames
from annotator.datasets.png import mask_png
from annotator.datasets.readme import readme
from annotator.datasets.records import ImageRecord, MaskRecord
from annotator.images.models import Image
from sam_core.masks import rle

PAGE = 200
BROKEN = (ValueError, TypeError, LookupError, AttributeError, ArithmeticError, MemoryError)
"""What a mask that cannot be written raises. Not a full disk or a time limit: those end the export."""
_EPOCH = (1980, 1, 1, 0, 0, 0)  # of every entry, so that the same masks make the same bytes


@dataclass
class Summary:
    images: int = 0
    masks: int = 0
    problems: list[dict[str, str]] = field(default_factory=list)


@dataclass
class _Writer:
    """The open zip, and the entries of coco.json as lines until all are known."""

    archive: zipfile.ZipFile
    coco_images: BinaryIO
    coco_annotations: BinaryIO
    file_names: DistinctNames = field(default_factory=DistinctNames)
    folders: DistinctNames = field(default_factory=DistinctNames)
    summary: Summary = field(default_factory=Summary)

    def store(self, name: str, data: bytes, *, compress: bool = True) -> None:
        self.archive.writestr(entry(name, compress=compress), data)


def write_archive(path: Path, *, project: Project, progress: Callable[[float], None] = lambda share: None) -> Summary:
    """Writes the zip at `path`, with its scratch files beside it. `progress` is told shares from 0 to 1."""
    images = annotated_images(project)
    total = images.count()
    with ExitStack() as stack:
        archive = stack.enter_context(zipfile.ZipFile(path, "w", allowZip64=True))
        writer = _Writer(
            archive=archive,
            coco_images=stack.enter_context(path.with_suffix(".images").open("w+b")),
            coco_annotations=stack.enter_context(path.with_suffix(".annotations").open("w+b")),
        )
        for number, image in enumerate(pages(images), start=1):
            _write_image(writer, image)
            progress(min(1.0, number / max(total, 1)) * 0.95)
        _write_coco(writer, project)
        summary = writer.summary
        if summary.problems:
            writer.store("problems.json", coco.dumps(summary.problems) + b"\n")
        writer.store("README.txt", readme(project.name, summary.images, summary.masks, len(summary.problems)).encode())
    return summary


def annotated_images(project: Project) -> QuerySet[Image]:
    """Images with a mask, or finished without one: those say that nothing was there to mask."""
    masks = Mask.objects.filter(image=OuterRef("pk"), deleted_at=None)
    finished = AnnotationSession.objects.filter(image=OuterRef("pk"), state=SessionState.FINISHED)
    return Image.objects.filter(Exists(masks) | Exists(finished), project=project).order_by("pk")


def pages(images: QuerySet[Image]) -> Iterator[Image]:
    """All images in the order of their ids, a page at a time: no query stays open for as long as the export takes."""
    last = 0
    while page := list(images.filter(pk__gt=last)[:PAGE]):
        yield from page
        last = page[-1].pk


def entry(name: str, *, compress: bool = True) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name, date_time=_EPOCH)
    info.external_attr = 0o644 << 16
    info.compress_type = zipfile.ZIP_DEFLATED if compress else zipfile.ZIP_STORED
    return info


def _write_image(writer: _Writer, image: Image) -> None:
    record = ImageRecord(
        id=image.pk,
        file_name=writer.file_names.add(image.file_name),
        original_file_name=image.file_name,
        width=image.width,
        height=image.height,
        sha256=image.sha256,
    )
    folder = writer.folders.add(PurePosixPath(record.file_name).stem)
    writer.coco_images.write(coco.dumps(coco.image_entry(record)) + b"\n")
    writer.summary.images += 1
    annotations: list[dict[str, Any]] = []
    for mask in (
        Mask.objects.filter(image=image, deleted_at=None).select_related("annotator").order_by("created_at", "pk")
    ):
        try:
            number = len(annotations) + 1
            exported, picture = _exported(mask, record, id=writer.summary.masks + 1)
            line, annotation = coco.dumps(coco.annotation_entry(exported)), sa1b.annotation(exported)
        except BROKEN as error:  # whatever is wrong with one mask, the others go out
            problem = {"mask_id": str(mask.pk), "file_name": record.file_name, "reason": str(error) or repr(error)}
            writer.summary.problems.append(problem)
            continue
        writer.store(f"masks/{folder}/{number}.png", picture, compress=False)
        writer.coco_annotations.write(line + b"\n")
        annotations.append(annotation)
        writer.summary.masks += 1
    writer.store(f"sa1b/{folder}.json", coco.dumps(sa1b.image_file(record, annotations)))


def _exported(mask: Mask, image: ImageRecord, *, id: int) -> tuple[MaskRecord, bytes]:
    """The mask, validated again, and its picture. Box and area come from the runs, which are the truth."""
    size = (image.height, image.width)
    counts = rle.validate(size, mask.counts)
    record = MaskRecord(
        id=id,
        mask_id=str(mask.pk),
        image=image,
        counts=mask.counts,
        bbox=rle.bbox(size, counts),
        area=rle.area(counts),
        annotator=mask.annotator.username,
        predicted_iou=mask.predicted_iou,
        stability_score=mask.stability_score,
        prompts=mask.prompts,
    )
    return record, mask_png(rle.counts_to_mask(size, counts))


def _write_coco(writer: _Writer, project: Project) -> None:
    writer.coco_images.seek(0)
    writer.coco_annotations.seek(0)
    info = {"description": project.name, "frame": "oriented: after the EXIF orientation was applied"}
    with writer.archive.open(entry("coco.json"), "w", force_zip64=True) as out:
        coco.write_coco(out, info=info, images=writer.coco_images, annotations=writer.coco_annotations)  # type: ignore[arg-type]

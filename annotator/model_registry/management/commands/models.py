"""`manage.py models`: which models there are, new ones from files and from their publishers, which one is active."""

import sys
import time
from argparse import ArgumentParser
from pathlib import Path
from typing import Any, TextIO

from django.core.management.base import BaseCommand, CommandError

from annotator.model_registry import download, importing, registry
from annotator.model_registry.models import ModelState, ModelVersion, SourceKind
from annotator.model_registry.registry import ModelNotUsable
from sam_core.official import OFFICIAL

SECONDS_BETWEEN_LINES = 5.0


class Command(BaseCommand):
    help = "Lists, downloads, imports and activates models."

    def add_arguments(self, parser: ArgumentParser) -> None:
        acts = parser.add_subparsers(dest="act", required=True, metavar="list | download | import | activate")
        acts.add_parser("list", help="the registered models, and those that can be downloaded")
        fetched = acts.add_parser("download", help="an official model: download, check, register")
        fetched.add_argument("model", choices=list(OFFICIAL))
        source = fetched.add_mutually_exclusive_group()
        source.add_argument("--url", help="another address of the same file")
        source.add_argument("--from", dest="path", type=Path, help="the same file, downloaded already")
        imported = acts.add_parser(
            "import", help="a checkpoint file with the keys of an official model, or one of ours"
        )
        imported.add_argument("path", type=Path)
        imported.add_argument("--name", help="the model's name (default: that of the model it is like)")
        activated = acts.add_parser("activate", help="the version that new images are encoded with")
        activated.add_argument("model_version", metavar="VERSION")

    def handle(self, *args: Any, act: str, **options: Any) -> None:
        try:
            if act == "list":
                self.list()
            elif act == "download":
                self.download(options["model"], options["url"], options["path"])
            elif act == "import":
                self.registered(importing.import_checkpoint(options["path"], options["name"]))
            else:
                self.activate(options["model_version"])
        except ModelNotUsable as error:
            raise CommandError(str(error)) from None

    def list(self) -> None:
        for model in ModelVersion.objects.order_by("created_at"):
            source = f"{model.source_kind:8} {model.source_name} {model.source_sha256}"
            self.stdout.write(f"{model.version:40} {model.state:10} {model.created_at:%Y-%m-%d %H:%M}  {source}")
        for official in OFFICIAL.values():
            size = f"{'' if official.bytes else 'about '}{official.about_bytes / 1e6:.0f} MB"
            self.stdout.write(f"{official.name:40} {'official':10} models download {official.name} ({size})")

    def download(self, name: str, url: str | None, path: Path | None) -> None:
        official = OFFICIAL[name]
        if path is not None:
            download.check(official, path)
            self.registered(importing.import_checkpoint(path, kind=SourceKind.OFFICIAL))
            return
        bar = Bar(official.file, sys.stderr)
        try:
            fetched = download.fetch(official, url, bar)
        except KeyboardInterrupt:
            raise CommandError("Stopped. What came is kept: run this again to go on.") from None
        finally:
            bar.end()
        self.registered(importing.import_checkpoint(fetched, kind=SourceKind.OFFICIAL))
        fetched.unlink()  # what is stored is the converted file

    def registered(self, model: ModelVersion) -> None:
        self.stdout.write(f"{model.version} is {model.state}.")
        if model.state != ModelState.ACTIVE:
            self.stdout.write(f"Encode new images with it: python manage.py models activate {model.version}")

    def activate(self, version: str) -> None:
        model = ModelVersion.objects.filter(version=version).first()
        if model is None:
            raise CommandError(f"There is no version {version}. See: python manage.py models list")
        if not registry.is_complete(model):
            raise CommandError(f"Files of {version} are missing from the store. Import its checkpoint again.")
        registry.activate(model)
        self.stdout.write(f"{version} is active: new images are encoded with it.")


class Bar:
    """Progress for a person: one line that is written over in a terminal, else a line every few seconds."""

    def __init__(self, name: str, stream: TextIO) -> None:
        self.name, self.stream, self.terminal = name, stream, stream.isatty()
        self._next = 0.0
        self._shown = ""

    def __call__(self, done: int, total: int | None) -> None:
        whole = total is not None and done >= total
        if time.monotonic() < self._next and not whole:
            return
        self._next = time.monotonic() + (0.1 if self.terminal else SECONDS_BETWEEN_LINES)
        shown = f"{done / 1e6:.1f} MB"
        if total:
            filled = 30 * done // total
            shown = f"[{'#' * filled}{'.' * (30 - filled)}] {100 * done // total:3} %  {shown} of {total / 1e6:.1f} MB"
        self._shown = f"{self.name} {shown}"
        self.stream.write(f"\r{self._shown}" if self.terminal else f"{self._shown}\n")
        self.stream.flush()

    def end(self) -> None:
        if self.terminal and self._shown:
            self.stream.write("\n")

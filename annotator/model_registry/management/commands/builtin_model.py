"""`manage.py builtin_model`: a deployment's step after `migrate`. `manage.py run` does the same by itself."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from annotator.model_registry.registry import ModelNotUsable, ensure_builtin_model, renew_exports


class Command(BaseCommand):
    help = (
        "Registers the built-in model, and activates it unless another model was chosen. Exports decoders again that "
        "an earlier release exported. Safe to repeat."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            model = ensure_builtin_model()
        except ModelNotUsable as error:
            raise CommandError(str(error)) from None
        self.stdout.write(f"{model.version} is {model.state}.")
        for renewed in renew_exports():
            self.stdout.write(f"{renewed.version} was exported again for this release.")

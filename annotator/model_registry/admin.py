from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest

from annotator.model_registry.models import ModelImport, ModelVersion


class _ToLookAt(admin.ModelAdmin):
    """Rows are made and changed by the registry and the models page, which keep files and rows together."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(ModelVersion)
class ModelVersionAdmin(_ToLookAt):
    list_display = ("version", "state", "source_kind", "source_name", "created_at", "activated_at")


@admin.register(ModelImport)
class ModelImportAdmin(_ToLookAt):
    list_display = ("id", "file_name", "state", "step", "attempt", "requested_by", "queued_at")
    list_filter = ("state",)

from django.contrib import admin
from django.http import HttpRequest

from annotator.model_registry.models import ModelVersion


@admin.register(ModelVersion)
class ModelVersionAdmin(admin.ModelAdmin):
    """To look at: versions are made and activated by the registry, which keeps files and rows together."""

    list_display = ("version", "state", "created_at", "activated_at")
    readonly_fields = tuple(field.name for field in ModelVersion._meta.fields)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: ModelVersion | None = None) -> bool:
        return False

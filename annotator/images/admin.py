from django.contrib import admin

from annotator.images.models import CropEmbedding, Image, ImageEmbedding


@admin.register(Image)
class ImageAdmin(admin.ModelAdmin):
    list_display = ("file_name", "project", "width", "height", "created_at")
    list_filter = ("project",)
    search_fields = ("file_name", "sha256")
    readonly_fields = tuple(field.name for field in Image._meta.fields)


@admin.register(ImageEmbedding)
class ImageEmbeddingAdmin(admin.ModelAdmin):
    list_display = ("image", "model_version", "state", "attempt", "reason", "encode_ms")
    list_filter = ("state", "model_version")
    readonly_fields = tuple(field.name for field in ImageEmbedding._meta.fields)


@admin.register(CropEmbedding)
class CropEmbeddingAdmin(admin.ModelAdmin):
    list_display = ("image", "x", "y", "width", "height", "model_version", "state", "attempt", "reason", "asked_at")
    list_filter = ("state", "model_version")
    readonly_fields = tuple(field.name for field in CropEmbedding._meta.fields)

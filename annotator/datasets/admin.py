from django.contrib import admin

from annotator.annotation.admin import ReadOnlyAdmin
from annotator.datasets.models import Export


@admin.register(Export)
class ExportAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "requested_by", "state", "attempt", "images", "masks", "bytes", "queued_at")
    list_filter = ("state", "project")
    list_select_related = ("project", "requested_by")

"""To look at, never to change: masks are the truth, and timing events are append-only."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from annotator.annotation.models import AnnotationSession, Mask, TimingEvent


class ReadOnlyAdmin(admin.ModelAdmin):
    show_full_result_count = False  # counting millions of rows for each page is slow

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(AnnotationSession)
class AnnotationSessionAdmin(ReadOnlyAdmin):
    list_display = ("id", "project", "image", "annotator", "state", "started_at", "active_ms", "claimed_active_ms")
    list_filter = ("state", "project", "skip_reason")
    list_select_related = ("project", "image", "annotator")
    exclude = ("lease_token",)  # whoever has it may write in the session


@admin.register(Mask)
class MaskAdmin(ReadOnlyAdmin):
    list_display = ("id", "image", "annotator", "area", "active_ms", "claimed_active_ms", "created_at", "deleted_at")
    list_filter = ("project", "time_limit_outcome")
    list_select_related = ("image", "annotator")
    exclude = ("counts",)  # may be megabytes


@admin.register(TimingEvent)
class TimingEventAdmin(ReadOnlyAdmin):
    list_display = ("id", "session_id", "annotator", "kind", "sequence", "monotonic_ms", "received_at")
    list_filter = ("kind",)
    list_select_related = ("annotator",)

"""The database's back room, for admins. People are made on the people page, which gives them a sign-in link."""

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin
from django.contrib.auth.models import Group
from django.http import HttpRequest

from annotator.accounts.models import Membership, Project, User

admin.site.site_header = admin.site.site_title = "Segment administration"
admin.site.index_title = "Tables"
admin.site.unregister(Group)  # roles are the permission table's, not Django's groups


@admin.register(User)
class PersonAdmin(UserAdmin):
    list_display = ("username", "role", "is_active", "last_login")
    list_filter = ("role", "is_active")
    fieldsets = (
        (None, {"fields": ("username", "password", "role", "is_active")}),
        ("About", {"fields": ("first_name", "last_name", "email")}),
    )
    add_fieldsets = ((None, {"classes": ("wide",), "fields": ("username", "role", "password1", "password2")}),)
    filter_horizontal = ()
    actions = None

    def has_delete_permission(self, request: HttpRequest, obj: User | None = None) -> bool:
        return False  # their masks stay theirs: deactivate instead


class MembershipInline(admin.TabularInline):
    model = Membership
    extra = 0
    autocomplete_fields = ("user",)


@admin.register(Project)
class ProjectAdmin(admin.ModelAdmin):
    list_display = ("name", "time_limit_policy", "created_by", "created_at")
    search_fields = ("name",)
    inlines = (MembershipInline,)

from django.apps import AppConfig


class AnnotationConfig(AppConfig):
    name = "annotator.annotation"
    default_auto_field = "django.db.models.BigAutoField"

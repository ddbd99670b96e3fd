from django.apps import AppConfig


class ModelRegistryConfig(AppConfig):
    name = "annotator.model_registry"
    default_auto_field = "django.db.models.BigAutoField"

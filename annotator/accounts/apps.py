from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "annotator.accounts"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # Tasks bind to the Celery application that exists when they are first used; without this a web process would
        # send them to no broker at all.
        from annotator import celery, checks  # noqa: F401

"""The Celery application: `celery -A annotator worker -Q encode,default`."""

import os

from celery import Celery

from annotator.lib import message_folder

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "annotator.settings")

message_folder.register()
app = Celery("annotator")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

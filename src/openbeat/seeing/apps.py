"""The row locks as a Django application: after each migration the application's role gets its grants and its key."""

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class SeeingConfig(AppConfig):
    """Installs the row locks."""

    name = "openbeat.seeing"

    def ready(self) -> None:
        from openbeat.seeing.locks import prepare

        post_migrate.connect(prepare, sender=self)

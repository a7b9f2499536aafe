"""The row locks as a Django application: after each migration the application's role gets its grants and its key."""

from django.apps import AppConfig, apps
from django.db.models.signals import post_migrate


class SeeingConfig(AppConfig):
    """Installs the row locks."""

    name = "openbeat.seeing"

    def ready(self) -> None:
        from openbeat.seeing.locks import prepare

        # Django tells only of applications that have models; the trail's comes once, after every migration
        post_migrate.connect(prepare, sender=apps.get_app_config("audit"))

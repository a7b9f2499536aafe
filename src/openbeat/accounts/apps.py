"""Accounts as a Django application."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Holds agencies, posts, people and roles."""

    name = "openbeat.accounts"

"""Too many requests from one address: a page in words that says what to do."""

from __future__ import annotations

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def forget_tries() -> None:
    cache.clear()


def test_a_limited_address_is_told_in_words(settings: object) -> None:
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip", "login_failed": "200/5m/ip"}  # type: ignore[attr-defined]
    browser, told = Client(), {"login": "nobody", "password": "wrong"}
    answers = [browser.post(reverse("account_login"), told) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [422, 422, 429]
    page = answers[-1].content.decode()
    assert "Too many tries in a short time" in page
    assert "Wait a minute, then try again." in page
    assert "<main" in page
    assert browser.get(reverse("public")).status_code == 200

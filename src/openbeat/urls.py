"""Every address of the service: one line a desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("openbeat.web.home")),
    path("", include("openbeat.web.sign_in")),
    path("", include("openbeat.web.forecasts")),
    path("", include("openbeat.web.plans")),
    path("", include("openbeat.web.trail")),
    path("", include("openbeat.web.public")),
    path("", include("openbeat.web.places")),
    path("", include("openbeat.ops.health")),
]

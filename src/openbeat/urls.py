"""Every address of the service: one line a desk."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from openbeat.api.v1 import api

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("openbeat.web.home")),
    path("", include("openbeat.web.sign_in")),
    path("", include("openbeat.web.people")),
    path("", include("openbeat.web.organisation")),
    path("", include("openbeat.web.intake")),
    path("", include("openbeat.web.incidents")),
    path("", include("openbeat.web.forecasts")),
    path("", include("openbeat.web.warnings")),
    path("", include("openbeat.web.plans")),
    path("", include("openbeat.web.dosage")),
    path("", include("openbeat.web.dosage_positions")),
    path("", include("openbeat.web.dosage_sheet")),
    path("", include("openbeat.web.evaluation")),
    path("", include("openbeat.web.what_if")),
    path("", include("openbeat.web.standby")),
    path("", include("openbeat.web.beats")),
    path("", include("openbeat.web.trail")),
    path("", include("openbeat.web.public")),
    path("api/v1/", api.urls),
    path("", include("openbeat.api.ogc")),
    path("", include("openbeat.web.places")),
    path("", include("openbeat.web.search")),
    path("", include("openbeat.web.components")),
    path("", include("openbeat.ops.health")),
]

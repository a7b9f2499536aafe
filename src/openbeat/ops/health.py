"""What watches from outside may ask: does it live (`/healthz`), and how does it fare (`/metrics`, for Prometheus)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from django.conf import settings
from django.db import Error, connection
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.urls import path
from django.utils.crypto import constant_time_compare
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from openbeat.kernel import env
from openbeat.kernel.time import now

HEALTH = "/healthz"
REQUESTS = Histogram(
    "openbeat_request_seconds",
    "Time to answer, by page (its name, never its address) and status",
    ["page", "method", "status"],
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)


class Measure:
    """Times every request under the name of its page: addresses hold ids, so they are not told.

    Health is told here, before anything else asks the database who is there: it may be gone.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        begun = time.perf_counter()
        if request.path == HEALTH:
            response, page = healthz(request), "healthz"
        else:
            response = self.get_response(request)
            page = request.resolver_match.view_name if request.resolver_match else "unknown"
        REQUESTS.labels(page, request.method, response.status_code).observe(time.perf_counter() - begun)
        return response


class Work(Collector):
    """Jobs in the queue by state, and the signed log's size and age, read when they are asked for."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """The figures of this moment."""
        jobs = GaugeMetricFamily("openbeat_jobs", "Background jobs by state", labels=["state"])
        with connection.cursor() as cursor:
            cursor.execute("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")
            for state, count in cursor.fetchall():
                jobs.add_metric([state], count)
        yield jobs
        word = sequencer_word()
        yield GaugeMetricFamily("openbeat_log_entries", "Entries in the signed log", value=int(word.get("size", 0)))
        yield GaugeMetricFamily(
            "openbeat_sequencer_age_seconds", "Seconds since the sequencer was heard", value=sequencer_age(word)
        )


def sequencer_word() -> dict[str, str]:
    """What the sequencer last said of itself; empty if nothing."""
    file = settings.VAR / "run" / "sequencer.json"
    return dict(json.loads(file.read_text(encoding="utf-8"))) if file.exists() else {}


def sequencer_age(word: dict[str, str]) -> float:
    """Seconds since the sequencer was heard; infinite if never."""
    return (now() - datetime.fromisoformat(word["at"])).total_seconds() if word else float("inf")


def healthz(_request: HttpRequest) -> HttpResponse:
    """200 while pages can be served: this process lives and the database answers it. Tells nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return JsonResponse({"web": "ok", "database": "does not answer"}, status=503)
    return JsonResponse({"web": "ok", "database": "ok"})


def metrics(request: HttpRequest) -> HttpResponse:
    """For Prometheus, with the bearer token OPENBEAT_METRICS_TOKEN; without one set, there is no such page."""
    token = env.text("OPENBEAT_METRICS_TOKEN", "")
    given = request.headers.get("Authorization", "")
    if not token or not constant_time_compare(given, f"Bearer {token}"):
        raise Http404
    work = CollectorRegistry()
    work.register(Work())
    return HttpResponse(generate_latest(REGISTRY) + generate_latest(work), content_type=CONTENT_TYPE_LATEST)


urlpatterns = [path("healthz", healthz, name="healthz"), path("metrics", metrics, name="metrics")]

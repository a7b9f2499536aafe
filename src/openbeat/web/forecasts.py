"""The forecast desk: ask for a forecast, judge it by its back-test, offer it or withdraw it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any, cast

from django import forms
from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import require_GET

from openbeat.access import Permission, permits, scopes
from openbeat.forecast import actions, queries
from openbeat.forecast.queries import Run
from openbeat.forecast.rules import HORIZONS, RESOLUTIONS, usable
from openbeat.forecast.states import UNDER_WAY, State
from openbeat.incidents import queries as incidents
from openbeat.kernel.errors import OpenbeatError
from openbeat.places import queries as places
from openbeat.seeing import progress
from openbeat.web.deeds import deeds_on
from openbeat.web.forecast_board import board, listing, surface_cells
from openbeat.web.home import Need, Urgency, needs
from openbeat.web.people import require
from openbeat.web.progress_words import step_words
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.ui.scales import number
from placewise.forecast.registry import names

PAGE = 50
NOT_JUDGED = Q(state__in=[State.READY, State.NOT_BETTER, State.FAILED, *UNDER_WAY])


class AskForm(forms.Form):
    """What a forecast is to be of: classes, area, days, cells, estimator."""

    title = forms.CharField(
        label=_("Name"), max_length=160, required=False, help_text=_("Left empty, it is named by its classes and days.")
    )
    classes = forms.MultipleChoiceField(
        label=_("Offences"),
        widget=forms.CheckboxSelectMultiple,
        help_text=_(
            "Only offences that victims or callers report: those found by patrols would lead patrols in circles."
        ),
    )
    area_set = forms.ChoiceField(label=_("Area"))
    starts = forms.DateField(
        label=_("First day"),
        widget=forms.DateInput(attrs={"type": "date", "class": "short"}),
        help_text=_("Nothing later than the day before is used."),
    )
    horizon = forms.TypedChoiceField(
        label=_("Days"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=[(7, _("7 days")), (14, _("14 days")), (28, _("28 days"))],
        initial=HORIZONS[0],
    )
    resolution = forms.TypedChoiceField(
        label=_("Cells"),
        coerce=int,
        widget=forms.RadioSelect,
        choices=[(9, _("about 350 m across (0.11 km²)")), (10, _("about 130 m across (0.015 km²): slower"))],
        initial=RESOLUTIONS[0],
    )
    estimator = forms.ChoiceField(label=_("Method"))
    peers = forms.MultipleChoiceField(
        label=_("Test also against"),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            ("promap", _("Prospective kernel")),
            ("etas", _("Self-exciting process: slower")),
            ("lgbm", _("Boosted trees: much slower")),
        ],
        help_text=_("The plain count, fading counts and kernel density are always there."),
    )

    def __init__(self, request: Request, data: Any = None) -> None:
        initial = {"starts": request.now.astimezone(request.agency.tz).date()} if request.agency else {}
        super().__init__(data, initial=initial)
        self.request = request
        present = incidents.classes_present(request.actor, reported=True)
        self._classes = {one.id: one for one, _count in present}
        sets = places.area_sets_to_choose(request.actor, timezone.localdate(request.now))
        self._areas = {str(one.id): one for one in sets}
        choices = [(one.id, f"{one.name} ({number(count, 0)})") for one, count in present]
        self.fields["classes"].choices = choices  # type: ignore[attr-defined]
        self.fields["area_set"].choices = [(key, one.name) for key, one in self._areas.items()]  # type: ignore[attr-defined]
        self.fields["estimator"].choices = estimator_choices()  # type: ignore[attr-defined]

    def ask(self) -> Run:
        """Queue the forecast that was asked for."""
        given = self.cleaned_data
        chosen = [self._classes[key] for key in given["classes"]]
        first, last = given["starts"], given["starts"] + timedelta(days=given["horizon"] - 1)
        days = f"{first:%Y-%m-%d} – {last:%Y-%m-%d}"
        return actions.ask_for_forecast(
            self.request.actor,
            self._areas[given["area_set"]],
            title=given["title"] or f"{', '.join(one.name for one in chosen)[:130]}, {days}",
            classes=chosen,
            starts=given["starts"],
            horizon=given["horizon"],
            resolution=given["resolution"],
            estimator=given["estimator"],
            peers=given["peers"],
            at=self.request.now,
        )


def estimator_choices() -> list[tuple[str, Any]]:
    """The estimators that may stand against the plain count, the recommended one first."""
    words = {
        "ours": _("Openbeat's combination (recommended)"),
        "ewma": _("Fading counts at many scales"),
        "kde": _("Kernel density"),
        "promap": _("Prospective kernel"),
        "lgbm": _("Boosted trees"),
        "etas": _("Self-exciting process"),
        "count3y": _("Plain count of three years (the baseline itself)"),
    }
    known = set(names())
    return [(name, label) for name, label in words.items() if name in known]


class ApproveForm(forms.Form):
    """Until when the forecast may be used."""

    expires = forms.DateField(label=_("May be used until"), widget=forms.DateInput(attrs={"type": "date"}))


@login_required
def forecasts(request: HttpRequest) -> HttpResponse:
    """Every forecast in reach, newest first."""
    seen = cast("Request", request)
    return render(
        request, "forecasts/list.html", listing(seen, can_run=bool(scopes(seen.actor, Permission.FORECAST_RUN)))
    )


@login_required
def ask(request: HttpRequest) -> HttpResponse:
    """Ask for a forecast."""
    seen = require(request, Permission.FORECAST_RUN)
    form = AskForm(seen, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            run = form.ask()
        except OpenbeatError as refusal:
            form.add_error(None, sentences(refusal))
        else:
            return redirect("forecast", run.id)
    status = 422 if form.errors else 200
    return render(request, "forecasts/ask.html", {"form": form, "lag": _lag(seen)}, status=status)


def _lag(request: Request) -> str:
    """That the newest record is older than yesterday, where it is, and what that does to a forecast."""
    span = incidents.span(request.actor)
    if span is None or span[1] >= timezone.localdate(request.now) - timedelta(days=1):
        return ""
    words = _(
        "The newest record is of %(day)s. Days after it count as days on which nothing happened: expected too low."
    )
    return words % {"day": date_format(span[1], "j F Y")}


@login_required
def forecast(request: HttpRequest, run_id: str) -> HttpResponse:
    """The board of one forecast: verdict, map, back-test, calibration, exposure, card."""
    seen = cast("Request", request)
    run = queries.run(seen.actor, run_id)
    if run.state in UNDER_WAY:
        return render(request, "forecasts/waiting.html", _waiting(seen, run))
    today = timezone.localdate(seen.now)
    context = board(seen, run) | {
        "run": run,
        "approve_form": ApproveForm(initial={"expires": run.ends - timedelta(days=1)}),
        "may_approve": _ahead(seen, run) and permits(seen.actor, Permission.FORECAST_APPROVE, run),
        "over": run.state == State.READY and not _ahead(seen, run),
        "expired": run.state == State.OFFERED and not usable(State.OFFERED, run.expires, today),
        "may_withdraw": run.state in {State.READY, State.OFFERED}
        and permits(seen.actor, Permission.FORECAST_WITHDRAW, run),
        "may_retry": run.state == State.FAILED and permits(seen.actor, Permission.FORECAST_RUN, run),
        "may_ask": bool(scopes(seen.actor, Permission.FORECAST_RUN)),
    }
    return render(request, "forecasts/board.html", context)


def _ahead(request: Request, run: Run) -> bool:
    """Whether the forecast waits to be offered, and its days are not over."""
    return run.state == State.READY and run.ends >= timezone.localdate(request.now)


@login_required
@require_GET
@gzip_page
def forecast_surface(request: HttpRequest, run_id: str) -> HttpResponse:
    """The cells of a forecast's map."""
    seen = cast("Request", request)
    run = queries.run(seen.actor, run_id)
    return JsonResponse(surface_cells(queries.surface(seen.actor, run)), safe=False)


@login_required
def forecast_progress(request: HttpRequest, run_id: str) -> HttpResponse:
    """How far the run has come; the page is loaded anew when it has ended."""
    seen = cast("Request", request)
    run = queries.run(seen.actor, run_id)
    if run.state in UNDER_WAY:
        return render(request, "forecasts/progress.html", _waiting(seen, run))
    return HttpResponse(status=204, headers={"HX-Refresh": "true"})


def _waiting(request: Request, run: Run) -> dict[str, Any]:
    now = progress.standing(run.id)
    queued = run.state == State.QUEUED
    words = _("Waiting for the worker") if queued else step_words(now.words or "reading the incidents")
    value = None if queued else round(100 * now.share, 1)
    may = permits(request.actor, Permission.FORECAST_RUN, run)
    return {"run": run, "words": words, "value": value, "poll": reverse("forecast_progress", args=[run.id]), "may": may}


deed = deeds_on(queries.run, "forecast")


def _approve(request: Request, run: Run) -> None:
    form = ApproveForm(request.POST)
    if not form.is_valid():
        raise OpenbeatError(str(_("Choose the day until which the forecast may be used")))
    actions.approve_forecast(request.actor, run, expires=form.cleaned_data["expires"], at=request.now)


def _withdraw(request: Request, run: Run) -> None:
    actions.withdraw_forecast(request.actor, run, reason=request.POST.get("reason", ""))


def _retry(request: Request, run: Run) -> None:
    actions.retry_run(request.actor, run)


def _cancel(request: Request, run: Run) -> None:
    actions.cancel_run(request.actor, run, at=request.now)


@needs
def forecast_needs(request: Request) -> Iterator[Need]:
    """Forecasts that wait for an analyst's word, run, failed today, or soon expire; that none is offered."""
    if not scopes(request.actor, Permission.FORECAST_VIEW):
        return
    today = timezone.localdate(request.now)
    light = ("report", "explanation", "exposure", "verdict")
    begun = [_need_of_run(request, run) for run in queries.runs(request.actor).filter(NOT_JUDGED).defer(*light)[:20]]
    offered = list(queries.offered(request.actor, today).defer(*light)[:10])
    yield from (need for need in begun if need)
    yield from (_need_of_offer(run, today) for run in offered)
    may_run = bool(scopes(request.actor, Permission.FORECAST_RUN)) and incidents.sources(request.actor).exists()
    if may_run and not any(begun) and not offered:
        words = str(_("Commanders plan from an offered forecast, and there is none for today."))
        yield Need(
            str(_("No forecast is offered")), words, reverse("forecast_ask"), Urgency.SOON, str(_("New forecast"))
        )


def _need_of_run(request: Request, run: Run) -> Need | None:
    url, mine = reverse("forecast", args=[run.id]), run.author_id == request.actor.person_id
    if _ahead(request, run) and scopes(request.actor, Permission.FORECAST_APPROVE):
        return Need(run.title, str(_("Better than the plain count; offer it for planning?")), url, Urgency.NOW)
    if run.state in UNDER_WAY and mine:
        return Need(run.title, str(_("Being computed")), url, Urgency.KNOW)
    ended = run.finished_at is not None and run.finished_at > request.now - timedelta(days=1)
    if run.state == State.FAILED and mine and ended:
        return Need(run.title, str(_("Could not be computed; see why")), url, Urgency.NOW)
    if run.state == State.NOT_BETTER and mine and ended:
        return Need(run.title, str(_("Not better than the plain count; see by how much")), url, Urgency.KNOW)
    return None


def _need_of_offer(run: Run, today: date) -> Need:
    soon = run.expires is not None and run.expires <= today + timedelta(days=1)
    words = _("Offered; usable until %(day)s") % {"day": date_format(run.expires or today, "j F Y")}
    return Need(run.title, words, reverse("forecast", args=[run.id]), Urgency.SOON if soon else Urgency.KNOW)


urlpatterns = [
    path("forecasts/", forecasts, name="forecasts"),
    path("forecasts/new/", ask, name="forecast_ask"),
    path("forecasts/<uuid:run_id>/", forecast, name="forecast"),
    path("forecasts/<uuid:run_id>/surface.json", forecast_surface, name="forecast_surface"),
    path("forecasts/<uuid:run_id>/progress/", forecast_progress, name="forecast_progress"),
    path(
        "forecasts/<uuid:run_id>/approve/",
        deed(_approve, _("The forecast is offered for planning.")),
        name="forecast_approve",
    ),
    path(
        "forecasts/<uuid:run_id>/withdraw/", deed(_withdraw, _("The forecast is withdrawn.")), name="forecast_withdraw"
    ),
    path("forecasts/<uuid:run_id>/retry/", deed(_retry, _("The run is queued again.")), name="forecast_retry"),
    path("forecasts/<uuid:run_id>/cancel/", deed(_cancel, _("The run is stopped.")), name="forecast_cancel"),
]

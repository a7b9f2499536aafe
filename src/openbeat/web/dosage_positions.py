"""Visits from positions: bring a file, look at what it shows, take it over. Positions are read and not kept."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from openbeat.access import Permission, permits
from openbeat.kernel.errors import BadInput, NotFound, NotPermitted, OpenbeatError
from openbeat.patrol import actions, queries
from openbeat.patrol.dosage import Given, sorted_out
from openbeat.patrol.positions import Expected, LeftOut, Positions, Why, nearest, reach_of, read_positions, visits_in
from openbeat.patrol.queries import Plan as KeptPlan
from openbeat.patrol.states import State
from openbeat.web.plan_board import shift_words
from openbeat.web.refusals import sentences
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from placewise.space.stays import StayRules

HOUR = 3600
"""Seconds that a preview may wait before it is taken over."""
FAR = 5_000
"""Metres from every planned place, beyond which a file is taken to be of elsewhere."""
LISTED = 100
"""Rows left out that are listed one by one."""
REASONS = {
    Why.UNIT: gettext_lazy("no unit of this plan"),
    Why.TIME: gettext_lazy("no time that can be read"),
    Why.PLACE: gettext_lazy("no position that can be read"),
    Why.SHIFT: gettext_lazy("not in the shift"),
    Why.LATER: gettext_lazy("still to come: later than now"),
}


class BringForm(forms.Form):
    """A file of positions, and what counts as a visit in it."""

    file = forms.FileField(
        label=gettext_lazy("File of positions"),
        help_text=gettext_lazy("CSV with unit, time, lon and lat, or GPX with a track a unit."),
        widget=forms.FileInput(attrs={"accept": ".csv,.txt,.tsv,.gpx"}),
    )
    unit = forms.ChoiceField(
        label=gettext_lazy("Unit, where the file names none"), required=False,
    )  # fmt: skip
    least = forms.IntegerField(
        label=gettext_lazy("A visit lasts at least, minutes"), initial=5, min_value=1, max_value=60,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    within = forms.IntegerField(
        label=gettext_lazy("Within so many metres of the place"), min_value=20, max_value=1000,
        help_text=gettext_lazy("As wide as the plan's cells unless you know better."),
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip
    silence = forms.IntegerField(
        label=gettext_lazy("Minutes without a signal that end a visit"), initial=10, min_value=1, max_value=60,
        widget=forms.NumberInput(attrs={"class": "short"}),
    )  # fmt: skip

    def __init__(self, plan: KeptPlan, *given: Any) -> None:
        super().__init__(*given)
        problem, _solution = plan.values
        self.plan, self.places = plan, problem["places"]
        units = [unit["name"] for unit in problem["units"]]
        self.fields["unit"].choices = [("", _("the file names them")), *((one, one) for one in units)]  # type: ignore[attr-defined]
        self.fields["within"].initial = reach_of(self.places[0]["name"])
        self.units = frozenset(units)

    def read(self, now: datetime) -> tuple[Positions, list[Given]]:
        """What was read, and the visits in it."""
        told, plan = self.cleaned_data, self.plan
        expected = Expected(self.units, plan.starts, plan.ends, plan.agency.tz, now, told["unit"])
        positions = read_positions(told["file"].name or "", told["file"].read(), expected)
        rules = StayRules(within=told["within"], least=told["least"], silence=told["silence"])
        return positions, visits_in(positions, self.places, rules)


def _plan(request: Request, plan_id: str) -> KeptPlan:
    found = queries.plan(request.actor, plan_id)
    if found.state != State.APPROVED:
        raise NotFound("visits are recorded on approved plans")
    if not permits(request.actor, Permission.VISIT_RECORD, found):
        raise NotPermitted("this page is not for your role", mend="ask an administrator of your agency")
    return found


@login_required
def bring(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Bring a file; the answer is what it shows, before anything is taken over."""
    seen = cast("Request", request)
    found = _plan(seen, plan_id)
    form = BringForm(found, *((request.POST, request.FILES) if request.method == "POST" else ()))
    context: dict[str, Any] = {"plan": found, "shift": shift_words(found), "form": form}
    if request.method == "POST" and form.is_valid():
        try:
            positions, visits = form.read(seen.now)
        except OpenbeatError as refusal:
            form.add_error("file", sentences(refusal))
        else:
            return render(request, "dosage/preview.html", context | _preview(seen, found, positions, visits))
    return render(request, "dosage/positions.html", context, status=422 if form.errors else 200)


def _preview(request: Request, plan: KeptPlan, positions: Positions, visits: list[Given]) -> dict[str, Any]:
    known = queries.given(request.actor, plan)
    new, ended, merged, against = sorted_out(known, visits)
    by_why = Counter(one.why for one in positions.left_out)
    return {
        "table": _table(plan, known, visits),
        "positions": positions.rows - len(positions.left_out), "units": len(positions.tracks),
        "hints": hints(plan, positions, visits, plan.values[0]["places"]), "against": against,
        "new": len(new), "ended": len(ended), "known": merged, "takes": len(new) + len(ended),
        "left_out": len(positions.left_out),
        "reasons": [(REASONS[why], n) for why, n in by_why.most_common()],
        "rows": _rows(positions.left_out),
        "sealed": sealed(request, plan, visits),
    }  # fmt: skip


def _table(plan: KeptPlan, known: list[Given], visits: list[Given]) -> Table:
    areas, zone = {place["name"]: place["area"] for place in plan.values[0]["places"]}, plan.agency.tz
    columns = [
        Column("unit", _("Unit")), Column("came", _("Came")), Column("minutes", _("Minutes"), kind="number"),
        Column("area", _("Area")), Column("place", _("Cell"), kind="code"), Column("what", _("What becomes of it")),
    ]  # fmt: skip
    told, badges = list(known), []
    for one in visits:
        new, ended, _merged, against = sorted_out(told, [one])
        badges.append(_becomes(new=bool(new), ended=bool(ended), against=bool(against)))
        told = [*told, *new] if new else told
    rows = [
        Row([one.unit, f"{one.arrived.astimezone(zone):%H:%M}", one.minutes, areas[one.place], one.place, what])
        for one, what in zip(visits, badges, strict=True)
    ]  # fmt: skip
    empty = Empty(_("No visit in these positions"), _("No unit stayed long enough at a planned place."), "map-pin")
    return Table(_("Visits in this file"), columns, rows, empty=empty, dense=True)


def _becomes(*, new: bool, ended: bool, against: bool) -> Badge:
    if against:
        return Badge(_("Told to be elsewhere"), "warn")
    return Badge(_("New"), "good") if new else Badge(_("Ends a tap"), "info") if ended else Badge(_("Known"))


def hints(plan: KeptPlan, positions: Positions, visits: list[Given], places: list[dict[str, Any]]) -> list[str]:
    """What a file that shows little may suffer from: a clock of another zone, places far away."""
    found, zone = [], plan.agency.tz
    if positions.outside and 2 * positions.outside.rows > positions.rows:
        told = {
            "first": f"{positions.outside.first.astimezone(zone):%Y-%m-%d %H:%M}",
            "last": f"{positions.outside.last.astimezone(zone):%Y-%m-%d %H:%M}",
            "shift": shift_words(plan), "zone": plan.agency.zone,
        }  # fmt: skip
        found.append(
            _(
                "Most positions lie outside of the shift: they run from %(first)s to %(last)s, the shift is %(shift)s. "
                "Times without an offset are read as %(zone)s time; if the file's clock is another, write the offset "
                "into its times, as 2021-12-31T23:05:00Z."
            )
            % told
        )
    if not visits and positions.tracks and (far := nearest(positions, places)) > FAR:
        found.append(
            _(
                "No position is nearer than %(km)s km to any planned place. Are longitude and latitude in the right "
                "columns, in degrees?"
            )
            % {"km": number(far / 1000, 0)}
        )
    return found


def _rows(left_out: list[LeftOut]) -> Table:
    columns = [Column("row", _("Row"), kind="number"), Column("why", _("Why"))]
    rows = [Row([one.row, REASONS[one.why]]) for one in left_out[:LISTED]]
    note = ngettext("The first %(n)d row.", "The first %(n)d rows.", LISTED) % {"n": LISTED}
    more = note if len(left_out) > LISTED else ""
    return Table(_("Rows left out"), columns, rows, dense=True, tall=True, stacks=False, note=more)


def _salt(request: Request, plan: KeptPlan) -> str:
    return f"visits:{plan.pk}:{request.actor.person_id}"


def sealed(request: Request, plan: KeptPlan, visits: list[Given]) -> str:
    """The visits as they were shown, signed: what is taken over is what was looked at. No position is in it."""
    told = [(one.unit, one.place, one.arrived.isoformat(), one.minutes) for one in visits]
    return signing.dumps(told, salt=_salt(request, plan), compress=True)


def opened(request: Request, plan: KeptPlan, text: str) -> list[Given]:
    """The visits that were shown to this person, an hour ago at most."""
    try:
        told = signing.loads(text, salt=_salt(request, plan), max_age=HOUR)
    except signing.BadSignature as error:
        raise BadInput(_("This preview is too old or not yours"), mend=_("bring the file again")) from error
    found = []
    for unit, place, arrived, minutes in told:
        at = parse_datetime(arrived)
        if at is not None:
            found.append(Given(unit, place, at, minutes, "position"))
    return found


@require_POST
@login_required
def take(request: HttpRequest, plan_id: str) -> HttpResponse:
    """Take over the visits that were shown: all of them, or none."""
    seen = cast("Request", request)
    found = _plan(seen, plan_id)
    try:
        visits = opened(seen, found, request.POST.get("visits", ""))
        taken = actions.take_over_stays(seen.actor, found, found=visits, at=seen.now)
    except OpenbeatError as refusal:
        messages.error(request, sentences(refusal))
        return redirect("plan_positions", plan_id)
    words = ngettext("%(new)d visit is taken over", "%(new)d visits are taken over", taken.new) % {"new": taken.new}
    if taken.ended or taken.known:
        words += " · " + _("%(ended)d taps got their end, %(known)d were known") % {
            "ended": taken.ended,
            "known": taken.known,
        }
    if taken.against:
        words += " · " + _("%(n)d left, since told to be elsewhere") % {"n": taken.against}
    messages.success(request, words + ". " + _("The positions are not kept."))
    return redirect(reverse("plan_dosage", args=[plan_id]))


urlpatterns = [
    path("plans/<uuid:plan_id>/positions/", bring, name="plan_positions"),
    path("plans/<uuid:plan_id>/positions/take/", take, name="plan_positions_take"),
]

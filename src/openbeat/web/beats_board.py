"""What the beats desk shows: the list, alternatives side by side, one of them on the map and as a table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from openbeat.patrol.beats import queries
from openbeat.patrol.beats.queries import Drawing
from openbeat.patrol.beats.rules import TODAY, Asked
from openbeat.web.beats_words import (
    SEEKS,
    badge,
    minutes,
    off_mean,
    plan_name,
    promises,
    share,
    weekly,
    work_unit,
)
from openbeat.web.ground import map_ground
from openbeat.web.request import Request
from openbeat.web.ui.bits import Badge, Link
from openbeat.web.ui.maps import Map
from openbeat.web.ui.scales import number
from openbeat.web.ui.tables import Column, Empty, Row, Table
from openbeat.web.ui.times import exact
from openbeat.web.what_if_facts import travel_words

Plan = Mapping[str, Any]
MOST_MOVES = 300
"""Areas that change hands shown; the export has them all."""


def listing(request: Request, *, can_draw: bool) -> dict[str, Any]:
    """The page of all drawings."""
    columns = [
        Column("title", _("Drawing")),
        Column("state", _("State")),
        Column("areas", _("Made of")),
        Column("count", _("Beats"), kind="number"),
        Column("author", _("Asked by")),
        Column("made", _("Asked"), kind="time"),
    ]
    empty = Empty(
        _("No beats drawn yet"),
        _(
            "Here will be beats to choose from: even in workload, each in one piece, with the time it takes to reach "
            "the work in them. They are made of a set of areas or of cells of its ground, and of incidents that "
            "victims or callers reported; streets make their times true."
        ),
        "hexagon",
        _("Draw beats") if can_draw else "",
        reverse("beats_ask") if can_draw else "",
    )
    rows = [
        Row(_line(one), url=reverse("beats_drawing", args=[one.id])) for one in queries.drawings(request.actor)[:200]
    ]
    return {
        "table": Table(_("Drawings of beats"), columns, rows, request.GET, empty=empty, now=request.now),
        "can_draw": can_draw,
    }


def _line(found: Drawing) -> list[object]:
    author = found.author.name if found.author else ""
    return [found.title, badge(found), found.area_set.name, found.asked["count"], author, found.made_at]


def chosen(request: Request, found: Drawing) -> Plan:
    """The alternative that the address names; without one that was adopted, or the first that was drawn."""
    plans = _plans(found)
    wanted = request.GET.get("plan", "") or found.adopted_plan
    drawn = [one for one in plans if one["name"] != TODAY]
    return next((one for one in plans if one["name"] == wanted), drawn[0])


def board(request: Request, found: Drawing, asked: Asked, plan: Plan) -> dict[str, Any]:
    """Everything that a finished drawing shows, one of its alternatives in full."""
    return {
        "finding": finding(found, plan),
        "plan": plan,
        "plan_words": _("%(name)s: %(seeks)s") % {"name": plan_name(plan["name"]), "seeks": SEEKS[plan["name"]]},
        "is_today": plan["name"] == TODAY,
        "table": side_by_side(found, asked, plan),
        "views": _views(found, plan),
        "map": beat_map(request, found, asked, plan),
        "beats": beat_table(found, asked, plan),
        "promises": promises(plan, asked.tolerance) if plan["name"] != TODAY else [],
        "all_held": not plan["findings"],
        "moves": move_table(found, asked, plan),
        "notes": notes(found),
    }


def _plans(found: Drawing) -> list[Plan]:
    return list((found.result or {})["plans"])


def _today(found: Drawing) -> Plan | None:
    return next((one for one in _plans(found) if one["name"] == TODAY), None)


# --- the finding -----------------------------------------------------------------------------------------------------


def finding(found: Drawing, plan: Plan) -> str:
    """What an alternative comes to, in a sentence; beside today where today's beats are known."""
    told = _told(plan)
    today = _today(found)
    if plan["name"] == TODAY:
        return (
            _(
                "Today, %(beats)d beats: %(minutes)s minutes to the work on average, workloads up to %(part)s off "
                "the mean"
            )
            % told
        )
    if today is None:
        return (
            _(
                "%(name)s, %(beats)d beats: %(minutes)s minutes to the work on average, workloads within %(part)s of "
                "the mean"
            )
            % told
        )
    told |= {f"now_{key}": value for key, value in _told(today).items()}
    return (
        _(
            "%(name)s, %(beats)d beats: %(minutes)s minutes to the work on average, today %(now_minutes)s with "
            "%(now_beats)d; workloads within %(part)s of the mean, today %(now_part)s"
        )
        % told
    )


def _told(plan: Plan) -> dict[str, Any]:
    return {
        "name": plan_name(plan["name"]), "beats": len(plan["beats"]), "minutes": minutes(plan["seconds"]),
        "part": share(plan["uneven"], 0),
    }  # fmt: skip


# --- side by side ----------------------------------------------------------------------------------------------------


def side_by_side(found: Drawing, asked: Asked, plan: Plan) -> Table:
    """Every alternative's figures, today's beats first."""
    columns = [
        Column("plan", _("Beats")),
        Column("kept", _("Promises")),
        Column("seconds", _("Minutes, mean"), kind="number"),
        Column("p90", _("90 % within, minutes"), kind="number"),
        Column("mean", _("Mean workload, %(unit)s") % {"unit": work_unit(asked)}, kind="number", digits=1),
        Column("uneven", _("Farthest from it"), kind="number"),
        Column("gap", _("Above the least possible"), kind="number"),
        Column("metres", _("Borders, km"), kind="number"),
        Column("compactness", _("Compactness"), kind="number", digits=2),
        Column("moved", _("Work (areas) that changes hands"), kind="number"),
    ]
    rows = [Row(_figures(one, asked), here=one["name"] == plan["name"]) for one in _plans(found)]
    note = _(
        "Minutes are driven from a beat's middle to the work in it, weighed by workload. Compactness is 1 for a "
        "circle. «Above the least possible» is proved: no beats of these areas can be quicker by more than that."
    )
    return Table(_("Alternatives side by side"), columns, rows, show_caption=False, dense=True, note=note)


def _figures(plan: Plan, asked: Asked) -> list[object]:
    name = plan["name"]
    gap = plan["gap"]
    return [
        Link(plan_name(name), f"?plan={name}#beats"), _kept(plan), minutes(plan["seconds"]), minutes(plan["p90"]),
        weekly(plan["mean"], asked),
        share(plan["uneven"]), None if gap is None else share(gap, 2), number(plan["metres"] / 1000, 1),
        plan["compactness"], _moved(plan),
    ]  # fmt: skip


def _kept(plan: Plan) -> Badge:
    if plan["name"] == TODAY:
        return Badge(_("Not asked"), "neutral")
    return Badge(_("All held"), "good") if not plan["findings"] else Badge(_("Not all held"), "bad")


def _moved(plan: Plan) -> str | None:
    if plan["moved"] is None or plan["name"] == TODAY:
        return None
    return f"{share(plan['moved_work'])} ({number(plan['moved'], 0)})"


def work_words(workload: float, asked: Asked) -> str:
    """A workload by the week, with its unit."""
    return f"{number(weekly(workload, asked), 1)} {work_unit(asked)}"


# --- one alternative -------------------------------------------------------------------------------------------------


def _views(found: Drawing, plan: Plan) -> list[dict[str, Any]]:
    return [
        {"label": plan_name(one["name"]), "url": f"?plan={one['name']}#beats", "current": one["name"] == plan["name"]}
        for one in _plans(found)
    ]


def beat_map(request: Request, found: Drawing, asked: Asked, plan: Plan) -> Map:
    """The beats, each with its name, how far its workload lies from the mean, and its minutes."""
    features = [
        {
            "type": "Feature",
            "id": beat["name"],
            "geometry": beat["shape"],
            "properties": {
                "id": beat["name"], "name": beat["name"], "colour": beat["colour"], "label": beat["label"],
                "short": f"{off_mean(beat['workload'], plan['mean'])} · {minutes(beat['seconds'])} min",
                "words": _beat_words(beat, plan, asked),
            },
        }
        for beat in plan["beats"]
    ]  # fmt: skip
    ground = map_ground(request, found.area_set)
    label = _("%(name)s: each beat's workload against the mean, and mean minutes; colours only part neighbours") % {
        "name": plan_name(plan["name"])
    }
    return Map("beats", label, data={"type": "FeatureCollection", "features": features}, tall=True, **ground)


def _beat_words(beat: Mapping[str, Any], plan: Plan, asked: Asked) -> str:
    return _("%(work)s (%(gap)s), %(mean)s minutes on average, 90 %% within %(p90)s") % {
        "work": work_words(beat["workload"], asked), "gap": off_mean(beat["workload"], plan["mean"]),
        "mean": minutes(beat["seconds"]), "p90": minutes(beat["p90"]),
    }  # fmt: skip


def beat_table(found: Drawing, asked: Asked, plan: Plan) -> Table:
    """Each beat's workload and response time: the map's twin."""
    titles = {key: title for key, title, _work, _today in (found.result or {})["areas"]}
    columns = [
        Column("beat", _("Beat")),
        Column("work", work_unit(asked)[:1].upper() + work_unit(asked)[1:], kind="number", digits=1),
        Column("share", _("Against the mean"), kind="number"),
        Column("seconds", _("Minutes, mean"), kind="number"),
        Column("p90", _("90 % within, minutes"), kind="number"),
        Column("areas", _("Small areas"), kind="number", digits=0),
        Column("compactness", _("Compactness"), kind="number", digits=2),
        Column("middle", _("Middle")),
    ]
    rows = [
        Row([
            beat["name"], weekly(beat["workload"], asked), off_mean(beat["workload"], plan["mean"]),
            minutes(beat["seconds"]), minutes(beat["p90"]), len(beat["areas"]), beat["compactness"],
            titles.get(beat["middle"], beat["middle"]),
        ])
        for beat in plan["beats"]
    ]  # fmt: skip
    foot = [
        _("All"), weekly(sum(beat["workload"] for beat in plan["beats"]), asked), "", minutes(plan["seconds"]),
        minutes(plan["p90"]), sum(len(beat["areas"]) for beat in plan["beats"]), plan["compactness"], "",
    ]  # fmt: skip
    caption = _("Beats: %(name)s") % {"name": plan_name(plan["name"])}
    return Table(caption, columns, rows, dense=True, tall=True, foot=foot, total=len(rows))


def move_table(found: Drawing, asked: Asked, plan: Plan) -> Table | None:
    """The small areas that change hands, those with most work first."""
    if not plan["moved"] or plan["name"] == TODAY:
        return None
    now = {area: beat["name"] for beat in plan["beats"] for area in beat["areas"]}
    moved = [row for row in (found.result or {})["areas"] if row[3] and now.get(row[0]) != row[3]]
    moved.sort(key=lambda row: -row[2])
    columns = [
        Column("area", _("Small area")), Column("from", _("Today in")), Column("to", _("Then in")),
        Column("work", work_unit(asked)[:1].upper() + work_unit(asked)[1:], kind="number", digits=1),
    ]  # fmt: skip
    rows = [Row([title, today, now[key], weekly(work, asked)]) for key, title, work, today in moved[:MOST_MOVES]]
    return Table(_("What changes hands"), columns, rows, dense=True, tall=True, total=len(moved))


# --- what must be known ----------------------------------------------------------------------------------------------


def notes(found: Drawing) -> list[str]:
    """What must be known before the figures."""
    result = found.result or {}
    told = []
    if "kmh" in result["travel"] and "factor" in result["travel"]:
        told.append(
            _("There are no streets yet: minutes are guessed by the great circle. Bring an extract on the Places desk.")
        )
    if result["outside"]:
        told.append(
            ngettext(
                "%(count)s of %(all)s incidents lies outside of all areas and makes no work here.",
                "%(count)s of %(all)s incidents lie outside of all areas and make no work here.",
                result["outside"],
            )
            % {"count": number(result["outside"], 0), "all": number(result["counted"], 0)}
        )
    if result["far"]:
        told.append(
            ngettext(
                "The middle of %(count)d small area lies far off any street; the way there counts at a slow speed.",
                "The middles of %(count)d small areas lie far off any street; ways there count at a slow speed.",
                result["far"],
            )
            % {"count": result["far"]}
        )
    if result["bridges"]:
        pairs = "; ".join(f"{one} – {other}" for one, other in result["bridges"][:5])
        told.append(_("These touch nothing else and count as beside each other: %(pairs)s") % {"pairs": pairs})
    return told


def facts(found: Drawing, asked: Asked, classes: Sequence[str]) -> list[tuple[Any, Any]]:
    """What was asked."""
    made = found.area_set.name
    cells = _("H3 cells of resolution %(r)d, over the ground of %(name)s") % {"r": asked.fineness, "name": made}
    spent = _("%(seconds)d seconds, seed %(seed)d") % {"seconds": asked.seconds, "seed": asked.seed}
    counted, travel = (found.result or {}).get("counted"), (found.result or {}).get("travel")
    return [
        (_("Made of"), cells if asked.fineness else made),
        (_("Number of beats"), asked.count),
        (_("Tolerance"), f"± {asked.tolerance:g} %"),
        (_("Compared with"), found.today.name if found.today else _("nothing")),
        (_("Workload"), _("minutes of work by class") if asked.timed else _("number of incidents")),
        (_("Days"), f"{asked.first:%Y-%m-%d} – {asked.last:%Y-%m-%d}"),
        (_("Offences"), ", ".join(classes)),
        (_("Incidents"), None if counted is None else number(counted, 0)),
        (_("Travel times"), travel_words(travel) if travel else None),
        (_("Search and proof"), spent),
        (_("Asked by"), f"{found.author.name}, {exact(localtime(found.made_at))}" if found.author else ""),
    ]


def unknowns() -> list[str]:
    """What no drawing of beats knows."""
    return [
        _("Schools, parishes, histories: why a border must not run here. Ask the people who work there."),
        _("Calls that come together, units that help each other, and queues: try the beats in «What if»."),
        _("The workload of these days is not that of the next year, and what is reported is not all that happens."),
        _("Within a small area no way is driven: times are from middle to middle."),
    ]

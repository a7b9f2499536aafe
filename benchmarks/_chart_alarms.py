"""Weekly charts of a synthetic city's districts, and how their alarms are counted: one that lasts counts once."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from benchmarks._alarms import AFTER, KIND, Settings
from benchmarks.common import Figure

from placewise.kernels.arrays import Bools, Ints
from placewise.simulate import Planted, SyntheticCity, happen
from placewise.simulate.city import to_metres, whole_day
from placewise.warning import C1, C2, C3, EWMA, Chart, FarringtonFlexible, weekly_counts

LEARNED = 275
"""Weeks before the first one that counts: the longest history that any chart wants."""
MONTH = 365.25 / 12


def charts() -> list[tuple[str, Chart]]:
    """Each chart at its own thresholds."""
    return [
        *((f"C1, {limit:g} deviations", C1(limit=limit)) for limit in (2.0, 3.0, 4.0)),
        *((f"C2, {limit:g} deviations", C2(limit=limit)) for limit in (2.0, 3.0, 4.0)),
        *((f"C3, above {limit:g}", C3(limit=limit)) for limit in (2.0, 3.0, 4.0)),
        *((f"EWMA, {limit:g} deviations", EWMA(limit=limit)) for limit in (2.5, 3.0, 3.5)),
        *((f"Farrington, alpha {alpha:g}", FarringtonFlexible(alpha=alpha)) for alpha in (0.01, 0.005, 0.001)),
    ]


def counted(city: SyntheticCity, settings: Settings, planted: Sequence[Planted] = ()) -> Ints:
    """(districts, weeks) reports, the history that charts want first."""
    first = np.datetime64(settings.first) - 7 * LEARNED
    weeks = LEARNED + settings.nights // 7
    happened = happen(city, first, 7 * weeks, seed=settings.seed, clusters=planted)
    reports = happened.reports.of(KIND)
    area = city.district[city.cells.index(reports)]
    return weekly_counts(reports.times, area, city.reporting.size, first, weeks)


def spells(alarm: Bools) -> int:
    """Alarms of all areas (areas, weeks), those of weeks in a row counted once."""
    before = np.concatenate([np.zeros((len(alarm), 1), dtype=bool), alarm[:, :-1]], axis=1)
    return int(np.sum(alarm & ~before))


def chart_alarms(city: SyntheticCity, settings: Settings) -> list[Figure]:
    """Distinct alarms a month in all districts where nothing is planted."""
    words = "with near repeats" if settings.repeats else "without near repeats"
    table, months = counted(city, settings), settings.nights / MONTH
    return [
        Figure(f"{name}, nothing planted, {words}: alarms", spells(fitted(chart, table)) / months, "a month")
        for name, chart in charts()
    ]


def chart_power(city: SyntheticCity, settings: Settings, planted: Sequence[Planted], reports: float) -> list[Figure]:
    """Share of planted clusters for which their district's chart alarms, and days until the end of that week.

    0 reports: how many alarms there are by chance in their districts and weeks, without them.
    """
    table, figures = counted(city, settings, planted if reports else ()), []
    for name, chart in charts():
        alarm = fitted(chart, table)
        after = [_days(city, settings, one, alarm) for one in planted]
        known = [days for days in after if days is not None]
        label = f"{name}, {reports:g} reports in 14 days within 300 m"
        figures.append(Figure(f"{label}: found", len(known) / len(planted), "share"))
        if known:
            figures.append(Figure(f"{label}: median", float(np.median(known)), "days"))
    return figures


def fitted(chart: Chart, table: npt.NDArray[np.int64]) -> Bools:
    """(areas, weeks) alarms in the weeks that count."""
    return chart.fit(table).alarm_[:, LEARNED:]


def _days(city: SyntheticCity, settings: Settings, planted: Planted, alarm: Bools) -> int | None:
    """Days from a planted cluster's first day to the end of the first week that alarms in its district."""
    start, first = whole_day(planted.start), whole_day(settings.first)
    spot = to_metres(np.array([planted.lon]), np.array([planted.lat]))
    district = int(city.district[city.cell_of(*spot)[0]])
    weeks = range((start - first) // 7, (start + planted.days + AFTER - 1 - first) // 7)
    told = [week for week in weeks if week < alarm.shape[1] and alarm[district, week]]
    return first + 7 * (told[0] + 1) - start if told else None

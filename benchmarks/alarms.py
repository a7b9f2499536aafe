"""False alarms measured on ten simulated years of nightly scans and weekly charts, without and with planted clusters.

`python -m benchmarks.alarms` runs some twenty minutes of processor time. The tables are in
docs/explanation/false-alarms.md.
"""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace

import numpy as np
from benchmarks._alarms import (
    Found,
    Settings,
    city_of,
    detected_after,
    episodes,
    nights_of,
    plantings,
    reports_of,
    scanned,
)
from benchmarks._chart_alarms import chart_alarms, chart_power
from benchmarks.common import Figure, report

THRESHOLDS = (30.0, 60.0, 100.0, 200.0, 365.0)
REPORTS = (4.0, 7.0, 12.0)
MONTH = 365.25 / 12
LARGE = Settings(size="city", nights=182)
"""Half a year of a city with fifteen times as many incidents."""


def run(settings: Settings | None = None, *, processes: int = 2) -> list[Figure]:
    """All figures of scans and charts; with one process everything happens in this one."""
    settings = settings or Settings()
    quiet = [replace(settings, repeats=False), settings]
    with ProcessPoolExecutor(processes) if processes > 1 else ThreadPoolExecutor(1) as pool:
        nulls = [pool.submit(all_nights, one) for one in quiet]
        planted = [pool.submit(planted_nights, settings, reports) for reports in REPORTS]
        figures = [each for one, found in zip(quiet, nulls, strict=True) for each in false_alarms(one, found.result())]
        figures += power(settings, 0.0, nulls[1].result())
        for reports, found in zip(REPORTS, planted, strict=True):
            figures += power(settings, reports, found.result())
    return figures + of_charts(settings)


def of_charts(settings: Settings) -> list[Figure]:
    """The figures of weekly charts, on the same cities and with the same clusters planted."""
    quiet = replace(settings, repeats=False)
    city = city_of(settings)
    figures = [*chart_alarms(city_of(quiet), quiet), *chart_alarms(city, settings)]
    for reports in (0.0, *REPORTS):
        there = plantings(city, settings, reports or REPORTS[0])
        figures += chart_power(city, settings, there, reports)
    return figures


def all_nights(settings: Settings) -> list[Found]:
    """Every night of a city in which nothing was planted."""
    city = city_of(settings)
    first = int(np.datetime64(settings.first).astype(int))
    return scanned(city, reports_of(city, settings), range(first, first + settings.nights), settings)


def planted_nights(settings: Settings, reports: float) -> list[Found]:
    """The nights on which planted clusters can be found."""
    city = city_of(settings)
    planted = plantings(city, settings, reports)
    nights = sorted({night for one in planted for night in nights_of(one)})
    return scanned(city, reports_of(city, settings, planted), nights, settings)


def false_alarms(settings: Settings, found: list[Found], where: str = "") -> list[Figure]:
    """Distinct alarms a month, their nights and the share of nights with one, by threshold."""
    words = where + ("with near repeats" if settings.repeats else "without near repeats")
    months = settings.nights / MONTH
    figures = []
    for threshold in THRESHOLDS:
        alarms = episodes(found, threshold)
        nights = len({one.night for alarm in alarms for one in alarm}) / settings.nights
        last = float(np.mean([len(alarm) for alarm in alarms])) if alarms else 0.0
        name = f"scan, {threshold:g} days, nothing planted, {words}"
        figures += [
            Figure(f"{name}: alarms", len(alarms) / months, "a month"),
            Figure(f"{name}: nights each", last, "nights"),
            Figure(f"{name}: nights with one", nights, "share"),
        ]
    return figures


def power(settings: Settings, reports: float, found: list[Found]) -> list[Figure]:
    """Share of planted clusters found, and days from their first day until then, by threshold.

    0 reports: how many alarms there are by chance at the places and in the days of the smallest clusters.
    """
    planted = plantings(city_of(settings), settings, reports or REPORTS[0])
    figures = []
    for threshold in THRESHOLDS:
        after = [detected_after(one, found, threshold) for one in planted]
        known = [days for days in after if days is not None]
        name = f"scan, {threshold:g} days, {reports:g} reports in 14 days within 300 m"
        figures.append(Figure(f"{name}: found", len(known) / len(planted), "share"))
        if known:
            figures.append(Figure(f"{name}: median", float(np.median(known)), "days"))
    return figures


if __name__ == "__main__":
    report("alarms", run() + false_alarms(LARGE, all_nights(LARGE), "in a city, "))

"""A back-test as one HTML page: what it found, tables, charts, definitions. It needs nothing from elsewhere."""

from collections.abc import Iterable, Sequence
from html import escape
from importlib.resources import files

import numpy as np

from placewise.evaluate.charts import lines
from placewise.evaluate.report import Backtest, ModelReport, Score, Tenth
from placewise.time import Horizon

# What the scores mean, by the part of their key before the share.
MEANINGS = {
    "hit_rate": ("Hit rate", "incidents in the densest part of the area, of all incidents"),
    "pai": ("PAI, prediction accuracy index", "hit rate over the share of the area; 1 is choosing at random"),
    "pei": ("PEI*, prediction efficiency index", "hits over the most that any choice of as much area could have had"),
    "rri": ("RRI, recapture rate index", "hits over those of the year before in the same cells, by the change in all"),
    "area_to": ("Area to catch", "share of the area, densest first, that holds this part of the incidents"),
    "auc": ("AUC", "chance that the place of an incident ranks above a place at random; 0.5 knows nothing"),
    "deviance": ("Poisson deviance", "twice the log likelihood lost against knowing the counts, all cells, a forecast"),
    "log_score": ("Log score", "log likelihood an incident of a Poisson process with these rates, in nats"),
    "count_score": ("Count score", "log probability of all cells' counts, with the forecast's own uncertainty"),
    "observed_to_expected": ("Happened to expected", "1 is right; above it, more happened than was expected"),
}  # fmt: skip


def page(report: Backtest, title: str | None = None) -> str:
    """The page of a back-test, as text."""
    finding = title or _finding(report)
    style = files("placewise.evaluate").joinpath("page.css").read_text(encoding="utf-8")
    body = "".join(
        (
            f"<h1>{escape(finding)}</h1><p class=soft>{escape(_scope(report))}</p>",
            _section("May it be used?", _verdicts(report)),
            _section("Incidents caught, by share of the area chosen", _hits_chart(report) + _hits_table(report)),
            _section("Does as much happen as was expected?", _calibration(report)),
            _section("Every other score", _scores_table(report)),
            _section("What the scores mean", _definitions(report)),
        )
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" '
        f'content="width=device-width, initial-scale=1"><title>{escape(finding)}</title><style>{style}</style>'
        f"</head><body><main>{body}</main></body></html>\n"
    )


def _finding(report: Backtest) -> str:
    """The finding in a sentence."""
    share = report.shares[-1]
    scores = {name: one.scores[f"hit_rate@{share:g}"].value for name, one in report.models.items()}
    if not report.events_scored:
        return "No incident fell in the scored weeks, so nothing is shown"
    best = max(scores, key=lambda name: scores[name])
    most = f"{best} catches {100 * scores[best]:.1f} % of incidents in {100 * share:g} % of the area"
    if best == report.baseline:
        return f"{most}; nothing here beats it"
    return f"{most}, {report.baseline} {100 * scores[report.baseline]:.1f} %"


def _scope(report: Backtest) -> str:
    """What was scored, in a few sentences."""
    cells, horizon = report.cells, in_words(Horizon.of(report.horizon))
    return (
        f"{report.events_scored:,} reported incidents in {len(report.origins)} forecasts of {horizon} from "
        f"{report.origins[0]} to {report.origins[-1]}, on {cells['cells']:,} cells ({cells['kind']} {cells['size']:g}, "
        f"{cells['km2']:.0f} km²). At each origin a model saw only what was known then. Intervals are 95 %, by "
        f"{report.replicates:,} bootstrap draws over forecasts (seed {report.seed}). What nobody reported is in none "
        "of these figures."
    )


def in_words(horizon: Horizon) -> str:
    """A length of time as one says it."""
    days, minutes = divmod(horizon.minutes, 1440)
    hours, minutes = (minutes // 60, 0) if minutes % 60 == 0 else (0, minutes)
    parts = ((horizon.months, "month"), (days, "day"), (hours, "hour"), (minutes, "minute"))
    return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number)


def _section(title: str, inside: str) -> str:
    return f"<section><h2>{escape(title)}</h2>{inside}</section>"


def _table(name: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table that scrolls by itself where it is too wide; cells are HTML already, the first heads its row."""
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        f'<tr><th scope="row">{first}</th>{"".join(f"<td>{cell}</td>" for cell in rest)}</tr>' for first, *rest in rows
    )
    region = f'<div class="wide" role="region" tabindex="0" aria-label="{escape(name)}">'
    return f"{region}<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"


def _verdicts(report: Backtest) -> str:
    """The stop-use rule for every model."""
    return f'<ul class="verdicts">{"".join(_verdict(report, one) for one in report.models.values())}</ul>'


def _verdict(report: Backtest, one: ModelReport) -> str:
    """One model: what it is, whether it may be offered, why."""
    verdict = report.verdict(one.name)
    word, mark = ("may be offered", "yes") if verdict.offered else ("not offered", "no")
    word, mark = ("the baseline", "base") if one.name == report.baseline else (word, mark)
    reasons = "".join(f"<li>{escape(reason)}</li>" for reason in verdict.reasons)
    head = f'<h3>{escape(one.name)} <span class="{mark}">{word}</span></h3>'
    seconds = f"{one.seconds:.1f} s a forecast" if np.isfinite(one.seconds) else ""
    return f"<li>{head}<p>{escape(one.description)} <small>{seconds}</small></p><ul>{reasons}</ul></li>"


def _hits_chart(report: Backtest) -> str:
    """Hit rate against share of area; the dashed line is chance."""
    series = {
        name: [(0.0, 0.0), *((100 * s, 100 * _finite(one.scores[f"hit_rate@{s:g}"].value)) for s in report.shares)]
        for name, one in report.models.items()
    }
    chance = [(0.0, 0.0), (100 * report.shares[-1], 100 * report.shares[-1])]
    note = "<p class=soft>Dashed: what a choice at random would catch.</p>"
    return lines(series, "share of the area, %", "incidents caught, %", even=chance) + note


def _hits_table(report: Backtest) -> str:
    """Hit rates with intervals, and the difference to the baseline."""
    head = [
        "hit rate, %",
        *(f"{100 * share:g} % of area" for share in report.shares),
        f"mean against {report.baseline}",
    ]
    rows = []
    for name, one in report.models.items():
        cells = [_percent(one.scores[f"hit_rate@{share:g}"]) for share in report.shares]
        rows.append([escape(name), *cells, "–" if name == report.baseline else _against(one)])
    return _table("Hit rates", head, rows)


def _against(one: ModelReport) -> str:
    """Difference in mean hit rate, in points."""
    against = one.against_baseline["mean_hit_rate"]
    if not np.isfinite(against.difference):
        return "–"
    difference, low, high = (100 * part for part in (against.difference, against.low, against.high))
    return f"{difference:+.2f} <small>{low:+.2f} to {high:+.2f}, p {against.p:.3f}</small>".replace("-", "−")


def _calibration(report: Backtest) -> str:
    """Observed over expected in ten groups of cells that each expect a tenth."""
    series = {
        name: [(k + 1.0, _finite(_ratio(tenth).value)) for k, tenth in enumerate(one.calibration)]
        for name, one in report.models.items()
    }
    chart = lines(series, "tenth, quietest cells first", "happened for each expected", even=[(0.0, 1.0), (10.0, 1.0)])
    words = (
        "<p>Cells are put into ten groups, quietest first, that each expect a tenth of all incidents. At 1 (dashed) as "
        "many happened as were expected.</p>"
    )
    rows = [
        [escape(name), *(_interval(_ratio(tenth), 2) for tenth in one.calibration)]
        for name, one in report.models.items()
    ]
    return words + chart + _table("Happened for each expected", ["tenth", *map(str, range(1, 11))], rows)


def _ratio(tenth: Tenth) -> Score:
    """How many happened for each that was expected."""
    return Score(tenth.observed / tenth.expected if tenth.expected > 0 else np.nan, tenth.low, tenth.high)


def _scores_table(report: Backtest) -> str:
    """Every score but the hit rates."""
    rows = [
        [escape(title), *(_interval(one.scores[key]) for one in report.models.values())]
        for key, title in report.titles.items()
        if not key.startswith("hit_rate")
    ]
    return _table("Every other score", ["score", *map(escape, report.models)], rows)


def _definitions(report: Backtest) -> str:
    """What each kind of score is, which way is better, where it is from."""
    first = {key.split("@")[0]: key for key in reversed(list(report.titles))}
    parts = []
    for kind, (name, meaning) in MEANINGS.items():
        if kind in first:
            better = "less is better" if first[kind] in report.lower_is_better else "more is better"
            better = "nearer to 1 is better" if kind == "observed_to_expected" else better
            source = escape(report.sources[first[kind]])
            parts.append(f"<dt>{name}</dt><dd>{meaning}; {better}. <small>{source}</small></dd>")
    return f"<dl>{''.join(parts)}</dl>"


def _percent(score: Score) -> str:
    """A score with its interval, in per cent."""
    if not np.isfinite(score.value):
        return "–"
    return f"{100 * score.value:.1f} <small>{100 * score.low:.1f} to {100 * score.high:.1f}</small>"


def _interval(score: Score, most: int = 3) -> str:
    """A score with its interval, with at most so many decimals."""
    if not np.isfinite(score.value):
        return "–"
    return f"{_figure(score.value, most)} <small>{_figure(score.low, most)} to {_figure(score.high, most)}</small>"


def _figure(value: float, most: int) -> str:
    """Three digits that count, with at most so many decimals."""
    digits = min(most, 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3)
    return f"{value:,.{digits}f}".replace("-", "−")


def _finite(value: float) -> float:
    return value if np.isfinite(value) else 0.0

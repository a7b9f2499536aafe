"""`python -m placewise backtest`: models against what happened, on rolling origins."""

from collections.abc import Sequence

from placewise.cli.options import checked, models, parser, read, warn_beyond
from placewise.cli.output import as_json, out, progress, say, utf8, write_text, write_whole
from placewise.evaluate import Backtest, backtest
from placewise.evaluate.page import page
from placewise.forecast import estimator, names
from placewise.time import Horizon, Origins


def main(arguments: Sequence[str]) -> int:
    """Score models; writes JSON to --out and a page with charts beside it. Exit code 0."""
    asks = parser("backtest", "Score forecasts on rolling origins, as 2017-01-02/2017-12-25/P14D.")
    add = asks.add_argument
    add(
        "--origins",
        required=True,
        type=checked(Origins.of),
        metavar="FIRST/LAST/STEP",
        help="2017-01-02/2017-12-25/P14D",
    )
    add("--horizon", type=checked(Horizon.of), default=Horizon.of("P7D"), metavar="DURATION", help="as P7D, P1M, PT8H")
    add("--models", type=models, default=["count3y", "kde", "ours"], metavar="A,B", help=", ".join(names()))
    add("--baseline", default="count3y", choices=names(), help="the plain count that a forecast has to beat")
    add("--out", type=out(".json"), metavar="JSON", help="the result; a page of the same name ends in .html")
    given = asks.parse_args(list(arguments))
    data = read(given, given.origins.moments[0])
    warn_beyond(data, given.horizon.after(given.origins.moments[-1]))
    report = backtest(
        {name: estimator(name) for name in dict.fromkeys([given.baseline, *given.models])},
        data.events,
        data.cells,
        origins=given.origins,
        horizon=given.horizon,
        baseline=given.baseline,
        context=data.context,
        seed=given.seed,
        progress=progress,
    )
    _summary(report)
    text, html = as_json(report.as_dict()), page(report)
    if given.out is None:
        write_text(None, text)
    else:
        beside = given.out.with_suffix(".html")
        write_whole({given.out: utf8(text), beside: utf8(html)})
        say(f"{given.out} and {beside} are written")
    return 0


def _summary(report: Backtest) -> None:
    """The hit rates, and who may be offered, in a few lines."""
    area = ", ".join(f"{100 * share:g}" for share in report.shares)
    say(f"{report.events_scored:,} incidents scored; hits in % at {area} % of the area")
    for name, one in report.models.items():
        hits = " / ".join(f"{100 * one.scores[f'hit_rate@{share:g}'].value:.1f}" for share in report.shares)
        offered = "" if name == report.baseline else ": offered" if report.verdict(name).offered else ": not offered"
        say(f"  {name:10} {hits}   deviance {one.scores['deviance'].value:.1f}{offered}")

"""`python -m placewise forecast` and `explain`: one forecast, and what it is made of."""

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from placewise.cli.options import Input, add_interval, parser, read
from placewise.cli.output import as_json, out, say, write_text, write_whole
from placewise.forecast import Estimator, estimator
from placewise.kernels.moments import iso
from placewise.space.surface import Surface


def main(arguments: Sequence[str]) -> int:
    """Forecast one interval; writes GeoJSON, CSV or Parquet by the ending of --out. Exit code 0."""
    asks = _parser("forecast", "Expected incidents by cell for one interval.")
    asks.add_argument(
        "--out",
        type=out(".geojson", ".json", ".csv", ".parquet"),
        metavar="FILE",
        help=".geojson, .csv or .parquet; without it CSV is printed",
    )
    given = asks.parse_args(list(arguments))
    model, data = _fitted(given)
    start = data.events.moment(given.start)
    surface = model.predict(start, given.horizon.after(start))
    say(f"{surface.total:.1f} incidents expected from {iso(surface.start)} to {iso(surface.end)}: {model.describe()}")
    _write(surface, given.out)
    return 0


def explain(arguments: Sequence[str]) -> int:
    """Say what a forecast would be made of, in words, and as JSON to --out. Exit code 0."""
    asks = _parser("explain", "What a forecast is made of, in plain words.")
    asks.add_argument("--out", type=out(".json"), metavar="JSON", help="without it JSON is printed")
    given = asks.parse_args(list(arguments))
    made_of = _fitted(given)[0].explain()
    for line in made_of.get("in_words", [made_of["model"]]):
        say(f"  {line}")
    write_text(given.out, as_json(made_of))
    return 0


def _parser(name: str, words: str) -> ArgumentParser:
    """Options of one forecast."""
    asks = parser(name, words)
    add_interval(asks)
    return asks


def _fitted(given: Namespace) -> tuple[Estimator, Input]:
    """The model, fitted to what was known at --start."""
    data = read(given, given.start)
    model = estimator(given.model).fit(data.events, data.cells, until=given.start, context=data.context)
    return model, data


def _write(surface: Surface, path: Path | None) -> None:
    """The surface in the format that the file's ending names."""
    if path is None or path.suffix == ".csv":
        write_text(path, surface.frame().write_csv())
    elif path.suffix == ".parquet":
        write_whole({path: surface.frame().write_parquet})
    else:
        write_text(path, as_json(surface.geojson()))

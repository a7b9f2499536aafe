"""`python -m placewise knox`: whether incidents repeat nearby within days, and which of them followed which."""

import argparse
from argparse import Namespace
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import polars as pl

from placewise.cli.options import add_incidents, bare, listed, read_known
from placewise.cli.output import as_json, out, say, write_text
from placewise.space.events import Events
from placewise.warning import NearRepeat, near_repeat, near_repeat_strings
from placewise.warning.near_repeat import DAYS, DISTANCES

N = TypeVar("N", int, float)

_EVER = "9999-12-31"


def main(arguments: Sequence[str]) -> int:
    """The near-repeat table as JSON or, by --out's ending, CSV; with --strings which incidents belong together."""
    given = _parser().parse_args(list(arguments))
    known = read_known(given, given.until)[0].before(given.until)
    found = near_repeat(
        known, distances=given.distances, days=given.days, replications=given.replications,
        metric=given.metric, seed=given.seed,
    )  # fmt: skip
    for line in found.says():
        say(f"  {line}")
    if given.out is not None and given.out.suffix == ".csv":
        write_text(given.out, found.table.frame().write_csv())
    else:
        write_text(given.out, as_json(_told(known, found, given)))
    return 0


def _parser() -> argparse.ArgumentParser:
    """The options."""
    asks = bare("knox", "Near repeats: pairs of incidents by distance and days, against random orders of the days.")
    add_incidents(asks)
    add = asks.add_argument
    add("--until", default=_EVER, metavar="DATE", help="nothing from this day on is used")
    add("--distances", type=_numbers(float), default=DISTANCES, metavar="M,M", help="upper edges in metres")
    add("--days", type=_numbers(int), default=DAYS, metavar="D,D", help="upper edges in days")
    add("--metric", choices=("straight", "blocks"), default="straight", help="as the crow flies, or around blocks")
    add("--replications", type=int, default=999, help="random orders of the days")
    add("--strings", type=_reach, metavar="METRES,DAYS", help="also which incidents are tied together within these")
    add("--seed", type=int, default=0, help="of every random choice")
    add("--out", type=out(".json", ".csv"), metavar="FILE", help="without it JSON is printed")
    return asks


def _told(known: Events, found: NearRepeat, given: Namespace) -> dict[str, Any]:
    """Table, finding and strings in plain values."""
    reach = None if found.reach is None else {"metres": found.reach[0], "days": found.reach[1]}
    told = {
        "incidents": len(known),
        "replications": given.replications,
        "in_words": found.says(),
        "reach": reach,
        "table": _finite(found.table.frame()),
    }
    if given.strings is None:
        return told
    strings = near_repeat_strings(known, metres=given.strings[0], days=int(given.strings[1]), metric=given.metric)
    frame = strings.frame().with_columns(pl.col("first", "last").cast(pl.String))
    say(f"  {frame.height:,} strings; {int((strings.initiator < 0).sum()):,} were begun by several on one day")
    return told | {"strings": frame.to_dicts()}


def _finite(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """Rows with nothing where a ratio has nought below it."""
    ratios = pl.col("ratio", "ratio_to_median")
    return frame.with_columns(pl.when(ratios.is_finite()).then(ratios)).to_dicts()


def _numbers(kind: Callable[[str], N]) -> Callable[[str], tuple[N, ...]]:
    """A reader of numbers between commas."""

    def read_option(text: str) -> tuple[N, ...]:
        try:
            return tuple(kind(each) for each in listed(text))
        except ValueError as error:
            raise argparse.ArgumentTypeError(f"{text!r} are no numbers between commas") from error

    return read_option


def _reach(text: str) -> tuple[float, ...]:
    """Metres and whole days."""
    numbers = _numbers(float)(text)
    if len(numbers) != 2 or min(numbers) < 0 or not numbers[1].is_integer():
        raise argparse.ArgumentTypeError(f"{text!r} is no distance and number of days; write 200,14")
    return numbers

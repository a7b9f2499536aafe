"""What the worker makes of an extract: the street network and the basemap."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import cast
from uuid import UUID

from openbeat.access import Actor
from openbeat.accounts.identity import agency_now, agency_of
from openbeat.kernel.errors import OpenbeatError
from openbeat.kernel.time import now
from openbeat.ops.tasks import task
from openbeat.places import actions, queries, store
from openbeat.places.extract import Bounds, ExtractElsewhere, Progress
from openbeat.places.states import UNDER_WAY
from openbeat.places.tiles import build_basemap
from openbeat.seeing import progress
from placewise.streets import StreetGraph, StreetsError


class Stopped(OpenbeatError):
    """Someone asked the work to stop."""

    code = "stopped"


def _fail_streets(actor: Actor, words: str, network_id: str) -> None:
    network = queries.network(actor, network_id)
    if network.state in UNDER_WAY:
        actions.fail_streets(actor, network, words=words, at=_at(actor))


@task("places.build_streets", fails=_fail_streets)
def build_streets(actor: Actor, *, network_id: str) -> None:
    """Read the extract's streets into a graph and keep it beside the extract."""
    network = queries.network(actor, network_id)
    if network.state not in UNDER_WAY:
        return
    actions.begin_streets(actor, network)
    with _told(lambda words: _fail_streets(actor, words, network_id)):
        graph = queries.graph_of(actor, network)
        _require_here(graph, queries.bounds(actor, network.agency_id))
        actions.finish_streets(actor, network, told=dict(graph.facts), at=_at(actor))


def _fail_basemap(actor: Actor, words: str, basemap_id: str) -> None:
    basemap = queries.basemap(actor, basemap_id)
    if basemap.state in UNDER_WAY:
        actions.fail_basemap(actor, basemap, words=words, at=_at(actor))


@task("places.build_basemap", fails=_fail_basemap)
def build_basemap_of(actor: Actor, *, basemap_id: str) -> None:
    """Draw the extract's basemap into one archive."""
    basemap = queries.basemap(actor, basemap_id)
    if basemap.state not in UNDER_WAY:
        return
    actions.begin_basemap(actor, basemap)
    target = store.tiles(basemap.pk)
    target.parent.mkdir(parents=True, exist_ok=True)
    with _told(lambda words: _fail_basemap(actor, words, basemap_id)):
        within = queries.bounds(actor, basemap.agency_id)
        tell = _teller(basemap.pk, basemap.agency_id)
        built = build_basemap(store.folder(basemap.extract_id) / store.OSM, target, within=within, progress=tell)
        actions.finish_basemap(actor, basemap, built=built, at=_at(actor))


def _require_here(graph: StreetGraph, bounds: Bounds | None) -> None:
    """Refuse streets of another city: none of them lies within the agency's areas."""
    if bounds is None:
        return
    west, south, east, north = bounds
    here = (
        (graph.shape_lon >= west) & (graph.shape_lon <= east) & (graph.shape_lat >= south) & (graph.shape_lat <= north)
    )
    if not here.any():
        raise ExtractElsewhere


def _at(actor: Actor) -> datetime:
    """The agency's now, which in training is not the wall clock's."""
    return agency_now(agency_of(cast("UUID", actor.agency_id)), now())


@contextmanager
def _told(fail: Callable[[str], object]) -> Iterator[None]:
    """What goes wrong is kept in words with the thing; what nobody foresaw goes on to the worker's log too."""
    try:
        yield
    except OpenbeatError as error:
        fail(f"{error.words}. {error.mend}".strip())
    except (StreetsError, RuntimeError) as error:  # the latter is how osmium tells of a broken file
        fail(str(error))
    except Exception as error:
        fail(f"the work broke off ({type(error).__name__}); the worker's log says where")
        raise


def _teller(thing_id: UUID, agency_id: UUID) -> Progress:
    def tell(share: float, words: str) -> None:
        if progress.tell(thing_id, agency_id, share, words):
            raise Stopped("stopped, as was asked")

    return tell

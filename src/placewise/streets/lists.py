"""Streets from two plain lists, one of nodes and one of edges, as city portals publish centre lines."""

from pathlib import Path

import numpy as np
import polars as pl

from placewise.streets.errors import NoStreets, StreetsError
from placewise.streets.raw import RawStreets

METRES_PER_SECOND = 1 / 3.6


def read_lists(nodes: Path, edges: Path, *, kmh: float) -> RawStreets:
    """Two-way streets of one stated speed from CSV (also .gz).

    `nodes` has the columns node, longitude, latitude; `edges` has u, v and length_m (metres).
    """
    if not 0 < kmh < np.inf:
        raise StreetsError(f"the speed must be above 0 km/h, not {kmh}")
    points = pl.read_csv(nodes, columns=["node", "longitude", "latitude"]).sort("node")
    pieces = pl.read_csv(edges, columns=["u", "v", "length_m"])
    known = points["node"].to_numpy()
    ends = np.stack([pieces["u"].to_numpy(), pieces["v"].to_numpy()])
    at = np.searchsorted(known, ends)
    if not len(pieces):
        raise NoStreets(f"{edges.name} holds no street")
    if (at == len(known)).any() or (known[np.minimum(at, len(known) - 1)] != ends).any():
        raise StreetsError(f"{edges.name} names nodes that {nodes.name} does not hold")
    seconds = pieces["length_m"].to_numpy().astype(np.float64) / (kmh * METRES_PER_SECOND)
    moves = at[0] != at[1]
    return RawStreets(
        points["longitude"].to_numpy().astype(np.float64),
        points["latitude"].to_numpy().astype(np.float64),
        at[0][moves].astype(np.int64),
        at[1][moves].astype(np.int64),
        ahead=seconds[moves],
        back=seconds[moves].copy(),
        road=np.zeros(int(moves.sum()), dtype=np.uint8),
        way=np.arange(len(pieces), dtype=np.int64)[moves],
        roads=("street",),
        facts={"source": "node and edge lists", "points_read": len(known), "pieces_read": len(pieces), "kmh": kmh},
    )

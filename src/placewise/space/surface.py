"""A surface: how many incidents are expected in each cell during one interval, and how sure that is."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from shapely.geometry import mapping

from placewise.kernels.arrays import Floats, Ints, frozen
from placewise.kernels.errors import PlacewiseError
from placewise.kernels.moments import iso
from placewise.space.cells import Cells

if TYPE_CHECKING:
    from matplotlib.axes import Axes


class BadSurface(PlacewiseError):
    """Expected counts that are negative, missing, or not one for each cell."""


@dataclass(frozen=True, eq=False, repr=False)
class Surface:
    """Expected counts (n,) of the cells for [start, end) on the wall clock; `stderr` (n,) is their standard error."""

    cells: Cells
    start: np.datetime64
    end: np.datetime64
    expected: Floats
    stderr: Floats
    model: str = ""

    def __post_init__(self) -> None:
        n = len(self.cells)
        for values in (self.expected, self.stderr):
            if values.shape != (n,) or not np.all(np.isfinite(values)) or np.any(values < 0):
                raise BadSurface(f"a surface needs {n} finite values that are not negative")
            frozen(values)

    def __repr__(self) -> str:
        return f"Surface({self.model}, {iso(self.start)} to {iso(self.end)}, {self.total:.1f} expected, {self.cells!r})"

    @property
    def total(self) -> float:
        """Incidents expected in the whole area."""
        return float(self.expected.sum())

    @property
    def density(self) -> Floats:
        """(n,) expected incidents a km²."""
        return self.expected / (self.cells.areas / 1e6)

    def order(self) -> Ints:
        """The cells from the densest to the least dense; equals stay in their own order."""
        return np.argsort(-self.density, kind="stable")

    def top(self, share: float) -> Ints:
        """The densest cells that together fill at most `share` of the area (at least one cell)."""
        order = self.order()
        filled = np.cumsum(self.cells.areas[order])
        return order[: max(1, int(np.searchsorted(filled, share * filled[-1] * (1 + 1e-12), side="right")))]

    def interval(self, level: float = 0.9) -> tuple[Floats, Floats]:
        """(n,) lowest and highest count of the central predictive interval.

        Counts are negative binomial: Poisson about a rate that is itself known with a standard error.
        """
        from scipy import stats  # takes a second to load: the pages never need it

        mean = np.maximum(self.expected, 1e-12)
        size = np.minimum((mean / np.maximum(self.stderr, 1e-12)) ** 2, 1e9)
        bounds = (stats.nbinom.ppf(q, size, size / (size + mean)) for q in ((1 - level) / 2, (1 + level) / 2))
        low, high = (np.maximum(np.nan_to_num(bound), 0.0) for bound in bounds)
        return low, high

    def frame(self) -> pl.DataFrame:
        """One row a cell: its name, centre, expected count and standard error."""
        lon, lat = self.cells.degrees
        columns = {"cell": self.cells.names, "lon": lon, "lat": lat, "expected": self.expected, "stderr": self.stderr}
        return pl.DataFrame(columns)

    def geojson(self) -> dict[str, Any]:
        """The cells as GeoJSON features with their expected counts."""
        rows = zip(self.cells.names, self.cells.outlines(), self.expected, self.stderr, strict=True)
        features = [
            {
                "type": "Feature",
                "id": name,
                "geometry": mapping(outline),
                "properties": {"expected": float(value), "stderr": float(error)},
            }
            for name, outline, value, error in rows
        ]
        return {"type": "FeatureCollection", "features": features}

    def plot(self, ax: "Axes | None" = None, *, share: float | None = None) -> "Axes":
        """A map of incidents expected a km², drawn with matplotlib; `share` outlines the densest part of the area.

        Colours follow the fourth root, or one place with many incidents would leave all others alike.
        """
        from matplotlib import pyplot
        from matplotlib.collections import PolyCollection
        from matplotlib.colors import PowerNorm

        axes = ax if ax is not None else pyplot.subplots(figsize=(8, 6), layout="constrained")[1]
        rings = [np.asarray(outline.exterior.coords) for outline in self.cells.outlines()]  # type: ignore[attr-defined]
        top = max(float(self.density.max()), 1e-12)
        norm, ticks = PowerNorm(0.25, vmin=0.0, vmax=top), [float(f"{top * (k / 5) ** 4:.1g}") for k in range(6)]
        filled = PolyCollection(rings, array=self.density, norm=norm, cmap="cividis", antialiased=False)
        axes.add_collection(filled)
        if share is not None:
            chosen = [rings[cell] for cell in self.top(share)]
            label = f"densest {100 * share:g} % of the area"
            axes.add_collection(
                PolyCollection(chosen, facecolor="none", edgecolor="crimson", linewidth=0.6, label=label)
            )
            axes.legend(loc="lower right")
        axes.autoscale_view()
        axes.set_aspect(1 / np.cos(np.radians(float(np.mean(self.cells.degrees[1])))))
        axes.set(title=f"{self.total:.0f} incidents expected, {iso(self.start)} to {iso(self.end)}")
        axes.set(xlabel="longitude", ylabel="latitude")
        axes.figure.colorbar(filled, ax=axes, label="expected a km²", shrink=0.7, ticks=ticks, format="%g")
        return axes

"""Every estimator by name; the module of one is loaded when it is asked for."""

from importlib import import_module
from typing import Any

from placewise.forecast.base import Estimator
from placewise.kernels.errors import PlacewiseError

_TABLE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "count1y": ("counts", "PlainCount", {"years": 1.0}),
    "count3y": ("counts", "PlainCount", {"years": 3.0}),
    "count5y": ("counts", "PlainCount", {"years": 5.0}),
    "kde": ("kernel", "KernelDensity", {}),
    "promap": ("prospective", "ProspectiveKernel", {}),
    "sepp": ("excitation", "SelfExcitingCells", {}),
    "etas": ("excitation", "SelfExcitingGround", {}),
    "lgbm": ("boosting", "PoissonBoosting", {}),
    "ewma": ("decayed", "DecayedCounts", {}),
    "ours": ("combined", "Combined", {}),
}


class UnknownEstimator(PlacewiseError):
    """A name that no estimator has."""


def names() -> tuple[str, ...]:
    """The names of all estimators."""
    return tuple(_TABLE)


def estimator(name: str, **settings: Any) -> Estimator:
    """A new estimator by name, its settings changed as said."""
    if name not in _TABLE:
        raise UnknownEstimator(f"no estimator {name!r}; there are {', '.join(_TABLE)}")
    module, kind, given = _TABLE[name]
    made: Estimator = getattr(import_module(f"placewise.forecast.{module}"), kind)(**(given | settings))
    return made

"""Estimators of where and when incidents will be reported, all under one contract, named in one table."""

from placewise.forecast.base import Estimator, ForecastOfThePast, NotFitted
from placewise.forecast.registry import UnknownEstimator, estimator, names

__all__ = ["Estimator", "ForecastOfThePast", "NotFitted", "UnknownEstimator", "estimator", "names"]

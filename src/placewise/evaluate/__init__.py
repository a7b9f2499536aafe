"""How good a forecast is: scores, rolling back-tests, intervals, and the rule that says when to stop using one."""

from placewise.evaluate.backtest import BacktestStopped, Step, backtest
from placewise.evaluate.metrics import MaskedOnOutcome, UnknownMetric, metrics
from placewise.evaluate.report import Backtest, Comparison, ModelReport, Score, Verdict
from placewise.space.contract import Forecaster

__all__ = [
    "Backtest",
    "BacktestStopped",
    "Comparison",
    "Forecaster",
    "MaskedOnOutcome",
    "ModelReport",
    "Score",
    "Step",
    "UnknownMetric",
    "Verdict",
    "backtest",
    "metrics",
]

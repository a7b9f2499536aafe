"""The commands of `python -m placewise` for forecasts: backtest, forecast, explain, fairness."""

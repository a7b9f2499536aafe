"""When: rolling origins, horizons, spans of uncertain times, seasons."""

from placewise.time.origins import BadPeriod, Horizon, Origins

__all__ = ["BadPeriod", "Horizon", "Origins"]

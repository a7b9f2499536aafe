"""When: rolling origins, horizons, spans of uncertain times, seasons."""

from placewise.time.level import Level
from placewise.time.origins import BadPeriod, Horizon, Origins
from placewise.time.week import WeekRhythm

__all__ = ["BadPeriod", "Horizon", "Level", "Origins", "WeekRhythm"]

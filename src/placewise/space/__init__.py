"""Where: incidents at places, cells that cover a study area, surfaces of expected counts upon them."""

from placewise.space.area import Area, NoArea
from placewise.space.cells import Cells, Located
from placewise.space.events import BadEvents, Events
from placewise.space.surface import Surface

__all__ = ["Area", "BadEvents", "Cells", "Events", "Located", "NoArea", "Surface"]

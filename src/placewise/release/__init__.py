"""What may be published: small counts hidden so that no subtraction brings them back, places made coarse."""

from placewise.release.coarsening import Coarse, CoarserThanCells, coarsened
from placewise.release.revision import held
from placewise.release.suppression import BadTable, Published, suppress

__all__ = ["BadTable", "Coarse", "CoarserThanCells", "Published", "coarsened", "held", "suppress"]

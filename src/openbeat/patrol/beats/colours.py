"""A colour for each beat such that no two neighbours share one: four do for most maps. Pure."""

from __future__ import annotations

from collections.abc import Mapping

FEW = 4
"""Colours that every map on a plane can do with (Appel and Haken 1977)."""
MOST = 5
"""One more, for maps whose neighbours are joined across water, and for the last that patience leaves."""
TRIES = 20_000


def coloured(beside: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """Beat → colour from 1, few where few are found in time; `beside` names each beat's neighbours."""
    for colours in (FEW, MOST):
        found = _Search(beside, colours).run()
        if found is not None:
            return found
    return _greedy(beside)


def _greedy(beside: Mapping[str, frozenset[str]]) -> dict[str, int]:
    """One after another the first colour that no neighbour has; the last one again where there is none left."""
    found: dict[str, int] = {}
    for name in sorted(beside, key=lambda one: (-len(beside[one]), one)):
        taken = {found[other] for other in beside[name] if other in found}
        found[name] = next((colour for colour in range(1, MOST + 1) if colour not in taken), MOST)
    return found


class _Search:
    """The beat with fewest colours left is next (Brélaz 1979); a dead end is gone back from."""

    def __init__(self, beside: Mapping[str, frozenset[str]], colours: int) -> None:
        self.beside, self.colours = beside, colours
        self.found: dict[str, int] = {}
        self.tries = 0

    def run(self) -> dict[str, int] | None:
        """The colours, or nothing where there are none or time is over."""
        return dict(self.found) if self._fill() else None

    def _fill(self) -> bool:
        open_ = [name for name in self.beside if name not in self.found]
        if not open_:
            return True
        name = min(open_, key=lambda one: (len(self._free(one)), -len(self.beside[one]), one))
        for colour in self._free(name):
            self.tries += 1
            if self.tries > TRIES:
                return False
            self.found[name] = colour
            if self._fill():
                return True
            del self.found[name]
        return False

    def _free(self, name: str) -> list[int]:
        taken = {self.found[other] for other in self.beside[name] if other in self.found}
        return [colour for colour in range(1, self.colours + 1) if colour not in taken]

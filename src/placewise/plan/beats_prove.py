"""How good beats are: a bound that no beats can go below, and better beats where proving it finds some."""

import numpy as np

from placewise.kernels.arrays import Ints
from placewise.kernels.beats import Ground, fill_sums
from placewise.plan.beats import Beats
from placewise.plan.beats_bound import Cut, Left, Median, below, everything, exactly_priced, priced, prove
from placewise.plan.beats_search import split_of, wish
from placewise.plan.phases import Phase

ENOUGH = 1e-4  # a gap that is none
NEARLY = 1e-9
MOST_CUTS = 500  # where rounds rather than seconds are given
GAPS = (0.02, 0.015, 0.01, 0.007, 0.0049, 0.003, 0.0015, 0.0)
"""What is proved one after another: far fewer choices lie below the first, and each costs more than all before."""


def prove_beats(problem: Beats, ground: Ground, beat: Ints, phase: Phase) -> tuple[float, Ints]:
    """The mean seconds that no beats can go below, and the best beats known: those given, or some found on the way."""
    median = Median(ground.cost, ground.work, problem.count, 1 - problem.tolerance, 1 + problem.tolerance)
    upper = _seconds(problem, ground, beat)
    left = priced(median, everything(median), upper)
    bound = left.bound
    if upper > bound * (1 + ENOUGH) and phase.clock.left(phase.last) > 0:
        left = exactly_priced(median, left, upper, phase.clock.left(phase.last))
        bound = left.bound
    cuts = list[Cut]()
    for gap in GAPS:
        while upper > bound * (1 + max(gap, ENOUGH)) and phase.clock.left(phase.last) > 0:
            proved, found = _branched(ground, median, left, cuts, upper / (1 + gap), phase)
            bound = max(bound, proved)
            if found is None or _seconds(problem, ground, found) >= upper * (1 - NEARLY):
                break
            beat, upper = found, _seconds(problem, ground, found)
    phase.done(0, upper)
    return min(bound, upper), beat


def _branched(
    ground: Ground, median: Median, left: Left, cuts: list[Cut], upper: float, phase: Phase
) -> tuple[float, Ints | None]:
    """The bound, at most `upper`, that HiGHS proves, and beats below it if those it ends with hang together.

    What hangs apart is cut off; the cuts are kept for the next time.
    """
    bound = left.bound
    left = below(median, left, upper)
    while upper > bound * (1 + ENOUGH) and (seconds := phase.clock.left(phase.last)) > 0:
        if len(left.middles) < median.count:
            return upper, None
        proved = prove(median, left, upper, cuts, seconds=seconds, gap=ENOUGH / 2)
        bound = max(bound, proved.bound)
        if proved.middle is None:
            break
        if np.isinf(seconds) and len(cuts) > MOST_CUTS:
            break
        if not (fresh := _cuts(ground, proved.middle)):
            return bound, np.unique(proved.middle, return_inverse=True)[1].astype(np.int64)
        cuts.extend(fresh)
    return bound, None


def _seconds(problem: Beats, ground: Ground, beat: Ints) -> float:
    split = split_of(ground, beat, problem.count)
    fill_sums(ground, split, wish(problem, 1.0))
    return float(split.total[0])


def _cuts(ground: Ground, middle: Ints) -> list[Cut]:
    """For each area that hangs apart from its middle: the middle, the area, and the areas around its piece."""
    cuts = list[Cut]()
    for centre in np.unique(middle).tolist():
        own = set(np.flatnonzero(middle == centre).tolist())
        own -= _piece(ground, centre, own)
        while own:
            piece = _piece(ground, min(own), own)
            around = {n for i in piece for n in _beside(ground, i)} - piece
            cuts += [(centre, i, np.array(sorted(around), dtype=np.int64)) for i in sorted(piece)]
            own -= piece
    return cuts


def _piece(ground: Ground, start: int, own: set[int]) -> set[int]:
    """The areas that hang together with one of them."""
    piece, ahead = {start}, [start]
    while ahead:
        fresh = _beside(ground, ahead.pop()) & own - piece
        piece |= fresh
        ahead += fresh
    return piece


def _beside(ground: Ground, area: int) -> set[int]:
    return set(ground.near[ground.first[area] : ground.first[area + 1]].tolist())

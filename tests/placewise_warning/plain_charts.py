"""EARS and EWMA charts of one series, week after week from their definitions. For reading, and to compare with."""

from math import sqrt
from statistics import mean, stdev


def standardised(counts, week, gap, baseline=7, least=0.5):
    """Standard deviations above the mean of the `baseline` weeks that end `gap` weeks before; None where these lack."""
    before = counts[week - gap - baseline : week - gap] if week >= gap + baseline else None
    return None if before is None else (counts[week] - mean(before)) / max(stdev(before), least)


def ears(counts, kind):
    """The statistics of C1, C2 or C3 by week (Hutwagner et al. 2003; C3 as in Fricker, Hegler and Dunfee 2008)."""
    if kind == "C1":
        return [standardised(counts, week, 0) for week in range(len(counts))]
    z = [standardised(counts, week, 2) for week in range(len(counts))]
    if kind == "C2":
        return z
    three = [z[max(week - 2, 0) : week + 1] for week in range(len(z))]
    return [None if None in some or len(some) < 3 else sum(max(0.0, one - 1) for one in some) for some in three]


def ewma(counts, share, baseline, gap):
    """The weighted mean of each week's deviation over its own standard deviation (Roberts 1959, equation 5)."""
    weighted, found = 0.0, [None] * (baseline + gap)
    for k, week in enumerate(range(baseline + gap, len(counts)), start=1):
        before = counts[week - gap - baseline : week - gap]
        spread = sqrt(max(stdev(before) ** 2, mean(before), 0.25))
        weighted = (1 - share) * weighted + share * (counts[week] - mean(before)) / spread
        found.append(weighted / sqrt(sum((share * (1 - share) ** j) ** 2 for j in range(k))))
    return found

"""The scan in plain Python: every circle, every window, one after another. For reading, and to compare with."""

from math import hypot, log


def plain_ratio(count: float, expected: float, total: float) -> float:
    if count <= expected:
        return 0.0
    rest = total - count
    return count * log(count / expected) + (rest * log(rest / (total - expected)) if rest > 0 else 0.0)


def plain_circles(x: list[float], y: list[float], radius: float) -> list[list[int]]:
    """Of each place those within the radius, nearest first, equally far ones by number."""
    circles = []
    for here in range(len(x)):
        apart = {there: hypot(x[there] - x[here], y[there] - y[here]) for there in range(len(x))}
        circles.append(sorted((there for there in apart if apart[there] <= radius), key=lambda t: (apart[t], t)))
    return circles


def plain_cylinders(circles, totals, rate, total, cases, end, least_window, least_cases):
    """(statistic, centre, size, window, count, expected) of every cylinder; cases are (place, steps back)."""
    for centre, circle in enumerate(circles):
        for size in range(1, len(circle) + 1):
            inside = set(circle[:size])
            for window in range(least_window, len(rate[0])):
                count = sum(1 for place, back in cases if place in inside and 0 <= back - end <= window)
                expected = sum(totals[p][g] * rate[g][window] for p in inside for g in range(len(rate)))
                if count >= least_cases:
                    yield plain_ratio(count, expected, total), centre, size, window, count, expected


def plain_greatest(circles, totals, rates, total, cases, ends, least_window, least_cases) -> float:
    """The greatest statistic of all cylinders over all ends."""
    found = [
        cylinder[0]
        for rate, end in zip(rates, ends, strict=True)
        for cylinder in plain_cylinders(circles, totals, rate, total, cases, end, least_window, least_cases)
    ]
    return max(found, default=0.0)


def plain_shuffle(pool: list[int], strata: list[tuple[int, int]], drawn: list[int], u: list[float]) -> list[int]:
    """Places drawn from each stratum [begin, end) of the pool without putting back."""
    at, numbers = [], iter(u)
    for (begin, end), n in zip(strata, drawn, strict=True):
        left = pool[begin:end]
        for k in range(n):
            other = k + int(next(numbers) * (len(left) - k))
            left[k], left[other] = left[other], left[k]
            at.append(left[k])
    return at

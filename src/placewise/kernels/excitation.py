"""One EM step of a self-exciting process on cells with an exponential kernel, by recursion over each cell's events."""

import numpy as np

from placewise.kernels.arrays import Floats, Ints
from placewise.kernels.compiled import compiled


@compiled
def excitation_step(
    start: Ints, day: Floats, background: Floats, theta: float, omega: float
) -> tuple[Floats, float, float]:
    """Expected background events by cell (n,), all triggered events, and the sum of their lags in days.

    Events are sorted by cell and time, start (n + 1,) opens cells; background (n,) events a day;
    λ(t) = background + Σ θ ω exp(−ω (t − t_i)) over the cell's earlier events.
    """
    n = start.size - 1
    own = np.zeros(n)
    triggered, lag = 0.0, 0.0
    for i in range(n):
        near, late = 0.0, 0.0  # Σ exp(−ω dt) and Σ dt exp(−ω dt)
        for e in range(start[i], start[i + 1]):
            if e > start[i]:
                dt = day[e] - day[e - 1]
                fade = np.exp(-omega * dt)
                late = fade * (late + dt * (near + 1.0))
                near = fade * (near + 1.0)
            rate = background[i] + theta * omega * near
            own[i] += background[i] / rate
            triggered += theta * omega * near / rate
            lag += theta * omega * late / rate
    return own, triggered, lag

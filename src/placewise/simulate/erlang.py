"""Queues with closed answers: Erlang's loss and delay, and waiting by priority with and without pre-emption.

`load` is the mean number of busy servers asked for: calls an hour × hours of service.
Sources: Erlang 1917; Cobham 1954, Operations Research 2; Kleinrock 1976, Queueing Systems II, chapter 3.
"""

from collections.abc import Sequence

import numpy as np

from placewise.kernels.arrays import Floats, floats
from placewise.simulate.errors import BadQueue, Overloaded


def erlang_b(load: float, servers: int) -> float:
    """The share of calls that find all servers busy, where such calls are lost (M/G/c/c)."""
    _check(load, servers)
    blocked = 1.0
    for server in range(1, servers + 1):
        blocked = load * blocked / (server + load * blocked)
    return blocked


def erlang_c(load: float, servers: int) -> float:
    """The share of calls that find all servers busy, where such calls wait (M/M/c); Overloaded from load = servers."""
    blocked = erlang_b(load, servers)
    _settles(load, servers)
    return servers * blocked / (servers - load * (1.0 - blocked))


def mean_wait(rate: float, service: float, servers: int) -> float:
    """Mean wait of M/M/c in the unit of `service`; `rate` is calls in that unit of time."""
    load = rate * service
    return erlang_c(load, servers) * service / (servers - load)


def priority_waits(rates: Sequence[float], service: float, servers: int) -> Floats:
    """Mean wait of each priority, most urgent first, where nobody is interrupted (M/M/c; Cobham 1954)."""
    return _cobham(
        rates, erlang_c(sum(rates) * service, servers) * service / servers, floats(rates) * service / servers
    )


def priority_waits_single(rates: Sequence[float], service: Sequence[float], cv: Sequence[float]) -> Floats:
    """The same for one server whose mean `service` and coefficient of variation differ by priority (M/G/1)."""
    if not len(rates) == len(service) == len(cv):
        raise BadQueue("each priority needs a rate, a mean and a coefficient of variation")
    mean, spread = floats(service), floats(cv)
    loads = floats(rates) * mean
    _check(float(loads.sum()), 1)
    _settles(float(loads.sum()), 1)
    left = float((floats(rates) * mean**2 * (1.0 + spread**2)).sum() / 2)
    return _cobham(rates, left, loads)


def preemptive_times(rates: Sequence[float], service: float, servers: int) -> Floats:
    """Mean time from call to end of service of each priority, where the urgent interrupt (M/M/c, work is resumed).

    To priorities up to k the others are not there: together they are an M/M/c of their own.
    """
    _settles(sum(rates) * service, servers)
    found, before = [], 0.0
    for level, rate in enumerate(rates):
        together = sum(rates[: level + 1])
        inside = together * (mean_wait(together, service, servers) + service)
        found.append((inside - before) / rate if rate > 0 else np.nan)
        before = inside
    return floats(found)


def _cobham(rates: Sequence[float], left: float, loads: Floats) -> Floats:
    """Waits from the mean work `left` of those in service and the load of each priority on a server."""
    upto = np.cumsum([0.0, *loads])
    return floats([left / ((1 - upto[level]) * (1 - upto[level + 1])) for level in range(len(rates))])


def _check(load: float, servers: int) -> None:
    """Refuses what is no queue."""
    if not (0 <= load < np.inf and servers >= 1):
        raise BadQueue(f"a load from 0 and a server at least are needed, not {load} and {servers}")


def _settles(load: float, servers: int) -> None:
    """Refuses a queue that grows for ever."""
    if load >= servers:
        raise Overloaded(f"calls keep {load:g} servers busy and there are {servers}: the queue would grow for ever")

"""The simulation of one place is a queue: what closed formulas say lies in its intervals."""

from math import factorial

import numpy as np
import pytest
from tests.placewise_simulate.small_town import holds, one_place

from placewise.simulate import (
    BadQueue,
    Overloaded,
    erlang_b,
    erlang_c,
    mean_wait,
    preemptive_times,
    priority_waits,
    priority_waits_single,
    simulate,
)

# calls in service time, servers: share lost (Erlang B), share waiting (Erlang C), both by hand or from printed tables
ERLANG = [
    (0.5, 1, 1 / 3, 0.5),  # B = a / (1 + a); C = a
    (1.0, 2, 0.2, 1 / 3),  # B = (1/2) / (1 + 1 + 1/2)
    (1.5, 2, 0.3103448, 0.6428571),  # B = 1.125 / 3.625
    (2.0, 3, 4 / 19, 4 / 9),  # B = (8/6) / (1 + 2 + 2 + 8/6)
    (10.0, 15, 0.0365, 0.1020),  # Erlang's tables
]


@pytest.mark.parametrize(("load", "servers", "lost", "waiting"), ERLANG)
def test_erlangs_formulas(load: float, servers: int, lost: float, waiting: float) -> None:
    assert erlang_b(load, servers) == pytest.approx(lost, abs=6e-5)
    assert erlang_c(load, servers) == pytest.approx(waiting, abs=6e-5)


def test_erlangs_loss_is_the_last_term_of_a_cut_poisson() -> None:
    terms = [20.0**n / factorial(n) for n in range(31)]
    assert erlang_b(20.0, 30) == pytest.approx(terms[-1] / sum(terms))


def test_mean_waits_by_hand() -> None:
    assert mean_wait(1.0, 0.5, 1) == pytest.approx(0.5)  # rho / (mu − lambda)
    assert mean_wait(3.0, 0.5, 2) == pytest.approx(9 / 14)  # C = 9/14, 1 / (4 − 3)


def test_cobhams_waits_by_hand() -> None:
    # rho 0.2 and 0.4, exponential service of 1: W0 = 0.6; W1 = W0 / 0.8, W2 = W0 / (0.8 × 0.4)
    assert priority_waits_single([0.2, 0.4], [1.0, 1.0], [1.0, 1.0]) == pytest.approx([0.75, 1.875])
    assert priority_waits([0.2, 0.4], 1.0, 1) == pytest.approx([0.75, 1.875])
    # service always 1: half the work is left on average
    assert priority_waits_single([0.2, 0.4], [1.0, 1.0], [0.0, 0.0]) == pytest.approx([0.375, 0.9375])


def test_times_with_pre_emption_by_hand() -> None:
    # the urgent see M/M/1 alone: 1 / (1 − 0.2); the others 1 / ((1 − 0.2)(1 − 0.6))
    assert preemptive_times([0.2, 0.4], 1.0, 1) == pytest.approx([1.25, 3.125])


@pytest.mark.parametrize("wrong", [(-1.0, 2), (1.0, 0), (np.nan, 2)])
def test_no_queue_is_refused(wrong: tuple[float, int]) -> None:
    with pytest.raises(BadQueue):
        erlang_b(*wrong)
    with pytest.raises(BadQueue):
        priority_waits_single([1.0], [1.0, 2.0], [1.0])


def test_a_queue_that_never_settles_is_refused() -> None:
    assert erlang_b(5.0, 2) > 0.6  # what is lost does not queue
    for tried in (
        lambda: erlang_c(2.0, 2),
        lambda: preemptive_times([1.0, 1.0], 1.0, 2),
        lambda: priority_waits_single([1.0], [1.0], [1.0]),
    ):
        with pytest.raises(Overloaded, match="grow for ever"):
            tried()


# calls an hour, minutes of service, servers
WAITING = [(1.0, 30.0, 1), (3.0, 30.0, 2), (8.0, 30.0, 5)]


@pytest.mark.parametrize(("rate", "minutes", "servers"), WAITING)
def test_calls_wait_as_erlang_says(rate: float, minutes: float, servers: int) -> None:
    found = simulate(one_place([rate], minutes, servers), days=56, seed=2, runs=12, warm_up=7)
    row, load = found.response(), rate * minutes / 60
    assert holds(row.queued, erlang_c(load, servers))
    assert holds(row.wait, mean_wait(rate, minutes / 60, servers) * 3600)
    assert holds(found.utilisation, load / servers)
    assert holds(found.waiting, rate * mean_wait(rate, minutes / 60, servers))  # Little
    beyond = erlang_c(load, servers) * np.exp(-(servers - load) / (minutes * 60) * 600)
    assert holds(row.within, 1 - beyond)  # the wait is exponential for those who wait: 10 minutes are the target


@pytest.mark.parametrize("cv", [0.0, 1.0, 2.0])
def test_calls_are_lost_as_erlang_says_whatever_the_spread_of_service(cv: float) -> None:
    found = simulate(one_place([6.0], 30.0, 3, cv=cv, waiting=False), days=56, seed=3, runs=12, warm_up=7)
    assert holds(found.response().lost, erlang_b(3.0, 3))
    assert holds(found.utilisation, (1 - erlang_b(3.0, 3)))


@pytest.mark.parametrize(("rates", "servers", "cv"), [([0.4, 0.8], 1, 1.0), ([0.4, 0.8], 1, 0.0), ([2, 1, 2], 3, 1.0)])
def test_priorities_wait_as_cobham_says(rates: list[float], servers: int, cv: float) -> None:
    found = simulate(one_place(rates, 30.0, servers, cv=cv), days=56, seed=4, runs=12, warm_up=7)
    levels = len(rates)
    stated = priority_waits(rates, 0.5, servers)
    if servers == 1:
        stated = priority_waits_single(rates, [0.5] * levels, [cv] * levels)
    for level in range(levels):
        assert holds(found.response(str(level + 1)).wait, stated[level] * 3600)


@pytest.mark.parametrize(("rates", "servers"), [([0.4, 0.8], 1), ([2.0, 1.0, 2.0], 3)])
def test_the_urgent_interrupt_as_the_formula_says(rates: list[float], servers: int) -> None:
    town = one_place(rates, 30.0, servers, preemption="always")
    found = simulate(town, days=56, seed=5, runs=12, warm_up=7)
    stated = preemptive_times(rates, 0.5, servers)
    first = found.response("1").wait  # nobody interrupts them: what they wait is their time less their service
    assert holds(first, (stated[0] - 0.5) * 3600)
    assert found.recalled > 100
    whole = sum(rate * time for rate, time in zip(rates, stated, strict=True)) / sum(rates)
    assert whole == pytest.approx(mean_wait(sum(rates), 0.5, servers) + 0.5)  # exponential: the order changes no mean
    assert holds(found.utilisation, sum(rates) * 0.5 / servers)


@pytest.mark.parametrize(("rates", "cv"), [([0.4, 0.8], 1.0), ([0.4, 0.8], 0.0), ([0.3, 0.3, 0.5], 1.0)])
def test_the_interrupted_wait_as_if_the_less_urgent_were_not_there(rates: list[float], cv: float) -> None:
    """One server, work resumed: until its first service a call sees only its own priority and the more urgent ones,
    Σ λ E(S²) / 2 ÷ ((1 − σ₍ₖ₋₁₎)(1 − σₖ)), which is Cobham's formula for the last of these."""
    found = simulate(one_place(rates, 30.0, 1, cv=cv, preemption="always"), days=56, seed=6, runs=12, warm_up=7)
    for level in range(len(rates)):
        upto = rates[: level + 1]
        stated = priority_waits_single(upto, [0.5] * len(upto), [cv] * len(upto))[level]
        assert holds(found.response(str(level + 1)).wait, stated * 3600)


def test_waits_with_pre_emption_by_hand_and_the_time_that_follows() -> None:
    # rho 0.2 and 0.4: (0.2 + 0.4) / (0.8 × 0.4) until the first service, then 1 / 0.8 with its interruptions
    first = priority_waits_single([0.2, 0.4], [1.0, 1.0], [1.0, 1.0])[1]
    assert first == pytest.approx(1.875)
    assert first + 1 / 0.8 == pytest.approx(preemptive_times([0.2, 0.4], 1.0, 1)[1])
